package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

const sqlWriteEvent = `insert into events (account_id, audience, type, data, at) values ('a', 'account', 'chat.updated', $1, now())`

func ids(events []domain.Event) []int64 {
	var all []int64
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

func TestEventsBehindASlowTransactionAreGivenAtOnceAndNoneIsMissed(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	pool := storetest.Pool(t, s)
	start, err := s.CurrentCursor(t.Context())
	require.NoError(t, err)
	slow, err := pool.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { _ = slow.Rollback(context.WithoutCancel(t.Context())) }) // a failed test must not wait for it
	_, err = slow.Exec(t.Context(), sqlWriteEvent, `{"n":1}`)
	require.NoError(t, err)
	for range 3 {
		_, err = pool.Exec(t.Context(), sqlWriteEvent, `{"n":2}`)
		require.NoError(t, err)
	}
	events, safe, err := s.EventsAfter(t.Context(), start, 2)
	require.NoError(t, err)
	require.Equal(t, []int64{2, 3, 4}, ids(events), "not held back, and not cut off by the limit")
	require.False(t, domain.Cursor{XID: events[0].XID, ID: events[0].ID}.Less(safe), "the cursor waits before what isn't settled")

	require.NoError(t, slow.Commit(t.Context()))
	events, _, err = s.EventsAfter(t.Context(), safe, 100)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 3, 4}, ids(events), "the slow one has its place before the others")
	require.Eventually(t, func() bool { // other databases of the server have transactions too
		events, after, err := s.EventsAfter(t.Context(), safe, 100)
		safe = after
		return err == nil && len(events) == 0
	}, time.Minute, 5*time.Millisecond)
	events, again, err := s.EventsAfter(t.Context(), safe, 100)
	require.NoError(t, err)
	require.Empty(t, events)
	require.False(t, again.Less(safe), "a cursor never goes back")
}

func TestAReaderUnderParallelWritersMissesNothing(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	pool := storetest.Pool(t, s)
	const writers, each = 3, 100
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				tx, err := pool.Begin(t.Context())
				if err != nil {
					return
				}
				_, _ = tx.Exec(t.Context(), sqlWriteEvent, fmt.Sprintf(`{"w":%d,"n":%d}`, w, n))
				_, _ = tx.Exec(t.Context(), `select pg_sleep($1)`, float64((n+w)%4)/1000)
				_ = tx.Commit(t.Context())
			}
		})
	}
	seen := map[int64]bool{}
	var cursor domain.Cursor
	require.Eventually(t, func() bool {
		events, safe, err := s.EventsAfter(t.Context(), cursor, 7)
		if err != nil || safe.Less(cursor) {
			return false
		}
		for _, e := range events {
			seen[e.ID] = true
		}
		cursor = safe
		return len(seen) == writers*each
	}, 30*time.Second, time.Millisecond)
	wg.Wait()
}

func TestAnEventCarriesItsDataAccountAndAudience(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	chat := chatInLine(t, s, f, phone(1))
	events, _, err := s.EventsAfter(t.Context(), domain.Cursor{}, 10)
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, domain.EventChatQueued, events[0].Type)
	require.Equal(t, domain.EventMessageCreated, events[1].Type)
	for _, e := range events {
		require.Equal(t, f.Account, e.Account)
		require.Equal(t, "queue:"+string(f.Queue), e.Audience)
		require.Equal(t, chat, e.Chat)
		require.WithinDuration(t, time.Now(), e.At, time.Minute)
	}
	var data domain.MessageEventData
	require.NoError(t, json.Unmarshal(events[1].Data, &data))
	require.Equal(t, "hello", data.Message.Text)
	fresh := chatView(t, s, f, chat)
	require.Equal(t, 1, fresh.Position)
	fresh.Position = 0 // others' places change without an event of theirs
	require.Equal(t, fresh, *data.Chat, "what the event shows is what a reader finds")
}

func TestADoorbellRingsOnOtherNodes(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	ctx, stop := context.WithCancel(t.Context())
	rings := make(chan struct{}, 100)
	done := make(chan error, 1)
	go func() { done <- s.ListenEvents(ctx, func() { rings <- struct{}{} }) }()
	<-rings // listening
	require.NoError(t, s.NotifyEvents(t.Context()))
	select {
	case <-rings:
	case <-time.After(20 * time.Second):
		require.Fail(t, "no ring")
	}
	stop()
	require.NoError(t, <-done)
}

func TestPruningMovesTheOldestCursorAndKeepsOpenChatsFacts(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	oldest, err := s.OldestCursor(t.Context())
	require.NoError(t, err)
	require.Equal(t, domain.Cursor{}, oldest, "nothing is gone yet")
	open := chatInLine(t, s, f, phone(1))
	closed := chatInLine(t, s, f, phone(2))
	closeChat(t, s, f, closed)
	require.NoError(t, s.Prune(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)))
	events, _, err := s.EventsAfter(t.Context(), domain.Cursor{}, 100)
	require.NoError(t, err)
	last := events[len(events)-1]
	_, err = f.Pool.Exec(t.Context(), `update outbox set sent_at = now()`)
	require.NoError(t, err)

	future := time.Now().Add(time.Hour)
	require.Eventually(t, func() bool {
		return s.Prune(t.Context(), future, future) == nil && storetest.Value[int](t, f, `select count(*) from events`) == 0
	}, time.Minute, 10*time.Millisecond)
	oldest, err = s.OldestCursor(t.Context())
	require.NoError(t, err)
	require.Equal(t, domain.Cursor{XID: last.XID, ID: last.ID}, oldest)
	facts, err := s.Facts(t.Context(), f.Account, open, 1, 9)
	require.NoError(t, err)
	require.Len(t, facts, 1)
	facts, err = s.Facts(t.Context(), f.Account, closed, 1, 9)
	require.NoError(t, err)
	require.Empty(t, facts)
}
