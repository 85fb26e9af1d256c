package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var beginSend = define("begin a send", `
update messages m set status = 'sending', attempts = m.attempts + 1, first_tried_at = coalesce(m.first_tried_at, @now),
  last_tried_at = @now
from (select id, first_tried_at, last_tried_at from messages
      where id = @message and account_id = @account and side in ('agent', 'system') and kind not in ('note', 'event')
        and status in ('queued', 'sending') and provider_id is null for no key update) was,
  chats c, identities i, channels ch
where m.id = was.id and c.id = m.chat_id and i.id = c.identity_id and ch.id = m.channel_id
returning m.chat_id, m.seq, m.text, m.attachments, m.attempts, m.created_at, was.first_tried_at, was.last_tried_at,
  i.address as recipient, `+channelColumns)

// outgoingRow is a message that is about to be sent. The channel's columns keep their names.
type outgoingRow struct {
	ChatID       domain.ChatID
	Seq          int64
	Text         string
	Attachments  []domain.Attachment
	Attempts     int
	CreatedAt    time.Time
	FirstTriedAt *time.Time
	LastTriedAt  *time.Time
	Recipient    string
	channelRow
}

// BeginSend claims a message for one provider call: queued or sending becomes sending, and the call is counted. proceed
// is false when there is nothing to send: it was accepted, failed or given up before, or a callback has told the
// provider's id already. CodeNotFound when there is no such message.
func (s *Store) BeginSend(ctx context.Context, account domain.AccountID, msg domain.MessageID) (domain.Outgoing, bool, error) {
	var out domain.Outgoing
	var proceed bool
	err := s.inAccount(ctx, account, func(t *tx) error {
		rows, err := many[outgoingRow](ctx, t, beginSend, args{"message": msg, "account": account, "now": t.now})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			_, err := t.message(ctx, msg)
			return err
		}
		out, err = s.outgoing(account, msg, rows[0])
		proceed = err == nil
		return err
	})
	if err != nil {
		return domain.Outgoing{}, false, fmt.Errorf("beginning a send: %w", err)
	}
	return out, proceed, nil
}

func (s *Store) outgoing(account domain.AccountID, msg domain.MessageID, r outgoingRow) (domain.Outgoing, error) {
	ch, err := s.channel(r.channelRow)
	if err != nil {
		return domain.Outgoing{}, err
	}
	out := domain.Outgoing{
		Account: account, Chat: r.ChatID, Message: msg, Seq: r.Seq, Channel: ch, To: r.Recipient, Text: r.Text,
		Attachments: r.Attachments, Attempt: r.Attempts, CreatedAt: r.CreatedAt,
	}
	if r.FirstTriedAt != nil {
		out.FirstTriedAt = *r.FirstTriedAt
	}
	if r.LastTriedAt != nil {
		out.LastTriedAt = *r.LastTriedAt
	}
	return out, nil
}

var messageByID = define("message by id", `
select `+messageColumns+` from messages m `+messageJoins+` where m.id = @message and m.account_id = @account`)

func errNoMessage() error {
	return domain.E(domain.CodeNotFound, "no such message").Because("unknown_message")
}

func (t *tx) message(ctx context.Context, msg domain.MessageID) (messageRow, error) {
	row, err := one[messageRow](ctx, t, messageByID, args{"message": msg, "account": t.account})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, errNoMessage()
	}
	return row, err
}

// Message gives a message and the provider's id for it, empty when none is known.
func (s *Store) Message(ctx context.Context, account domain.AccountID, msg domain.MessageID) (domain.Message, string, error) {
	var row messageRow
	err := s.inAccount(ctx, account, func(t *tx) error {
		var err error
		row, err = t.message(ctx, msg)
		return err
	})
	if err != nil {
		return domain.Message{}, "", fmt.Errorf("reading a message: %w", err)
	}
	providerID := ""
	if row.ProviderID != nil {
		providerID = *row.ProviderID
	}
	return row.view(), providerID, nil
}

var messagePlace = define("place of an outgoing message", `
select m.id, m.chat_id, m.channel_id, m.status from messages m
where m.id = @message and m.account_id = @account and m.side in ('agent', 'system')`)

