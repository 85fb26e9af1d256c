package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/routing/simulate"
)

func TestARecordedPeriodTellsWhatCameWhoWasThereAndWhatHappened(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	g.policy(func(p *routing.Policy) { p.MaxWaitSeconds = 300 })
	available(t, g.s, ada)
	g.clock.Forward(time.Minute)
	begin := g.clock.Now().Truncate(time.Millisecond)

	answered := g.arrives(g.f.Channel, phone(1))
	g.clock.Forward(10 * time.Second)
	require.Equal(t, ada.User, g.asks(answered).Agent)
	g.clock.Forward(100 * time.Second)
	closeChat(t, g.s, g.f, answered)

	onBreak(t, g.s, ada)
	timedOut := g.arrives(g.f.Channel, phone(2))
	g.passes(timedOut, routing.ClockMaxWait)
	left := g.arrives(g.f.Channel, phone(3))
	g.clock.Forward(20 * time.Second)
	_, err := g.s.CloseChat(t.Context(), domain.CloseRequest{
		Account: g.f.Account, Chat: left, ExpectSeq: g.view(left).LastSeq, Outcome: domain.OutcomeAbandoned,
	})
	require.NoError(t, err)
	offline(t, g.s, ada)
	open := g.arrives(g.f.Channel, phone(4))
	g.clock.Forward(5 * time.Second)
	to := g.clock.Now().Truncate(time.Millisecond)
	late := g.arrives(g.f.Channel, phone(5))

	h, err := g.s.RoutingHistory(t.Context(), g.f.Account, begin, to)
	require.NoError(t, err)
	require.Len(t, h.Chats, 4, "%s came after the period", late)
	near := func(want, got time.Duration) {
		t.Helper()
		require.InDelta(t, want.Seconds(), got.Seconds(), 2)
	}
	first := h.Chats[0]
	require.Equal(t, g.f.Queue, first.Queue)
	require.Equal(t, domain.ChannelSMS, first.Type)
	require.EqualValues(t, g.customer(answered), first.Customer)
	near(10*time.Second, first.AnsweredAt.Sub(first.At))
	near(100*time.Second, first.Handle)
	near(110*time.Second, first.EndedAt.Sub(first.At))
	require.Equal(t, domain.OutcomeDisposed, first.Outcome)
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryAssigned}, first.Steps[:2])
	require.Empty(t, first.Agent)

	require.Equal(t, domain.OutcomeTimedOut, h.Chats[1].Outcome)
	require.Zero(t, h.Chats[1].AnsweredAt)
	near(300*time.Second, h.Chats[1].EndedAt.Sub(h.Chats[1].At))
	require.Equal(t, domain.OutcomeAbandoned, h.Chats[2].Outcome)
	near(20*time.Second, h.Chats[2].EndedAt.Sub(h.Chats[2].At))
	require.EqualValues(t, g.customer(open), h.Chats[3].Customer)
	require.Zero(t, h.Chats[3].EndedAt)

	require.Len(t, h.Shifts, 2)
	require.Equal(t, begin, h.Shifts[0].From, "there since before the period")
	require.False(t, h.Shifts[0].Break)
	near(110*time.Second, h.Shifts[0].To.Sub(begin))
	require.True(t, h.Shifts[1].Break)
	require.Equal(t, h.Shifts[0].To, h.Shifts[1].From)
	near(320*time.Second, h.Shifts[1].To.Sub(h.Shifts[1].From))
	require.Equal(t, ada.User, h.Shifts[0].Agent)
	require.Contains(t, h.Shifts[0].Queues, g.f.Queue)
	require.Positive(t, h.Shifts[0].Cap)

	i := slices.IndexFunc(h.Queues, func(q routing.HistoryQueue) bool { return q.ID == g.f.Queue })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, 300, h.Queues[i].Policy.MaxWaitSeconds)
	require.NotEmpty(t, h.Settings.BreakReasons)
	require.False(t, h.Until.Before(to))

	_, err = g.s.RoutingHistory(t.Context(), "nobody", begin, to)
	requireReason(t, err, domain.CodeNotFound, "unknown_account")
}

func TestARecordedPeriodTellsWhoHadAnOwnAgentAndWhetherTheyMet(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own := g.f.Agents[2]
	g.knows(own, phone(1), 120)
	g.clock.Forward(time.Minute)
	begin := g.clock.Now().Truncate(time.Millisecond)
	available(t, g.s, own)
	met := g.arrives(g.f.Channel, phone(1))
	require.Equal(t, own.User, g.asks(met).Agent)
	g.clock.Forward(time.Second)
	h, err := g.s.RoutingHistory(t.Context(), g.f.Account, begin, g.clock.Now())
	require.NoError(t, err)
	require.Len(t, h.Chats, 1)
	require.Equal(t, own.User, h.Chats[0].Agent)
	require.True(t, h.Chats[0].StickyHit)
}

// TestAReplayOfTodaysRulesComesNearWhatHappened holds the what-if against the ledger: the same day, once through PostgreSQL and once
// replayed, gives the same waits.
func TestAReplayOfTodaysRulesComesNearWhatHappened(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	_, err := g.f.Pool.Exec(t.Context(), `update users set max_chats = 1`)
	require.NoError(t, err)
	g.policy(func(p *routing.Policy) { p.Strategy = routing.RoundRobin })
	begin := g.clock.Now().Truncate(time.Millisecond)
	available(t, g.s, g.f.Agents[0])
	available(t, g.s, g.f.Agents[1])
	passed := 0
	until := func(second int) {
		g.clock.Forward(seconds(second - passed))
		passed = second
	}
	var chats []domain.ChatID
	for i := range 5 { // at 0, 10, 20, 30 and 40 s: two agents take the first two
		until(10 * i)
		chats = append(chats, g.arrives(g.f.Channel, phone(i)))
		g.asks(chats[i])
	}
	for i, second := range []int{60, 75, 130, 140, 200} { // each freed slot goes to the oldest who waits
		until(second)
		agent := g.owner(chats[i])
		require.NotEmpty(t, agent)
		closeChat(t, g.s, g.f, chats[i])
		_, err := g.s.ReleaseAndPickNext(t.Context(), g.f.Account, agent)
		require.NoError(t, err)
	}
	h, err := g.s.RoutingHistory(t.Context(), g.f.Account, begin, g.clock.Now())
	require.NoError(t, err)
	happened := simulate.Recorded("what happened", h, time.Minute)
	replayed := simulate.Run("today's rules", simulate.ArrivalsOf(h, 0), h.Shifts, simulate.Ground{Settings: h.Settings, Queues: h.Queues}.Rules(), time.Minute)
	require.Len(t, replayed.Points, 5)
	for i, want := range []float64{0, 0, 40, 45, 90} {
		require.Equal(t, simulate.Answered, replayed.Points[i].Outcome)
		require.InDelta(t, want, happened.Points[i].Wait.Seconds(), 3)
		require.InDelta(t, happened.Points[i].Wait.Seconds(), replayed.Points[i].Wait.Seconds(), 3)
	}
	require.InDelta(t, happened.ServiceLevel, replayed.ServiceLevel, 1e-9)
}
