package activities

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"

	"tandem/domain"
)

const (
	// minRetry is the shortest pause before another attempt, as the workflow's policy has it.
	minRetry = time.Second
	// heartbeatEvery is well below the 10 s after which the engine takes a worker for dead.
	heartbeatEvery = 3 * time.Second
	recordTries    = 3
)

// record writes an outcome of the outside world. It must not be lost because the worker is just stopping, so it goes on
// without the attempt's cancellation, for a bounded time.
func (a *sendAttempt) record(ctx context.Context, write func(context.Context) error) error {
	var err error
	for range recordTries {
		writeCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recording)
		err = write(writeCtx)
		cancel()
		if err == nil || domain.CodeOf(err) != domain.CodeUnavailable {
			return err
		}
	}
	return err
}

// waitUntil sleeps until a moment, or until the attempt is stopped.
func (a *sendAttempt) waitUntil(ctx context.Context, at time.Time) error {
	d := at.Sub(a.o.Now())
	if d <= 0 {
		return nil
	}
	if err := a.o.Wait(ctx, d); err != nil {
		return domain.E(domain.CodeAmbiguous, "the worker stopped before the message could be looked up").
			Because("send_unclear").CausedBy(err)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// openCalls counts the calls begun for a message that got no clear answer. The count travels in the heartbeats, which
// the engine hands to the next attempt; while it counts, it tells the engine that the worker lives.
type openCalls struct {
	n    atomic.Int64
	stop context.CancelFunc
	done chan struct{}
}

// countCalls takes the count over from the attempt before and heartbeats until end is called.
func countCalls(ctx context.Context) *openCalls {
	c := &openCalls{done: make(chan struct{})}
	var before int64
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &before) == nil {
		c.n.Store(before)
	}
	ctx, c.stop = context.WithCancel(ctx)
	go func() {
		defer close(c.done)
		tick := time.NewTicker(heartbeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				c.beat(ctx)
			}
		}
	}()
	return c
}

func (c *openCalls) end() {
	c.stop()
	<-c.done
}

func (c *openCalls) beat(ctx context.Context) { activity.RecordHeartbeat(ctx, c.n.Load()) }

func (c *openCalls) open() int { return int(c.n.Load()) }

func (c *openCalls) begin(ctx context.Context) {
	c.n.Add(1)
	c.beat(ctx)
}

// withdraw takes back a call that turned out not to have reached the provider.
func (c *openCalls) withdraw(ctx context.Context) {
	c.n.Add(-1)
	c.beat(ctx)
}

// inherit makes up for a lost heartbeat: a message found in sending has had at least one call.
func (c *openCalls) inherit() { c.n.CompareAndSwap(0, 1) }

// messageError is what the agent reads under a message that failed.
func messageError(err error) *domain.MessageError {
	var e *domain.Error
	if !errors.As(err, &e) {
		return &domain.MessageError{Code: string(domain.CodeInternal), Text: "Not sent: something went wrong on our side."}
	}
	code := e.ProviderCode
	if code == "" {
		code = domain.ReasonOf(err)
	}
	return &domain.MessageError{Code: code, Text: e.Text}
}
