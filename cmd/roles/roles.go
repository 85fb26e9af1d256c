package roles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"tandem/config"
)

// Role is what a process does.
type Role string

// The roles. One process may have both.
const (
	API    Role = "api"
	Worker Role = "worker"
)

// Options are what Run needs. The caller opens the listeners, so that port 0 works and a taken port is reported before
// anything starts; Run closes them.
type Options struct {
	Config config.Config
	Logger *slog.Logger
	// HTTP is the public listener; needed for the role API only.
	HTTP net.Listener
	// Ops is the operations listener.
	Ops net.Listener
	// Ready is called once everything serves; nil means nobody wants to know.
	Ready func()
	// Version names the build in metrics and in the OpenAPI document.
	Version string
}

// Bounds of the steps of an orderly stop. Together they stay below the 30 s after which orchestrators kill.
const (
	intakeLimit = 5 * time.Second
	flushLimit  = 5 * time.Second
)

// NewLogger makes the logger a Config asks for, writing to w.
func NewLogger(c config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == config.LogText {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// Run starts the roles, serves until ctx ends and stops them in order. It gives the first error; nil after an orderly
// stop. With Temporal away it starts all the same: webhooks are accepted, /readyz says what is missing, and workers
// begin when the engine is there.
//
// Start: ledger → engine client → relay → worker → event hub → operations listener → public listener. Each part finds
// what it calls running, and nothing comes in before everything behind it is there.
//
// Stop, the other way round and never two steps at once: public listener (no new requests, those under way end) together
// with the sockets (they resume elsewhere) → workers (activities under way end, the rest is another worker's) → relay
// (facts of the last requests and activities are signalled; what isn't stays in the outbox) → engine client → operations
// listener (so that a prober sees the stop) → ledger.
func Run(ctx context.Context, o Options, wanted ...Role) (err error) {
	has, err := check(o, wanted)
	if err != nil {
		return err
	}
	p := &process{o: o, log: o.Logger}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.assemble(ctx, has); err != nil {
		return err
	}
	p.start(has) //nolint:contextcheck // parts are stopped one after the other, not all at once when ctx ends
	p.log.Info("serving", "roles", wanted, "version", o.Version)
	if o.Ready != nil {
		o.Ready()
	}
	select {
	case <-ctx.Done():
		p.log.Info("stopping")
		return nil
	case err := <-p.failed:
		return err
	}
}

func check(o Options, wanted []Role) (map[Role]bool, error) {
	has := map[Role]bool{}
	for _, role := range wanted {
		if role != API && role != Worker {
			return nil, fmt.Errorf("there is no role %q", role)
		}
		has[role] = true
	}
	switch {
	case len(has) == 0:
		return nil, errors.New("no role was given")
	case o.Logger == nil || o.Ops == nil:
		return nil, errors.New("a logger and the operations listener are needed")
	case has[API] && o.HTTP == nil:
		return nil, errors.New("the api needs a public listener")
	}
	return has, nil
}
