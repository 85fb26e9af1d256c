package workflows

import (
	"cmp"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
)

// load takes the chat from the ledger on the first run of a chain.
func (c *chat) load(ctx workflow.Context) error {
	if c.loaded {
		return nil
	}
	var chats *activities.Chats
	var loaded activities.LoadedChat
	if err := c.read(ctx, "Load the chat", chats.LoadChat, c.ref, &loaded); err != nil {
		return err
	}
	run := c.state.Run
	cancelled := c.state.Cancelled
	c.state = newChatState(loaded, workflow.Now(ctx))
	c.state.Run, c.state.Cancelled = run, cancelled
	c.loaded = true
	return nil
}

// read runs a reading activity: at once and in place, or patiently when the ledger is in trouble.
func (c *chat) read(ctx workflow.Context, summary string, activity, request, result any) error {
	err := workflow.ExecuteLocalActivity(quickRead(ctx, summary), activity, request).Get(ctx, result)
	if err == nil || temporal.IsCanceledError(err) || isFinal(err) {
		return err
	}
	workflow.GetLogger(ctx).Warn("ledger did not answer at once", "reading", summary, "error", err)
	return workflow.ExecuteActivity(patientRead(ctx, summary), activity, request).Get(ctx, result)
}

// isFinal reports whether the ledger answered, and its answer was a refusal.
func isFinal(err error) bool {
	e, ok := activities.FromTemporal(err)
	if !ok {
		return false
	}
	switch e.Code {
	case domain.CodeUnavailable, domain.CodeInternal, domain.CodeThrottled, domain.CodeAmbiguous:
		return false
	default:
		return true
	}
}

// take applies every fact that has come in, in the order of seq. A fact that another one overtook usually stands in a
// different signal of the same turn; when it doesn't, it is read from the ledger.
func (c *chat) take(ctx workflow.Context) error {
	for {
		c.drain(ctx)
		c.applyInbox(ctx)
		if len(c.inbox) == 0 {
			return nil
		}
		if err := c.catchUp(ctx, c.inbox[0].Seq-1); err != nil {
			return err
		}
	}
}

// drain empties every signal's channel into the inbox, without blocking.
func (c *chat) drain(ctx workflow.Context) {
	for _, kind := range domain.FactKinds() {
		FactSignal(kind).receive(ctx, func(facts []domain.Fact) {
			c.received++
			c.inbox = append(c.inbox, facts...)
		})
	}
	slices.SortStableFunc(c.inbox, func(a, b domain.Fact) int { return cmp.Compare(a.Seq, b.Seq) })
}

// applyInbox applies facts up to the first gap and drops those seen before.
func (c *chat) applyInbox(ctx workflow.Context) {
	now := workflow.Now(ctx)
	for len(c.inbox) > 0 && c.inbox[0].Seq <= c.state.LastSeq+1 {
		c.state = c.state.Apply(c.inbox[0], now)
		c.inbox = c.inbox[1:]
	}
	if len(c.inbox) == 0 {
		c.inbox = nil
	}
}

// catchUp reads from the ledger what the workflow hasn't been told, up to a seq or, with 0, to the newest. The ledger
// commits a chat's facts in the order of seq, so one that is absent below another never was.
func (c *chat) catchUp(ctx workflow.Context, to int64) error {
	var chats *activities.Chats
	for to == 0 || c.state.LastSeq < to {
		request := activities.FactsRequest{Account: c.ref.Account, Chat: c.ref.Chat, From: c.state.LastSeq + 1, To: to}
		var facts []domain.Fact
		if err := c.read(ctx, "Read what the signals left out", chats.LoadFacts, request, &facts); err != nil {
			return err
		}
		now := workflow.Now(ctx)
		for _, f := range facts {
			c.state = c.state.Apply(f, now)
		}
		if len(facts) < activities.MaxFacts {
			c.state.LastSeq = max(c.state.LastSeq, to)
			return nil
		}
	}
	return nil
}
