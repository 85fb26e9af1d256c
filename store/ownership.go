package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

// command runs a person's command on a chat they may read, under the dispatch lock and the chat's own; hands out what it
// made possible, and gives the chat as it is then, also to somebody who may read it no longer.
func (s *Store) command(
	ctx context.Context, a domain.Actor, id domain.ChatID, doing string, run func(*tx, *chatRow) error,
) (domain.ChatView, error) {
	if err := mayReadChats(a); err != nil {
		return domain.ChatView{}, err
	}
	if _, err := uuid.Parse(string(id)); err != nil {
		return domain.ChatView{}, errNoChat()
	}
	var view domain.ChatView
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		c, err := t.lockedReadable(ctx, a, id)
		if err != nil {
			return err
		}
		if err := run(t, &c); err != nil {
			return err
		}
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		view, err = t.viewNow(ctx, &c)
		return err
	})
	if err != nil {
		return domain.ChatView{}, fmt.Errorf("%s: %w", doing, err)
	}
	return view, nil
}

// lockedReadable locks a chat and then reads it, if the actor may.
func (t *tx) lockedReadable(ctx context.Context, a domain.Actor, id domain.ChatID) (chatRow, error) {
	var locked []domain.ChatID
	var found []chatRow
	b := &pgx.Batch{}
	queueValues(b, &locked, lockChat, args{"chat": id, "account": t.account})
	queueMany(b, &found, chatReadable, readArgs(a, id))
	if err := t.send(ctx, b); err != nil {
		return chatRow{}, err
	}
	if len(locked) == 0 || len(found) == 0 {
		return chatRow{}, errNoChat()
	}
	return found[0], nil
}

// viewNow gives a locked chat as it is after what this transaction has done so far.
func (t *tx) viewNow(ctx context.Context, c *chatRow) (domain.ChatView, error) {
	if err := t.refresh(ctx, c); err != nil {
		return domain.ChatView{}, err
	}
	view := c.view()
	if c.Phase != domain.PhaseQueued {
		return view, nil
	}
	var err error
	view.Position, err = value[int](ctx, t, placeInLine, args{"chat": c.ID, "account": t.account})
	return view, err
}

// errNotOwner refuses what only a chat's owner may do, and names the owner.
func errNotOwner(c *chatRow) error {
	if c.OwnerID == nil {
		return domain.E(domain.CodeConflict, "this chat waits for an agent; nobody owns it yet").Because("not_owner")
	}
	return domain.E(domain.CodeConflict, "this chat belongs to %s", c.ownerName()).Because("not_owner")
}

func errChatClosed() error {
	return domain.E(domain.CodeConflict, "this chat is closed; the customer's next message opens another one").Because("chat_closed")
}

// mayMove checks that the actor may send an open chat elsewhere: their own, or as a supervisor anybody's.
func mayMove(a domain.Actor, c *chatRow) error {
	switch {
	case !c.Phase.Open():
		return errChatClosed()
	case c.owner() != a.User && !a.Role.Supervises():
		return errNotOwner(c)
	case c.CustomerLeftAt != nil:
		return domain.E(domain.CodeConflict, "the customer has left; the chat only needs a disposition").Because("customer_left")
	}
	return nil
}

// auditCommand writes the audit trail of what a supervisor does with a chat that isn't theirs.
func (t *tx) auditCommand(a domain.Actor, c *chatRow, owner domain.UserID, action string, detail map[string]any) error {
	if owner == a.User || !a.Role.Supervises() {
		return nil
	}
	detail["owner"] = owner
	return t.audit(a, action, string(c.ID), detail)
}

// RequeueChat gives a chat back to the front of its line; its agent comes last in turn. A chat that waits already stays
// where it is. CodeConflict not_owner names the owner, customer_left and chat_closed say that it's too late.
func (s *Store) RequeueChat(ctx context.Context, a domain.Actor, id domain.ChatID, note string) (domain.ChatView, error) {
	note, err := shortText("note", note, domain.MaxDispositionNoteRunes)
	if err != nil {
		return domain.ChatView{}, err
	}
	return s.command(ctx, a, id, "requeuing a chat", func(t *tx, c *chatRow) error {
		if c.Phase == domain.PhaseQueued {
			return nil
		}
		if err := mayMove(a, c); err != nil {
			return err
		}
		owner := c.owner()
		text := withNote(fmt.Sprintf("%s gave the chat back to %s", a.Name, c.QueueName), note)
		err := t.requeue(ctx, c, requeueing{
			Front: true, PassedBy: owner, Fact: domain.FactChatRequeued, Kind: domain.StoryRequeued, EndReason: "requeued",
			Line: text, Text: text, Actor: a.User,
		})
		if err != nil {
			return err
		}
		return t.auditCommand(a, c, owner, "chat.requeued", map[string]any{})
	})
}

// withNote ends a sentence for a line, with what its author adds.
func withNote(text, note string) string {
	if note == "" {
		return text + "."
	}
	return text + ": " + sentence(note)
}

var (
	joinChat = define("join a chat", `
insert into chat_members (chat_id, user_id, account_id, joined_at) values (@chat, @user, @account, @now) on conflict do nothing`)
	quitChat = define("leave a chat", `delete from chat_members where chat_id = @chat and user_id = @user`)
)

