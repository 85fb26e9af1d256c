package store

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var (
	insertSystem = define("store a line or a text of the system", `
insert into messages (id, account_id, chat_id, seq, side, kind, text, attachments, status, channel_id, created_at)
values (@id, @account, @chat, @seq, 'system', @kind, @text, '[]', @status, @channel, @now)`)
	countEvent  = define("count an event in", `update chats set last_seq = @seq where id = @chat`)
	countSystem = define("count an automatic text in", `
update chats set last_seq = @seq, last_side = 'system', last_text = @text, last_message_at = @now where id = @chat`)
)

// flush sends what was queued with later now, so that the statements that follow see it.
func (t *tx) flush(ctx context.Context) error {
	if t.last.Len() == 0 {
		return nil
	}
	b := t.last
	t.last = pgx.Batch{}
	return t.send(ctx, &b)
}

// happen tells a locked chat's workflow what routing did to it, and with a line also everybody who reads the chat: line
// and fact share the chat's next seq. The caller has changed c before, so that the event shows how the chat stands now.
func (t *tx) happen(c *chatRow, f domain.Fact, line string) error {
	c.LastSeq++
	f.Seq, f.At = c.LastSeq, t.now
	t.later(countEvent, args{"seq": c.LastSeq, "chat": c.ID})
	if line != "" {
		m := t.systemMessage(c, domain.KindEvent, line, domain.StatusSent)
		if f.ID == "" {
			f.ID = string(m.ID)
		}
		view := c.view()
		if err := t.emit(domain.EventMessageCreated, c.ID, domain.MessageEventData{Message: m, Chat: &view}, c.staff()); err != nil {
			return err
		}
	}
	if f.ID == "" {
		f.ID = string(c.ID)
	}
	return t.tell(c.ID, f, true)
}

// systemMessage queues a message of the system under the chat's newest seq.
func (t *tx) systemMessage(c *chatRow, kind domain.Kind, text string, status domain.Status) domain.Message {
	row := messageRow{
		ID: domain.NewID[domain.MessageID](), ChatID: c.ID, Seq: c.LastSeq, Side: domain.SideSystem, Kind: kind, Text: text,
		Status: status, CreatedAt: t.now,
	}
	t.later(insertSystem, args{
		"id": row.ID, "account": t.account, "chat": c.ID, "seq": row.Seq, "kind": kind, "text": text, "status": status,
		"channel": c.ChannelID, "now": t.now,
	})
	return row.view()
}

// automaticText sends the customer of a locked chat a text that no person wrote; an empty text sends nothing. The
// workflow sends it as it sends an agent's message. It neither answers the customer nor counts as their word.
func (t *tx) automaticText(c *chatRow, text string) error {
	if text == "" {
		return nil
	}
	c.LastSeq++
	status, hint := domain.StatusSent, c.sendHint()
	if hint != nil {
		status = domain.StatusQueued
	}
	m := t.systemMessage(c, domain.KindText, text, status)
	side, short, at := domain.SideSystem, preview(text, nil), t.now
	c.LastSide, c.LastText, c.LastMessageAt = &side, &short, &at
	t.later(countSystem, args{"seq": c.LastSeq, "text": short, "now": at, "chat": c.ID})
	view := c.view()
	if err := t.emitMessage(domain.EventMessageCreated, *c, m, &view); err != nil {
		return err
	}
	fact := domain.Fact{Seq: m.Seq, Kind: domain.FactSystemMessage, ID: string(m.ID), At: t.now, Send: hint}
	return t.tell(c.ID, fact, true)
}

// notice tells one user something about a chat, wherever they are.
func (t *tx) notice(user domain.UserID, chat domain.ChatID, text string) error {
	return t.emit(domain.EventNotice, chat, domain.NoticeData{Text: text, ChatID: chat}, audienceUser(user))
}

// shortText gives a text of a person for a story or a line, trimmed; CodeInvalid with the field when it is longer than so
// many characters or can't be stored.
func shortText(field, text string, most int) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > most {
		return "", domain.Invalid(field, "%s may have at most %d characters", field, most)
	}
	if text != storable(text) {
		return "", domain.Invalid(field, "%s holds characters that can't be stored", field)
	}
	return text, nil
}

// sentence ends a text as a sentence ends.
func sentence(text string) string {
	if strings.ContainsAny(text[max(0, len(text)-1):], ".!?") {
		return text
	}
	return text + "."
}
