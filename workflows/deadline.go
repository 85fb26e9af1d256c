package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// deadline is one absolute moment with one timer behind it. Arming it for the same moment again changes nothing, for
// another moment replaces the timer, so a workflow never leaves timers behind that wake it for nothing.
type deadline struct {
	at     time.Time
	lax    bool
	timer  workflow.Future
	cancel workflow.CancelFunc
}

// arm sets the moment; the zero time disarms. The summary is what operators read beside the timer. A lax timer is not
// replaced by a later one: looking once too early costs less than another timer with every message.
func (d *deadline) arm(ctx workflow.Context, w wake) {
	if d.at.Equal(w.at) && (w.at.IsZero() || d.timer != nil) {
		return
	}
	if d.lax && d.timer != nil && (w.at.IsZero() || w.at.After(d.at)) {
		return
	}
	if d.cancel != nil {
		d.cancel()
	}
	*d = deadline{at: w.at, lax: w.lax}
	if w.at.IsZero() {
		return
	}
	timerCtx, cancel := workflow.WithCancel(ctx)
	d.cancel = cancel
	d.timer = workflow.NewTimerWithOptions(timerCtx, max(0, w.at.Sub(workflow.Now(ctx))), workflow.TimerOptions{Summary: w.summary})
}

// passed reports whether the moment has come and lets go of the timer once it has.
func (d *deadline) passed() bool { return d.timer != nil && d.timer.IsReady() }

// settle forgets a timer that has fired; it fails only when the workflow is cancelled.
func (d *deadline) settle(ctx workflow.Context) error {
	if !d.passed() {
		return nil
	}
	err := d.timer.Get(ctx, nil)
	*d = deadline{}
	if temporal.IsCanceledError(err) {
		return err
	}
	return nil
}
