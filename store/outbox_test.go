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

func TestTwoRelaysNeverClaimTheSameFact(t *testing.T) {
	t.Parallel()
	var offset atomic.Int64
	s, f := setup(t, func(o *store.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	})
	const chats, each = 5, 20
	for range each {
		for c := range chats {
			_, err := s.ReceiveMessage(t.Context(), f.Inbound(phone(c), "x"))
			require.NoError(t, err)
		}
	}
	claimed, err := s.ClaimFacts(t.Context(), 1000, time.Minute)
	require.NoError(t, err)
	require.Empty(t, claimed, "the process that wrote them has the first claim")
	unsent, oldest, err := s.OutboxLag(t.Context())
	require.NoError(t, err)
	require.Equal(t, chats*each, unsent)
	require.WithinDuration(t, time.Now(), oldest, time.Minute)

	offset.Store(int64(time.Minute))
	var mu sync.Mutex
	times := map[int64]int{}
	var wg sync.WaitGroup
	var failed atomic.Int32
	for range 2 {
		wg.Go(func() {
			for range 50 {
				got, err := s.ClaimFacts(t.Context(), 7, time.Minute)
				if err != nil {
					failed.Add(1)
				}
				mu.Lock()
				for _, facts := range got {
					for i, fact := range facts.Facts {
						times[fact.OutboxID]++
						if i > 0 && facts.Facts[i-1].Fact.Seq >= fact.Fact.Seq {
							failed.Add(1)
						}
					}
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Zero(t, failed.Load())
	require.Len(t, times, chats*each)
	var sent []int64
	for id, n := range times {
		require.Equal(t, 1, n)
		sent = append(sent, id)
	}
	require.NoError(t, s.FactsSent(t.Context(), sent[1:]))
	offset.Store(int64(3 * time.Minute))
	got, err := s.ClaimFacts(t.Context(), 1000, time.Minute)
	require.NoError(t, err)
	require.Len(t, got, 1, "what nobody acknowledged comes again when its claim has run out")
	require.Equal(t, f.Account, got[0].Account)
	require.Equal(t, sent[0], got[0].Facts[0].OutboxID)
	require.Equal(t, domain.FactCustomerMessage, got[0].Facts[0].Fact.Kind)
	require.NoError(t, s.FactsSent(t.Context(), sent[:1]))
	unsent, oldest, err = s.OutboxLag(t.Context())
	require.NoError(t, err)
	require.Zero(t, unsent)
	require.Zero(t, oldest)
}

func TestAStatementWithoutAWhereSeesOnlyItsAccountsRows(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	a, b := storetest.Account(t, s), storetest.Account(t, s)
	chatOwnedBy(t, s, a, a.Agents[0], phone(1))
	chatOwnedBy(t, s, b, b.Agents[0], phone(2))
	tables := storetest.Value[[]string](t, a, `select array_agg(table_name::text) from information_schema.columns
		where table_schema = 'public' and column_name = 'account_id'`)
	require.GreaterOrEqual(t, len(tables), 20)
	err := s.InAccountForTest(t.Context(), a.Account, func(query func(sql string) int) {
		require.Equal(t, 1, query(`select count(*) from pg_roles where rolname = current_user and current_user = 'tandem_app'`))
		for _, table := range tables {
			require.Zero(t, query(`select count(*) from `+table+` where account_id <> '`+string(a.Account)+`'`), table)
		}
		require.Equal(t, 1, query(`select count(*) from accounts`))
		require.Equal(t, 1, query(`select count(*) from chats`))
		require.Equal(t, 1, query(`with gone as (delete from waiting returning 1), hit as (update chats set note = 'x' returning 1) select count(*) from hit`))
	})
	require.NoError(t, err)
	require.Equal(t, 1, storetest.Value[int](t, a, `select count(*) from chats where note = 'x'`))
	err = s.InAccountForTest(t.Context(), domain.AccountID("'; drop table chats; --"), func(query func(sql string) int) {
		require.Zero(t, query(`select count(*) from chats`), "no account, no rows")
	})
	require.NoError(t, err)
}
