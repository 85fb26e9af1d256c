package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// ReceiveMessage stores a customer's message: finds or opens the chat, counts it in, and writes what screens and the
// chat's workflow must learn, in one transaction. The same provider id on the same channel is stored once: a repeat
// answers Duplicate and changes nothing, even when the chat has been closed since.
func (s *Store) ReceiveMessage(ctx context.Context, in domain.Inbound) (domain.Received, error) {
	if in.ProviderID == "" {
		return domain.Received{}, domain.Invalid("provider_id", "the message has no id of its provider")
	}
	if in.Address == "" {
		return domain.Received{}, domain.Invalid("address", "the message has no sender")
	}
	in = storableInbound(in)
	var out domain.Received
	err := s.inAccount(ctx, in.Channel.Account, func(t *tx) error {
		if in.ReceivedAt.IsZero() {
			in.ReceivedAt = t.now
		}
		var err error
		out, err = t.receive(ctx, in)
		return err
	})
	if err != nil {
		return domain.Received{}, fmt.Errorf("receiving a message: %w", err)
	}
	if out.NewChat {
		s.handOutSoon(in.Channel.Account) //nolint:contextcheck // outlives the caller, who doesn't wait for it
	}
	return out, nil
}

// storableInbound replaces what PostgreSQL can't hold as text. The provider's own bytes stay in Raw.
func storableInbound(in domain.Inbound) domain.Inbound {
	in.ProviderID, in.Address = storable(in.ProviderID), storable(in.Address)
	in.Name, in.Text = storable(in.Name), storable(in.Text)
	in.ReceivedAt = in.ReceivedAt.UTC().Truncate(time.Millisecond)
	if in.Kind == "" {
		in.Kind = domain.KindText
	}
	attachments := make([]domain.Attachment, len(in.Attachments))
	for i, a := range in.Attachments {
		a.ID, a.Name, a.ContentType, a.URL = storable(a.ID), storable(a.Name), storable(a.ContentType), storable(a.URL)
		attachments[i] = a
	}
	in.Attachments = attachments
	return in
}

// storable gives text without NUL characters and broken UTF-8, each shown as U+FFFD.
func storable(text string) string {
	if utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
		return text
	}
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// maxLookUps bounds how often one transaction looks again for a chat that others opened or closed meanwhile.
const maxLookUps = 5

func (t *tx) receive(ctx context.Context, in domain.Inbound) (domain.Received, error) {
	for range maxLookUps {
		found, err := t.lookUp(ctx, in)
		if err != nil {
			return domain.Received{}, err
		}
		switch {
		case found.stored != nil:
			return domain.Received{Chat: found.stored.ChatID, Message: found.stored.ID, Duplicate: true}, nil
		case found.chat != nil:
			return t.append(*found.chat, in, false)
		case found.moved:
			continue
		}
		chat, err := t.openChat(ctx, in)
		if err != nil {
			return domain.Received{}, err
		}
		if chat != nil {
			return t.append(*chat, in, true)
		}
	}
	return domain.Received{}, errLostRace
}

// lookedUp is what one round trip tells about an inbound message.
type lookedUp struct {
	stored *storedMessage // the message is here already
	chat   *chatRow       // the customer's open chat, locked
	moved  bool           // the open chat changed between locking and reading: look again
}

type storedMessage struct {
	ID     domain.MessageID
	ChatID domain.ChatID
}

const openChatOf = `c.account_id = @account and c.channel_id = @channel and c.phase <> 'closed'
  and c.identity_id = (select id from identities where account_id = @account and kind = @kind and address = @address)`

var (
	lockOpenChat      = define("lock the open chat of an address", `select c.id from chats c where `+openChatOf+` for no key update`)
	readOpenChat      = define("open chat of an address", `select `+chatColumns+` from chats c `+chatJoins+` where `+openChatOf)
	messageByProvider = define("message by provider id", `select id, chat_id from messages where channel_id = @channel and provider_id = @provider_id`)
)

// lookUp locks the customer's open chat, then reads it and looks for the message. The lock comes first, in a statement
// of its own: what the later ones read is then what the last holder of the lock left.
func (t *tx) lookUp(ctx context.Context, in domain.Inbound) (lookedUp, error) {
	at := args{"account": t.account, "channel": in.Channel.ID, "kind": identityKind(in.Channel.Type), "address": in.Address}
	var locked []domain.ChatID
	var open []chatRow
	var stored []storedMessage
	b := &pgx.Batch{}
	queueValues(b, &locked, lockOpenChat, at)
	queueMany(b, &open, readOpenChat, at)
	queueMany(b, &stored, messageByProvider, args{"channel": in.Channel.ID, "provider_id": in.ProviderID})
	if err := t.send(ctx, b); err != nil {
		return lookedUp{}, err
	}
	found := lookedUp{}
	switch {
	case len(stored) == 1:
		found.stored = &stored[0]
	case len(locked) == 1 && len(open) == 1 && open[0].ID == locked[0]:
		found.chat = &open[0]
	case len(locked) > 0 || len(open) > 0:
		found.moved = true
	}
	return found, nil
}

var (
	makeIdentity = define("make an identity with its customer", `
with made as (
  insert into identities (id, account_id, customer_id, kind, address, created_at)
  values (@identity, @account, @customer, @kind, @address, @now)
  on conflict on constraint identities_once do nothing
  returning customer_id
)
insert into customers (id, account_id, name, created_at) select customer_id, @account, @name, @now from made`)
	identityOf = define("identity by address", `
select i.id, i.customer_id, cu.name from identities i join customers cu on cu.id = i.customer_id
where i.account_id = @account and i.kind = @kind and i.address = @address`)
	chatByID = define("chat by id", `select `+chatColumns+` from chats c `+chatJoins+` where c.id = @chat`)
)

