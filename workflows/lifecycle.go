package workflows

import (
	"go.temporal.io/sdk/workflow"
)

// maxSignals is how many signals one run takes: a fifth of what the engine allows, so that a run which can't be
// continued at once has room.
const maxSignals = 2000

// full reports whether the run should hand over to a new one.
func (c *chat) full(ctx workflow.Context) bool {
	return c.received >= maxSignals || workflow.GetInfo(ctx).GetContinueAsNewSuggested()
}

// over reports whether the chat is closed and nothing of it is left to do.
func (c *chat) over() bool {
	return !c.state.Phase.Open() && c.send == nil && len(c.state.Unsent) == 0 && len(c.notices) == 0
}

// leave is the one way out of a run: it finishes when the chat is over and continues as new when the run is full. Both
// need quiet, because what is in flight then would be lost, and both end with draining the signals once more without
// blocking after it. left is false when there was something to do after all.
func (c *chat) leave(ctx workflow.Context) (left bool, outcome ChatOutcome, err error) {
	if c.send != nil || len(c.notices) > 0 || len(c.commands) > 0 {
		return false, outcome, workflow.Await(ctx, func() bool { return c.awake(ctx) })
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) || len(c.commands) > 0 }); err != nil {
		return false, outcome, err
	}
	c.drain(ctx)
	if len(c.commands) > 0 {
		return false, outcome, nil
	}
	if c.over() {
		c.dropLate(ctx)
		return true, ChatOutcome{
			Outcome: c.state.Outcome, Owner: c.state.Owner, CustomerMessages: c.state.CustomerMessages,
			AgentMessages: c.state.AgentMessages, SendFailures: c.state.SendFailures,
		}, nil
	}
	if c.applyInbox(ctx); len(c.inbox) > 0 {
		return false, outcome, nil
	}
	// The next run takes for shown what the state says.
	if err := c.show(ctx); err != nil {
		return false, outcome, err
	}
	state := c.state
	return true, outcome, workflow.NewContinueAsNewError(ctx, NameChat, ChatInput{
		Account: c.ref.Account, Chat: c.ref.Chat, State: &state,
	})
}

// dropLate forgets facts that came after the chat was closed. The ledger opens a new chat for what a customer writes
// after that, so only repeats can be among them.
func (c *chat) dropLate(ctx workflow.Context) {
	for _, f := range c.inbox {
		if f.Seq > c.state.LastSeq {
			workflow.GetLogger(ctx).Error("fact came after the close", "seq", f.Seq, "kind", f.Kind)
		}
	}
	c.inbox = nil
}
