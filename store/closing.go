package store

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var (
	closeChat = define("close a chat", `
update chats set phase = 'closed', outcome = @outcome, closed_at = @now, disposition_id = nullif(@disposition, '')::uuid,
  disposed_by = nullif(@actor, '')::uuid, note = @note, unread = 0, waiting_since = null, read_seq = last_seq, held_until = null
where id = @chat`)
	endAssignment = define("end an assignment", `
update assignments set ended_at = @now, end_reason = @outcome where chat_id = @chat and ended_at is null`)
	leaveLine       = define("leave the line", `delete from waiting where chat_id = @chat`)
	agentIdle       = define("agent gave a chat back", `update users set idle_since = greatest(idle_since, @now) where id = @user`)
	dispositionName = define("name of a disposition in use", `
select name from dispositions where id = @disposition and account_id = @account and disabled_at is null`)
	promiseFollowUp = define("promise a customer something for later", `
insert into follow_ups (id, account_id, customer_id, chat_id, queue_id, user_id, due_at, zone, note, created_at)
values (@id, @account, @customer, @chat, @queue, nullif(@user, '')::uuid, @due, @zone, @note, @now)
on conflict (chat_id, due_at) do nothing`)
	bookBreak = define("book a break for after the chats", `
update users set next_status = 'break', next_reason = @reason
where id = @user and account_id = @account and status = 'available' and disabled_at is null`)
	roleOf = define("role of a user", `select role from users where id = @user and account_id = @account`)
)

// CloseChat closes a chat if nothing newer than ExpectSeq has happened in it: a newer message answers Newer and changes
// nothing. A chat that is closed already answers Closed with the agent whose slot it had, so that a repeat of the request
// goes on as the first did. A disposition chosen while the chat lived is applied when the request names none. A promised
// callback becomes a follow-up, a break is booked for when the actor's chats are done. CodeInvalid for a disposition that
// isn't offered for the chat, CodeConflict not_owner when the actor neither owns the chat nor supervises.
func (s *Store) CloseChat(ctx context.Context, r domain.CloseRequest) (domain.CloseResult, error) {
	if err := checkClose(r); err != nil {
		return domain.CloseResult{}, err
	}
	var result domain.CloseResult
	err := s.inAccount(ctx, r.Account, func(t *tx) error {
		var err error
		result, err = t.closeAsked(ctx, r)
		return err
	})
	if err != nil {
		return domain.CloseResult{}, fmt.Errorf("closing a chat: %w", err)
	}
	if result.Closed {
		s.handOutSoon(r.Account) //nolint:contextcheck // outlives the caller, who doesn't wait for it
	}
	return result, nil
}

// closeAsked locks a chat and closes it if it may be closed now.
func (t *tx) closeAsked(ctx context.Context, r domain.CloseRequest) (domain.CloseResult, error) {
	c, err := t.lockedChat(ctx, r.Chat)
	if err != nil {
		return domain.CloseResult{}, err
	}
	result := domain.CloseResult{LastSeq: c.LastSeq, Agent: c.owner(), At: t.now}
	switch {
	case c.Phase == domain.PhaseClosed:
		result.Closed, result.At = true, *c.ClosedAt
		return result, nil
	case c.LastSeq != r.ExpectSeq:
		result.Newer = true
		return result, nil
	}
	if err := t.mayClose(ctx, c, r); err != nil {
		return result, err
	}
	if r, err = t.checkedEnd(ctx, c, r); err != nil {
		return result, err
	}
	offered, err := t.withdrawOffer(ctx, &c, "the chat was closed")
	if err != nil {
		return result, err
	}
	if offered != nil && c.OwnerID == nil {
		result.Agent = offered.UserID // whose slot is free now
	}
	result.Closed = true
	if err := t.close(ctx, c, r); err != nil {
		return result, err
	}
	if r.Actor != "" && r.Actor != c.owner() {
		err := t.audit(domain.Actor{Account: r.Account, User: r.Actor}, "chat.disposed", string(c.ID), map[string]any{
			"owner": c.owner(), "disposition_id": r.Disposition,
		})
		if err != nil {
			return result, err
		}
	}
	return result, t.tellClosed(ctx, c, r)
}

func checkClose(r domain.CloseRequest) error {
	switch {
	case r.Outcome == "":
		return domain.Invalid("outcome", "a closed chat needs an outcome")
	case r.CallbackAt.IsZero() != (r.CallbackZone == ""):
		return domain.Invalid("callback_zone", "a callback needs its time and its time zone")
	}
	if _, err := checkedNote(r.Note); err != nil {
		return err
	}
	if r.CallbackZone != "" {
		if _, err := time.LoadLocation(r.CallbackZone); err != nil {
			return domain.Invalid("callback_zone", "%q is no time zone", storable(r.CallbackZone))
		}
	}
	if r.Disposition != "" {
		if _, err := domain.ParseID[domain.DispositionID]("disposition_id", string(r.Disposition)); err != nil {
			return err
		}
	}
	return nil
}

// checkedNote holds the note of a disposition to its bounds.
func checkedNote(note string) (string, error) {
	switch {
	case utf8.RuneCountInString(note) > domain.MaxDispositionNoteRunes:
		return note, domain.Invalid("note", "note may have at most %d characters", domain.MaxDispositionNoteRunes)
	case note != storable(note):
		return note, domain.Invalid("note", "note holds characters that can't be stored")
	}
	return note, nil
}

