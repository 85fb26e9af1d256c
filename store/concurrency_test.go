package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

// floor is one account that several goroutines act on at once.
type floor struct {
	s *store.Store
	f storetest.Fixture
}

func newFloor(t testing.TB, s *store.Store) *floor {
	t.Helper()
	f := storetest.Account(t, s)
	_, err := f.Pool.Exec(t.Context(), `update users set max_chats = 2 where account_id = $1`, f.Account)
	require.NoError(t, err)
	return &floor{s: s, f: f}
}

func TestNoCapIsExceededUnderConcurrency(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	fl := newFloor(t, s)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	overfull := make(chan string, 1)
	watched := make(chan int)
	go fl.watch(ctx, overfull, watched)

	var wg sync.WaitGroup
	errs := make(chan error, 1000)
	for worker := range 6 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(worker)))
			for n := range 40 {
				if err := fl.act(t.Context(), random, worker*1000+n); err != nil {
					errs <- err
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	stop()
	require.Positive(t, <-watched)
	select {
	case what := <-overfull:
		require.Fail(t, what)
	default:
	}
	require.NoError(t, s.Dispatch(t.Context(), fl.f.Account))
	require.Zero(t, storetest.Value[int](t, fl.f, sqlNeglected, fl.f.Account, time.Now()))
	require.Zero(t, storetest.Value[int](t, fl.f, sqlIncoherent, fl.f.Account))
	require.Zero(t, storetest.Value[int](t, fl.f, sqlGaps, fl.f.Account), "facts without gaps")
}

// watch looks again and again whether an agent holds more than the cap, which doesn't change here.
func (fl *floor) watch(ctx context.Context, overfull chan<- string, watched chan<- int) {
	looks := 0
	for ctx.Err() == nil {
		var name string
		var n int
		err := fl.f.Pool.QueryRow(ctx, `select u.name, count(*) from assignments a join users u on u.id = a.user_id
			where a.ended_at is null group by u.id, u.name, u.max_chats having count(*) > u.max_chats`).Scan(&name, &n)
		if err == nil {
			select {
			case overfull <- fmt.Sprintf("%s holds %d chats", name, n):
			default:
			}
		}
		looks++
	}
	watched <- looks
}

func (fl *floor) act(ctx context.Context, random *rand.Rand, n int) error {
	agent := fl.f.Agents[random.IntN(len(fl.f.Agents))]
	switch random.IntN(6) {
	case 0, 1:
		got, err := fl.s.ReceiveMessage(ctx, fl.f.Inbound(phone(n), "hello"))
		if err != nil {
			return err
		}
		_, err = fl.s.RequestAgent(ctx, fl.f.Account, got.Chat)
		return err
	case 2, 3:
		page, err := fl.s.Chats(ctx, agent, domain.ChatFilter{View: domain.ViewMine})
		if err != nil || len(page.Items) == 0 {
			return err
		}
		c := page.Items[random.IntN(len(page.Items))]
		got, err := fl.s.CloseChat(ctx, disposed(fl.f, c.ID, c.LastSeq))
		if err != nil || got.Agent == "" {
			return err
		}
		_, err = fl.s.ReleaseAndPickNext(ctx, fl.f.Account, got.Agent)
		return err
	case 4:
		_, err := fl.s.SetStatus(ctx, agent, agent.User, domain.StatusChange{Status: domain.Offline})
		return err
	default:
		_, err := fl.s.SetStatus(ctx, agent, agent.User, domain.StatusChange{Status: domain.Available})
		return err
	}
}
