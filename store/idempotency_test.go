package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func TestAnIdempotencyKeyIsClaimedOnceAndGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var clock atomic.Pointer[time.Time]
	clock.Store(&now)
	s := storetest.New(t, func(o *store.Options) { o.Now = func() time.Time { return *clock.Load() } })
	f := storetest.Account(t, s)
	ctx, ada, ben := t.Context(), f.Agents[0], f.Agents[1]
	begin := func(a domain.Actor, hash string) (*domain.StoredAnswer, string) {
		answer, err := s.BeginIdempotent(ctx, a, "k1", []byte(hash))
		return answer, domain.ReasonOf(err)
	}
	answer, reason := begin(ada, "a")
	require.Nil(t, answer)
	require.Empty(t, reason)
	_, reason = begin(ada, "a")
	require.Equal(t, "idempotency_in_progress", reason)
	_, reason = begin(ada, "b")
	require.Equal(t, "idempotency_key_reused", reason)
	answer, reason = begin(ben, "b")
	require.Nil(t, answer, "a key is its user's alone")
	require.Empty(t, reason)

	want := domain.StoredAnswer{Status: 201, ContentType: "application/json", Body: []byte(`{"id":1}`)}
	require.NoError(t, s.FinishIdempotent(ctx, ada, "k1", want))
	answer, reason = begin(ada, "a")
	require.Empty(t, reason)
	require.Equal(t, want, *answer)

	require.NoError(t, s.AbandonIdempotent(ctx, ben, "k1"))
	answer, reason = begin(ben, "c")
	require.Nil(t, answer)
	require.Empty(t, reason)

	later := now.Add(2 * time.Minute) // ben's request never came back
	clock.Store(&later)
	answer, reason = begin(ben, "c")
	require.Nil(t, answer)
	require.Empty(t, reason)
	tomorrow := now.Add(25 * time.Hour)
	clock.Store(&tomorrow)
	answer, reason = begin(ada, "another")
	require.Nil(t, answer)
	require.Empty(t, reason)
}

func TestOfParallelRequestsWithOneKeyOneRuns(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	f := storetest.Account(t, s)
	var ran, refused atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			answer, err := s.BeginIdempotent(t.Context(), f.Agents[0], "k", []byte("h"))
			switch {
			case err == nil && answer == nil:
				ran.Add(1)
			case domain.ReasonOf(err) == "idempotency_in_progress":
				refused.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, ran.Load())
	require.EqualValues(t, 19, refused.Load())
}
