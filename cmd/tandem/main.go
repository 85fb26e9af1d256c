package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // opening hours know their zones on a machine without a zone database

	"github.com/alecthomas/kong"

	"tandem/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the default action is back: a second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// streams are where a command writes: results to out, what is for the person watching to err.
type streams struct{ out, err io.Writer }

// run gives the exit code: 0, 1 after an error, 2 after wrong usage.
func run(ctx context.Context, args []string, env config.Lookup, stdout, stderr io.Writer) int {
	exit := -1
	parser, err := kong.New(&commands{}, kong.Name("tandem"), kong.Description("A contact center for digital channels."),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(env, streams{out: stdout, err: stderr}))
	if err != nil {
		fmt.Fprintln(stderr, "tandem:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help has printed and asked to end
		return exit
	}
	if err != nil {
		fmt.Fprintln(stderr, "tandem:", err)
		fmt.Fprintln(stderr, "tandem --help lists commands and flags")
		return 2
	}
	if err := command.Run(); err != nil {
		fmt.Fprintln(stderr, "tandem:", err)
		return 1
	}
	return 0
}
