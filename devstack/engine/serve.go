package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
	"go.temporal.io/server/temporal"

	"tandem/devstack/companion"
	"tandem/devstack/footprint"
)

// readyTimeout bounds a start on a slow machine; the parent would try again after it.
const readyTimeout = 2 * time.Minute

// StartProcess starts the engine in a child process whose command calls Main. Name, Config are filled in.
func StartProcess(c Config, o companion.Options) (*companion.Process, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("configuring the engine: %w", err)
	}
	o.Name, o.Config = "workflow engine", c
	return companion.Start(o)
}

// Main is the life of the child process, over its standard input and output.
func Main(ctx context.Context) error { return companion.Main(ctx, serve) }

func serve(ctx context.Context, c Config, tell companion.Teller) error {
	if err := c.Validate(); err != nil {
		return fmt.Errorf("checking the configuration: %w", err)
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: c.LogLevel}))
	if err := tell.Progress("preparing the workflow engine's databases"); err != nil {
		return err
	}
	if err := setUpSchema(ctx, c, logger); err != nil {
		return err
	}
	if err := tell.Progress("starting the workflow engine"); err != nil {
		return err
	}
	server, err := newServer(ctx, c, logger)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("starting the Temporal server: %w", err)
	}
	if err := serveStarted(ctx, c, logger, tell); err != nil {
		return errors.Join(err, stopServer(server))
	}
	return stopServer(server)
}

// serveStarted adds what needs a running server, and returns when the engine is to stop.
func serveStarted(ctx context.Context, c Config, logger log.Logger, tell companion.Teller) error {
	if c.UIAddress != "" {
		ui, err := newUI(c)
		if err != nil {
			return err
		}
		// Start ends the process when the port is taken; the parent then starts the engine again.
		go func() { _ = ui.Start() }()
		defer ui.Stop()
	}
	cl, err := client.NewLazyClient(client.Options{
		HostPort: c.Address, Namespace: c.Namespace, Logger: sdkLogger(logger),
	})
	if err != nil {
		return fmt.Errorf("connecting to the Temporal server: %w", err)
	}
	defer cl.Close()
	ready, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	if err := setUpNamespace(ready, cl, c); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	if err := footprint.Shrink(); err != nil {
		logger.Warn("memory of the start is not given back", tag.Error(err))
	}
	if err := tell.Ready(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func sdkLogger(logger log.Logger) sdklog.Logger { return log.NewSdkLogger(logger) }

// stopLimit cuts the server's own five minutes per service: the parent has a person waiting, and everything that is
// acknowledged is in PostgreSQL.
const stopLimit = 8 * time.Second

func stopServer(server temporal.Server) error {
	done := make(chan error, 1)
	go func() { done <- server.Stop() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("stopping the Temporal server: %w", err)
		}
		return nil
	case <-time.After(stopLimit):
		return fmt.Errorf("the Temporal server did not stop within %s", stopLimit)
	}
}
