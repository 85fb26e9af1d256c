package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"tandem/bench"
)

type benchCommand struct {
	Inbound     benchInbound     `cmd:"" help:"Customers' messages by signed webhooks in, agents' sockets out."`
	Routing     benchRouting     `cmd:"" help:"New chats by signed webhooks in, assignments on their owners' sockets out."`
	FloorServer benchFloorServer `cmd:"" hidden:"" help:"The bare server the product is compared with."`
}

// benchTarget is what every measurement must know of the product.
type benchTarget struct {
	URL       string `default:"http://127.0.0.1:8080" help:"Where the product is reached."`
	PublicURL string `help:"The address webhook signatures are checked against, when it isn't --url."`
	OpsURL    string `default:"http://127.0.0.1:9090" help:"The product's operations listener; empty to do without lag, CPU and memory."`

	AdminEmail    string `default:"admin@demo.test" help:"Who makes the agents."`
	AdminPassword string `default:"tandem-demo" env:"TANDEM_BENCH_ADMIN_PASSWORD" help:"Their password."`
	Key           string `default:"demo-sms" help:"The SMS channel's key."`
	Token         string `default:"demo-twilio-token" env:"TANDEM_BENCH_TOKEN" help:"The token its webhooks are signed with."`
	AccountSID    string `name:"account-sid" default:"ACdeadbeef000000000000000000000001" help:"The provider's account id in the webhooks."`

	MaxInFlight int           `default:"512" help:"Webhook calls under way at once, at most."`
	Drain       time.Duration `default:"60s" help:"How long to wait for stragglers after a step."`
	PID         int           `name:"pid" help:"The product's process on this machine, when its metrics don't tell."`
	Keep        bool          `help:"Leave the chats open and the agents enabled."`
	JSON        bool          `name:"json" help:"Print the report as JSON."`
}

func (c benchTarget) options(s streams) bench.Options {
	return bench.Options{
		URL: c.URL, PublicURL: c.PublicURL, OpsURL: c.OpsURL, MaxInFlight: c.MaxInFlight, Drain: c.Drain,
		AdminEmail: c.AdminEmail, AdminPassword: c.AdminPassword, ChannelKey: c.Key, Token: c.Token, AccountSID: c.AccountSID,
		PID: c.PID, Keep: c.Keep, Progress: s.err, Terminal: isatty.IsTerminal(os.Stderr.Fd()),
	}
}

// printable is what a measurement found.
type printable interface{ Print(w io.Writer) error }

func (c benchTarget) print(s streams, r printable) error {
	if !c.JSON {
		return r.Print(s.out)
	}
	encoder := json.NewEncoder(s.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

type benchInbound struct {
	benchTarget

	Rate       []float64     `default:"10,50,200,400" help:"Messages per second; several make several steps."`
	For        time.Duration `default:"30s" help:"Length of each step."`
	Customers  int           `default:"1000" help:"Customers, each with an open chat."`
	WarmupRate float64       `default:"25" help:"New chats per second while they are opened."`

	Floor       bool          `default:"true" negatable:"" help:"Measure bare servers at the same rates too."`
	FloorFor    time.Duration `default:"10s" help:"Length of each floor's step."`
	DatabaseURL string        `help:"A PostgreSQL for a floor with one transaction per message; its tables are dropped again."`
}

var errNotClean = errors.New("messages were lost, doubled, out of order or refused: see the report")

func (c benchInbound) Run(ctx context.Context, s streams) error {
	o := c.options(s)
	o.Rates, o.For, o.Customers, o.WarmupRate = c.Rate, c.For, c.Customers, c.WarmupRate
	o.DatabaseURL, o.FloorFor = c.DatabaseURL, c.FloorFor
	if c.Floor {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("finding this program for the floor server: %w", err)
		}
		o.FloorCommand = []string{self, "bench", "floor-server"}
	}
	report, err := bench.Run(ctx, o)
	if len(report.Steps) > 0 || err == nil {
		if printErr := c.print(s, report); printErr != nil {
			return errors.Join(err, printErr)
		}
	}
	if err == nil && !report.Clean() {
		return errNotClean
	}
	return err
}

type benchRouting struct {
	benchTarget

	Rate   []float64     `default:"10,50,100" help:"New chats per second; several make several steps."`
	For    time.Duration `default:"20s" help:"Length of each step."`
	Burst  int           `default:"500" help:"Customers who come at once; 0 leaves that part out."`
	Agents int           `default:"50" help:"Agents for those customers."`
	Cap    int           `default:"3" help:"Chats each of them may have at once."`
	Served int           `default:"20" help:"Chats then disposed one at a time, to see the oldest in line served."`
	Only   string        `enum:"all,rates,burst" default:"all" help:"Measure only the rates or only the burst."`
}

var errRoutingNotClean = errors.New("routing broke a promise: see the report")

func (c benchRouting) Run(ctx context.Context, s streams) error {
	o := bench.RoutingOptions{Target: c.options(s), Rates: c.Rate, Burst: c.Burst, Agents: c.Agents, Cap: c.Cap, Served: c.Served}
	o.Target.For = c.For
	switch c.Only {
	case "rates":
		o.Burst = 0
	case "burst":
		o.Rates = nil
	}
	report, err := bench.RunRouting(ctx, o)
	if len(report.Steps) > 0 || report.Burst != nil || err == nil {
		if printErr := c.print(s, report); printErr != nil {
			return errors.Join(err, printErr)
		}
	}
	if err == nil && !report.Clean() {
		return errRoutingNotClean
	}
	return err
}

type benchFloorServer struct {
	DatabaseURL string `help:"Add one transaction per message on this PostgreSQL."`
}

func (c benchFloorServer) Run(ctx context.Context, s streams) error {
	return bench.ServeFloor(ctx, s.out, c.DatabaseURL)
}
