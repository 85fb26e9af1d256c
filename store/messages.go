package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var (
	messagesBefore = define("messages before", `
select `+messageColumns+` from (
  select * from messages where chat_id = @chat and seq < @before and seq > @after order by seq desc limit @limit
) m `+messageJoins+` order by m.seq desc`)
	messagesAfter = define("messages after", `
select `+messageColumns+` from (
  select * from messages where chat_id = @chat and seq > @after order by seq limit @limit
) m `+messageJoins+` order by m.seq`)
)

// maxSeq is beyond every seq.
const maxSeq = int64(1)<<62 - 1

// Messages gives a page of a chat's messages in ascending order: the newest page, the one before a seq or the one after
// a seq. Next is the seq to continue with in the same direction. Rights are those of Chat.
func (s *Store) Messages(ctx context.Context, a domain.Actor, id domain.ChatID, q MessageQuery) (domain.Page[domain.Message], error) {
	page := domain.Page[domain.Message]{Items: []domain.Message{}}
	if q.Before < 0 || q.After < 0 {
		return page, domain.Invalid("before", "before and after must be positive")
	}
	limit := pageSize(q.Limit)
	var found []chatRow
	var rows []messageRow
	forward := q.After > 0 && q.Before == 0
	err := s.readChat(ctx, a, id, &found, func(b *pgx.Batch) {
		if forward {
			queueMany(b, &rows, messagesAfter, args{"chat": id, "after": q.After, "limit": limit + 1})
			return
		}
		before := q.Before
		if before == 0 {
			before = maxSeq
		}
		queueMany(b, &rows, messagesBefore, args{"chat": id, "before": before, "after": q.After, "limit": limit + 1})
	})
	if err != nil {
		return page, err
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Next = strconv.FormatInt(rows[limit-1].Seq, 10)
	}
	if !forward {
		slices.Reverse(rows)
	}
	page.Items = messageViews(rows)
	return page, nil
}

var (
	lockChat        = define("lock a chat", `select id from chats where id = @chat and account_id = @account for no key update`)
	messageByClient = define("message by client id", `
select `+messageColumns+` from messages m `+messageJoins+` where m.chat_id = @chat and m.client_id = @client_id`)
	insertOutbound = define("store an agent's message", `
insert into messages (id, account_id, chat_id, seq, side, kind, text, attachments, status, channel_id, client_id, author_id, created_at)
values (@id, @account, @chat, @seq, 'agent', @kind, @text, @attachments, @status, @channel, @client_id, @author, @now)`)
	countOutbound = define("count an agent's message in", `
update chats set last_seq = @seq, read_seq = @read_seq, unread = @unread, waiting_since = null, last_side = 'agent',
  last_text = @text, last_message_at = @now, replied_at = @replied_at, answered_at = @now, silence_steps = 0
where id = @chat`)
	countNote = define("count a note in", `update chats set last_seq = @seq where id = @chat`)
)

// PostMessage stores what the actor writes in a chat: a message to the customer, which only the chat's owner and colleagues
// who joined it may send, or a note, which everyone who may read the chat may add. The owner's first message in a chat may
// make them the customer's own agent. The same client id again answers the first message with
// created false, or CodeConflict client_id_reused when it now says something else. CodeConflict not_owner names the
// owner; chat_closed says that it's too late.
func (s *Store) PostMessage(ctx context.Context, a domain.Actor, id domain.ChatID, m domain.NewMessage) (domain.Message, bool, error) {
	if err := mayReadChats(a); err != nil {
		return domain.Message{}, false, err
	}
	if m.Kind == "" {
		m.Kind = domain.KindText
	}
	m, err := checkedMessage(m)
	if err != nil {
		return domain.Message{}, false, err
	}
	if _, err := uuid.Parse(string(id)); err != nil {
		return domain.Message{}, false, errNoChat()
	}
	var posted domain.Message
	var created bool
	err = s.inAccount(ctx, a.Account, func(t *tx) error {
		var err error
		posted, created, err = t.post(ctx, a, id, m)
		return err
	})
	if err != nil {
		return domain.Message{}, false, fmt.Errorf("posting a message: %w", err)
	}
	return posted, created, nil
}

func checkedMessage(m domain.NewMessage) (domain.NewMessage, error) {
	if m.Kind != domain.KindText && m.Kind != domain.KindNote {
		return m, domain.Invalid("kind", "kind must be text or note")
	}
	if err := m.Validate(); err != nil {
		return m, err
	}
	if m.ClientID != storable(m.ClientID) {
		return m, domain.Invalid("client_id", "client_id holds characters that can't be stored")
	}
	if m.Attachments == nil {
		m.Attachments = []domain.Attachment{}
	}
	encoded, err := json.Marshal(m.Attachments)
	if err != nil || string(encoded) != storable(string(encoded)) {
		return m, domain.Invalid("attachments", "attachments can't be stored").CausedBy(err)
	}
	for _, f := range m.Attachments {
		if f.ID+f.Name+f.ContentType+f.URL != storable(f.ID+f.Name+f.ContentType+f.URL) {
			return m, domain.Invalid("attachments", "attachments hold characters that can't be stored")
		}
	}
	return m, nil
}

