package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// visitorChatKept is how long a visitor finds a closed chat again.
const visitorChatKept = 24 * time.Hour

// maxVisitorMessages is how many of the newest messages a visitor gets at once.
const maxVisitorMessages = domain.LargestPage

// maxVisitorNameRunes bounds the name a visitor gives.
const maxVisitorNameRunes = 100

var renameCustomer = define("rename a visitor", `
update customers set name = @name where id = @customer and account_id = @account and name <> @name`)

// EnsureVisitor finds the customer behind a browser's address on a web chat, or makes them; a name that isn't empty
// replaces the one known. CodeInvalid when the channel is no web chat.
func (s *Store) EnsureVisitor(ctx context.Context, ch domain.Channel, address, name string) (Visitor, error) {
	name = strings.TrimSpace(storable(name))
	switch {
	case ch.Type != domain.ChannelWebchat:
		return Visitor{}, domain.Invalid("key", "this channel is no web chat")
	case address == "" || address != storable(address):
		return Visitor{}, domain.Invalid("address", "the visitor has no address")
	case len([]rune(name)) > maxVisitorNameRunes:
		return Visitor{}, domain.Invalid("name", "name may have at most %d characters", maxVisitorNameRunes)
	}
	var v Visitor
	err := s.inAccount(ctx, ch.Account, func(t *tx) error {
		who, err := t.ensureIdentity(ctx, ch, address, name, nil)
		if err != nil {
			return err
		}
		if name != "" && name != who.Name {
			t.later(renameCustomer, args{"name": name, "customer": who.CustomerID, "account": t.account})
			who.Name = name
		}
		v = Visitor{Account: ch.Account, Identity: who.ID, Name: who.Name}
		return nil
	})
	if err != nil {
		return Visitor{}, fmt.Errorf("greeting a visitor: %w", err)
	}
	return v, nil
}

var (
	latestVisitorChat = define("a visitor's latest chat", `
select `+chatColumns+` from (
  select * from chats where account_id = @account and channel_id = @channel and identity_id = @identity
  order by id desc limit 1
) c `+chatJoins)
	visitorMessages = define("messages for a visitor", `
select `+messageColumns+` from (
  select x.* from messages x join chats c on c.id = x.chat_id
  where x.chat_id = @chat and c.account_id = @account and c.channel_id = @channel and c.identity_id = @identity
    and x.seq > @after and x.kind not in ('note', 'event') order by x.seq desc limit @limit
) m `+messageJoins+` order by m.seq`)
	visitorMessagesAfter = define("messages for a visitor after", `
select `+messageColumns+` from (
  select x.* from messages x join chats c on c.id = x.chat_id
  where x.chat_id = @chat and c.account_id = @account and c.channel_id = @channel and c.identity_id = @identity
    and x.seq > @after and x.kind not in ('note', 'event') order by x.seq limit @limit
) m `+messageJoins+` order by m.seq`)
)

func visitorArgs(ch domain.Channel, v domain.IdentityID) args {
	return args{"account": ch.Account, "channel": ch.ID, "identity": v}
}