// checkedEnd fills in what was chosen early and checks what a person chose.
func (t *tx) checkedEnd(ctx context.Context, c chatRow, r domain.CloseRequest) (domain.CloseRequest, error) {
	if r.Outcome == domain.OutcomeDisposed && r.Disposition == "" && c.NextDispositionID != nil {
		r.Disposition = *c.NextDispositionID
		if r.Note == "" {
			r.Note = c.NextNote
		}
	}
	if r.Outcome == domain.OutcomeDisposed && r.Disposition == "" {
		return r, domain.Invalid("disposition_id", "choose a disposition")
	}
	if r.BreakAfter != "" {
		if err := t.knownBreakReason(ctx, "break_after", r.BreakAfter); err != nil {
			return r, err
		}
	}
	if r.Actor == "" || r.Disposition == "" {
		return r, nil
	}
	d, err := t.dispositionFor(ctx, c.QueueID, r.Disposition)
	if err == nil && d.Callback && r.CallbackAt.IsZero() {
		err = domain.Invalid("callback_at", "%s needs the time at which the customer is to be called back", d.Name)
	}
	return r, err
}

// close ends a locked, open chat.
func (t *tx) close(ctx context.Context, c chatRow, r domain.CloseRequest) error {
	if r.Disposition != "" {
		name, err := value[string](ctx, t, dispositionName, args{"disposition": r.Disposition, "account": t.account})
		if errors.Is(err, pgx.ErrNoRows) {
			return domain.Invalid("disposition_id", "this disposition isn't in use in your account; choose another one")
		}
		if err != nil {
			return err
		}
		c.DispositionID, c.DispositionName = &r.Disposition, &name
	}
	t.later(closeChat, args{
		"outcome": r.Outcome, "now": t.now, "disposition": string(r.Disposition), "actor": string(r.Actor), "note": r.Note, "chat": c.ID,
	})
	t.later(endAssignment, args{"now": t.now, "outcome": r.Outcome, "chat": c.ID})
	t.later(leaveLine, args{"chat": c.ID})
	if c.OwnerID != nil {
		t.later(agentIdle, args{"now": t.now, "user": *c.OwnerID})
		t.touch(*c.OwnerID)
	}
	t.laterPromises(c, r)
	c.Phase, c.Outcome, c.ClosedAt, c.Note = domain.PhaseClosed, r.Outcome, &t.now, r.Note
	c.Unread, c.WaitingSince, c.ReadSeq, c.HeldUntil, c.Offer = 0, nil, c.LastSeq, nil, nil
	to := []string{audienceQueue(c.QueueID)}
	if c.OwnerID != nil {
		to = append(to, audienceUser(*c.OwnerID))
	}
	for _, m := range c.Members {
		if m.ID != c.owner() {
			to = append(to, audienceUser(m.ID))
		}
	}
	if err := t.emit(domain.EventChatClosed, c.ID, domain.ChatEventData{Chat: c.view()}, to...); err != nil {
		return err
	}
	return t.emit(domain.EventChatClosed, c.ID, domain.ChatEventData{Chat: c.visitorView()}, c.visitors()...)
}

// laterPromises queues what is promised with a chat's end: a callback to the customer, a break to the agent.
func (t *tx) laterPromises(c chatRow, r domain.CloseRequest) {
	if !r.CallbackAt.IsZero() {
		t.later(promiseFollowUp, args{
			"id": domain.NewID[domain.FollowUpID](), "account": t.account, "customer": c.CustomerID, "chat": c.ID, "queue": c.QueueID,
			"user": string(r.Actor), "due": r.CallbackAt, "zone": r.CallbackZone, "note": r.Note, "now": t.now,
		})
	}
	if r.BreakAfter != "" && r.Actor != "" {
		t.later(bookBreak, args{"reason": r.BreakAfter, "user": r.Actor, "account": t.account})
		t.touch(r.Actor)
	}
}

// tellClosed ends the story of a chat that somebody closed, or its workflow.
func (t *tx) tellClosed(ctx context.Context, c chatRow, r domain.CloseRequest) error {
	text := "The chat was closed: " + string(r.Outcome) + "."
	switch {
	case r.Outcome == domain.OutcomeAbandoned:
		text = "The customer left before an agent had the chat."
	case r.Outcome == domain.OutcomeCancelled:
		text = "An operator cancelled the chat."
	case r.Actor != "" && r.Disposition != "":
		who, err := value[string](ctx, t, nameOfUser, args{"user": r.Actor})
		if err != nil {
			return err
		}
		name, err := value[string](ctx, t, dispositionName, args{"disposition": r.Disposition, "account": t.account})
		if err != nil {
			return err
		}
		text = fmt.Sprintf("%s disposed of the chat as %s.", who, name)
		if !r.CallbackAt.IsZero() {
			text = fmt.Sprintf("%s disposed of the chat as %s and promised a callback.", who, name)
		}
	}
	return t.story(decision{
		Chat: c.ID, Kind: domain.StoryClosed, Queue: c.QueueID, User: c.owner(), Actor: r.Actor, Version: c.PolicyVersion, Text: text,
	})
}

// mayClose checks the person who asks; requests of the product itself have none.
func (t *tx) mayClose(ctx context.Context, c chatRow, r domain.CloseRequest) error {
	if r.Actor == "" || r.Actor == c.owner() {
		return nil
	}
	role, err := value[domain.Role](ctx, t, roleOf, args{"user": r.Actor, "account": t.account})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if role.Supervises() {
		return nil
	}
	return errNotOwner(&c)
}
