package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tandem/domain"
)

var (
	claimFacts = define("claim facts", `
with due as (
  select id from outbox where sent_at is null and claimed_until <= @now order by claimed_until, id limit @limit
  for update skip locked
)
update outbox o set claimed_until = @until from due where o.id = due.id
returning o.id, o.account_id, o.chat_id, o.fact, o.urgent, o.recorded_at`)
	factsSent = define("facts sent", `update outbox set sent_at = @now where id = any(@ids) and sent_at is null`)
	outboxLag = define("outbox lag", `
select count(*)::integer as unsent, coalesce(min(recorded_at), 'epoch') as oldest from outbox where sent_at is null`)
)

// claimedRow is an outbox row that this process may send.
type claimedRow struct {
	ID         int64
	AccountID  domain.AccountID
	ChatID     domain.ChatID
	Fact       domain.Fact
	Urgent     bool
	RecordedAt time.Time
}

// ClaimFacts takes facts that nobody acknowledged and whose claim has run out, of any account, for the length of a lease.
// No two callers get the same fact during a lease. They come chat by chat, the longest recorded chat first, each in the
// order of seq.
func (s *Store) ClaimFacts(ctx context.Context, limit int, lease time.Duration) ([]domain.ChatFacts, error) {
	now := s.now().UTC()
	rows, err := many[claimedRow](ctx, s.system, claimFacts, args{"now": now, "until": now.Add(lease), "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("claiming facts: %w", translate(err))
	}
	slices.SortFunc(rows, func(a, b claimedRow) int { return cmp.Compare(a.ID, b.ID) })
	at := map[domain.ChatID]int{}
	var all []domain.ChatFacts
	for _, r := range rows {
		i, seen := at[r.ChatID]
		if !seen {
			i = len(all)
			at[r.ChatID] = i
			all = append(all, domain.ChatFacts{Account: r.AccountID, Chat: r.ChatID})
		}
		all[i].Facts = append(all[i].Facts, domain.OutboxFact{OutboxID: r.ID, Fact: r.Fact, Urgent: r.Urgent, RecordedAt: r.RecordedAt})
	}
	for _, f := range all {
		slices.SortFunc(f.Facts, func(a, b domain.OutboxFact) int { return cmp.Compare(a.Fact.Seq, b.Fact.Seq) })
	}
	return all, nil
}

// FactsSent acknowledges facts: the workflow has them.
func (s *Store) FactsSent(ctx context.Context, outboxIDs []int64) error {
	if len(outboxIDs) == 0 {
		return nil
	}
	if _, err := exec(ctx, s.system, factsSent, args{"now": s.now().UTC(), "ids": outboxIDs}); err != nil {
		return fmt.Errorf("acknowledging facts: %w", translate(err))
	}
	return nil
}

// lagRow is how far the workflows are behind.
type lagRow struct {
	Unsent int
	Oldest time.Time
}

// OutboxLag gives how many facts aren't acknowledged yet and when the oldest of them was recorded; the zero time when
// there is none.
func (s *Store) OutboxLag(ctx context.Context) (unsent int, oldest time.Time, err error) {
	row, err := one[lagRow](ctx, s.system, outboxLag, nil)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("reading the outbox's lag: %w", translate(err))
	}
	if row.Unsent == 0 {
		return 0, time.Time{}, nil
	}
	return row.Unsent, row.Oldest, nil
}

var (
	pruneEvents = define("prune events", `
with old as (
  select xid, id from (select xid, id, at from events order by xid, id limit @limit) e
  where at < @before and xid < pg_snapshot_xmin(pg_current_snapshot())
), gone as (
  delete from events e using old where e.xid = old.xid and e.id = old.id returning e.xid, e.id
), newest as (
  select xid, id from gone order by xid desc, id desc limit 1
), horizon as (
  update event_horizon h set xid = n.xid, id = n.id from newest n where (n.xid, n.id) > (h.xid, h.id)
)
select count(*) from gone`)
	pruneFacts = define("prune facts", `
with old as (
  select o.id from outbox o join chats c on c.id = o.chat_id and c.phase = 'closed'
  where o.sent_at is not null and o.recorded_at < @before order by o.id limit @limit
)
delete from outbox o using old where o.id = old.id`)
)

// pruneBatch is how many rows one statement of Prune removes, so that none holds its locks for long.
const pruneBatch = 5000

// Prune removes events older than one time, and acknowledged facts of closed chats older than another. Facts of open
// chats stay, whatever their age: a restarted workflow may ask for them.
func (s *Store) Prune(ctx context.Context, eventsBefore, factsBefore time.Time) error {
	for {
		gone, err := value[int64](ctx, s.system, pruneEvents, args{"before": eventsBefore, "limit": pruneBatch})
		if err != nil {
			return fmt.Errorf("pruning events: %w", translate(err))
		}
		if gone < pruneBatch {
			break
		}
	}
	for {
		gone, err := exec(ctx, s.system, pruneFacts, args{"before": factsBefore, "limit": pruneBatch})
		if err != nil {
			return fmt.Errorf("pruning facts: %w", translate(err))
		}
		if gone < pruneBatch {
			return nil
		}
	}
}
