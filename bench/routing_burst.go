package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// burst lets many customers arrive at once, looks who was served and who waits, and then disposes one chat at a time to
// see that the oldest customer in line is served by it, and how soon.
func (r *routingRunner) burst(ctx context.Context) error {
	if err := r.crew.setCaps(ctx, r.ro.Agents, r.ro.Cap); err != nil {
		return err
	}
	b := &Burst{Customers: r.ro.Burst, Agents: r.ro.Agents, Cap: r.ro.Cap, WantAssigned: r.ro.slots(), WantWaiting: r.ro.Burst - r.ro.slots()}
	r.routed.Burst = b
	l, err := r.productLoad(math.Inf(1), r.ro.Burst, fmt.Sprintf("%d customers at once", r.ro.Burst))
	if err != nil {
		return err
	}
	l.inFlight = min(l.inFlight, burstCallers)
	l.first = r.next
	r.next += r.ro.Burst
	r.desk.allow(r.ro.Cap)
	before, drops := r.desk.count(), r.crew.drops.Load()
	err = l.run(ctx)
	r.bar.end()
	if err != nil {
		return err
	}
	line, err := r.settle(ctx, before, b)
	if err != nil {
		return err
	}
	b.Arrivals = r.arrivals(l, r.desk.count().since(before), r.crew.drops.Load()-drops)
	b.Waiting, b.MostPerAgent, b.SettledSeconds = len(line), r.desk.fullest(), b.ToOwner.Max/1000
	r.checkLine(l, line, b)
	if r.ro.Served > 0 {
		r.waitWorkflows(ctx, b)
		err = r.serveLine(ctx, line, b)
	}
	after := r.desk.count().since(before)
	b.Doubled, b.OverCap, b.Repeats = after.doubled, after.overCap, after.repeats
	return err
}

// waitWorkflows lets the engine learn of the burst's chats and start their workflows: what follows is to show what one disposal costs, not how long
// the engine takes for so many new workflows, which is told beside it.
func (r *routingRunner) waitWorkflows(ctx context.Context, b *Burst) {
	if r.o.OpsURL == "" {
		return
	}
	watch := &monitor{client: r.client, opsURL: r.o.OpsURL}
	r.bar.begin("waiting for the workflows", 1)
	began := time.Now()
	_, ok := watch.caughtUp(ctx, r.o.Drain)
	ok = ok && r.waitCalm(ctx, r.o.Drain)
	r.bar.end()
	b.Workflows = &Workflows{CaughtUp: ok, CaughtUpInSecs: time.Since(began).Seconds()}
}

// calmPercent is how much of the machine the product uses at most when nothing is left to do.
const calmPercent = 15

// waitCalm waits until the product's processes have a quiet second: workflows that were told may still have to run. True as
// well when they can't be seen from here.
func (r *routingRunner) waitCalm(ctx context.Context, limit time.Duration) bool {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		before := r.usage()
		select {
		case <-ctx.Done():
			return false
		case <-time.After(time.Second):
		}
		use := before.until(r.usage(), 1)
		if use == nil {
			return true
		}
		busy := -use.CPUPercent["driver"] - use.CPUPercent["others"]
		for _, percent := range use.CPUPercent {
			busy += percent
		}
		if busy < calmPercent {
			return true
		}
	}
	return false
}

// settle waits until the burst's customers are where they belong, or the limit has passed, and gives the line.
func (r *routingRunner) settle(ctx context.Context, before counts, b *Burst) (line []waiter, err error) {
	r.desk.await(ctx, r.o.Drain, func() bool { return r.desk.count().since(before).given >= b.WantAssigned })
	r.desk.await(ctx, r.o.Drain, func() bool {
		line, err = r.crew.waitingLine(ctx)
		return err != nil || len(line) == b.WantWaiting
	})
	return line, errors.Join(err, ctx.Err())
}

