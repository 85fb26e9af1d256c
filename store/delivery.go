package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// rankOfStatus gives the SQL that ranks a message's status as domain.Status.Rank does, so that one statement can compare
// and set.
func rankOfStatus() string {
	var b strings.Builder
	b.WriteString("(case m.status")
	for _, s := range []domain.Status{
		domain.StatusQueued, domain.StatusSending, domain.StatusUnknown, domain.StatusSent, domain.StatusFailed,
		domain.StatusDelivered, domain.StatusRead, domain.StatusReceived,
	} {
		fmt.Fprintf(&b, " when '%s' then %d", s, s.Rank())
	}
	b.WriteString(" else 0 end)")
	return b.String()
}

var (
	// A status only moves forward; a reason once known is kept, and one that comes later to the same failure is added; the
	// first provider id is kept.
	advance = define("advance a message", `
update messages m set
  status = case when @rank > `+rankOfStatus()+` then @status else m.status end,
  error_code = case when m.error_code = '' and @rank >= `+rankOfStatus()+` then @error_code else m.error_code end,
  error_text = case when m.error_code = '' and @rank >= `+rankOfStatus()+` then @error_text else m.error_text end,
  provider_id = coalesce(m.provider_id, nullif(@provider_id, ''))
where m.id = @message and m.account_id = @account and m.side in ('agent', 'system') and (@rank > `+rankOfStatus()+`
  or (m.status = @status and m.error_code = '' and @error_code <> '')
  or (m.provider_id is null and @provider_id <> ''))`)
	lockMessage = define("lock a message", `
select status, error_code from messages where id = @message and account_id = @account for no key update`)
	messageHolder = define("where a message is", `
select m.id, m.chat_id, m.provider_id from messages m
where m.account_id = @account and m.channel_id = @channel and m.side in ('agent', 'system') and m.id = @message`)
	messageHolderByProvider = define("where a provider's message is", `
select m.id, m.chat_id, m.provider_id from messages m
where m.account_id = @account and m.channel_id = @channel and m.side in ('agent', 'system') and m.provider_id = @provider_id`)
	park = define("park a delivery report", `
insert into delivery_reports (account_id, channel_id, message_id, provider_id, status, raw_status, error_code, error_text, at)
values (@account, @channel, nullif(@message, '')::uuid, @provider_id, @status, @raw_status, @error_code, @error_text, @at)`)
	lockProviderID = define("take a provider id's lock", `
select pg_advisory_xact_lock(hashtext('tandem provider id ' || @channel), hashtext(@provider_id))`)
	countFailure = define("count a failure in", `update chats set last_seq = last_seq + 1 where id = @chat and phase <> 'closed'`)
)

// holder says where a message of ours is.
type holder struct {
	ID         domain.MessageID
	ChatID     domain.ChatID
	ProviderID *string
}

// progress is how far a message has come, and why it failed.
type progress struct {
	Status    domain.Status
	ErrorCode string
}

// RecordDelivery applies a provider's report: forward only, in whatever order and however often reports come. A report
// that can't be placed yet, or has a status unknown to us, is parked; SendAccepted applies it when the provider's id
// becomes known. A failure in an open chat is told to its workflow.
func (s *Store) RecordDelivery(ctx context.Context, r domain.DeliveryReport) error {
	r.ProviderID, r.RawStatus = storable(r.ProviderID), storable(r.RawStatus)
	if r.ProviderID == "" && r.MessageID == "" {
		return domain.Invalid("provider_id", "the report names no message")
	}
	if _, err := uuid.Parse(string(r.MessageID)); err != nil {
		r.MessageID = ""
	}
	err := s.inAccount(ctx, r.Channel.Account, func(t *tx) error {
		if r.At.IsZero() {
			r.At = t.now
		}
		return t.report(ctx, r)
	})
	if err != nil {
		return fmt.Errorf("recording a delivery report: %w", err)
	}
	return nil
}

func (t *tx) report(ctx context.Context, r domain.DeliveryReport) error {
	if r.Status == "" || r.Status.Rank() == 0 {
		t.park(r, "")
		return nil
	}
	m, err := t.find(ctx, r)
	if err != nil {
		return err
	}
	if m == nil {
		// SendAccepted may be writing the provider's id this moment: it holds the same lock, so that either it sees the
		// parked report or this transaction sees the id.
		if err := t.lockProviderID(ctx, r.Channel.ID, r.ProviderID); err != nil {
			return err
		}
		if m, err = t.find(ctx, r); err != nil {
			return err
		}
	}
	if m == nil || belongsToOtherAttempt(*m, r) {
		t.park(r, r.MessageID)
		return nil
	}
	return t.apply(ctx, m.ID, m.ChatID, r.ProviderID, []step{stepOf(r)})
}

