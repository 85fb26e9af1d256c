package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// disposer ends each chat as soon as its agent has it, so that slots come free as fast as the product allows.
type disposer struct {
	crew  *crew
	desk  *desk
	limit chan struct{} // a token for each call under way
	work  sync.WaitGroup

	mu      sync.Mutex
	ctx     context.Context //nolint:containedctx // of the step under way; assignments come from sockets, which have none
	took    histogram
	refused failures
	begun   int
	done    int
	left    int
}

const (
	// endsAtOnce bounds the disposals under way.
	endsAtOnce = 64
	// endTries is how often a disposal is tried; each try goes on for patience while the server asks to repeat it.
	endTries = 3
)

func newDisposer(c *crew, d *desk) *disposer {
	return &disposer{crew: c, desk: d, limit: make(chan struct{}, endsAtOnce), took: newHistogram()}
}

// start disposes of what is assigned from now on, until stop.
func (d *disposer) start(ctx context.Context) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ctx, d.took, d.refused = ctx, newHistogram(), failures{}
	d.begun, d.done, d.left = 0, 0, 0
}

func (d *disposer) stop() {
	d.mu.Lock()
	d.ctx = nil
	d.mu.Unlock()
	d.work.Wait()
}

// take is the desk's onGiven.
func (d *disposer) take(g given) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ctx == nil {
		return
	}
	ctx := d.ctx
	d.begun++
	d.work.Go(func() { d.end(ctx, g) })
}

func (d *disposer) end(ctx context.Context, g given) {
	d.limit <- struct{}{}
	defer func() { <-d.limit }()
	d.desk.release(g)
	var err error
	for range endTries {
		err = d.crew.dispose(ctx, d.crew.agents[g.agent], g.chat, patience)
		if err == nil || ctx.Err() != nil {
			break
		}
		d.refused.add(causeOf(err))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done++
	if err != nil {
		d.left++
		return
	}
	d.took.add(time.Since(g.at).Nanoseconds())
}

// causeOf names a failure without what differs from call to call.
func causeOf(err error) string {
	if refusal, ok := errors.AsType[*problem](err); ok {
		return fmt.Sprintf("HTTP %d %s", refusal.Status, refusal.Code)
	}
	return "no answer"
}

// idle reports whether every disposal begun has ended.
func (d *disposer) idle() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done == d.begun
}

// report gives how long disposals took from the moment the socket showed the chat, and those that failed for good.
func (d *disposer) report() Disposals {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Disposals{Took: d.took.quantiles(), Refused: d.refused.snapshot(), Left: d.left}
}
