package roles

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"tandem/api"
	"tandem/channels"
	"tandem/config"
	"tandem/orchestrator"
	"tandem/store"
	"tandem/worker"
)

// process is the parts of one process. Parts it doesn't have stay nil.
type process struct {
	o        Options
	log      *slog.Logger
	registry *prometheus.Registry
	bell     *api.Bell     // of a process with sockets
	doorbell chan struct{} // of a process without

	ledger   *store.Store
	engine   *orchestrator.Client
	relay    *orchestrator.Relay
	channels channels.Registry
	pool     *worker.Pool
	hub      *api.Hub
	app      *fiber.App
	ops      *http.Server

	// failed gets the first part that ended by itself.
	failed chan error
	// running are the parts that run, in the order of their start.
	running []*part
}

// part is one thing that runs until it is told to stop.
type part struct {
	name string
	stop context.CancelFunc
	done chan struct{}
	// limit bounds the wait for its end; 0 means that the part bounds itself.
	limit time.Duration
}

// assemble builds every part without starting any.
func (p *process) assemble(ctx context.Context, has map[Role]bool) error {
	c := p.o.Config
	p.failed = make(chan error, 1)
	p.registry = newRegistry(p.o.Version)
	p.bell, p.doorbell = api.NewBell(), make(chan struct{}, 1)
	keys := make([]orchestrator.Key, len(c.EncryptionKeys))
	for i, key := range c.EncryptionKeys {
		keys[i] = orchestrator.Key{ID: key.ID, Secret: key.Bytes()}
	}
	var err error
	if p.engine, err = orchestrator.Dial(orchestrator.Options{
		Environment: c.Temporal.Environment, Address: c.Temporal.Address, Namespace: c.Temporal.Namespace, Keys: keys,
		Log: p.log, Metrics: p.registry,
	}); err != nil {
		return fmt.Errorf("preparing the engine's client: %w", err)
	}
	if p.relay, err = orchestrator.NewRelay(orchestrator.RelayOptions{
		Signaler: p.engine, FlushWithin: flushLimit, Log: p.log, Metrics: p.registry,
	}); err != nil {
		return fmt.Errorf("preparing the relay: %w", err)
	}
	if err := p.openLedger(ctx, has); err != nil {
		return err
	}
	if p.channels, err = newChannels(c); err != nil {
		return err
	}
	if has[Worker] {
		if p.pool, err = p.newPool(); err != nil {
			return err
		}
	}
	if has[API] {
		if err := p.newAPI(); err != nil { //nolint:contextcheck // each request brings its own context
			return err
		}
	}
	p.ops = &http.Server{
		Handler: api.NewOps(api.OpsDeps{Gatherer: p.registry, Postgres: p.ledger.Ping, Temporal: p.engine.Health}),
		// Profiles take as long as their caller asks, so only the head of a request is bounded.
		ReadHeaderTimeout: intakeLimit,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	return nil
}

func (p *process) openLedger(ctx context.Context, has map[Role]bool) error {
	ring := p.ring
	if has[API] {
		ring = p.bell.Ring
	}
	sealer, err := newSealer(p.o.Config.EncryptionKeys)
	if err != nil {
		return err
	}
	p.ledger, err = store.Open(ctx, store.Options{
		DatabaseURL: p.o.Config.DatabaseURL.Reveal(), Sealer: sealer, Ring: ring, OnFacts: p.relay.Offer,
		HandsOut: true, OnFailure: func(err error) { p.log.Warn("waiting chats ask again", "error", err) }, Warm: has[API],
	})
	if err != nil {
		return err
	}
	return p.ledger.CheckSchema(ctx)
}

// start starts the parts in the order of Run's comment.
func (p *process) start(has map[Role]bool) {
	p.launch("relay", 0, func(ctx context.Context) error {
		p.relay.Run(ctx, p.ledger)
		return nil
	})
	if has[Worker] {
		p.launch("engine set-up", time.Second, p.prepareEngine)
		p.launch("workers", 0, func(ctx context.Context) error {
			p.pool.Run(ctx)
			return nil
		})
	}
	if has[API] {
		p.launch("event hub", intakeLimit, p.hub.Run)
	} else {
		p.launch("event hub", intakeLimit, p.notify)
	}
	p.launch("operations listener", intakeLimit, func(ctx context.Context) error {
		return serveHTTP(ctx, p.ops, p.o.Ops)
	})
	if has[API] {
		p.launch("public listener", intakeLimit, func(ctx context.Context) error {
			return serveApp(ctx, p.app, p.o.HTTP)
		})
	}
}

// ring remembers that this process, which has no sockets of its own, has committed events. It never blocks.
func (p *process) ring() {
	select {
	case p.doorbell <- struct{}{}:
	default: // it rings already
	}
}

// notifyEvery is how often the api nodes are rung at most; each ring makes every one of them read.
const notifyEvery = 10 * time.Millisecond

// notify rings the api nodes for this process's events. A ring that fails is made good by their own look each second.
func (p *process) notify(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.doorbell:
		}
		if err := p.ledger.NotifyEvents(ctx); err != nil && ctx.Err() == nil {
			p.log.Debug("api nodes were not notified", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(notifyEvery):
		}
	}
}