// belongsToOtherAttempt reports whether a failure is about another provider call than the one that counts: a call that
// failed doesn't undo one that was accepted.
func belongsToOtherAttempt(m holder, r domain.DeliveryReport) bool {
	return r.Status == domain.StatusFailed && m.ProviderID != nil && r.ProviderID != "" && *m.ProviderID != r.ProviderID
}

// find looks for the message by our own id from the callback's address, else by the provider's id.
func (t *tx) find(ctx context.Context, r domain.DeliveryReport) (*holder, error) {
	at := args{"account": t.account, "channel": r.Channel.ID}
	if r.MessageID != "" {
		at["message"] = r.MessageID
		found, err := many[holder](ctx, t, messageHolder, at)
		if err != nil || len(found) == 1 {
			return first(found), err
		}
		delete(at, "message")
	}
	at["provider_id"] = r.ProviderID
	found, err := many[holder](ctx, t, messageHolderByProvider, at)
	return first(found), err
}

func first[T any](all []T) *T {
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}

func (t *tx) lockProviderID(ctx context.Context, channel domain.ChannelID, providerID string) error {
	_, err := exec(ctx, t, lockProviderID, args{"channel": string(channel), "provider_id": providerID})
	return err
}

func (t *tx) park(r domain.DeliveryReport, message domain.MessageID) {
	code, text := reasonOf(r.Error)
	t.later(park, args{
		"account": t.account, "channel": r.Channel.ID, "message": string(message), "provider_id": r.ProviderID, "status": r.Status,
		"raw_status": r.RawStatus, "error_code": code, "error_text": text, "at": r.At,
	})
}

func reasonOf(e *domain.MessageError) (code, text string) {
	if e == nil {
		return "", ""
	}
	return storable(e.Code), storable(e.Text)
}

// step is one status a message is to be brought to.
type step struct {
	status domain.Status
	code   string
	text   string
	told   bool // a failure the workflow must be told; it knows of those it caused
}

func stepOf(r domain.DeliveryReport) step {
	code, text := reasonOf(r.Error)
	if r.Status == domain.StatusFailed && code == "" {
		code, text = unexplained, "The provider gave no reason. Try again or reach the customer another way."
	}
	if r.Status != domain.StatusFailed {
		code, text = "", ""
	}
	return step{status: r.Status, code: code, text: text, told: true}
}

// unexplained stands for the reason of a failure whose provider gave none.
const unexplained = "unexplained"

// apply brings a message through the steps, forward only, and tells screens and workflow when something changed.
func (t *tx) apply(ctx context.Context, message domain.MessageID, chat domain.ChatID, providerID string, steps []step) error {
	told := slices.ContainsFunc(steps, func(st step) bool { return st.told && st.status == domain.StatusFailed })
	if told {
		if _, err := exec(ctx, t, lockChat, args{"chat": chat, "account": t.account}); err != nil {
			return err
		}
	}
	var before []progress
	var after []messageRow
	var c []chatRow
	b := &pgx.Batch{}
	queueMany(b, &before, lockMessage, args{"message": message, "account": t.account})
	for _, st := range steps {
		b.Queue(string(advance), args{
			"rank": st.status.Rank(), "status": st.status, "error_code": st.code, "error_text": st.text,
			"provider_id": providerID, "message": message, "account": t.account,
		})
	}
	queueMany(b, &after, messageByID, args{"message": message, "account": t.account})
	queueMany(b, &c, chatByID, args{"chat": chat})
	if err := t.send(ctx, b); err != nil {
		return err
	}
	if len(before) == 0 || len(after) == 0 || len(c) == 0 {
		return errNoMessage()
	}
	m := after[0]
	if before[0] == (progress{Status: m.Status, ErrorCode: m.ErrorCode}) {
		return nil
	}
	if told && m.Status == domain.StatusFailed && before[0].Status != domain.StatusFailed && c[0].Phase.Open() {
		if err := t.tellFailure(&c[0], message, m.ErrorCode); err != nil {
			return err
		}
	}
	return t.emit(domain.EventMessageUpdated, chat, domain.MessageEventData{Message: m.view()}, c[0].staff())
}

// tellFailure counts the fact in a locked chat.
func (t *tx) tellFailure(c *chatRow, message domain.MessageID, code string) error {
	c.LastSeq++
	t.later(countFailure, args{"chat": c.ID})
	return t.tell(c.ID, domain.Fact{
		Seq: c.LastSeq, Kind: domain.FactDeliveryFailed, ID: string(message), At: t.now, Detail: code,
	}, true)
}

// parkedReport is a report that waits for its message.
type parkedReport struct {
	ID        int64
	Status    domain.Status
	ErrorCode string
	ErrorText string
	At        time.Time
}

var parkedReports = define("parked reports of a provider id", `
select id, status, error_code, error_text, at from delivery_reports
where account_id = @account and channel_id = @channel and provider_id = @provider_id and status <> '' order by id`)

var unpark = define("unpark reports", `delete from delivery_reports where id = any(@ids)`)
