package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
	"go.temporal.io/server/temporal"

	"tandem/devstack/footprint"
)

// report is one line that the child writes on its standard output.
type report struct {
	Progress string `json:"progress,omitempty"`
	Ready    bool   `json:"ready,omitempty"`
	Error    string `json:"error,omitempty"`
}

// readyTimeout bounds a start on a slow machine; the parent would try again after it.
const readyTimeout = 2 * time.Minute

// Serve is the life of the child process: it reads its Config from in, runs the engine, and stops when in ends (the
// parent closed it, or died) or ctx does. What it reports on out is for Process.
func Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	reports := json.NewEncoder(out)
	tell := func(r report) error {
		if err := reports.Encode(r); err != nil {
			return fmt.Errorf("telling the parent: %w", err)
		}
		return nil
	}
	input := bufio.NewReader(in)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	var c Config
	if err := json.Unmarshal(line, &c); err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		// Nothing more is ever sent: the end of the stream is the message.
		_, _ = io.Copy(io.Discard, input)
		cancel()
	}()
	if err := serve(ctx, c, tell); err != nil {
		return errors.Join(err, tell(report{Error: err.Error()}))
	}
	return nil
}

func serve(ctx context.Context, c Config, tell func(report) error) error {
	if err := c.Validate(); err != nil {
		return fmt.Errorf("checking the configuration: %w", err)
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: c.LogLevel}))
	if err := tell(report{Progress: "preparing the workflow engine's databases"}); err != nil {
		return err
	}
	if err := setUpSchema(ctx, c, logger); err != nil {
		return err
	}
	if err := tell(report{Progress: "starting the workflow engine"}); err != nil {
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
func serveStarted(ctx context.Context, c Config, logger log.Logger, tell func(report) error) error {
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
	if err := tell(report{Ready: true}); err != nil {
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

// Main runs Serve over this process's standard input and output; the all-in-one's hidden `engine` command. Libraries
// that print to standard output would garble the reports, so that they get standard error instead.
func Main(ctx context.Context) error {
	out := os.Stdout
	os.Stdout = os.Stderr
	return Serve(ctx, os.Stdin, out)
}
