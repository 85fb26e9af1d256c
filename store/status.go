package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// maxReasonRunes bounds the reason of a break.
const maxReasonRunes = 200

var (
	setStatus = define("set an agent's status", `
update users set status = @status, status_reason = @reason, status_since = @now, next_status = '', next_reason = '',
  idle_since = case when @status = 'available' then @now else idle_since end
where id = @user and account_id = @account`)
	bookStatus = define("book a break or a leave", `
update users set next_status = @status, next_reason = @reason where id = @user and account_id = @account`)
	recordStatus = define("record a change of status", `
insert into user_status_changes (account_id, user_id, status, reason, actor_id, at)
values (@account, @user, @status, @reason, @actor, @now)`)
	// All of them are locked before the first is given back, which locks the agent's own row: whoever ends one of the chats
	// meanwhile holds its row and wants the agent's.
	activeChatsOf = define("lock active chats of an agent", `
select id from chats where owner_id = @user and account_id = @account and phase = 'active' and (@all or waiting_since is not null)
order by id for no key update`)
)

// SetStatus changes the actor's own state, or as a supervisor somebody else's. A break or going offline keeps the chats
// the agent has and brings no new ones: offers are withdrawn, and nobody waits for an agent who has gone. AfterChats books
// it for when the last chat is done; HandOver gives all active chats back to the front of their lines, those whose
// customer has left stay to be disposed of. Becoming available cancels what was booked and hands out what waits. Setting
// what is already set changes nothing.
func (s *Store) SetStatus(ctx context.Context, a domain.Actor, user domain.UserID, c domain.StatusChange) (domain.User, error) {
	c, err := checkedStatus(a, user, c)
	if err != nil {
		return domain.User{}, err
	}
	var found domain.User
	err = s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		before, err := t.userNow(ctx, user)
		if err != nil {
			return err
		}
		if before.DisabledAt != nil {
			return domain.E(domain.CodeConflict, "%s is disabled", before.Name).Because("user_disabled")
		}
		if err := t.checkBreakReason(ctx, a, c, user); err != nil {
			return err
		}
		changed, err := t.changeStatus(ctx, a, before, c)
		if err != nil {
			return err
		}
		if changed {
			if _, err := t.dispatch(ctx); err != nil {
				return err
			}
		}
		found, err = t.userNow(ctx, user)
		return err
	})
	if err != nil {
		return domain.User{}, fmt.Errorf("setting a status: %w", err)
	}
	return found, nil
}

func checkedStatus(a domain.Actor, user domain.UserID, c domain.StatusChange) (domain.StatusChange, error) {
	c.Reason = strings.TrimSpace(c.Reason)
	reason, err := shortText("reason", c.Reason, maxReasonRunes)
	c.Reason = reason
	switch {
	case err != nil:
		return c, err
	case !c.Status.Valid():
		return c, domain.Invalid("status", "status must be available, break or offline")
	case c.AfterChats && c.Status == domain.Available:
		return c, domain.Invalid("when", "being available begins now; only a break or going offline can wait for the open chats")
	case c.HandOver && (c.Status != domain.Offline || c.AfterChats):
		return c, domain.Invalid("hand_over", "chats are handed over only when going offline now")
	case user != a.User && !a.Role.Supervises():
		return c, domain.E(domain.CodeForbidden, "only supervisors may change somebody else's status")
	}
	if _, err := uuid.Parse(string(user)); err != nil {
		return c, domain.E(domain.CodeNotFound, "no user has this id").Because("unknown_user")
	}
	return c, nil
}

// checkBreakReason holds agents to the account's reasons; a supervisor may give any, and no reason is one, too.
func (t *tx) checkBreakReason(ctx context.Context, a domain.Actor, c domain.StatusChange, user domain.UserID) error {
	if c.Status != domain.OnBreak || c.Reason == "" || user != a.User {
		return nil
	}
	return t.knownBreakReason(ctx, "reason", c.Reason)
}

