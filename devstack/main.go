// Command tandem-dev runs the whole product on one machine with nothing else installed: a private PostgreSQL, the
// Temporal server with its UI, migrations, demo data, api, worker, console and the simulator of the providers.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	_ "time/tzdata" // opening hours know their zones on a machine without a zone database

	"github.com/alecthomas/kong"

	"tandem/devstack/engine"
)

// version is set by the linker in builds for others.
var version = "dev"

type commands struct {
	Up           upCommand           `cmd:"" default:"withargs" help:"Run everything (the default)."`
	TestDatabase testDatabaseCommand `cmd:"" help:"Run a command with an empty PostgreSQL of its own in TANDEM_TEST_DATABASE_URL."`
	Engine       engineCommand       `cmd:"" hidden:"" help:"Run the workflow engine for a parent process."`
	Work         workCommand         `cmd:"" hidden:"" help:"Run the worker for a parent process."`
}

// engineCommand is the child process that `up` starts for the Temporal server.
type engineCommand struct{}

// Run serves until the parent closes standard input.
func (engineCommand) Run() error { return asChild("tandem-engine", engine.Main) }

// asChild runs what a parent process started: it leaves the signals of the terminal to the parent.
func asChild(name string, run func(context.Context) error) error {
	nameProcess(name)
	signal.Ignore(os.Interrupt, syscall.SIGHUP)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return run(ctx)
}

// nameProcess changes the name that lists of processes show, which would be that of the file: "exe" for a child that was
// started through /proc. Where there is no such file the name stays.
func nameProcess(name string) { _ = os.WriteFile("/proc/self/comm", []byte(name), 0) }

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run gives the exit code: 0, 1 after an error, 2 after wrong usage, or that of the command of test-database.
func run(args []string, stdout, stderr io.Writer) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli, kong.Name("tandem-dev"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("The whole product on one machine: PostgreSQL, Temporal with its UI, api, worker, console, simulator."),
		kong.Exit(func(code int) { exit = code }), kong.BindTo(stdout, (*io.Writer)(nil)))
	if err != nil {
		fmt.Fprintln(stderr, "tandem-dev:", err)
		return 1
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintln(stderr, "tandem-dev:", err)
		fmt.Fprintln(stderr, "tandem-dev --help lists the flags")
		return 2
	}
	err = parsed.Run()
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended) && parsed.Command() == testDatabaseName:
		return exitCode(ended)
	default:
		fmt.Fprintln(stderr, "tandem-dev:", err)
		return 1
	}
}
