package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"tandem/devstack/postgres"
)

const testDatabaseName = "test-database <command>"

type testDatabaseCommand struct {
	Command []string `arg:"" passthrough:"" help:"The command and its arguments, after --."`
}

// Run starts a throw-away cluster, runs the command with its address in TANDEM_TEST_DATABASE_URL, and removes
// everything. Signals go to the command; its exit code is ours.
func (c testDatabaseCommand) Run() (err error) {
	words := c.Command
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		return errors.New("test-database needs a command (tandem-dev test-database -- go test ./...)")
	}
	dir, err := os.MkdirTemp("", "tandem-test-")
	if err != nil {
		return fmt.Errorf("making a folder for the test database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// The server's own user has to get through to its cluster, and no further.
	if err := os.Chmod(dir, 0o711); err != nil {
		return fmt.Errorf("opening the folder of the test database: %w", err)
	}
	log, err := os.Create(filepath.Join(dir, "postgres.log"))
	if err != nil {
		return fmt.Errorf("opening the log of the test database: %w", err)
	}
	defer log.Close()
	// Before the server is there, a signal must not leave it behind.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	server, err := postgres.Start(context.Background(), postgres.Options{
		Dir: filepath.Join(dir, "postgres"), Throwaway: true, Log: log,
	})
	if err != nil {
		return fmt.Errorf("starting the test database: %w", err)
	}
	defer func() { err = errors.Join(err, server.Stop(context.Background())) }()
	return runWith(server.URL("postgres"), words, signals)
}

func runWith(databaseURL string, words []string, signals <-chan os.Signal) error {
	cmd := exec.Command(words[0], words[1:]...) //nolint:noctx // signals end it, as they would without us
	cmd.Env = append(os.Environ(), "TANDEM_TEST_DATABASE_URL="+databaseURL)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("running %s: %w", words[0], err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			// It may have ended already, or have got the same signal from the terminal: both are fine.
			_ = cmd.Process.Signal(s)
		case err := <-done:
			return err
		}
	}
}

// exitCode says how a command ended the way shells do: 128 and the signal's number when a signal ended it.
func exitCode(ended *exec.ExitError) int {
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return ended.ExitCode()
}
