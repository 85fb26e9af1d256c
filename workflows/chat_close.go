package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
)

// closeCommand is a CloseChat that waits for the loop.
type closeCommand struct {
	request CloseChatRequest
	done    bool
	result  domain.CloseResult
	err     error
}

func (m *closeCommand) answer(result domain.CloseResult, err error) {
	m.done, m.result, m.err = true, result, err
}

// closeTries bounds how often a close starts over because something happened in between.
const closeTries = 20

// mayClose refuses what is wrong whatever the ledger says. Whether the actor owns the chat is not among it: the workflow
// may be some facts behind the ledger, and must not refuse an owner it hasn't heard of.
func (c *chat) mayClose(_ workflow.Context, r CloseChatRequest) error {
	switch {
	case r.Actor == "":
		return activities.ToTemporal(domain.Invalid("actor", "a chat is closed by somebody"))
	case r.SeenSeq < 0:
		return activities.ToTemporal(domain.Invalid("seen_seq", "seen_seq can't be negative"))
	case !c.state.Phase.Open():
		return activities.ToTemporal(errChatClosed())
	}
	return nil
}

// close queues the command for the loop and waits for its answer.
func (c *chat) close(ctx workflow.Context, r CloseChatRequest) (domain.CloseResult, error) {
	command := &closeCommand{request: r}
	c.commands = append(c.commands, command)
	if err := workflow.Await(ctx, func() bool { return command.done }); err != nil {
		command.done = true
		return domain.CloseResult{}, err
	}
	return command.result, activities.ToTemporal(command.err)
}

// obey answers every command.
func (c *chat) obey(ctx workflow.Context) error {
	for len(c.commands) > 0 {
		command := c.commands[0]
		if !command.done {
			if err := c.dispose(ctx, command); err != nil {
				return err
			}
		}
		c.commands = slices.Delete(c.commands, 0, 1)
	}
	return nil
}

// dispose follows or refuses one command. Closing is a compare-and-set in the ledger: when something newer has
// happened the workflow reads it and decides again.
func (c *chat) dispose(ctx workflow.Context, command *closeCommand) error {
	r := command.request
	for range closeTries {
		if refusal := c.state.RefuseClose(r); refusal != nil {
			command.answer(domain.CloseResult{}, refusal)
			return nil
		}
		result, err := c.tryClose(ctx, domain.CloseRequest{
			Outcome: domain.OutcomeDisposed, Actor: r.Actor, Disposition: r.Disposition, Note: r.Note,
			CallbackAt: r.CallbackAt, CallbackZone: r.CallbackZone, BreakAfter: r.BreakAfter,
		})
		switch {
		case temporal.IsCanceledError(err):
			return err
		case err != nil:
			command.answer(domain.CloseResult{}, refusalOf(err))
			return nil
		case result.Newer:
			continue
		}
		command.answer(result, nil)
		return c.release(ctx, result.Agent)
	}
	command.answer(domain.CloseResult{}, domain.E(domain.CodeConflict, "too much is happening in this chat to close it now").Because("chat_busy"))
	return nil
}

// closeItself closes the chat without anybody's command, or tries again later.
func (c *chat) closeItself(ctx workflow.Context, outcome domain.Outcome) error {
	result, err := c.tryClose(ctx, domain.CloseRequest{Outcome: outcome})
	switch {
	case temporal.IsCanceledError(err):
		return err
	case err != nil:
		workflow.GetLogger(ctx).Warn("chat could not be closed", "outcome", outcome, "error", err)
		if c.state.Phase.Open() {
			c.state = c.state.askAgain(c.id, workflow.Now(ctx))
		}
		return nil
	case result.Newer:
		return c.advance(ctx) // what was read may have changed the mind; the ledger is never behind itself
	}
	return c.release(ctx, result.Agent)
}

// tryClose closes the chat in the ledger unless it has gone on, and then reads what it missed.
func (c *chat) tryClose(ctx workflow.Context, r domain.CloseRequest) (domain.CloseResult, error) {
	r.Account, r.Chat, r.ExpectSeq = c.ref.Account, c.ref.Chat, c.state.LastSeq
	var chats *activities.Chats
	var result domain.CloseResult
	err := workflow.ExecuteActivity(quickWrite(ctx, "Close the chat: "+string(r.Outcome)), chats.CloseChat, r).Get(ctx, &result)
	if e, ok := activities.FromTemporal(err); ok && e.Reason == "chat_closed" {
		c.state = c.state.closed(c.state.Outcome)
	}
	if err != nil {
		return result, err
	}
	if result.Newer {
		return result, c.catchUp(ctx, result.LastSeq)
	}
	c.state = c.state.closed(r.Outcome).note(workflow.Now(ctx), 0, "closed: "+string(r.Outcome))
	return result, nil
}

// release gives the agent's slot to the oldest waiting chat at once, before the last sends have ended. Should it fail,
// each waiting chat still asks by itself.
func (c *chat) release(ctx workflow.Context, agent domain.UserID) error {
	if agent == "" {
		return nil
	}
	var routing *activities.Routing
	request := activities.ReleaseRequest{Account: c.ref.Account, Agent: agent}
	err := workflow.ExecuteActivity(cleanup(ctx, "Give the free slot to who waits longest"), routing.ReleaseAndPickNext, request).Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil {
		workflow.GetLogger(ctx).Error("free slot could not be handed on", "error", err)
	}
	return nil
}

// refusalOf gives what the caller of a command is told about a failed activity.
func refusalOf(err error) error {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return app
	}
	return domain.E(domain.CodeUnavailable, "the chat could not be closed just now; try again").CausedBy(err)
}