// prepareEngine makes search attributes and schedules as soon as the engine answers, then has nothing more to do.
func (p *process) prepareEngine(ctx context.Context) error {
	if err := p.engine.Prepare(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// launch runs a part until it is stopped; one that ends by itself fails the process.
func (p *process) launch(name string, limit time.Duration, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	started := &part{name: name, stop: cancel, done: make(chan struct{}), limit: limit}
	p.running = append(p.running, started)
	go func() {
		defer close(started.done)
		err := run(ctx)
		if ctx.Err() != nil && err == nil {
			return
		}
		if err == nil {
			err = errors.New("it ended by itself")
		}
		select {
		case p.failed <- fmt.Errorf("running the %s: %w", name, err):
		default: // the first failure ends the process anyway
			p.log.Error("part failed", "part", name, "error", err)
		}
	}()
}

// stop stops what runs, in the order of Run's comment, and closes what is open.
func (p *process) stop() error {
	var late []error
	end := func(names ...string) {
		var ending []*part
		for _, name := range names {
			for _, running := range p.running {
				if running.name == name {
					running.stop()
					ending = append(ending, running)
				}
			}
		}
		for _, e := range ending {
			if !e.wait() {
				late = append(late, fmt.Errorf("the %s did not stop within %s", e.name, e.limit))
			}
		}
	}
	end("public listener", "event hub")
	end("workers", "engine set-up")
	end("relay")
	if p.engine != nil {
		p.engine.Close()
	}
	end("operations listener")
	if p.ledger != nil {
		p.ledger.Close()
	}
	for _, l := range []net.Listener{p.o.HTTP, p.o.Ops} {
		if l != nil {
			_ = l.Close() // closed already when its server has run
		}
	}
	return errors.Join(late...)
}

func (w *part) wait() bool {
	if w.limit == 0 {
		<-w.done
		return true
	}
	// The part's own limit plus a little, so that it can give up by itself first.
	select {
	case <-w.done:
		return true
	case <-time.After(w.limit + time.Second):
		return false
	}
}

// serveApp serves until ctx ends, then lets the requests under way end.
func serveApp(ctx context.Context, app *fiber.App, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- app.Listener(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	if err := app.ShutdownWithTimeout(intakeLimit); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("ending requests: %w", err)
	}
	return nil
}

// serveHTTP serves until ctx ends, then lets the requests under way end.
func serveHTTP(ctx context.Context, server *http.Server, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), intakeLimit)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}

// publicURL gives the configured address, or the listener's own when the port was left to the system.
func publicURL(c config.Config, l net.Listener) string {
	if c.PublicURL == "" && l != nil {
		return config.PublicURLOf(l.Addr().String())
	}
	return c.PublicURL
}