// identityRow is a customer's address.
type identityRow struct {
	ID         domain.IdentityID
	CustomerID domain.CustomerID
	Name       string
}

// ensureIdentity finds the customer behind an address, or makes them; more adds what else is to be read then in the same
// round trip, and may be nil.
func (t *tx) ensureIdentity(
	ctx context.Context, ch domain.Channel, address, name string, more func(*pgx.Batch),
) (identityRow, error) {
	at := args{"account": t.account, "kind": identityKind(ch.Type), "address": address}
	var found []identityRow
	b := &pgx.Batch{}
	b.Queue(string(makeIdentity), args{
		"identity": domain.NewID[domain.IdentityID](), "customer": domain.NewID[domain.CustomerID](), "account": t.account,
		"kind": at["kind"], "address": address, "name": name, "now": t.now,
	})
	queueMany(b, &found, identityOf, at)
	if more != nil {
		more(b)
	}
	if err := t.send(ctx, b); err != nil {
		return identityRow{}, err
	}
	if len(found) == 0 {
		return identityRow{}, errLostRace
	}
	return found[0], nil
}

var (
	insertInbound = define("store a customer's message", `
insert into messages (id, account_id, chat_id, seq, side, kind, text, attachments, status, channel_id, provider_id,
  provider_at, raw, created_at)
values (@id, @account, @chat, @seq, 'customer', @kind, @text, @attachments, 'received', @channel, @provider_id,
  @provider_at, @raw, @at)`)
	countInbound = define("count a customer's message in", `
update chats set phase = @phase, last_seq = @seq, last_side = 'customer', last_text = @text, last_message_at = @at,
  waiting_since = @waiting_since, unread = @unread, customer_left_at = null, answered_at = null, silence_steps = 0
where id = @chat`)
	nameCustomer = define("name a customer", `update customers set name = @name where id = @customer and name = ''`)
)

// append adds the message to a locked chat. Everything is queued for the commit: the chat's row is known, so nothing
// has to be read again.
func (t *tx) append(c chatRow, in domain.Inbound, isNew bool) (domain.Received, error) {
	returned := c.Phase == domain.PhaseCustomerLeft || c.CustomerLeftAt != nil
	lazy := c.Phase == domain.PhaseActive
	if c.Phase == domain.PhaseCustomerLeft {
		c.Phase = domain.PhaseActive
	}
	if c.CustomerName == "" && in.Name != "" {
		c.CustomerName = in.Name
		t.later(nameCustomer, args{"name": in.Name, "customer": c.CustomerID})
	}
	at, side, text := in.ReceivedAt, domain.SideCustomer, preview(in.Text, in.Attachments)
	c.LastSeq++
	c.Unread++
	c.CustomerLeftAt = nil
	c.AnsweredAt, c.SilenceSteps = nil, 0
	c.LastSide, c.LastText, c.LastMessageAt = &side, &text, &at
	if c.WaitingSince == nil {
		c.WaitingSince = &at
	}
	row := messageRow{
		ID: domain.NewID[domain.MessageID](), ChatID: c.ID, Seq: c.LastSeq, Side: side, Kind: in.Kind, Text: in.Text,
		Attachments: in.Attachments, Status: domain.StatusReceived, ProviderID: &in.ProviderID, CreatedAt: at,
	}
	t.later(insertInbound, args{
		"id": row.ID, "account": t.account, "chat": c.ID, "seq": row.Seq, "kind": row.Kind, "text": row.Text,
		"attachments": row.Attachments, "channel": in.Channel.ID, "provider_id": in.ProviderID, "provider_at": in.ProviderAt,
		"raw": in.Raw, "at": at,
	})
	t.later(countInbound, args{
		"phase": c.Phase, "seq": c.LastSeq, "text": text, "at": at, "waiting_since": c.WaitingSince, "unread": c.Unread, "chat": c.ID,
	})
	if err := t.announceInbound(c, row.view(), isNew, returned); err != nil {
		return domain.Received{}, err
	}
	fact := domain.Fact{Seq: row.Seq, Kind: domain.FactCustomerMessage, ID: string(row.ID), At: at}
	if err := t.tell(c.ID, fact, !lazy); err != nil {
		return domain.Received{}, err
	}
	return domain.Received{Chat: c.ID, Message: row.ID, NewChat: isNew}, nil
}

func (t *tx) announceInbound(c chatRow, m domain.Message, isNew, returned bool) error {
	view := c.view()
	if isNew || (returned && c.Phase == domain.PhaseQueued) {
		if err := t.emit(domain.EventChatQueued, c.ID, domain.ChatEventData{Chat: view}, c.staff()); err != nil {
			return err
		}
	} else if returned {
		if err := t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: view}, c.staff()); err != nil {
			return err
		}
	}
	return t.emitMessage(domain.EventMessageCreated, c, m, &view)
}

// emitMessage tells staff, and on a web chat the customer's own screens, about a message. A note is never told to the
// customer.
func (t *tx) emitMessage(typ domain.EventType, c chatRow, m domain.Message, view *domain.ChatView) error {
	if err := t.emit(typ, c.ID, domain.MessageEventData{Message: m, Chat: view}, c.staff()); err != nil {
		return err
	}
	if m.Kind == domain.KindNote {
		return nil
	}
	return t.emit(typ, c.ID, domain.MessageEventData{Message: m}, c.visitors()...)
}