func (t *tx) post(ctx context.Context, a domain.Actor, id domain.ChatID, m domain.NewMessage) (domain.Message, bool, error) {
	var locked []domain.ChatID
	var found []chatRow
	var first []messageRow
	b := &pgx.Batch{}
	queueValues(b, &locked, lockChat, args{"chat": id, "account": t.account})
	queueMany(b, &found, chatReadable, readArgs(a, id))
	queueMany(b, &first, messageByClient, args{"chat": id, "client_id": m.ClientID})
	if err := t.send(ctx, b); err != nil {
		return domain.Message{}, false, err
	}
	if len(found) == 0 {
		return domain.Message{}, false, errNoChat()
	}
	if len(first) == 1 {
		again, err := sameMessage(first[0], a, m)
		return again, false, err
	}
	c := found[0]
	if err := mayPost(c, a, m.Kind); err != nil {
		return domain.Message{}, false, err
	}
	if m.Kind == domain.KindText && c.owner() == a.User && c.RepliedAt == nil {
		if err := t.pairOnFirstReply(ctx, &c); err != nil {
			return domain.Message{}, false, err
		}
	}
	posted, err := t.write(c, a, m)
	return posted, true, err
}

// sameMessage answers a repeat as the first time was answered.
func sameMessage(first messageRow, a domain.Actor, m domain.NewMessage) (domain.Message, error) {
	if first.Text != m.Text || first.Kind != m.Kind || first.AuthorID == nil || *first.AuthorID != a.User ||
		!slices.Equal(first.Attachments, m.Attachments) {
		return domain.Message{}, &domain.Error{
			Code: domain.CodeConflict, Reason: "client_id_reused", Field: "client_id",
			Text: "this client_id belongs to another message; give each message an id of its own",
		}
	}
	return first.view(), nil
}

func mayPost(c chatRow, a domain.Actor, kind domain.Kind) error {
	switch {
	case c.Phase == domain.PhaseClosed:
		return errChatClosed()
	case kind == domain.KindNote || c.owner() == a.User || c.joined(a.User):
		return nil
	default:
		return errNotOwner(&c)
	}
}

// write adds the message to a locked chat.
func (t *tx) write(c chatRow, a domain.Actor, m domain.NewMessage) (domain.Message, error) {
	c.LastSeq++
	row := messageRow{
		ID: domain.NewID[domain.MessageID](), ChatID: c.ID, Seq: c.LastSeq, Side: domain.SideAgent, Kind: m.Kind, Text: m.Text,
		Attachments: m.Attachments, Status: domain.StatusSent, ClientID: &m.ClientID, AuthorID: &a.User, AuthorName: &a.Name,
		CreatedAt: t.now,
	}
	fact := domain.Fact{
		Seq: row.Seq, Kind: domain.FactAgentMessage, ID: string(row.ID), At: t.now, Agent: a.User, AgentName: a.Name,
	}
	if m.Kind == domain.KindNote {
		fact.Detail = string(domain.KindNote)
		t.later(countNote, args{"seq": row.Seq, "chat": c.ID})
	} else {
		fact.Send = c.sendHint()
		if fact.Send != nil {
			row.Status = domain.StatusQueued
		}
		side, text, at := domain.SideAgent, preview(m.Text, m.Attachments), t.now
		if c.owner() == a.User { // a colleague's answer doesn't mean that the owner has read everything
			c.ReadSeq, c.Unread = row.Seq, 0
			if c.RepliedAt == nil {
				c.RepliedAt = &at
			}
		}
		c.WaitingSince, c.AnsweredAt, c.SilenceSteps = nil, &at, 0
		c.LastSide, c.LastText, c.LastMessageAt = &side, &text, &at
		t.later(countOutbound, args{
			"seq": row.Seq, "read_seq": c.ReadSeq, "unread": c.Unread, "text": text, "now": t.now, "replied_at": c.RepliedAt, "chat": c.ID,
		})
	}
	t.later(insertOutbound, args{
		"id": row.ID, "account": t.account, "chat": c.ID, "seq": row.Seq, "kind": row.Kind, "text": row.Text,
		"attachments": row.Attachments, "status": row.Status, "channel": c.ChannelID, "client_id": m.ClientID,
		"author": a.User, "now": t.now,
	})
	view := c.view()
	if err := t.emitMessage(domain.EventMessageCreated, c, row.view(), &view); err != nil {
		return domain.Message{}, err
	}
	// Only a message that a provider must carry changes what the workflow does next.
	return row.view(), t.tell(c.ID, fact, fact.Send != nil)
}

var markRead = define("mark a chat read", `
update chats c set read_seq = r.seq,
  unread = (select count(*) from messages m where m.chat_id = c.id and m.side = 'customer' and m.seq > r.seq)
from (select greatest(read_seq, least(@seq, last_seq)) as seq from chats where id = @chat) r
where c.id = @chat`)

// MarkRead records that the chat's owner has seen the messages up to seq. It only moves forward; a reader who isn't the
// owner changes nothing.
func (s *Store) MarkRead(ctx context.Context, a domain.Actor, id domain.ChatID, seq int64) error {
	if err := mayReadChats(a); err != nil {
		return err
	}
	if seq < 0 {
		return domain.Invalid("seq", "seq must not be negative")
	}
	if _, err := uuid.Parse(string(id)); err != nil {
		return errNoChat()
	}
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		var locked []domain.ChatID
		var found []chatRow
		b := &pgx.Batch{}
		queueValues(b, &locked, lockChat, args{"chat": id, "account": t.account})
		queueMany(b, &found, chatReadable, readArgs(a, id))
		if err := t.send(ctx, b); err != nil {
			return err
		}
		if len(found) == 0 {
			return errNoChat()
		}
		c := found[0]
		if c.owner() != a.User || (c.ReadSeq >= min(seq, c.LastSeq) && c.Unread == 0) {
			return nil
		}
		b = &pgx.Batch{}
		b.Queue(string(markRead), args{"seq": seq, "chat": id})
		queueMany(b, &found, chatByID, args{"chat": id})
		if err := t.send(ctx, b); err != nil {
			return err
		}
		return t.emit(domain.EventChatUpdated, id, domain.ChatEventData{Chat: found[0].view()}, audienceUser(a.User))
	})
	if err != nil {
		return fmt.Errorf("marking a chat read: %w", err)
	}
	return nil
}