// VisitorChat gives a visitor's latest chat, as far as a customer may see it, with its newest messages and without
// notes; nil when there is none or it was closed more than 24 hours ago.
func (s *Store) VisitorChat(ctx context.Context, ch domain.Channel, v domain.IdentityID) (*domain.ChatView, []domain.Message, error) {
	if _, err := uuid.Parse(string(v)); err != nil {
		return nil, []domain.Message{}, nil //nolint:nilerr // a visitor who never wrote has no chat
	}
	var view *domain.ChatView
	messages := []domain.Message{}
	err := s.inAccount(ctx, ch.Account, func(t *tx) error {
		found, err := many[chatRow](ctx, t, latestVisitorChat, visitorArgs(ch, v))
		if err != nil || len(found) == 0 {
			return err
		}
		c := found[0]
		if c.ClosedAt != nil && t.now.Sub(*c.ClosedAt) > visitorChatKept {
			return nil
		}
		at := visitorArgs(ch, v)
		at["chat"], at["after"], at["limit"] = c.ID, int64(0), maxVisitorMessages
		rows, err := many[messageRow](ctx, t, visitorMessages, at)
		if err != nil {
			return err
		}
		seen := c.visitorView()
		view, messages = &seen, messageViews(rows)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading a visitor's chat: %w", err)
	}
	return view, messages, nil
}

// VisitorMessages gives the messages of one of the visitor's chats after a seq, oldest first, without notes and lines
// about staff. A chat that isn't theirs has none.
func (s *Store) VisitorMessages(ctx context.Context, ch domain.Channel, v domain.IdentityID, after int64, chat domain.ChatID) ([]domain.Message, error) {
	for _, id := range []string{string(v), string(chat)} {
		if _, err := uuid.Parse(id); err != nil {
			return []domain.Message{}, nil //nolint:nilerr // what is no id names no chat, which has no messages
		}
	}
	at := visitorArgs(ch, v)
	at["chat"], at["after"], at["limit"] = chat, after, maxVisitorMessages
	var rows []messageRow
	err := s.inAccount(ctx, ch.Account, func(t *tx) error {
		var err error
		rows, err = many[messageRow](ctx, t, visitorMessagesAfter, at)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading a visitor's messages: %w", err)
	}
	return messageViews(rows), nil
}

var deliverToVisitor = define("deliver to a visitor", `
with got as (
  update messages set status = 'delivered'
  where chat_id = @chat and seq <= @seq and side in ('agent', 'system') and kind not in ('note', 'event') and status = 'sent'
  returning *
)
select `+messageColumns+` from got m `+messageJoins+` order by m.seq`)

// VisitorRead records that the visitor's browser has our messages up to seq: they become delivered. The browser
// acknowledges what it received, whether or not the person looked, so nothing is called read.
func (s *Store) VisitorRead(ctx context.Context, ch domain.Channel, v domain.IdentityID, seq int64) error {
	if _, err := uuid.Parse(string(v)); err != nil {
		return nil //nolint:nilerr // a visitor who never wrote has nothing to acknowledge
	}
	err := s.inAccount(ctx, ch.Account, func(t *tx) error {
		found, err := many[chatRow](ctx, t, latestVisitorChat, visitorArgs(ch, v))
		if err != nil || len(found) == 0 {
			return err
		}
		c := found[0]
		rows, err := many[messageRow](ctx, t, deliverToVisitor, args{"chat": c.ID, "seq": seq})
		if err != nil {
			return err
		}
		for _, m := range rows {
			if err := t.emit(domain.EventMessageUpdated, c.ID, domain.MessageEventData{Message: m.view()}, c.staff()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("recording what a visitor has: %w", err)
	}
	return nil
}

var (
	lockVisitorChat = define("lock a visitor's open chat", `
select id from chats where account_id = @account and channel_id = @channel and identity_id = @identity and phase <> 'closed'
for no key update`)
	leaveChat = define("the customer leaves", `
update chats set phase = @phase, customer_left_at = @now, last_seq = last_seq + 1 where id = @chat`)
)

// EndChat records that the visitor has ended their open chat. With an agent it waits for its disposition; in line it is
// no longer assigned to anybody, and its workflow closes it as abandoned. Ending what is ended changes nothing.
func (s *Store) EndChat(ctx context.Context, ch domain.Channel, v domain.IdentityID) error {
	if _, err := uuid.Parse(string(v)); err != nil {
		return nil //nolint:nilerr // a visitor who never wrote has no chat to end
	}
	err := s.inAccount(ctx, ch.Account, func(t *tx) error {
		// By setting, a chat whose customer has left takes no slot: somebody else may have it.
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		var locked []domain.ChatID
		var found []chatRow
		b := &pgx.Batch{}
		queueValues(b, &locked, lockVisitorChat, visitorArgs(ch, v))
		queueMany(b, &found, latestVisitorChat, visitorArgs(ch, v))
		if err := t.send(ctx, b); err != nil {
			return err
		}
		if len(locked) == 0 || len(found) == 0 {
			return nil
		}
		c := found[0]
		if c.ID != locked[0] {
			return errLostRace
		}
		if c.CustomerLeftAt != nil {
			return nil
		}
		if err := t.leave(c); err != nil {
			return err
		}
		t.touch(c.owner())
		_, err := t.dispatch(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("ending a chat: %w", err)
	}
	return nil
}

// leave marks a locked chat.
func (t *tx) leave(c chatRow) error {
	if c.Phase == domain.PhaseActive {
		c.Phase = domain.PhaseCustomerLeft
	}
	c.CustomerLeftAt = &t.now
	c.LastSeq++
	t.later(leaveChat, args{"phase": c.Phase, "now": t.now, "chat": c.ID})
	fact := domain.Fact{Seq: c.LastSeq, Kind: domain.FactCustomerLeft, ID: string(c.ID), At: t.now}
	if err := t.tell(c.ID, fact, true); err != nil {
		return err
	}
	if err := t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.view()}, c.staff()); err != nil {
		return err
	}
	return t.emit(domain.EventChatUpdated, c.ID, domain.ChatEventData{Chat: c.visitorView()}, c.visitors()...)
}