// checkLine compares the line with the order of arrival. Who waits isn't lost; who waits although they came before
// somebody who was served, or stands in the wrong place, is out of order.
func (r *routingRunner) checkLine(l *load, line []waiter, b *Burst) {
	position := make(map[int]int, len(line))
	for i, w := range line {
		position[w.customer] = i
		if i > 0 && w.queuedAt.Before(line[i-1].queuedAt) {
			b.LineOutOfOrder++
		}
	}
	const behindAll = math.MaxInt64 / 2
	var all []arrival
	b.Lost = 0
	for n, s := range l.ledger.sent {
		customer := (l.first + n) % l.ledger.customers
		place := int64(0)
		if at, waits := position[customer]; waits {
			place = behindAll + int64(at)
		} else if g, ok := r.desk.of(customer, l.ledger.start); ok {
			place = g.event
		}
		switch {
		case s.status/100 != 2:
		case place == 0:
			b.Lost++
		default:
			all = append(all, arrival{began: s.began, answered: s.answered, place: place})
		}
	}
	b.OutOfOrder = overtaken(all)
}

// serveLine disposes one chat at a time. Latencies count from the moment the disposal is asked for.
func (r *routingRunner) serveLine(ctx context.Context, line []waiter, b *Burst) error {
	times := min(r.ro.Served, len(line))
	r.bar.begin("disposing one at a time", times)
	defer r.bar.end()
	toNext, answered := newHistogram(), newHistogram()
	defer func() { b.ToNext, b.Disposed = toNext.quantiles(), answered.quantiles() }()
	for i := range times {
		g, ok := r.desk.one(i % r.ro.Agents)
		if !ok {
			return fmt.Errorf("agent %d of the burst has no chat to dispose", i%r.ro.Agents+1)
		}
		r.desk.release(g)
		began := time.Now()
		if err := r.crew.dispose(ctx, r.crew.agents[g.agent], g.chat, r.o.Drain); err != nil {
			return fmt.Errorf("disposing one chat: %w", err)
		}
		answered.add(time.Since(began).Nanoseconds())
		var next given
		r.desk.await(ctx, r.o.Drain, func() (found bool) {
			next, found = r.desk.after(began)
			return found
		})
		if next.chat == "" {
			b.NotServed++
			return ctx.Err()
		}
		toNext.add(next.at.Sub(began).Nanoseconds())
		b.Served++
		if next.customer != line[i].customer {
			b.NotOldest++
		}
		r.bar.at(i + 1)
	}
	return nil
}

// setCaps gives the first agents a cap and takes the others off the line.
func (c *crew) setCaps(ctx context.Context, agents, most int) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(disposalsAtOnce)
	for i, a := range c.agents {
		group.Go(func() error {
			if i >= agents {
				return c.setStatus(groupCtx, a, "offline")
			}
			return c.setCap(groupCtx, a, most)
		})
	}
	return group.Wait()
}

func (c *crew) setCap(ctx context.Context, a agent, most int) error {
	err := retried(ctx, func() error {
		return c.admin.send(ctx, http.MethodPatch, "/api/v1/settings/users/"+a.id, map[string]any{"max_chats": most}, nil)
	})
	if err != nil {
		return fmt.Errorf("setting the cap of %s: %w", a.email, err)
	}
	return nil
}

// clearLine serves the driver's customers who still wait, by disposing whatever its agents have, until none is left.
func (c *crew) clearLine(ctx context.Context, progress func(done int)) error {
	for done := 0; ; {
		line, err := c.waitingLine(ctx)
		if err != nil || len(line) == 0 {
			return err
		}
		ended, err := c.endMine(ctx)
		if err != nil {
			return err
		}
		if done += ended; ended > 0 {
			progress(done)
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of the driver's customers still wait in line: %w", len(line), ctx.Err())
		case <-time.After(reconnectAfter):
		}
	}
}

// endMine disposes what the agents have now and tells how much that was.
func (c *crew) endMine(ctx context.Context) (ended int, err error) {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(disposalsAtOnce)
	for _, a := range c.agents {
		if a.person == nil {
			continue
		}
		var mine []string
		err := eachChat(groupCtx, a.person, "view=mine", func(chat chatItem) { mine = append(mine, chat.ID) })
		if err != nil {
			return ended, errors.Join(err, group.Wait())
		}
		ended += len(mine)
		for _, chat := range mine {
			group.Go(func() error { return c.dispose(groupCtx, a, chat, cleanUpLimit) })
		}
	}
	return ended, group.Wait()
}
