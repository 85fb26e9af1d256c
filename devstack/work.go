package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"tandem/cmd/roles"
	"tandem/config"
	"tandem/devstack/companion"
	"tandem/devstack/footprint"
)

// workCommand is the child process that `up` starts for the worker: the engine's hands, whose bursts would otherwise take
// the processor from messages on their way to a screen.
type workCommand struct{}

// Run serves until the parent closes standard input.
func (workCommand) Run() error {
	return asChild("tandem-worker", func(ctx context.Context) error { return companion.Main(ctx, work) })
}

// workConfig is what the worker is told by its parent.
type workConfig struct {
	// Variables are those of the product's configuration that the environment doesn't have.
	Variables map[string]string `json:"variables"`
	Version   string            `json:"version"`
}

func work(ctx context.Context, c workConfig, tell companion.Teller) error {
	cfg, err := config.Load(func(name string) (string, bool) {
		if value, ok := c.Variables[name]; ok {
			return value, true
		}
		return os.LookupEnv(name)
	})
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	ops, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("opening the worker's operations listener: %w", err)
	}
	logger := newLogger(os.Stderr, cfg.LogLevel)
	logger.Info("operations listener", "address", ops.Addr().String())
	told := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err = roles.Run(ctx, roles.Options{Config: cfg, Logger: logger, Ops: ops, Version: c.Version, Ready: func() {
		shrink(logger)
		if err := tell.Ready(); err != nil {
			told <- err
			cancel()
		}
	}}, roles.Worker)
	select {
	case gone := <-told:
		return gone
	default:
		return err
	}
}

// shrink gives back the memory that only the start needed.
func shrink(logger *slog.Logger) {
	if err := footprint.Shrink(); err != nil {
		logger.Warn("memory of the start is not given back", "error", err)
	}
}
