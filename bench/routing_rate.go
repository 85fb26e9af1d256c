package bench

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// warmRate and warmFor are of new chats that aren't measured: the first ones meet cold caches and connections.
const (
	warmRate = 10
	warmFor  = 2 * time.Second
)

// rate measures new chats at a constant rate, each of a customer who has none, while every chat is disposed as soon as
// its agent sees it.
func (r *routingRunner) rate(ctx context.Context, rate float64, length time.Duration) (RoutingStep, error) {
	total := int(rate * length.Seconds())
	step := RoutingStep{Rate: rate, Seconds: length.Seconds()}
	l, err := r.productLoad(rate, total, fmt.Sprintf("%g new chats/s", rate))
	if err != nil {
		return step, err
	}
	l.first = r.next
	r.next += total
	r.desk.allow(chatsPerAgent)
	r.disposer.start(ctx)
	before, drops := r.desk.count(), r.crew.drops.Load()
	watch := &monitor{client: r.client, opsURL: r.o.OpsURL}
	watching, stopWatching := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	if r.o.OpsURL != "" {
		watcher.Go(func() { watch.run(watching) })
	}
	use := r.usage()
	err = l.run(ctx)
	step.Use = use.until(r.usage(), total)
	if err == nil {
		want := l.accepted()
		r.desk.await(ctx, r.o.Drain, func() bool { return r.desk.count().since(before).given >= want })
		r.desk.await(ctx, r.o.Drain, r.disposer.idle)
	}
	r.bar.end()
	if err == nil && r.o.OpsURL != "" {
		took, ok := watch.caughtUp(ctx, r.o.Drain)
		step.Workflows = &Workflows{CaughtUp: ok, CaughtUpInSecs: took.Seconds()}
	}
	stopWatching()
	watcher.Wait()
	r.disposer.stop()
	step.Arrivals = r.arrivals(l, r.desk.count().since(before), r.crew.drops.Load()-drops)
	step.Disposals = r.disposer.report()
	if step.Workflows != nil {
		step.Workflows.LagMaxSeconds, step.Workflows.UnsentMax = watch.lagMax, watch.unsentMax
		if watch.opsErr != nil {
			r.report.Notes = append(r.report.Notes, watch.opsErr.Error())
		}
	}
	return step, err
}

// arrivals sums up what became of a load's customers. Those still in line when it is called count as lost.
func (r *routingRunner) arrivals(l *load, seen counts, drops int64) Arrivals {
	hook, assigned, late := newHistogram(), newHistogram(), newHistogram()
	a := Arrivals{
		Failures: l.failures.snapshot(), Retried: l.retried.Load(), Accepted: l.accepted(), Assigned: seen.given,
		Doubled: seen.doubled, OverCap: seen.overCap, Repeats: seen.repeats, Drops: drops,
	}
	var served []arrival
	for n, s := range l.ledger.sent {
		if s.began != 0 {
			a.Sent++
			late.add(s.began - s.due)
		}
		accepted := s.status/100 == 2
		if accepted {
			hook.add(s.answered - s.due)
		}
		g, ok := r.desk.of((l.first+n)%l.ledger.customers, l.ledger.start)
		switch {
		case ok && accepted:
			assigned.add(g.at.Sub(l.ledger.start).Nanoseconds() - s.due)
			served = append(served, arrival{began: s.began, answered: s.answered, place: g.event})
		case ok:
			a.Unexpected++
		case accepted:
			a.Lost++
		}
	}
	a.OutOfOrder = overtaken(served)
	a.Webhook, a.ToOwner, a.LateStart = hook.quantiles(), assigned.quantiles(), late.quantiles()
	return a
}

// waitingLine lists the driver's customers in line, as the product orders them.
func (c *crew) waitingLine(ctx context.Context) (line []waiter, err error) {
	err = eachChat(ctx, c.admin, "view=waiting", func(chat chatItem) {
		if n, ours := customerOf(chat.Customer.Address); ours {
			line = append(line, waiter{customer: n, queuedAt: chat.QueuedAt})
		}
	})
	return line, err
}

// waiter is a customer in line.
type waiter struct {
	customer int
	queuedAt time.Time
}
