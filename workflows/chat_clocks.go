package workflows

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
	"tandem/routing"
)

const (
	// maxFires bounds how many clocks fire in one turn. After a long standstill a whole chain is overdue.
	maxFires = 20
	// soon is the wait when the ledger says that a clock isn't due though it is by our time: its own clock is behind.
	soon = time.Second
	// fireAgainAfter is the first wait after a clock that couldn't be fired; it doubles up to fireAgainAtMost.
	fireAgainAfter  = 5 * time.Second
	fireAgainAtMost = time.Minute
	// summaryBytes keeps a timer's summary well below what the engine takes.
	summaryBytes = 200
)

// refresh reads how the chat stands with routing when a fact has changed that. Messages don't: what they change is worked
// out here, or each would cost a read.
func (c *chat) refresh(ctx workflow.Context) error {
	if !c.state.Stale || !c.state.Phase.Open() || !c.keepsClocks(ctx) {
		return nil
	}
	var clocks *activities.Clocks
	var loaded activities.LoadedStanding
	if err := c.read(ctx, "Read how the chat stands", clocks.LoadStanding, c.ref, &loaded); err != nil {
		return err
	}
	c.state = c.state.stands(loaded.Standing, loaded.LastSeq, loaded.Story)
	return c.heedClosed(ctx)
}

// keepsClocks reports whether the run keeps the chat's clocks. One that began before there were any starts to when it
// hears of something that only routing with clocks does.
func (c *chat) keepsClocks(ctx workflow.Context) bool {
	return c.state.Routed || workflow.GetVersion(ctx, "keep-clocks", workflow.DefaultVersion, 1) >= 1
}

// heedClosed ends a chat that the ledger has closed, after reading what was said at its end: a last text must go out.
func (c *chat) heedClosed(ctx workflow.Context) error {
	if c.state.Standing.Phase != domain.PhaseClosed || !c.state.Phase.Open() {
		return nil
	}
	if err := c.catchUp(ctx, c.state.StandingSeq); err != nil {
		return err
	}
	if c.state.Phase.Open() {
		c.state = c.state.closed(c.state.Outcome)
	}
	return nil
}

// fireDue fires every clock that has run out, one after the other.
func (c *chat) fireDue(ctx workflow.Context) error {
	for range maxFires {
		due, ok := c.state.due(workflow.Now(ctx))
		if !ok {
			return nil
		}
		if err := c.fire(ctx, due); err != nil {
			return err
		}
		if err := c.refresh(ctx); err != nil {
			return err
		}
	}
	c.state.FireAfter = workflow.Now(ctx).Add(soon)
	return nil
}

// fire has the ledger do what a clock is for. What it did is read at once, so that the workflow decides by the same facts;
// a ledger that is in trouble is asked again, for as long as the clock is due.
func (c *chat) fire(ctx workflow.Context, due routing.Clock) error {
	request := domain.FireRequest{Account: c.ref.Account, Chat: c.ref.Chat, Clock: due, ExpectSeq: c.state.knownSeq()}
	var clocks *activities.Clocks
	var fired activities.FiredClock
	err := workflow.ExecuteActivity(quickWrite(ctx, fireSummary(due)), clocks.FireClock, request).Get(ctx, &fired)
	switch {
	case temporal.IsCanceledError(err):
		return err
	case err != nil:
		workflow.GetLogger(ctx).Warn("clock could not be fired", "clock", due.Kind, "step", due.Step, "error", err)
		c.state = c.state.fireFailed(workflow.Now(ctx))
		return nil
	}
	c.state = c.state.fired(request, fired, workflow.Now(ctx))
	c.notify(ctx, fired.Effects)
	if err := c.catchUp(ctx, max(fired.LastSeq, c.state.LastSeq)); err != nil {
		return err
	}
	return c.heedClosed(ctx)
}

func fireSummary(c routing.Clock) string {
	return shorten(kindLabel(c) + ": " + c.What)
}

// knownSeq is the newest seq of which the workflow knows what it means for the clocks.
func (s ChatState) knownSeq() int64 { return max(s.LastSeq, s.StandingSeq) }

// clocks are the chat's deadlines, soonest first. A chat that is about to be closed has none.
func (s ChatState) clocks() []routing.Clock {
	if !s.Routed || !s.Phase.Open() || s.Left || s.Cancelled {
		return nil
	}
	return routing.Clocks(s.Standing, nil)
}

// due gives the clock that is to be fired now.
func (s ChatState) due(now time.Time) (routing.Clock, bool) {
	clocks := s.clocks()
	if len(clocks) == 0 || clocks[0].At.After(now) || s.FireAfter.After(now) {
		return routing.Clock{}, false
	}
	return clocks[0], true
}

