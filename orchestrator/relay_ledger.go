package orchestrator

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/api/serviceerror"
)

const (
	// claimAtOnce bounds one scan; what is beyond it comes with the next.
	claimAtOnce = 2000
	ackAtOnce   = 1000
	ledgerCall  = 5 * time.Second
)

// scan takes over facts that nobody acknowledged in time: those of a process that died, and our own that didn't fit. It
// also measures how far the workflows are behind. While the engine is down it only measures.
func (r *Relay) scan(ctx context.Context, outbox Outbox) {
	tick := time.NewTicker(r.o.ScanEvery)
	defer tick.Stop()
	trouble := false
	for {
		err := r.scanOnce(ctx, outbox)
		if failed := err != nil && ctx.Err() == nil; failed != trouble {
			trouble = failed
			if failed {
				r.o.Log.Warn("outbox can't be scanned, trying on", "error", err)
			} else {
				r.o.Log.Info("outbox can be scanned again")
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *Relay) scanOnce(ctx context.Context, outbox Outbox) error {
	ctx, cancel := context.WithTimeout(ctx, ledgerCall)
	defer cancel()
	r.mu.Lock()
	down := r.engine.down
	r.mu.Unlock()
	var claimErr error
	if !down {
		found, err := outbox.ClaimFacts(ctx, claimAtOnce, r.o.Lease)
		for _, f := range found {
			r.metrics.reclaimed.Add(float64(len(f.Facts)))
			r.Offer(f)
		}
		claimErr = err
	}
	unsent, oldest, err := outbox.OutboxLag(ctx)
	if err == nil {
		r.metrics.measure(r.o.Now(), unsent, oldest)
	}
	r.metrics.pending.Set(float64(r.Pending()))
	return errors.Join(claimErr, err)
}

// acknowledge writes in batches which facts have been told, and once more before it returns. What it can't write is told
// again some time, which workflows notice.
func (r *Relay) acknowledge(ctx context.Context, outbox Outbox) {
	tick := time.NewTicker(r.o.AckEvery)
	defer tick.Stop()
	trouble := false
	for stop := false; !stop; {
		select {
		case <-ctx.Done():
			stop = true
		case <-tick.C:
		}
		err := r.ackAll(context.WithoutCancel(ctx), outbox)
		if (err != nil) != trouble {
			trouble = err != nil
			if trouble {
				r.o.Log.Warn("told facts can't be acknowledged, trying on", "error", err)
			} else {
				r.o.Log.Info("told facts can be acknowledged again")
			}
		}
	}
}

func (r *Relay) ackAll(ctx context.Context, outbox Outbox) error {
	for {
		r.mu.Lock()
		n := min(len(r.acks), ackAtOnce)
		ids := append([]int64(nil), r.acks[:n]...)
		r.mu.Unlock()
		if n == 0 {
			return nil
		}
		callCtx, cancel := context.WithTimeout(ctx, ledgerCall)
		err := outbox.FactsSent(callCtx, ids)
		cancel()
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.acks = r.acks[n:]
		r.mu.Unlock()
	}
}

// engineState is what the signals' results say about the engine.
type engineState struct {
	down       bool
	failures   int // in a row
	pause      time.Duration
	until      time.Time // while down: when the next signal may try
	complained time.Time
}

const (
	firstEnginePause   = 250 * time.Millisecond
	longestEnginePause = 5 * time.Second
	failuresUntilDown  = 3
	complainEvery      = 10 * time.Second
)

// engineChange is what one more result changed.
type engineChange int

const (
	engineSame engineChange = iota
	engineWent
	engineCame
)

// learn takes in one result.
func (e *engineState) learn(now time.Time, err error) engineChange {
	if err == nil || !unavailable(err) || busyWorkflow(err) {
		was := e.down
		e.down, e.failures, e.pause = false, 0, 0
		if was {
			return engineCame
		}
		return engineSame
	}
	e.failures++
	var gone *serviceerror.Unavailable
	if !e.down && !errors.As(err, &gone) && e.failures < failuresUntilDown {
		return engineSame
	}
	was := e.down
	e.down = true
	if now.After(e.until) {
		e.pause = min(max(2*e.pause, firstEnginePause), longestEnginePause)
		e.until = now.Add(e.pause)
	}
	if was {
		return engineSame
	}
	return engineWent
}

// complain reports whether a failure of a single chat may be logged: not more often than every ten seconds.
func (e *engineState) complain(now time.Time) bool {
	if now.Sub(e.complained) < complainEvery {
		return false
	}
	e.complained = now
	return true
}
