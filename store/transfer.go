package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/domain"
	"tandem/routing"
)

// TransferChat gives a chat to a colleague or to a queue. A blind transfer frees the owner at once; one that asks keeps the
// chat with its owner until the colleague accepts. A chat that is where it should go stays there. A waiting chat may be
// given away by supervisors. CodeConflict not_owner names the owner; agent_not_free says why the colleague can't have it,
// unless a supervisor forces it; customer_left and chat_closed say that it's too late.
func (s *Store) TransferChat(ctx context.Context, a domain.Actor, id domain.ChatID, tr domain.Transfer) (domain.ChatView, error) {
	tr, err := checkedTransfer(a, tr)
	if err != nil {
		return domain.ChatView{}, err
	}
	return s.command(ctx, a, id, "transferring a chat", func(t *tx, c *chatRow) error {
		if tr.Queue != "" {
			return t.transferToQueue(ctx, a, c, tr)
		}
		return t.transferToAgent(ctx, a, c, tr)
	})
}

func checkedTransfer(a domain.Actor, tr domain.Transfer) (domain.Transfer, error) {
	note, err := shortText("note", tr.Note, domain.MaxDispositionNoteRunes)
	tr.Note = note
	switch {
	case err != nil:
		return tr, err
	case (tr.User == "") == (tr.Queue == ""):
		return tr, domain.Invalid("user_id", "name either user_id or queue_id")
	case tr.Queue != "" && tr.Ask:
		return tr, domain.Invalid("mode", "only a colleague can be asked to accept")
	case tr.Force && !a.Role.Supervises():
		return tr, domain.E(domain.CodeForbidden, "only supervisors give chats to somebody who isn't free")
	case tr.User != "":
		_, err = uuid.Parse(string(tr.User))
		if err != nil {
			err = domain.Invalid("user_id", "user_id must be a UUID")
		}
	default:
		_, err = uuid.Parse(string(tr.Queue))
		if err != nil {
			err = domain.Invalid("queue_id", "queue_id must be a UUID")
		}
	}
	return tr, err
}

func (t *tx) transferToAgent(ctx context.Context, a domain.Actor, c *chatRow, tr domain.Transfer) error {
	if c.Phase.Open() && c.owner() == tr.User {
		return nil
	}
	if tr.Ask && c.Offer != nil && c.Offer.From != nil && c.Offer.Agent.ID == tr.User && c.Phase.Open() {
		return nil
	}
	if err := mayMove(a, c); err != nil {
		return err
	}
	if tr.Ask && c.OwnerID == nil {
		return domain.Invalid("mode", "nobody has this chat who could keep it meanwhile; give it to the colleague at once")
	}
	agent, err := t.agentNow(ctx, tr.User)
	if err != nil {
		return err
	}
	settings, _, err := t.settings(ctx)
	if err != nil {
		return err
	}
	if why := notFree(agent, c, settings, t.now); why != "" && !tr.Force {
		return domain.E(domain.CodeConflict, "%s %s; choose somebody else, or a queue", agent.Name, why).Because("agent_not_free")
	}
	owner, to := c.owner(), domain.UserRef{ID: agent.ID, Name: agent.Name}
	if tr.Ask {
		err = t.askToTake(ctx, a, c, to, tr, settings)
	} else {
		err = t.transferNow(ctx, a, c, to, tr, settings)
	}
	if err != nil {
		return err
	}
	return t.auditCommand(a, c, owner, "chat.transferred", map[string]any{"user_id": to.ID, "ask": tr.Ask, "force": tr.Force})
}

// notFree says in words that follow the agent's name why they can't have a chat now; empty when they can. A colleague
// needn't be a member of the chat's queue: whoever transfers knows why it is them.
func notFree(agent routing.Agent, c *chatRow, s routing.Settings, now time.Time) string {
	agent.Queues = map[domain.QueueID]routing.Member{c.QueueID: {}}
	entry := routing.Entry{Chat: c.ID, Queue: c.QueueID, QueueName: c.QueueName, Type: c.ChannelType, QueuedAt: c.QueuedAt}
	free, why := routing.Verdict(agent, entry, s, nil, now)
	if free {
		return ""
	}
	if agent.Status != domain.Available {
		return "is " + why
	}
	return why
}

func (t *tx) transferNow(ctx context.Context, a domain.Actor, c *chatRow, to domain.UserRef, tr domain.Transfer, s routing.Settings) error {
	text := withNote(fmt.Sprintf("%s transferred the chat to %s", whoMoves(a, c), to.Name), tr.Note)
	err := t.hand(ctx, c, giving{
		To: to, Kind: domain.StoryTransferred, EndReason: "transferred", Why: text, Line: text, Actor: a.User,
	})
	if err == nil && s.Sticky.FollowsTransfer && s.Sticky.For(c.ChannelType) {
		t.pair(c.CustomerID, to.ID, domain.PairingTransfer, "", s)
	}
	return err
}

func (t *tx) askToTake(ctx context.Context, a domain.Actor, c *chatRow, to domain.UserRef, tr domain.Transfer, s routing.Settings) error {
	if _, err := t.withdrawOffer(ctx, c, to.Name+" is asked instead"); err != nil {
		return err
	}
	text := withNote(fmt.Sprintf("%s asked %s to take the chat", whoMoves(a, c), to.Name), tr.Note)
	return t.makeOffer(ctx, c, newOffer{
		Agent: to, From: domain.UserRef{ID: c.owner(), Name: c.ownerName()}, Note: tr.Note, Line: text, Text: text, Actor: a.User,
		ExpiresAt: t.now.Add(time.Duration(s.Transfer.AcceptSeconds) * time.Second),
	})
}

// whoMoves names who moves a chat, and whose it is when that is somebody else.
func whoMoves(a domain.Actor, c *chatRow) string {
	if c.OwnerID == nil || c.owner() == a.User {
		return a.Name
	}
	return fmt.Sprintf("%s, for %s,", a.Name, c.ownerName())
}

func (t *tx) transferToQueue(ctx context.Context, a domain.Actor, c *chatRow, tr domain.Transfer) error {
	if c.Phase == domain.PhaseQueued && c.QueueID == tr.Queue {
		return nil
	}
	if err := mayMove(a, c); err != nil {
		return err
	}
	rules, err := t.queueNow(ctx, tr.Queue)
	if err != nil {
		return err
	}
	owner := c.owner()
	if c.OwnerID == nil {
		err = t.moveWaitingChat(ctx, a, c, tr.Queue)
	} else {
		text := withNote(fmt.Sprintf("%s transferred the chat to %s", whoMoves(a, c), rules.Name), tr.Note)
		err = t.requeue(ctx, c, requeueing{
			Queue: tr.Queue, PassedBy: owner, Fact: domain.FactChatRequeued, Kind: domain.StoryTransferred, EndReason: "transferred",
			Line: text, Text: text, Actor: a.User,
		})
	}
	if err != nil {
		return err
	}
	return t.auditCommand(a, c, owner, "chat.transferred", map[string]any{"queue_id": tr.Queue})
}

// moveWaitingChat puts a chat into another line as a step of a chain does.
func (t *tx) moveWaitingChat(ctx context.Context, a domain.Actor, c *chatRow, queue domain.QueueID) error {
	f, err := t.firing(ctx, domain.FireRequest{Account: t.account, Chat: c.ID})
	if err != nil {
		return err
	}
	f.actor = a
	if err := t.move(ctx, f, routing.Step{Action: routing.ActionMove, Queue: queue}); err != nil {
		return err
	}
	*c = f.chat
	return nil
}