// stands takes in how the ledger says that the chat stands with routing.
func (s ChatState) stands(standing routing.Standing, seq int64, story []activities.StorySentence) ChatState {
	s.Routed, s.Stale, s.Standing, s.StandingSeq = true, false, standing, seq
	if standing.QueueName != "" {
		s.QueueName = standing.QueueName
	}
	if story != nil {
		s.Story = story
	}
	return s
}

// fired takes in what came of a clock. The ledger that did nothing is asked again: at once when the chat has gone on, and a
// little later when it hasn't, because then only time can have to pass.
func (s ChatState) fired(asked domain.FireRequest, f activities.FiredClock, now time.Time) ChatState {
	s.FireFailures, s.FireAfter = 0, time.Time{}
	if f.Newer {
		s.Stale = true
		if f.LastSeq <= asked.ExpectSeq {
			s.FireAfter = now.Add(soon)
		}
		return s
	}
	s = s.stands(f.Standing, f.LastSeq, f.Story).note(now, 0, kindLabel(asked.Clock)+": "+asked.Clock.What)
	if again, ok := s.due(now); ok && again.Is(asked.Clock) {
		s.FireAfter = now.Add(soon)
	}
	return s
}

func (s ChatState) fireFailed(now time.Time) ChatState {
	wait := min(fireAgainAfter<<min(s.FireFailures, 5), fireAgainAtMost)
	s.FireFailures++
	s.FireAfter = now.Add(wait)
	return s
}

// wake is the moment at which the loop must look again, and why.
type wake struct {
	at      time.Time
	summary string
	// lax: the moment moves with every message, so a timer for an earlier one is left to run out.
	lax bool
}

// nextWake is the soonest of the chat's clocks and the next request.
func (s ChatState) nextWake() wake {
	clocks := s.clocks()
	if len(clocks) == 0 {
		return wake{at: s.AskAgainAt, summary: s.askSummary()}
	}
	next := clocks[0]
	w := wake{at: next.At, summary: shorten(clock(next.At) + " " + next.What), lax: next.Kind == routing.ClockSilence && next.Step == 0}
	if s.FireAfter.After(w.at) {
		w = wake{at: s.FireAfter, summary: shorten("Try again, due since " + w.summary)}
	}
	if !s.AskAgainAt.IsZero() && s.AskAgainAt.Before(w.at) {
		return wake{at: s.AskAgainAt, summary: shorten(s.askSummary() + "; " + w.summary)}
	}
	return w
}

func (s ChatState) askSummary() string {
	if s.Cancelled || s.Left {
		return "Try again to close the chat"
	}
	return "Ask again for an agent (safety net)"
}

func shorten(text string) string {
	if len(text) <= summaryBytes {
		return text
	}
	short := []rune(text)
	for len(string(short)) > summaryBytes {
		short = short[:len(short)-1]
	}
	return string(short) + "…"
}

// notice is one call to another system that is under way.
type notice struct {
	host   string
	future workflow.Future
}

// notify begins what a clock leaves to be done outside the ledger. The chat goes on meanwhile, but no run ends before it.
func (c *chat) notify(ctx workflow.Context, effects []routing.Effect) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	for _, e := range effects {
		if e.Kind != routing.EffectPost {
			workflow.GetLogger(ctx).Error("clock asks for something this release can't do", "effect", e.Kind)
			c.state = c.state.note(workflow.Now(ctx), 0, "not done: "+e.Kind)
			continue
		}
		host := hostOf(e.URL)
		var notices *activities.Notices
		request := activities.NotifyRequest{Account: c.ref.Account, Chat: c.ref.Chat, URL: e.URL, Body: e.Body}
		c.notices = append(c.notices, notice{
			host: host, future: workflow.ExecuteActivity(webhook(ctx, shorten("Tell "+host)), notices.Notify, request),
		})
	}
}

// settleNotices notes how calls to other systems ended.
func (c *chat) settleNotices(ctx workflow.Context) {
	c.notices = slices.DeleteFunc(c.notices, func(n notice) bool {
		if !n.future.IsReady() {
			return false
		}
		what := n.host + " was told"
		if err := n.future.Get(ctx, nil); err != nil {
			workflow.GetLogger(ctx).Warn("webhook could not be told", "host", n.host, "error", err)
			what = n.host + " could not be told (" + noticeReason(err) + ")"
		}
		c.state = c.state.note(workflow.Now(ctx), 0, what)
		return true
	})
	if len(c.notices) == 0 {
		c.notices = nil
	}
}

func noticeReason(err error) string {
	if e, ok := activities.FromTemporal(err); ok {
		return domain.ReasonOf(e)
	}
	if _, late := errors.AsType[*temporal.TimeoutError](err); late {
		return "timed out"
	}
	return "no answer"
}

// hostOf gives what may be shown of an address: its path and query often hold a secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "a web address"
	}
	return u.Hostname()
}
