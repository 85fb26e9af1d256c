package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

// sqlIncoherent counts open chats that aren't exactly one of: in line without an owner, or owned with one open leg of that
// owner. An offer out of the line leaves its chat in line, one of a transfer leaves it with its owner.
const sqlIncoherent = `select count(*) from chats c where c.account_id = $1 and not case c.phase
	when 'queued' then c.owner_id is null and exists (select from waiting w where w.chat_id = c.id)
		and not exists (select from assignments a where a.chat_id = c.id and a.ended_at is null)
		and not exists (select from offers o where o.chat_id = c.id and o.ended_at is null and o.from_id is not null)
	when 'closed' then not exists (select from waiting w where w.chat_id = c.id)
		and not exists (select from assignments a where a.chat_id = c.id and a.ended_at is null)
		and not exists (select from offers o where o.chat_id = c.id and o.ended_at is null)
	else c.owner_id is not null and not exists (select from waiting w where w.chat_id = c.id)
		and (select count(*) from assignments a where a.chat_id = c.id and a.ended_at is null and a.user_id = c.owner_id) = 1
		and not exists (select from offers o where o.chat_id = c.id and o.ended_at is null and o.from_id is distinct from c.owner_id) end`

// sqlGaps counts chats whose facts aren't numbered without gaps.
const sqlGaps = `select count(*) from chats c where c.account_id = $1
	and last_seq <> (select count(*) from outbox o where o.chat_id = c.id)`

func (g stage) coherent() {
	g.Helper()
	require.Zero(g, storetest.Value[int](g, g.f, sqlIncoherent, g.f.Account), "incoherent chats")
	require.Zero(g, storetest.Value[int](g, g.f, sqlGaps, g.f.Account), "gaps in facts")
	require.Zero(g, storetest.Value[int](g, g.f, `select count(*) from (select user_id from assignments where ended_at is null and not held
		group by user_id having count(*) > (select max_chats from users u where u.id = user_id)) over_cap`), "agents over their cap")
}

// together runs all at the same moment and gives their errors in order.
func together(all ...func() error) []error {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, len(all))
	for i, f := range all {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = f()
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

const raceRounds = 25

func TestAFreedSlotAndANewArrivalMeet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	agent := g.f.Agents[0]
	_, err := g.f.Pool.Exec(t.Context(), `update users set max_chats = 1`)
	require.NoError(t, err)
	mine := g.withAgent(agent, phone(0))
	for n := 1; n <= raceRounds; n++ {
		var arrived domain.Received
		errs := together(func() error {
			_, seq, err := g.s.Standing(t.Context(), g.f.Account, mine)
			if err != nil {
				return err
			}
			if _, err := g.s.CloseChat(t.Context(), disposed(g.f, mine, seq)); err != nil {
				return err
			}
			_, err = g.s.ReleaseAndPickNext(t.Context(), g.f.Account, agent.User)
			return err
		}, func() error {
			var err error
			if arrived, err = g.s.ReceiveMessage(t.Context(), g.f.Inbound(phone(n), "hello")); err != nil {
				return err
			}
			_, err = g.s.RequestAgent(t.Context(), g.f.Account, arrived.Chat)
			return err
		})
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, agent.User, g.owner(arrived.Chat), "whoever came last sees the other")
		mine = arrived.Chat
	}
	g.coherent()
}

func TestAcceptingAndTheClockMeet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.asksFirst(20)
	a, b := g.f.Agents[0], g.f.Agents[1]
	_, err := g.f.Pool.Exec(t.Context(), `update users set max_chats = 20`)
	require.NoError(t, err)
	accepted := 0
	for n := range raceRounds {
		offline(t, g.s, b)
		available(t, g.s, a)
		chat := g.arrives(g.f.Channel, phone(n))
		g.asks(chat)
		require.Equal(t, a.User, g.offered(chat))
		available(t, g.s, b)
		r := g.fireRequest(chat)
		g.clock.To(r.Clock.At)
		var fired routing.Fired
		errs := together(func() error {
			_, err := g.s.AcceptOffer(t.Context(), a, chat)
			return err
		}, func() error {
			var err error
			fired, err = g.s.FireClock(t.Context(), r)
			return err
		})
		require.NoError(t, errs[1])
		if errs[0] == nil {
			accepted++
			require.True(t, fired.Newer)
			require.Equal(t, a.User, g.owner(chat))
		} else {
			requireReason(t, errs[0], domain.CodeConflict, "offer_ended")
			require.False(t, fired.Newer)
			require.Equal(t, b.User, g.offered(chat))
		}
		closeChat(t, g.s, g.f, chat)
	}
	t.Logf("accepted in time: %d of %d", accepted, raceRounds)
	g.coherent()
}

func TestABreakAndAnAssignmentMeet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	agent := g.f.Agents[0]
	for n := range raceRounds {
		available(t, g.s, agent)
		var chat domain.ChatID
		errs := together(func() error {
			_, err := g.s.SetStatus(t.Context(), agent, agent.User, domain.StatusChange{Status: domain.OnBreak, Reason: "Break"})
			return err
		}, func() error {
			got, err := g.s.ReceiveMessage(t.Context(), g.f.Inbound(phone(n), "hello"))
			if err != nil {
				return err
			}
			chat = got.Chat
			_, err = g.s.RequestAgent(t.Context(), g.f.Account, chat)
			return err
		})
		require.NoError(t, errors.Join(errs...))
		late := g.arrives(g.f.Channel, phone(1000+n))
		require.Empty(t, g.asks(late).Agent, "nobody on a break gets a chat")
		g.coherent()
		closeChat(t, g.s, g.f, chat)
		closeChat(t, g.s, g.f, late)
	}
}

