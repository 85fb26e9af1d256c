package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"tandem/cmd/roles"
	"tandem/config"
)

// commands is the whole command line.
type commands struct {
	API         apiCommand         `cmd:"" name:"api" help:"Serve the console, the API, webhooks and the widget."`
	Worker      workerCommand      `cmd:"" help:"Run workflows and their activities."`
	Run         runCommand         `cmd:"" help:"Run api and worker in one process."`
	Migrate     migrateCommand     `cmd:"" help:"Bring the database to this version's schema."`
	Seed        seedCommand        `cmd:"" help:"Fill an empty database with the demo account."`
	Config      configCommand      `cmd:"" help:"Print the resolved configuration, secrets masked; fails when it is invalid."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask a running process whether it is ready; fails when it isn't."`
	Bench       benchCommand       `cmd:"" help:"Measure a running installation."`
	Routing     routingCommand     `cmd:"" help:"What-if: replay customers and shifts under other rules."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

type apiCommand struct{}

func (apiCommand) Run(ctx context.Context, env config.Lookup, s streams) error {
	return serve(ctx, env, s, roles.API)
}

type workerCommand struct{}

func (workerCommand) Run(ctx context.Context, env config.Lookup, s streams) error {
	return serve(ctx, env, s, roles.Worker)
}

type runCommand struct{}

func (runCommand) Run(ctx context.Context, env config.Lookup, s streams) error {
	return serve(ctx, env, s, roles.API, roles.Worker)
}

// serve runs roles with listeners of their own until ctx ends.
func serve(ctx context.Context, env config.Lookup, s streams, wanted ...roles.Role) error {
	cfg, err := config.Load(env)
	if err != nil {
		return err
	}
	o := roles.Options{Config: cfg, Logger: roles.NewLogger(cfg, s.err), Version: version}
	if o.Ops, err = listen(ctx, "TANDEM_OPS_LISTEN", cfg.OpsListen); err != nil {
		return err
	}
	if wanted[0] == roles.API {
		if o.HTTP, err = listen(ctx, "TANDEM_LISTEN", cfg.Listen); err != nil {
			return errors.Join(err, o.Ops.Close())
		}
	}
	return roles.Run(ctx, o, wanted...)
}

func listen(ctx context.Context, variable, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; give another address", variable, err)
	}
	return l, nil
}

type migrateCommand struct{}

func (migrateCommand) Run(ctx context.Context, env config.Lookup, s streams) error {
	cfg, err := config.LoadDatabase(env)
	if err != nil {
		return err
	}
	if err := roles.Migrate(ctx, cfg.DatabaseURL.Reveal()); err != nil {
		return err
	}
	return say(s.out, "the database has this version's schema")
}

type seedCommand struct{}

func (seedCommand) Run(ctx context.Context, env config.Lookup, s streams) error {
	cfg, err := config.Load(env)
	if err != nil {
		return err
	}
	seeded, err := roles.SeedDemo(ctx, cfg)
	if err != nil {
		return err
	}
	if !seeded {
		return say(s.out, "the database holds an account already: nothing was changed")
	}
	return say(s.out, "the demo account is there; sign in as agent1@demo.test with the password tandem-demo")
}

type configCommand struct {
	Doc        bool `help:"Print the table of all variables as Markdown instead." xor:"form"`
	EnvExample bool `help:"Print the text of .env.example instead." xor:"form"`
}

func (c configCommand) Run(env config.Lookup, s streams) error {
	switch {
	case c.Doc:
		return write(s.out, config.MarkdownTable())
	case c.EnvExample:
		return write(s.out, config.EnvExample())
	}
	cfg, err := config.Load(env)
	if err != nil {
		return err
	}
	return write(s.out, cfg.Describe())
}

type healthcheckCommand struct {
	Live bool `help:"Ask only whether the process lives, not whether PostgreSQL and Temporal answer."`
}

// healthcheckLimit is shorter than the three seconds after which container runtimes give up.
const healthcheckLimit = 2500 * time.Millisecond

// Run asks the operations listener on this machine. An image without a shell has nothing else to ask with.
func (c healthcheckCommand) Run(ctx context.Context, env config.Lookup, s streams) error {
	address, set := env("TANDEM_OPS_LISTEN")
	if !set || address == "" {
		address = "127.0.0.1:9090"
	}
	path := "/readyz"
	if c.Live {
		path = "/healthz"
	}
	ctx, cancel := context.WithTimeout(ctx, healthcheckLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, config.PublicURLOf(address)+path, nil)
	if err != nil {
		return fmt.Errorf("TANDEM_OPS_LISTEN: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking the operations listener: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", strings.TrimSpace(string(body)))
	}
	return say(s.out, "ready")
}

// version is set by the build (-ldflags "-X main.version=…").
var version = "dev"

type versionCommand struct{}

func (versionCommand) Run(s streams) error { return say(s.out, "tandem "+version) }

func say(w io.Writer, line string) error { return write(w, line+"\n") }

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}
