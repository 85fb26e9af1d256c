package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var (
	eventsAfter = define("events after a cursor", `
select e.xid, e.id, e.account_id, e.audience, coalesce(e.chat_id::text, '') as chat_id, e.type, e.at, e.data::text as data,
  e.xid < pg_snapshot_xmin(pg_current_snapshot()) as settled
from events e where (e.xid, e.id) > (@xid::text::xid8, @id::bigint) order by e.xid, e.id limit @limit`)
	oldestRunning = define("oldest running transaction", `select pg_snapshot_xmin(pg_current_snapshot())`)
	eventHorizon  = define("how far events are pruned", `select xid, id from event_horizon`)
	notifyEvents  = define("ring the other nodes", `select pg_notify('tandem_events', '')`)
)

// eventRead is an event with the knowledge whether anything can still appear before it.
type eventRead struct {
	XID       uint64
	ID        int64
	AccountID domain.AccountID
	Audience  string
	ChatID    domain.ChatID
	Type      domain.EventType
	At        time.Time
	Data      []byte
	Settled   bool
}

// largestRead bounds one read of events, however many a slow transaction leaves unsettled.
const largestRead = 100_000

// EventsAfter gives every event that is visible beyond a cursor, in cursor order, and how far it is safe to advance the
// cursor. An event becomes visible at its commit but takes its place when its transaction begins to write: behind a
// transaction that still runs, events are given at once and given again, until the transaction ends and the safe cursor
// passes them. So none is late and none is missed, and a reader drops the ids it has seen since its cursor.
//
// limit bounds the settled events. When unsettled ones alone fill it the read is repeated with a larger limit, so that a
// slow transaction never hides what is newer.
func (s *Store) EventsAfter(ctx context.Context, c Cursor, limit int) ([]domain.Event, Cursor, error) {
	for {
		// The snapshot of this statement is taken before the one that reads: whatever was finished for it is visible there.
		events, safe, full, err := s.readEvents(ctx, c, limit)
		if err != nil {
			return nil, c, fmt.Errorf("reading events: %w", translate(err))
		}
		if !full || safe != c || limit >= largestRead {
			return events, safe, nil
		}
		limit *= 4
	}
}

// readEvents reads one page; full says that there may be more.
func (s *Store) readEvents(ctx context.Context, c Cursor, limit int) (events []domain.Event, safe Cursor, full bool, err error) {
	var running []uint64
	var rows []eventRead
	b := &pgx.Batch{}
	queueValues(b, &running, oldestRunning, nil)
	queueMany(b, &rows, eventsAfter, args{"xid": fmt.Sprint(c.XID), "id": c.ID, "limit": limit})
	if err := s.system.SendBatch(ctx, b).Close(); err != nil {
		return nil, c, false, err
	}
	safe = c
	events = make([]domain.Event, len(rows))
	for i, r := range rows {
		events[i] = domain.Event{
			XID: r.XID, ID: r.ID, Account: r.AccountID, Audience: r.Audience, Chat: r.ChatID, Type: r.Type, At: r.At, Data: r.Data,
		}
		if r.Settled {
			safe = Cursor{XID: r.XID, ID: r.ID}
		}
	}
	full = len(rows) == limit
	if end := (Cursor{XID: running[0]}); !full && safe.Less(end) {
		safe = end
	}
	return events, safe, full, nil
}

// CurrentCursor gives the place from which on every event is new to a reader who reads the state afterwards.
func (s *Store) CurrentCursor(ctx context.Context) (Cursor, error) {
	xid, err := value[uint64](ctx, s.system, oldestRunning, nil)
	if err != nil {
		return Cursor{}, fmt.Errorf("reading the current cursor: %w", translate(err))
	}
	return Cursor{XID: xid}, nil
}

// OldestCursor gives the place beyond which every event is kept. A reader with an older cursor has missed some and must
// read the state afresh.
func (s *Store) OldestCursor(ctx context.Context) (Cursor, error) {
	c, err := one[Cursor](ctx, s.system, eventHorizon, nil)
	if err != nil {
		return Cursor{}, fmt.Errorf("reading the oldest cursor: %w", translate(err))
	}
	return c, nil
}

// NotifyEvents rings the bells of the other nodes. Call it after commits that wrote events, coalesced: a doorbell
// carries nothing.
func (s *Store) NotifyEvents(ctx context.Context) error {
	if _, err := exec(ctx, s.system, notifyEvents, nil); err != nil {
		return fmt.Errorf("notifying other nodes: %w", translate(err))
	}
	return nil
}

// relistenAfter is the pause before the listener connects again.
const relistenAfter = time.Second

// ListenEvents calls ring for each doorbell of any node until ctx is done; then it returns nil. It has a connection of its
// own and makes a new one when that breaks, ringing once for what may have been missed meanwhile.
func (s *Store) ListenEvents(ctx context.Context, ring func()) error {
	for {
		if err := s.listen(ctx, ring); err != nil && ctx.Err() != nil {
			return nil //nolint:nilerr // the end of ctx is how listening is meant to end
		}
		timer := time.NewTimer(relistenAfter)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

func (s *Store) listen(ctx context.Context, ring func()) error {
	conn, err := pgx.ConnectConfig(ctx, s.system.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing depends on a listener's goodbye
	if _, err := conn.Exec(ctx, "listen tandem_events"); err != nil {
		return err
	}
	ring()
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		ring()
	}
}
