package workflows

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
)

// ChatOutcome is how a chat ended.
type ChatOutcome struct {
	Outcome          domain.Outcome `json:"outcome"`
	Owner            domain.UserID  `json:"owner,omitempty"`
	CustomerMessages int            `json:"customer_messages"`
	AgentMessages    int            `json:"agent_messages"`
	SendFailures     int            `json:"send_failures"`
}

// Chat carries one chat from its first message to its disposition. It starts with the chat's first fact, and again
// with the next one, or with the sweep, should an operator terminate it: it then goes on from what the ledger has. It
// ends when the ledger has closed the chat and every message has reached an end. It guarantees that a waiting chat
// keeps asking for an agent, that each of its clocks fires at its moment or at once when that was missed, that messages
// go out one after the other, and that a chat is never closed over something its closer couldn't have seen.
//
//	queued         asks for an agent, and again every 15–30 s as a safety net; takes its fallback steps; the customer
//	               leaves → closed, abandoned
//	active         sends what the agent writes; watches the first reply, the customer's silence, a hold
//	customer_left  waits for the disposition, as long as the wrap-up may take; the customer writes again → active
//	closed         finishes its sends and ends
func Chat(ctx workflow.Context, in ChatInput) (ChatOutcome, error) {
	c, err := newChat(ctx, in)
	if err != nil {
		return ChatOutcome{}, err
	}
	outcome, err := c.run(ctx)
	if !temporal.IsCanceledError(err) || ctx.Err() == nil {
		return outcome, err
	}
	c.state, c.timer = c.state.cancelled(), deadline{}
	last, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	if outcome, err := c.run(last); err != nil {
		return outcome, err
	}
	return ChatOutcome{}, ctx.Err()
}

// chat is one run: the state, and what waits beside it. Only the loop changes any of it.
type chat struct {
	ref    activities.ChatRef
	id     string
	loaded bool
	state  ChatState
	// inbox are facts that came in and aren't applied yet, by seq.
	inbox    []domain.Fact
	received int // facts that came by signal in this run
	commands []*closeCommand
	timer    deadline
	send     *sending
	notices  []notice
	shown    shownAttributes
}

// newChat registers every handler before anything blocks: a command that finds no handler is refused for good.
func newChat(ctx workflow.Context, in ChatInput) (*chat, error) {
	if in.Account == "" || in.Chat == "" {
		return nil, activities.ToTemporal(domain.Invalid("chat", "a chat's workflow needs the account and the chat"))
	}
	c := &chat{
		ref: activities.ChatRef{Account: in.Account, Chat: in.Chat},
		id:  ChatWorkflowID(in.Account, in.Chat),
	}
	if in.State != nil {
		c.loaded, c.state = true, *in.State
		_, c.shown = c.state.changes(string(in.Account), shownAttributes{}) // the engine carried them over
	}
	c.state.Run++
	if err := View.handle(ctx, "How the chat stands", c.view); err != nil {
		return nil, err
	}
	if err := Timeline.handle(ctx, "The latest facts", c.timeline); err != nil {
		return nil, err
	}
	return c, CloseChat.handle(ctx, "Dispose of the chat", c.mayClose, c.close)
}

// run is the loop: take in facts, act on them, show the result, wait.
func (c *chat) run(ctx workflow.Context) (ChatOutcome, error) {
	if err := c.load(ctx); err != nil {
		return ChatOutcome{}, err
	}
	for {
		if err := c.take(ctx); err != nil {
			return ChatOutcome{}, err
		}
		if err := c.act(ctx); err != nil {
			return ChatOutcome{}, err
		}
		if err := c.show(ctx); err != nil {
			return ChatOutcome{}, err
		}
		if c.over() || c.full(ctx) {
			left, outcome, err := c.leave(ctx)
			if left || err != nil {
				return outcome, err
			}
			continue
		}
		if err := workflow.Await(ctx, func() bool { return c.awake(ctx) }); err != nil {
			return ChatOutcome{}, err
		}
	}
}

// act does what the state asks for. Each step may find that the one before changed its mind about the phase.
func (c *chat) act(ctx workflow.Context) error {
	c.settleNotices(ctx)
	for _, step := range []func(workflow.Context) error{
		c.timer.settle, c.settleSend, c.obey, c.advance, c.refresh, c.fireDue,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	c.startSend(ctx)
	c.timer.arm(ctx, c.state.nextWake())
	return nil
}

// advance is what a chat does by itself, when it is due.
func (c *chat) advance(ctx workflow.Context) error {
	if !c.state.Phase.Open() || c.state.AskAgainAt.After(workflow.Now(ctx)) {
		return nil
	}
	switch {
	case c.state.Cancelled:
		return c.closeItself(ctx, domain.OutcomeCancelled)
	case c.state.Phase == domain.PhaseQueued && c.state.Left:
		return c.closeItself(ctx, domain.OutcomeAbandoned)
	case c.state.Phase == domain.PhaseQueued:
		return c.requestAgent(ctx)
	}
	return nil
}

// requestAgent asks routing for an agent. Whether there is one, the fact of the assignment comes by signal as well;
// its own request is only how a chat that the signal missed finds out.
func (c *chat) requestAgent(ctx workflow.Context) error {
	var routing *activities.Routing
	var assigned domain.Assigned
	err := workflow.ExecuteActivity(quickWrite(ctx, "Ask for an agent"), routing.RequestAgent, c.ref).Get(ctx, &assigned)
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("agent could not be asked for", "error", err)
	} else {
		c.state = c.state.answered(assigned)
	}
	if c.state.Phase == domain.PhaseQueued {
		c.state = c.state.askAgain(c.id, workflow.Now(ctx))
	}
	if c.state.Routed && !c.state.Phase.Open() {
		return c.catchUp(ctx, 0) // a last text may have gone out with the close
	}
	return nil
}

// awake reports whether the loop has something to do.
func (c *chat) awake(ctx workflow.Context) bool {
	if len(c.commands) > 0 || c.timer.passed() || c.send != nil && c.send.future.IsReady() {
		return true
	}
	if slices.ContainsFunc(c.notices, func(n notice) bool { return n.future.IsReady() }) {
		return true
	}
	for _, kind := range domain.FactKinds() {
		if FactSignal(kind).waiting(ctx) {
			return true
		}
	}
	return false
}
