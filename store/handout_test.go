package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func TestAStoreThatHandsOutNeedsNobodyToAsk(t *testing.T) {
	t.Parallel()
	s, f := setup(t, func(o *store.Options) { o.HandsOut = true })
	_, err := f.Pool.Exec(t.Context(), `update users set max_chats = 2`)
	require.NoError(t, err)
	available(t, s, f.Agents[0])
	var wg sync.WaitGroup
	failed := make(chan error, 20)
	for n := range 20 {
		wg.Go(func() {
			_, err := s.ReceiveMessage(t.Context(), f.Inbound(phone(n), "hello"))
			failed <- err
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		require.NoError(t, err)
	}
	has := func(n int) func() bool {
		return func() bool {
			return storetest.Value[int](t, f, `select count(*) from assignments where ended_at is null and user_id = $1`, f.Agents[0].User) == n
		}
	}
	require.Eventually(t, has(2), 10*time.Second, 10*time.Millisecond)
	mine := storetest.Value[domain.ChatID](t, f, `select chat_id from assignments where ended_at is null order by chat_id limit 1`)
	oldest := storetest.Value[domain.ChatID](t, f, `select chat_id from waiting order by priority, queued_at, chat_id limit 1`)
	closeChat(t, s, f, mine)
	require.Eventually(t, func() bool { return chatView(t, s, f, oldest).Owner != nil }, 10*time.Second, 10*time.Millisecond,
		"a closed chat's slot goes to who waits longest")
	require.True(t, has(2)())
}

func TestAStoreEndsItsHandingOutWithItself(t *testing.T) {
	t.Parallel()
	address := storetest.Database(t)
	s, err := store.Open(t.Context(), store.Options{
		DatabaseURL: address, HandsOut: true, OnFailure: func(err error) { t.Error(fmt.Errorf("after the end: %w", err)) },
	})
	require.NoError(t, err)
	for range 50 {
		s.HandOutSoonForTest("nobody")
	}
	s.Close()
	s.HandOutSoonForTest("nobody")
}
