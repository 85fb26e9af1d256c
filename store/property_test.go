package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

// floor is one account whose every change a property test watches.
type floor struct {
	s        *store.Store
	f        storetest.Fixture
	sales    domain.Channel
	next     int
	visitors []domain.IdentityID
}

func newFloor(t testing.TB, s *store.Store) *floor {
	t.Helper()
	f := storetest.Account(t, s)
	sales := f.Channel
	sales.ID, sales.Key, sales.Queue = domain.NewID[domain.ChannelID](), f.Channel.Key+"-sales", f.Sales
	f.AddChannel(t, sales)
	_, err := f.Pool.Exec(t.Context(), `update users set max_chats = 2 where account_id = $1`, f.Account)
	require.NoError(t, err)
	return &floor{s: s, f: f, sales: sales}
}

// placed is a chat that has an agent.
type placed struct {
	Chat     domain.ChatID
	Agent    domain.UserID
	Priority int
	QueuedAt time.Time
}

const (
	sqlPlaced = `select c.id as chat, c.owner_id as agent, q.priority, c.queued_at from chats c join queues q on q.id = c.queue_id
		where c.account_id = $1 and c.owner_id is not null and c.phase <> 'closed'`
	// A chat in line that somebody free could take: nothing may be left over after a dispatch.
	sqlNeglected = `select count(*) from waiting w join chats c on c.id = w.chat_id and c.phase = 'queued' and c.customer_left_at is null
		join queue_members m on m.queue_id = w.queue_id join users u on u.id = m.user_id
		where w.account_id = $1 and u.status = 'available' and u.disabled_at is null and u.role in ('agent', 'supervisor')
		and (select count(*) from assignments a where a.user_id = u.id and a.ended_at is null) < u.max_chats`
	// A chat still in line that stands before the one the agent just got, in a queue the agent serves.
	sqlOvertaken = `select count(*) from waiting w join chats c on c.id = w.chat_id and c.phase = 'queued' and c.customer_left_at is null
		join queue_members m on m.queue_id = w.queue_id and m.user_id = $2
		where w.account_id = $1 and (w.priority, w.queued_at, w.chat_id) < ($3, $4, $5::uuid)`
	sqlLoad = `select count(*)::int from assignments where user_id = $1 and ended_at is null`
	sqlCap  = `select max_chats from users where id = $1`
)

func TestNoScheduleExceedsACapOrOvertakesTheOldestWaitingChat(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	rapid.Check(t, func(rt *rapid.T) {
		fl := newFloor(t, s)
		steps := rapid.IntRange(10, 40).Draw(rt, "steps")
		for range steps {
			before := fl.placed(t)
			dispatched := fl.step(t, rt)
			fl.check(t, rt, before, dispatched)
		}
	})
}

func (fl *floor) placed(t *testing.T) map[domain.ChatID]placed {
	all := map[domain.ChatID]placed{}
	rows, err := fl.f.Pool.Query(t.Context(), sqlPlaced, fl.f.Account)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var p placed
		require.NoError(t, rows.Scan(&p.Chat, &p.Agent, &p.Priority, &p.QueuedAt))
		all[p.Chat] = p
	}
	require.NoError(t, rows.Err())
	return all
}

func (fl *floor) check(t *testing.T, rt *rapid.T, before map[domain.ChatID]placed, dispatched bool) {
	for id, p := range fl.placed(t) {
		if _, had := before[id]; had {
			continue
		}
		load, limit := storetest.Value[int](t, fl.f, sqlLoad, p.Agent), storetest.Value[int](t, fl.f, sqlCap, p.Agent)
		if load > limit {
			rt.Fatalf("an agent got a chat and holds %d of %d", load, limit)
		}
		if n := storetest.Value[int](t, fl.f, sqlOvertaken, fl.f.Account, p.Agent, p.Priority, p.QueuedAt, id); n > 0 {
			rt.Fatalf("a chat overtook %d older ones", n)
		}
	}
	if !dispatched {
		return
	}
	if n := storetest.Value[int](t, fl.f, sqlNeglected, fl.f.Account); n > 0 {
		rt.Fatalf("%d chats wait although somebody is free", n)
	}
}

