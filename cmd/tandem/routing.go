package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tandem/cmd/roles"
	"tandem/config"
	"tandem/domain"
	"tandem/routing"
	"tandem/routing/simulate"
)

type routingCommand struct {
	Simulate routingSimulate `cmd:"" help:"Replay arrivals and shifts under other rules of routing, in skipped time, and compare."`
}

type routingSimulate struct {
	Arrivals string `placeholder:"FILE.csv" help:"Arrivals: at,queue,channel,customer,patience_seconds,handle_seconds[,agent]."`
	Shifts   string `placeholder:"FILE.csv" help:"Shifts: agent,from,to,queues,cap[,state,channels,priority]."`

	DatabaseURL string `placeholder:"URL" help:"Without --arrivals: replay a recorded period of this database; TANDEM_DATABASE_URL by default."`
	Account     string `default:"demo" help:"Whose period."`
	From        string `placeholder:"TIME" help:"The period's begin: 2026-11-25 (UTC) or 2026-11-25T09:00:00+01:00."`
	To          string `placeholder:"TIME" help:"The period's end, exclusive."`

	Policy  string `placeholder:"FILE.json" help:"The changed rules: {\"settings\": {…}, \"queues\": {\"Support\": {\"policy\": {…}}}}; what it leaves out stays as it is."`
	Against string `placeholder:"FILE.json" help:"Other rules to compare with."`

	Patience time.Duration `default:"0" help:"How long recorded customers who didn't leave would have waited; 0 is for ever."`
	Within   time.Duration `default:"60s" help:"The wait that still counts as good service."`
	JSON     bool          `name:"json" help:"Print the results as JSON."`
	Plot     string        `placeholder:"FILE.svg" help:"Write a plot of waits over time."`
}

// replay is what is replayed, and what is known without a file of rules.
type replay struct {
	arrivals []routing.Arrival
	shifts   []routing.Shift
	ground   simulate.Ground
	results  []simulate.Result // what happened, if that is known
}

// variant is a set of rules with the name of its column.
type variant struct {
	name  string
	rules simulate.Rules
}

func (c routingSimulate) Run(ctx context.Context, env config.Lookup, s streams) error {
	if c.DatabaseURL == "" {
		c.DatabaseURL, _ = env("TANDEM_DATABASE_URL")
	}
	if c.Within < 0 || c.Patience < 0 {
		return errors.New("--within and --patience must not be negative")
	}
	r, err := c.load(ctx)
	if err != nil {
		return err
	}
	if len(r.shifts) == 0 {
		if err := say(s.err, "nobody's states are recorded in that period: the replay runs without agents"); err != nil {
			return err
		}
	}
	variants, err := c.variants(r)
	if err != nil {
		return err
	}
	results := r.results
	for _, v := range variants {
		results = append(results, simulate.Run(v.name, r.arrivals, r.shifts, v.rules, c.Within))
	}
	if c.Plot != "" {
		if err := c.plot(results, routing.ZoneOf(r.ground.Settings.Zone)); err != nil {
			return err
		}
	}
	if !c.JSON {
		return simulate.Print(s.out, results)
	}
	encoder := json.NewEncoder(s.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(struct {
		Variants []simulate.Result `json:"variants"`
	}{results})
}

func (c routingSimulate) load(ctx context.Context) (replay, error) {
	if c.Arrivals != "" || c.Shifts != "" {
		return c.loadFiles()
	}
	if c.From == "" || c.To == "" {
		return replay{}, errors.New("give --arrivals and --shifts to replay files, or --from and --to to replay a recorded period")
	}
	return c.loadPeriod(ctx)
}

func (c routingSimulate) loadFiles() (replay, error) {
	if c.Arrivals == "" || c.Shifts == "" {
		return replay{}, errors.New("--arrivals and --shifts go together")
	}
	arrivals, err := readFile(c.Arrivals, simulate.ReadArrivals)
	if err != nil {
		return replay{}, err
	}
	shifts, err := readFile(c.Shifts, simulate.ReadShifts)
	if err != nil {
		return replay{}, err
	}
	if len(arrivals) == 0 {
		return replay{}, fmt.Errorf("%s: holds no arrivals", c.Arrivals)
	}
	return replay{arrivals: arrivals, shifts: shifts, ground: simulate.GroundOf(arrivals, shifts)}, nil
}

// readFile gives a file to a reader, which names it in its errors.
func readFile[T any](path string, read func(file string, r io.Reader) (T, error)) (T, error) {
	file, err := os.Open(path)
	if err != nil {
		var none T
		return none, err
	}
	defer func() { _ = file.Close() }()
	return read(path, file)
}

func (c routingSimulate) loadPeriod(ctx context.Context) (replay, error) {
	from, err := moment("--from", c.From)
	if err != nil {
		return replay{}, err
	}
	to, err := moment("--to", c.To)
	if err != nil {
		return replay{}, err
	}
	if !to.After(from) {
		return replay{}, errors.New("--to must come after --from")
	}
	if c.DatabaseURL == "" {
		return replay{}, errors.New("--database-url or TANDEM_DATABASE_URL must name the database of the period")
	}
	h, err := roles.RoutingHistory(ctx, c.DatabaseURL, domain.AccountID(c.Account), from, to)
	if err != nil {
		return replay{}, err
	}
	if len(h.Chats) == 0 {
		return replay{}, fmt.Errorf("no chats came to account %s in that period", c.Account)
	}
	return replay{
		arrivals: simulate.ArrivalsOf(h, c.Patience), shifts: h.Shifts,
		ground:  simulate.Ground{Settings: h.Settings, Queues: h.Queues},
		results: []simulate.Result{simulate.Recorded("what happened", h, c.Within)},
	}, nil
}

func moment(flag, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s: %q isn't a time such as 2026-11-25 or 2026-11-25T09:00:00+01:00", flag, text)
}

// variants lists the rules to compare: of a recorded period first those it has today, so that one sees how near a replay comes to
// what happened.
func (c routingSimulate) variants(r replay) ([]variant, error) {
	var all []variant
	switch {
	case len(r.results) > 0:
		all = append(all, variant{name: "today's rules", rules: r.ground.Rules()})
	case c.Against == "":
		all = append(all, variant{name: "default rules", rules: r.ground.Rules()})
	}
	for _, path := range []string{c.Against, c.Policy} {
		if path == "" {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		rules, err := simulate.ReadRules(path, data, r.ground)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		if slices.ContainsFunc(all, func(v variant) bool { return v.name == name }) {
			name = path
		}
		all = append(all, variant{name: name, rules: rules})
	}
	return all, nil
}

func (c routingSimulate) plot(results []simulate.Result, zone *time.Location) error {
	file, err := os.Create(c.Plot)
	if err != nil {
		return err
	}
	return errors.Join(simulate.Plot(file, results, zone), file.Close())
}
