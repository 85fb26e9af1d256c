package store

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// maxNoteRunes bounds the note of a disposition.
const maxNoteRunes = 4000

var (
	closeChat = define("close a chat", `
update chats set phase = 'closed', outcome = @outcome, closed_at = @now, disposition_id = nullif(@disposition, '')::uuid,
  disposed_by = nullif(@actor, '')::uuid, note = @note, unread = 0, waiting_since = null, read_seq = last_seq
where id = @chat`)
	endAssignment = define("end an assignment", `
update assignments set ended_at = @now, end_reason = @outcome where chat_id = @chat and ended_at is null`)
	leaveLine       = define("leave the line", `delete from waiting where chat_id = @chat`)
	agentIdle       = define("agent gave a chat back", `update users set idle_since = greatest(idle_since, @now) where id = @user`)
	dispositionName = define("name of a disposition in use", `
select name from dispositions where id = @disposition and account_id = @account and disabled_at is null`)
	roleOf = define("role of a user", `select role from users where id = @user and account_id = @account`)
)

// CloseChat closes a chat if nothing newer than ExpectSeq has happened in it: a newer message answers Newer and changes
// nothing. A chat that is closed already answers Closed with the agent whose slot it had, so that a repeat of the request
// goes on as the first did. CodeInvalid for a disposition the account doesn't have, CodeConflict not_owner when the
// actor neither owns the chat nor supervises.
func (s *Store) CloseChat(ctx context.Context, r domain.CloseRequest) (domain.CloseResult, error) {
	if err := checkClose(r); err != nil {
		return domain.CloseResult{}, err
	}
	var result domain.CloseResult
	err := s.inAccount(ctx, r.Account, func(t *tx) error {
		var locked []domain.ChatID
		var found []chatRow
		b := &pgx.Batch{}
		queueValues(b, &locked, lockChat, args{"chat": r.Chat, "account": r.Account})
		queueMany(b, &found, chatByID, args{"chat": r.Chat})
		if err := t.send(ctx, b); err != nil {
			return err
		}
		if len(locked) == 0 || len(found) == 0 {
			return errNoChat()
		}
		c := found[0]
		result = domain.CloseResult{LastSeq: c.LastSeq, Agent: c.owner()}
		switch {
		case c.Phase == domain.PhaseClosed:
			result.Closed, result.At = true, *c.ClosedAt
			return nil
		case c.LastSeq != r.ExpectSeq:
			result.Newer, result.At = true, t.now
			return nil
		}
		result.Closed, result.At = true, t.now
		return t.close(ctx, c, r)
	})
	if err != nil {
		return domain.CloseResult{}, fmt.Errorf("closing a chat: %w", err)
	}
	return result, nil
}

func checkClose(r domain.CloseRequest) error {
	switch {
	case r.Outcome == "":
		return domain.Invalid("outcome", "a closed chat needs an outcome")
	case r.Outcome == domain.OutcomeDisposed && r.Disposition == "":
		return domain.Invalid("disposition_id", "choose a disposition")
	case utf8.RuneCountInString(r.Note) > maxNoteRunes:
		return domain.Invalid("note", "note may have at most %d characters", maxNoteRunes)
	case r.Note != storable(r.Note):
		return domain.Invalid("note", "note holds characters that can't be stored")
	}
	if r.Disposition != "" {
		if _, err := domain.ParseID[domain.DispositionID]("disposition_id", string(r.Disposition)); err != nil {
			return err
		}
	}
	return nil
}

// close ends a locked, open chat.
func (t *tx) close(ctx context.Context, c chatRow, r domain.CloseRequest) error {
	if err := t.mayClose(ctx, c, r); err != nil {
		return err
	}
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
	}
	c.Phase, c.Outcome, c.ClosedAt, c.Note = domain.PhaseClosed, r.Outcome, &t.now, r.Note
	c.Unread, c.WaitingSince, c.ReadSeq = 0, nil, c.LastSeq
	to := []string{audienceQueue(c.QueueID)}
	if c.OwnerID != nil {
		to = append(to, audienceUser(*c.OwnerID))
	}
	if err := t.emit(domain.EventChatClosed, c.ID, domain.ChatEventData{Chat: c.view()}, to...); err != nil {
		return err
	}
	return t.emit(domain.EventChatClosed, c.ID, domain.ChatEventData{Chat: c.visitorView()}, c.visitors()...)
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
	if c.OwnerID == nil {
		return domain.E(domain.CodeConflict, "this chat waits for an agent; nobody owns it yet").Because("not_owner")
	}
	return domain.E(domain.CodeConflict, "this chat belongs to %s", c.ownerName()).Because("not_owner")
}
