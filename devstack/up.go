package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

type upCommand struct {
	DataDir          string `default:".tandem" env:"TANDEM_DATA_DIR" help:"Folder that everything is kept in (${env})."`
	Listen           string `default:"127.0.0.1:8080" env:"TANDEM_LISTEN" help:"Console, API, webhooks and widget (${env}). Port 0 takes any free one, here and below."`
	OpsListen        string `default:"127.0.0.1:9090" env:"TANDEM_OPS_LISTEN" help:"Metrics and profiles (${env})."`
	TemporalListen   string `default:"127.0.0.1:7233" env:"TANDEM_TEMPORAL_LISTEN" help:"The embedded Temporal server (${env}); unused with TEMPORAL_ADDRESS."`
	TemporalUIListen string `default:"127.0.0.1:8233" env:"TANDEM_TEMPORAL_UI_LISTEN" name:"temporal-ui-listen" help:"The Temporal UI (${env}); unused with TEMPORAL_ADDRESS."`
	SimulatorListen  string `default:"127.0.0.1:8090" env:"TANDEM_SIMULATOR_LISTEN" help:"The simulator of the providers, with a phone to play the customer (${env})."`
	NoDemo           bool   `env:"TANDEM_NO_DEMO" help:"Put no demo data into an empty database (${env})."`
}

// stopLimit is how long everything may take to stop in good order; after it, or at a second Ctrl-C, what is left is
// ended by force.
const stopLimit = 30 * time.Second

// Run is the whole life of the all-in-one.
//
// Start: lock, listeners, PostgreSQL; then side by side the engine, and migrations with demo data; then the product and
// the simulator. Stop: the product (HTTP intake, workers, Temporal client, in its own order), the simulator, the
// engine with its UI, PostgreSQL, lock.
func (c upCommand) Run(stdout io.Writer) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	hard, kill := context.WithCancel(context.Background())
	defer kill()
	say := newProgress(stdout)
	go func() {
		<-signals
		say.step("stopping (a second Ctrl-C stops at once)")
		stop()
		select {
		case <-signals:
		case <-time.After(stopLimit):
		}
		kill()
	}()

	dir, err := openDataDir(c.DataDir)
	if err != nil {
		return err
	}
	s := &stack{command: c, dir: dir, say: say}
	err = s.run(ctx)
	interrupted := ctx.Err() != nil
	if interrupted && errors.Is(err, context.Canceled) {
		err = nil // stopped while starting, as asked
	}
	stop()
	err = errors.Join(err, s.stop(hard), dir.close())
	if err == nil && interrupted {
		say.step("stopped")
	}
	return err
}

// progress prints what happens, with the seconds since the start.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	began time.Time
}

func newProgress(out io.Writer) *progress { return &progress{out: out, began: time.Now()} }

func (p *progress) step(sentence string) {
	p.line(fmt.Sprintf("[%.1fs] %s", time.Since(p.began).Seconds(), sentence))
}

func (p *progress) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// Nobody reads any more: no reason to stop serving.
	_, _ = fmt.Fprintln(p.out, text)
}

// newLogger writes everything to the log file, and what a person should know to standard error as well.
func newLogger(file io.Writer, level slog.Level) *slog.Logger {
	return slog.New(slog.NewMultiHandler(
		slog.NewJSONHandler(file, &slog.HandlerOptions{Level: level}),
		slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}),
	))
}

// databaseName is the database of a postgres:// URL.
func databaseName(databaseURL string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("reading TANDEM_DATABASE_URL: %w", errors.Unwrap(err))
	}
	name := strings.TrimPrefix(u.Path, "/")
	if name == "" {
		return "", errors.New("TANDEM_DATABASE_URL names no database")
	}
	return name, nil
}