// placeRow says where a message of ours is and how far it has come.
type placeRow struct {
	ID        domain.MessageID
	ChatID    domain.ChatID
	ChannelID domain.ChannelID
	Status    domain.Status
}

func (t *tx) place(ctx context.Context, msg domain.MessageID) (placeRow, error) {
	row, err := one[placeRow](ctx, t, messagePlace, args{"message": msg, "account": t.account})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, errNoMessage()
	}
	return row, err
}

// SendAccepted records that the provider took a message, and applies reports about it that came before. Forward only:
// after a callback that told more it changes nothing but the provider's id, when that was missing.
func (s *Store) SendAccepted(ctx context.Context, account domain.AccountID, msg domain.MessageID, a domain.Accepted) error {
	if a.ProviderID = storable(a.ProviderID); a.ProviderID == "" {
		return domain.Invalid("provider_id", "the provider gave no id")
	}
	if a.Status == "" {
		a.Status = domain.StatusSent
	}
	err := s.inAccount(ctx, account, func(t *tx) error {
		m, err := t.place(ctx, msg)
		if err != nil {
			return err
		}
		if err := t.lockProviderID(ctx, m.ChannelID, a.ProviderID); err != nil {
			return err
		}
		parked, err := many[parkedReport](ctx, t, parkedReports, args{
			"account": account, "channel": m.ChannelID, "provider_id": a.ProviderID,
		})
		if err != nil {
			return err
		}
		steps := []step{{status: a.Status}}
		var ids []int64
		for _, p := range parked {
			report := domain.DeliveryReport{Status: p.Status, Error: &domain.MessageError{Code: p.ErrorCode, Text: p.ErrorText}}
			steps, ids = append(steps, stepOf(report)), append(ids, p.ID)
		}
		if len(ids) > 0 {
			t.later(unpark, args{"ids": ids})
		}
		return t.apply(ctx, msg, m.ChatID, a.ProviderID, steps)
	})
	if err != nil {
		return fmt.Errorf("recording an accepted send: %w", err)
	}
	return nil
}

var requeueSend = define("requeue a send", `
update messages set status = 'queued' where id = @message and account_id = @account and status = 'sending' and provider_id is null`)

// SendEnded records the end of a provider call that wasn't accepted: failed or unknown with a reason, or queued when it
// surely wasn't sent and will be tried again. Forward only, except for the return from sending to queued.
func (s *Store) SendEnded(ctx context.Context, account domain.AccountID, msg domain.MessageID, status domain.Status, e *domain.MessageError) error {
	code, text := reasonOf(e)
	switch status {
	case domain.StatusFailed, domain.StatusUnknown:
		if code == "" {
			return domain.Invalid("error", "an unsent message needs a reason")
		}
	case domain.StatusQueued:
	default:
		return domain.Invalid("status", "a send ends failed, unknown or queued")
	}
	err := s.inAccount(ctx, account, func(t *tx) error {
		m, err := t.place(ctx, msg)
		if err != nil {
			return err
		}
		if status == domain.StatusQueued {
			t.later(requeueSend, args{"message": msg, "account": account})
			return nil
		}
		// A call that failed says nothing about a message that a callback has shown to be with the provider.
		if m.Status.Rank() >= domain.StatusSent.Rank() {
			return nil
		}
		return t.apply(ctx, msg, m.ChatID, "", []step{{status: status, code: code, text: text}})
	})
	if err != nil {
		return fmt.Errorf("recording the end of a send: %w", err)
	}
	return nil
}

var knownProviderID = define("known provider id", `
select exists (select from messages where channel_id = @channel and provider_id = @provider_id)`)

// KnownProviderID reports whether a message of the channel has this provider id.
func (s *Store) KnownProviderID(ctx context.Context, channel domain.ChannelID, providerID string) (bool, error) {
	known, err := value[bool](ctx, s.system, knownProviderID, args{"channel": channel, "provider_id": storable(providerID)})
	if err != nil {
		return false, fmt.Errorf("looking for a provider id: %w", translate(err))
	}
	return known, nil
}