// TakeChat makes a supervisor the owner of a waiting chat or of somebody's. CodeConflict already_taken names another
// supervisor who has it: nobody takes from them what they took.
func (s *Store) TakeChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
	if !a.Role.Supervises() {
		return domain.ChatView{}, domain.E(domain.CodeForbidden, "only supervisors take chats")
	}
	return s.command(ctx, a, id, "taking a chat", func(t *tx, c *chatRow) error {
		if c.Phase.Open() && c.owner() == a.User {
			return nil
		}
		if err := mayMove(a, c); err != nil {
			return err
		}
		owner := c.owner()
		text := fmt.Sprintf("%s took the chat out of the line.", a.Name)
		if owner != "" {
			role, err := value[domain.Role](ctx, t, roleOf, args{"user": owner, "account": t.account})
			if err != nil {
				return err
			}
			if role.Supervises() {
				return domain.E(domain.CodeConflict, "%s has this chat already", c.ownerName()).Because("already_taken")
			}
			text = fmt.Sprintf("%s took the chat over from %s.", a.Name, c.ownerName())
		}
		err := t.hand(ctx, c, giving{
			To: domain.UserRef{ID: a.User, Name: a.Name}, Kind: domain.StoryTaken, EndReason: "taken", Why: text, Line: text, Actor: a.User,
		})
		if err != nil {
			return err
		}
		return t.auditCommand(a, c, owner, "chat.taken", map[string]any{})
	})
}

// hand gives a locked chat to an agent; an offer of it is withdrawn, and the new owner is no more a colleague beside it.
func (t *tx) hand(ctx context.Context, c *chatRow, g giving) error {
	if _, err := t.withdrawOffer(ctx, c, "the chat went to "+g.To.Name); err != nil {
		return err
	}
	t.later(quitChat, args{"chat": c.ID, "user": g.To.ID})
	return t.giveTo(ctx, c, g)
}

// JoinChat makes the actor a colleague beside a chat's owner, visibly: they may write to the customer, too. The owner of a
// chat is in it already. CodeConflict not_owner while nobody has the chat.
func (s *Store) JoinChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
	return s.command(ctx, a, id, "joining a chat", func(t *tx, c *chatRow) error {
		switch {
		case !c.Phase.Open():
			return errChatClosed()
		case c.owner() == a.User || c.joined(a.User):
			return nil
		case c.OwnerID == nil:
			return errNotOwner(c)
		}
		t.later(joinChat, args{"chat": c.ID, "user": a.User, "account": t.account, "now": t.now})
		if err := t.membersChanged(ctx, a, c, domain.StoryJoined, a.Name+" joined the chat."); err != nil {
			return err
		}
		return t.auditCommand(a, c, c.owner(), "chat.joined", map[string]any{})
	})
}

// LeaveChat ends what JoinChat began. Who isn't beside the chat leaves nothing.
func (s *Store) LeaveChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
	return s.command(ctx, a, id, "leaving a chat", func(t *tx, c *chatRow) error {
		if !c.Phase.Open() || !c.joined(a.User) {
			return nil
		}
		t.later(quitChat, args{"chat": c.ID, "user": a.User})
		if err := t.membersChanged(ctx, a, c, domain.StoryLeft, a.Name+" left the chat."); err != nil {
			return err
		}
		return t.auditCommand(a, c, c.owner(), "chat.left", map[string]any{})
	})
}

// membersChanged tells that the actor joined a chat or left it.
func (t *tx) membersChanged(ctx context.Context, a domain.Actor, c *chatRow, kind domain.StoryKind, text string) error {
	if err := t.refresh(ctx, c); err != nil {
		return err
	}
	fact := domain.Fact{Kind: domain.FactChatMembersChanged, Agent: a.User, AgentName: a.Name, Detail: text}
	if err := t.happen(c, fact, text); err != nil {
		return err
	}
	err := t.story(decision{
		Chat: c.ID, Kind: kind, Queue: c.QueueID, User: a.User, Actor: a.User, Version: c.PolicyVersion, Text: text,
	})
	if err != nil {
		return err
	}
	return t.emitUpdated(c, a.User)
}

// emitUpdated shows a chat anew to its owner, the queues it stands in line for, the colleagues beside it, whom it is offered to, and others.
func (t *tx) emitUpdated(c *chatRow, others ...domain.UserID) error {
	told := map[domain.UserID]bool{"": true}
	to := audienceQueues(c.QueueID, c.LineQueues)
	tell := func(u domain.UserID) {
		if !told[u] {
			told[u] = true
			to = append(to, audienceUser(u))
		}
	}
	tell(c.owner())
	for _, m := range c.Members {
		tell(m.ID)
	}
	if c.Offer != nil {
		tell(c.Offer.Agent.ID)
	}
	for _, u := range others {
		tell(u)
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.view()}, to...)
}

// agentNow gives a user as routing sees them; CodeInvalid user_id when the account has none such who takes chats.
func (t *tx) agentNow(ctx context.Context, id domain.UserID) (routing.Agent, error) {
	rows, err := many[agentRow](ctx, t, agentByID, args{"user": id, "account": t.account, "now": t.now})
	if err != nil {
		return routing.Agent{}, err
	}
	if len(rows) == 0 {
		return routing.Agent{}, domain.Invalid("user_id", "no such user")
	}
	a := rows[0].agent()
	switch {
	case a.Disabled:
		return a, domain.Invalid("user_id", "%s is disabled", a.Name)
	case !a.TakesChats:
		return a, domain.Invalid("user_id", "%s has a role that takes no chats", a.Name)
	}
	return a, nil
}
