package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The demo's address and credentials at the provider, as the product's demo data has them.
const (
	DemoAccountSID = "ACdeadbeef000000000000000000000001"
	DemoAuthToken  = "demo-twilio-token" //nolint:gosec // opens nothing but the simulator
	DemoNumber     = "+12025550100"
	DemoSMSKey     = "demo-sms"
	DemoWidgetKey  = "demo-webchat"
)

// DefaultReceiptDelay lies between acceptance and the "sent" receipt, and again before "delivered".
const DefaultReceiptDelay = 150 * time.Millisecond

// Options configure a simulator. Empty fields take the demo's values.
type Options struct {
	// Listener is where Run serves. New doesn't need one.
	Listener net.Listener
	// TandemURL is the product's public address: webhooks go there and are signed for it.
	TandemURL string
	// StateFile keeps messages over restarts, one JSON object per line; empty keeps them in memory only.
	StateFile string
	// Logger gets what goes wrong; nil discards it.
	Logger *slog.Logger

	AccountSID string
	AuthToken  string
	// Number is the business's phone number and ChannelKey the channel its webhook goes to.
	Number     string
	ChannelKey string
	WidgetKey  string
	// ReceiptDelay replaces DefaultReceiptDelay; negative means none.
	ReceiptDelay time.Duration
}

// Simulator is an http.Handler with everything on it. Close it to stop its background calls.
type Simulator struct {
	o       Options
	log     *slog.Logger
	state   *state
	client  *http.Client
	handler http.Handler

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	slots  chan struct{} // bounds calls to the product under way

	mu      sync.Mutex
	trouble Trouble
}

// maxCalls bounds how many calls to the product are under way at once.
const maxCalls = 64

// New reads the state file and makes a simulator; receipts that a previous process still owed go out again.
func New(o Options) (*Simulator, error) {
	withDefaults(&o)
	st, err := openState(o.StateFile)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Simulator{
		o: o, log: o.Logger, state: st, ctx: ctx, cancel: cancel, slots: make(chan struct{}, maxCalls),
		client: &http.Client{
			Timeout:       15 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{MaxIdleConnsPerHost: maxCalls, IdleConnTimeout: 30 * time.Second},
		},
	}
	s.handler = s.routes()
	s.resumeReceipts()
	return s, nil
}

func withDefaults(o *Options) {
	for _, d := range []struct {
		field *string
		value string
	}{
		{&o.AccountSID, DemoAccountSID},
		{&o.AuthToken, DemoAuthToken},
		{&o.Number, DemoNumber},
		{&o.ChannelKey, DemoSMSKey},
		{&o.WidgetKey, DemoWidgetKey},
	} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	o.TandemURL = strings.TrimRight(o.TandemURL, "/")
	switch {
	case o.ReceiptDelay == 0:
		o.ReceiptDelay = DefaultReceiptDelay
	case o.ReceiptDelay < 0:
		o.ReceiptDelay = 0
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// ServeHTTP implements http.Handler.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends hanging answers and background calls, waits for them, and closes the state file.
func (s *Simulator) Close() error {
	s.cancel()
	s.tasks.Wait()
	s.client.CloseIdleConnections()
	return s.state.close()
}

// inBackground runs f, which ends when its context does.
func (s *Simulator) inBackground(f func(ctx context.Context)) {
	s.tasks.Go(func() { f(s.ctx) })
}

// stopGrace is how long Run lets open requests finish.
const stopGrace = 2 * time.Second

// Run serves on o.Listener until ctx is done, then stops within seconds. It gives an error only when it could not
// serve or not keep its state.
func Run(ctx context.Context, o Options) error {
	if o.Listener == nil {
		return errors.New("running the simulator: no listener")
	}
	s, err := New(o)
	if err != nil {
		return fmt.Errorf("starting the simulator: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(o.Listener) }()

	var failure error
	select {
	case <-ctx.Done():
	case failure = <-served:
	}
	s.cancel() // streams and hanging answers end, so that Shutdown has nothing to wait for
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		failure = errors.Join(failure, server.Close())
	}
	failure = errors.Join(failure, s.Close())
	if failure != nil && !errors.Is(failure, http.ErrServerClosed) {
		return fmt.Errorf("running the simulator: %w", failure)
	}
	return nil
}