// step does one random thing and reports whether it must have handed out everything that can be.
func (fl *floor) step(t *testing.T, rt *rapid.T) bool {
	agent := rapid.SampledFrom(fl.f.Agents).Draw(rt, "agent")
	switch rapid.SampledFrom([]string{"arrive", "arrive", "arrive", "sales", "visit", "leave", "request", "dispose", "dispose", "available", "available", "break", "offline", "cap"}).Draw(rt, "what") {
	case "arrive":
		fl.arrive(t, fl.f.Channel)
	case "sales":
		fl.arrive(t, fl.sales)
	case "visit":
		v, _, _ := visitorIn(t, fl.s, fl.f)
		fl.visitors = append(fl.visitors, v.Identity)
	case "leave":
		if len(fl.visitors) > 0 {
			require.NoError(t, fl.s.EndChat(t.Context(), fl.f.Webchat, rapid.SampledFrom(fl.visitors).Draw(rt, "visitor")))
		}
	case "request":
		return fl.request(t, rt)
	case "dispose":
		return fl.dispose(t, rt)
	case "available":
		available(t, fl.s, agent)
		// A repeated "available" changes nothing, so only the safety net would hand out what came meanwhile.
		require.NoError(t, fl.s.Dispatch(t.Context(), fl.f.Account))
		return true
	case "break":
		_, err := fl.s.SetStatus(t.Context(), agent, domain.OnBreak, "tea")
		require.NoError(t, err)
	case "offline":
		offline(t, fl.s, agent)
	case "cap":
		limit := rapid.IntRange(1, 4).Draw(rt, "cap")
		_, err := fl.s.UpdateUser(t.Context(), fl.f.Admin, agent.User, domain.UserPatch{MaxChats: &limit})
		require.NoError(t, err)
		return true
	}
	return false
}

func (fl *floor) arrive(t *testing.T, ch domain.Channel) domain.ChatID {
	fl.next++
	in := fl.f.Inbound(phone(fl.next), "hello")
	in.Channel = ch
	got, err := fl.s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	return got.Chat
}

func (fl *floor) request(t *testing.T, rt *rapid.T) bool {
	page, err := fl.s.Chats(t.Context(), fl.f.Supervisor, domain.ChatFilter{View: domain.ViewWaiting})
	require.NoError(t, err)
	if len(page.Items) == 0 {
		return false
	}
	_, err = fl.s.RequestAgent(t.Context(), fl.f.Account, rapid.SampledFrom(page.Items).Draw(rt, "chat").ID)
	require.NoError(t, err)
	return true
}

func (fl *floor) dispose(t *testing.T, rt *rapid.T) bool {
	page, err := fl.s.Chats(t.Context(), fl.f.Supervisor, domain.ChatFilter{View: domain.ViewAll})
	require.NoError(t, err)
	var owned []domain.ChatView
	for _, c := range page.Items {
		if c.Owner != nil && c.Phase.Open() {
			owned = append(owned, c)
		}
	}
	if len(owned) == 0 {
		return false
	}
	c := rapid.SampledFrom(owned).Draw(rt, "chat")
	got, err := fl.s.CloseChat(t.Context(), disposed(fl.f, c.ID, c.LastSeq))
	require.NoError(t, err)
	require.True(t, got.Closed)
	_, err = fl.s.ReleaseAndPickNext(t.Context(), fl.f.Account, got.Agent)
	require.NoError(t, err)
	return true
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
	require.Zero(t, storetest.Value[int](t, fl.f, sqlNeglected, fl.f.Account))
	require.Zero(t, storetest.Value[int](t, fl.f, `select count(*) from chats where phase in ('active', 'customer_left')
		and not exists (select from assignments a where a.chat_id = chats.id and a.ended_at is null and a.user_id = chats.owner_id)`))
	require.Zero(t, storetest.Value[int](t, fl.f, `select count(*) from chats c
		where last_seq <> (select count(*) from outbox o where o.chat_id = c.id)`), "facts without gaps")
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
		_, err := fl.s.SetStatus(ctx, agent, domain.Offline, "")
		return err
	default:
		_, err := fl.s.SetStatus(ctx, agent, domain.Available, "")
		return err
	}
}