func (t *tx) knownBreakReason(ctx context.Context, field, reason string) error {
	settings, _, err := t.settings(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(settings.BreakReasons, reason) {
		return domain.Invalid(field, "%q isn't one of the reasons for a break: %s", reason, strings.Join(settings.BreakReasons, ", "))
	}
	return nil
}

// changeStatus writes the change and what follows from it, and reports whether there was anything to change.
func (t *tx) changeStatus(ctx context.Context, a domain.Actor, before domain.User, c domain.StatusChange) (bool, error) {
	same := before.Status == c.Status && before.StatusReason == c.Reason
	books := c.AfterChats && before.OpenChats > 0 && before.Status != c.Status
	switch {
	case books && before.NextStatus == c.Status && before.NextReason == c.Reason:
		return false, nil
	case same && before.NextStatus == "" && !c.HandOver:
		return false, nil
	}
	if c.HandOver {
		why := fmt.Sprintf("%s went offline and handed over", before.Name)
		if a.User != before.ID {
			why = fmt.Sprintf("%s ended the shift of %s", a.Name, before.Name)
		}
		if err := t.handOver(ctx, before, handing{all: true, why: why, actor: a.User}); err != nil {
			return false, err
		}
	}
	if err := t.noMoreChats(ctx, before.ID, c.Status, statusWords(c.Status, books)); err != nil {
		return false, err
	}
	at := args{"status": c.Status, "reason": c.Reason, "user": before.ID, "account": t.account}
	if books {
		t.later(bookStatus, at)
	} else {
		t.becomes(before.ID, c.Status, c.Reason, a.User)
	}
	t.touch(before.ID)
	if a.User == before.ID {
		return true, nil
	}
	return true, t.audit(a, "agent.status", string(before.ID), map[string]any{
		"status": c.Status, "reason": c.Reason, "after_chats": c.AfterChats, "hand_over": c.HandOver, "before": before.Status,
	})
}

// becomes writes a user's new state; it cancels what was booked.
func (t *tx) becomes(user domain.UserID, status domain.Availability, reason string, actor domain.UserID) {
	t.later(setStatus, args{"status": status, "reason": reason, "now": t.now, "user": user, "account": t.account})
	t.later(recordStatus, args{
		"account": t.account, "user": user, "status": status, "reason": reason, "actor": actor, "now": t.now,
	})
}

// statusWords goes on in a sentence after the agent's name.
func statusWords(status domain.Availability, books bool) string {
	switch {
	case status == domain.OnBreak && books:
		return "goes on a break after the current chats"
	case status == domain.OnBreak:
		return "went on a break"
	case books:
		return "goes offline after the current chats"
	default:
		return "went offline"
	}
}

// noMoreChats takes back what is on its way to a user who takes no chats now. why goes on in a sentence after the agent's
// name.
func (t *tx) noMoreChats(ctx context.Context, user domain.UserID, status domain.Availability, why string) error {
	if status == domain.Available {
		return nil
	}
	if err := t.endOffersOf(ctx, user, "the agent "+why); err != nil {
		return err
	}
	if status != domain.Offline {
		return nil
	}
	return t.endStickyWaits(ctx, user, why)
}

// handing says which of an agent's chats go back to their lines, and why.
type handing struct {
	all   bool          // also those whose customer has been answered
	why   string        // begins the line, "Ada lost the connection"
	actor domain.UserID // empty when a rule decides
}

// handOver puts an agent's active chats back at the front of their lines, the agent last in turn. The caller holds the
// dispatch lock and dispatches afterwards.
func (t *tx) handOver(ctx context.Context, agent domain.User, h handing) error {
	rows, err := t.Query(ctx, string(activeChatsOf), args{"user": agent.ID, "account": t.account, "all": h.all})
	if err != nil {
		return err
	}
	chats, err := pgx.CollectRows(rows, pgx.RowTo[domain.ChatID])
	if err != nil {
		return err
	}
	for _, id := range chats {
		c, err := t.lockedChat(ctx, id)
		if err != nil {
			return err
		}
		// Somebody may have ended it, or the agent answered, before the row was ours.
		if c.owner() != agent.ID || c.Phase != domain.PhaseActive || !h.all && c.WaitingSince == nil {
			continue
		}
		line := fmt.Sprintf("%s: the chat is back at the front of %s.", h.why, c.QueueName)
		err = t.requeue(ctx, &c, requeueing{
			Front: true, PassedBy: agent.ID, Fact: domain.FactAgentGone, Kind: domain.StoryAgentGone, EndReason: "agent_gone",
			Line: line, Text: line, Actor: h.actor,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