func TestAClosingClockAndANewMessageMeet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) { p.MaxWaitSeconds = 60 })
	for n := range raceRounds {
		chat := g.arrives(g.f.Channel, phone(n))
		r := g.fireRequest(chat)
		g.clock.To(r.Clock.At)
		var got domain.Received
		errs := together(func() error {
			_, err := g.s.FireClock(t.Context(), r)
			return err
		}, func() error {
			var err error
			in := g.f.Inbound(phone(n), "still there?")
			in.ReceivedAt = g.clock.Now()
			got, err = g.s.ReceiveMessage(t.Context(), in)
			return err
		})
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, domain.PhaseClosed, g.view(chat).Phase)
		kinds := g.facts(chat)
		require.Equal(t, domain.FactChatClosed, kinds[len(kinds)-1], "nothing is said in a closed chat")
		require.Equal(t, got.NewChat, got.Chat != chat)
		if got.NewChat {
			closeChat(t, g.s, g.f, got.Chat)
		}
	}
	g.coherent()
}

func TestTheLastPlacesOfALineAreTakenOnce(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.MaxWaiting, p.Overflow = 5, routing.Step{Action: routing.ActionClose}
	})
	var arrivals []func() error
	for n := range 40 {
		arrivals = append(arrivals, func() error {
			_, err := g.s.ReceiveMessage(t.Context(), g.f.Inbound(phone(n), "hello"))
			return err
		})
	}
	require.NoError(t, errors.Join(together(arrivals...)...))
	require.Equal(t, 5, storetest.Value[int](t, g.f, `select count(*) from waiting where barred = ''`))
	require.Equal(t, 35, storetest.Value[int](t, g.f, `select count(*) from waiting where barred = 'overflow'`))
}

func TestATransferAndADispositionMeet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	a, b := g.f.Agents[0], g.f.Agents[1]
	for n := range raceRounds {
		offline(t, g.s, b)
		chat := g.withAgent(a, phone(n))
		available(t, g.s, b)
		_, seq := g.standing(chat)
		var result domain.CloseResult
		errs := together(func() error {
			_, err := g.s.TransferChat(t.Context(), a, chat, domain.Transfer{User: b.User})
			return err
		}, func() error {
			var err error
			r := disposed(g.f, chat, seq)
			r.Actor = a.User
			result, err = g.s.CloseChat(t.Context(), r)
			return err
		})
		require.NoError(t, errs[1])
		if result.Closed {
			requireReason(t, errs[0], domain.CodeConflict, "chat_closed")
		} else {
			require.NoError(t, errs[0])
			require.True(t, result.Newer)
			require.Equal(t, b.User, g.owner(chat))
			closeChat(t, g.s, g.f, chat)
		}
	}
	g.coherent()
}

func TestFiveHundredCustomersAtOnceForFiftyAgents(t *testing.T) {
	t.Parallel()
	const agents, limit, customers = 50, 3, 500
	g := onStage(t)
	g.fillsFloor(agents-len(g.f.Agents), limit)
	_, err := g.f.Pool.Exec(t.Context(), `update users set status = 'available' where role = 'agent'`)
	require.NoError(t, err)
	var wg sync.WaitGroup
	errs := make(chan error, customers)
	gate := make(chan struct{}, 16)
	for n := range customers {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			errs <- g.comes(t.Context(), phone(n))
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, agents*limit, storetest.Value[int](t, g.f, `select count(*) from assignments where ended_at is null`))
	require.Equal(t, customers-agents*limit, storetest.Value[int](t, g.f, `select count(*) from waiting`))
	g.coherent()
	for range 20 {
		oldest := storetest.Value[domain.ChatID](t, g.f, `select chat_id from waiting order by priority, queued_at, chat_id limit 1`)
		victim := storetest.Value[domain.ChatID](t, g.f, `select chat_id from assignments where ended_at is null order by random() limit 1`)
		closed := closeChat(t, g.s, g.f, victim)
		got, err := g.s.ReleaseAndPickNext(t.Context(), g.f.Account, closed.Agent)
		require.NoError(t, err)
		require.Equal(t, []domain.ChatID{oldest}, got)
	}
}

func (g stage) fillsFloor(more, limit int) {
	g.Helper()
	for range more {
		g.f.Join(g, g.f.AddUser(g, "Agent", domain.RoleAgent), g.f.Queue)
	}
	_, err := g.f.Pool.Exec(g.Context(), `update users set max_chats = $1`, limit)
	require.NoError(g, err)
}

func (g stage) comes(ctx context.Context, from string) error {
	got, err := g.s.ReceiveMessage(ctx, g.f.Inbound(from, "hello"))
	if err != nil {
		return err
	}
	_, err = g.s.RequestAgent(ctx, g.f.Account, got.Chat)
	return err
}
