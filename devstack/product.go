package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"tandem/cmd/roles"
	"tandem/devstack/companion"
	"tandem/simulator"
)

// product is the product itself (the api in this process, the worker in a child) and the simulator of the providers.
type product struct {
	roles     *part
	worker    *part
	simulator *part
}

// part is one thing that runs until it is told to stop.
type part struct {
	name   string
	cancel context.CancelFunc
	done   chan struct{}
	err    error // set before done is closed
}

func startPart(ctx context.Context, name string, run func(context.Context) error) *part {
	ctx, cancel := context.WithCancel(ctx)
	p := &part{name: name, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := run(ctx); err != nil {
			p.err = fmt.Errorf("running the %s: %w", name, err)
		} else if ctx.Err() == nil {
			p.err = fmt.Errorf("the %s ended by itself", name)
		}
	}()
	return p
}

// result tells how the part ended, once: whoever asks first reports it.
func (p *part) result() error {
	err := p.err
	p.err = nil
	return err
}

// stop waits for a good end until hard ends.
func (p *part) stop(hard context.Context) error {
	p.cancel()
	select {
	case <-p.done:
		return p.result()
	case <-hard.Done():
		return fmt.Errorf("the %s did not stop in time", p.name)
	}
}

// prepareDatabase migrates the product's database and fills an empty one with the demo.
func prepareDatabase(ctx context.Context, s *stack, demo bool) error {
	s.say.step("migrating the product's database")
	if err := roles.Migrate(ctx, s.config.DatabaseURL.Reveal()); err != nil {
		return fmt.Errorf("migrating the product's database: %w", err)
	}
	if !demo {
		return nil
	}
	seeded, err := roles.SeedDemo(ctx, s.config)
	if err != nil {
		return fmt.Errorf("putting in the demo data: %w", err)
	}
	if seeded {
		s.say.step("put demo data into the empty database")
	}
	return nil
}

// startProduct returns when the product serves, or can't: wait then tells why. The product begins to stop as soon as ctx
// ends; the simulator keeps answering until the last send of the workers is through.
func startProduct(ctx context.Context, s *stack) (p *product, serves bool) {
	p = &product{}
	p.simulator = startPart(context.WithoutCancel(ctx), "simulator", func(ctx context.Context) error {
		return simulator.Run(ctx, simulator.Options{
			Listener: s.listeners.simulator, TandemURL: s.config.PublicURL,
			StateFile: s.dir.in("simulator.jsonl"), Logger: s.logger,
		})
	})
	ready := make(chan struct{})
	p.roles = startPart(ctx, "product", func(ctx context.Context) error {
		return roles.Run(ctx, roles.Options{
			Config: s.config, Logger: s.logger, HTTP: s.listeners.http, Ops: s.listeners.ops, Version: version,
			Ready: func() { close(ready) },
		}, roles.API)
	})
	working := make(chan struct{})
	log, err := s.openLog("worker.log")
	p.worker = startPart(ctx, "worker", func(ctx context.Context) error {
		if err != nil {
			return err
		}
		return runWorker(ctx, s, log, working)
	})
	for ready != nil || working != nil {
		select {
		case <-ready:
			ready = nil
		case <-working:
			working = nil
		case <-p.roles.done:
			return p, false
		case <-p.worker.done:
			return p, false
		case <-p.simulator.done:
			return p, false
		case <-ctx.Done():
			return p, false
		}
	}
	return p, true
}

// runWorker keeps the worker's process until ctx ends; working is closed when it serves for the first time.
func runWorker(ctx context.Context, s *stack, log *os.File, working chan<- struct{}) error {
	program, err := ownProgram()
	if err != nil {
		return err
	}
	process, err := companion.Start(companion.Options{ //nolint:contextcheck // it is stopped below, not when ctx ends
		Name: "worker", Config: workConfig{Variables: s.variables, Version: version},
		Program: program, Arguments: []string{"work"}, Log: log, Logger: s.logger,
	})
	if err != nil {
		return err
	}
	err = process.Ready(ctx)
	if err == nil {
		close(working)
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, process.Stop(context.WithoutCancel(ctx)))
}

// wait returns when ctx ends, or with the failure of a part that ended before.
func (p *product) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-p.roles.done:
		return p.roles.result()
	case <-p.worker.done:
		return p.worker.result()
	case <-p.simulator.done:
		return p.simulator.result()
	}
}

// stop ends the product first and then the simulator, which the product talks to.
func (p *product) stop(hard context.Context) error {
	return errors.Join(p.worker.stop(hard), p.roles.stop(hard), p.simulator.stop(hard))
}

// announce prints the line that people and scripts wait for.
func (s *stack) announce() {
	words := []string{
		"tandem ready",
		"console=http://" + dialable(s.listeners.http),
		"ops=http://" + dialable(s.listeners.ops),
		"temporal=" + s.config.Temporal.Address,
		"simulator=http://" + dialable(s.listeners.simulator),
		"data=" + s.dir.path,
	}
	if ui := s.config.TemporalUIURL; ui != "" {
		words = append(words, "temporal_ui="+ui)
	}
	s.say.line(strings.Join(words, " "))
}
