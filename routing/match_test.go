package routing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

func agent(id string, change func(*routing.Agent)) routing.Agent {
	return ada(func(a *routing.Agent) {
		a.ID, a.Name = domain.UserID(id), id
		if change != nil {
			change(a)
		}
	})
}

func idle(seconds int) func(*routing.Agent) {
	return func(a *routing.Agent) { a.IdleSince = in(-seconds) }
}

func line(n int) []routing.Entry {
	entries := make([]routing.Entry, n)
	for i := range entries {
		entries[i] = text(func(e *routing.Entry) { e.Chat, e.QueuedAt = domain.ChatID(fmt.Sprintf("c-%03d", i)), in(i) })
	}
	return entries
}

func with(strategy routing.Strategy) map[domain.QueueID]routing.Policy {
	return map[domain.QueueID]routing.Policy{"q-support": {Strategy: strategy}}
}

// given says who got what, "c-000 Ada".
func given(entries []routing.Entry, decisions []routing.Decision) []string {
	var said []string
	for _, d := range decisions {
		said = append(said, string(entries[d.Entry].Chat)+" "+string(d.Agent))
	}
	return said
}

func TestStrategiesOrderTheFreeAgents(t *testing.T) {
	t.Parallel()
	load := func(total, idleFor int) func(*routing.Agent) {
		return func(a *routing.Agent) { a.Slots, a.IdleSince = slots(total, 0), in(-idleFor) }
	}
	served := func(ago int) func(*routing.Agent) {
		return func(a *routing.Agent) {
			a.Queues = map[domain.QueueID]routing.Member{"q-support": {ServedAt: in(-ago)}}
		}
	}
	priority := func(p int) func(*routing.Agent) {
		return func(a *routing.Agent) { a.Queues = map[domain.QueueID]routing.Member{"q-support": {Priority: p}} }
	}
	for name, c := range map[string]struct {
		strategy routing.Strategy
		agents   []routing.Agent
		want     []string
	}{
		"longest idle goes round": {
			routing.LongestIdle,
			[]routing.Agent{agent("a", idle(10)), agent("b", idle(30)), agent("c", idle(20))},
			[]string{"c-000 b", "c-001 c", "c-002 a", "c-003 b"},
		},
		"least busy levels": {
			routing.LeastBusy,
			[]routing.Agent{agent("a", load(2, 90)), agent("b", load(0, 1)), agent("c", load(1, 1))},
			[]string{"c-000 b", "c-001 c", "c-002 b", "c-003 a"},
		},
		"round robin by turn, newcomers first": {
			routing.RoundRobin,
			[]routing.Agent{agent("a", served(10)), agent("b", served(30)), agent("c", nil)},
			[]string{"c-000 c", "c-001 b", "c-002 a", "c-003 c"},
		},
		"no strategy is longest idle": {"", []routing.Agent{agent("a", idle(10)), agent("b", idle(30))}, []string{"c-000 b", "c-001 a", "c-002 b", "c-003 a"}},
		"a tie goes to the smaller id": {
			routing.LongestIdle, []routing.Agent{agent("b", nil), agent("a", nil)}, []string{"c-000 a", "c-001 b", "c-002 a", "c-003 b"},
		},
		"a member's priority goes before the strategy": {
			routing.LongestIdle,
			[]routing.Agent{agent("a", priority(0)), agent("b", priority(9)), agent("c", priority(4))},
			[]string{"c-000 c", "c-001 c", "c-002 c", "c-003 c"},
		},
	} {
		entries := line(4)
		require.Equal(t, c.want, given(entries, routing.Match(entries, c.agents, with(c.strategy), routing.DefaultSettings(), noon)), name)
	}
}

func TestTheLineIsServedByPriorityThenArrival(t *testing.T) {
	t.Parallel()
	entries := line(4)
	entries[3].Priority = 0 // returned by an agent who is gone
	entries[1].QueuedAt = in(-5)
	slices.Reverse(entries)
	agents := []routing.Agent{agent("a", func(a *routing.Agent) { a.Max = 3 })}
	require.Equal(t, []string{"c-003 a", "c-001 a", "c-000 a"}, given(entries, routing.Match(entries, agents, nil, routing.DefaultSettings(), noon)))
}

func TestWhoLetAChatPassComesLast(t *testing.T) {
	t.Parallel()
	entries := line(1)
	entries[0].PassedBy = []domain.UserID{"c", "a"}
	agents := []routing.Agent{agent("a", idle(99)), agent("b", nil), agent("c", idle(50))}
	match := func(agents []routing.Agent) routing.Decision {
		decisions := routing.Match(entries, agents, nil, routing.DefaultSettings(), noon)
		require.Len(t, decisions, 1)
		return decisions[0]
	}
	d := match(agents)
	require.EqualValues(t, "b", d.Agent)
	require.Equal(t, []routing.Considered{
		{UserID: "b", Name: "b", Verdict: "chosen"},
		{UserID: "a", Name: "a", Verdict: "has just passed this chat over"},
		{UserID: "c", Name: "c", Verdict: "has just passed this chat over"},
	}, d.Considered)
	agents[1].Status = domain.Offline
	require.EqualValues(t, "c", match(agents).Agent, "who passed first gets it again first")
}

func TestTheCustomersOwnAgentGetsTheChatOrItWaitsForThem(t *testing.T) {
	t.Parallel()
	own := func(until time.Time) []routing.Entry {
		entries := line(2)
		entries[0].StickyAgent, entries[0].StickyName, entries[0].StickyUntil = "b", "Ben", until
		return entries
	}
	free := []routing.Agent{agent("a", idle(99)), agent("b", nil)}
	decisions := routing.Match(own(in(120)), free, nil, routing.DefaultSettings(), noon)
	require.Equal(t, []string{"c-000 b", "c-001 a"}, given(own(noon), decisions))
	require.True(t, decisions[0].Sticky)
	require.False(t, decisions[1].Sticky)
	require.Equal(t, "b is the customer's own agent, was free, and now holds 1 of 5 chats.", decisions[0].Why)

	busy := []routing.Agent{agent("a", nil), agent("b", func(a *routing.Agent) { a.Slots = slots(5, 5) })}
	require.Equal(t, []string{"c-001 a"}, given(own(noon), routing.Match(own(in(120)), busy, nil, routing.DefaultSettings(), noon)), "it waits, others don't")
	require.Equal(t, []string{"c-000 a", "c-001 a"}, given(own(noon), routing.Match(own(noon), busy, nil, routing.DefaultSettings(), noon)), "the wait is over")
	require.Equal(t, []string{"c-000 b", "c-001 a"}, given(own(noon), routing.Match(own(noon), free, nil, routing.DefaultSettings(), noon)), "still preferred when free")
}

func TestBarredChatsAreNotHandedOut(t *testing.T) {
	t.Parallel()
	entries := line(2)
	entries[0].Barred = routing.ClockOverflow
	require.Equal(t, []string{"c-001 a"}, given(entries, routing.Match(entries, []routing.Agent{agent("a", nil)}, nil, routing.DefaultSettings(), noon)))
}

func TestAWidenedChatGoesToItsOwnQueueByItsOwnStrategy(t *testing.T) {
	t.Parallel()
	entries := line(1)
	entries[0].Queues = []domain.QueueID{"q-support", "q-sales"}
	member := func(q domain.QueueID, p int) func(*routing.Agent) {
		return func(a *routing.Agent) { a.Queues = map[domain.QueueID]routing.Member{q: {Priority: p}} }
	}
	agents := []routing.Agent{agent("a", member("q-sales", 1)), agent("b", member("q-support", 5)), agent("c", member("q-billing", 1))}
	decisions := routing.Match(entries, agents, nil, routing.DefaultSettings(), noon)
	require.Equal(t, []string{"c-000 a"}, given(entries, decisions))
	require.EqualValues(t, "q-sales", decisions[0].Via)
	require.Len(t, decisions[0].Considered, 2, "who has nothing to do with it isn't spoken of")
}

func TestAQueueMayAskFirst(t *testing.T) {
	t.Parallel()
	policies := map[domain.QueueID]routing.Policy{"q-support": {OfferSeconds: 20}}
	decisions := routing.Match(line(1), []routing.Agent{agent("a", nil)}, policies, routing.DefaultSettings(), noon)
	require.True(t, decisions[0].Offer)
}

func TestMatchingLeavesItsInputAndSaysWhatChanges(t *testing.T) {
	t.Parallel()
	agents := []routing.Agent{agent("b", func(a *routing.Agent) { a.Slots = slots(0, 0) }), agent("a", nil)}
	entries := line(3)
	first := routing.Match(entries, agents, nil, routing.DefaultSettings(), noon)
	require.Equal(t, first, routing.Match(entries, agents, nil, routing.DefaultSettings(), noon), "the same again")
	require.Equal(t, "b", agents[0].Name)
	require.Zero(t, agents[0].Slots.PerChannel[domain.ChannelSMS])
	for i := 1; i < len(first); i++ {
		require.True(t, first[i].IdleSince.After(first[i-1].IdleSince))
	}
	require.True(t, first[0].IdleSince.After(noon))
}

func TestAtMostTenAreNamedAndTheOthersCounted(t *testing.T) {
	t.Parallel()
	var agents []routing.Agent
	for i := range 30 {
		agents = append(agents, agent(fmt.Sprintf("u-%02d", i), func(a *routing.Agent) {
			switch {
			case i < 8:
				a.Status = domain.Offline
			case i == 29:
				a.Queues = nil
			}
		}))
	}
	d := routing.Match(line(1), agents, nil, routing.DefaultSettings(), noon)[0]
	require.Len(t, d.Considered, 10)
	require.Equal(t, 19, d.More)
	require.Equal(t, "chosen", d.Considered[0].Verdict)
	require.Equal(t, "free, but comes later in turn", d.Considered[9].Verdict)

	for i := range agents {
		agents[i].Slots.Total = 5
	}
	named, more := routing.Consider(line(1)[0], agents, routing.DefaultSettings(), nil, noon)
	require.Len(t, named, 10)
	require.Equal(t, 19, more)
	require.Equal(t, "offline since 12:00", named[0].Verdict)
	require.Equal(t, "holds 5 of 5 chats (own cap)", named[9].Verdict)
}

func TestTheReasonIsASentence(t *testing.T) {
	t.Parallel()
	one := []routing.Agent{agent("Ada", nil)}
	two := []routing.Agent{agent("Ada", nil), agent("Ben", idle(60))}
	for _, c := range []struct {
		agents   []routing.Agent
		strategy routing.Strategy
		want     string
	}{
		{one, routing.LongestIdle, "Ada was the only free agent for Support and now holds 1 of 5 chats."},
		{two, routing.LongestIdle, "Ben was idle longest of 2 free agents for Support and now holds 1 of 5 chats."},
		{two, routing.LeastBusy, "Ben had the fewest chats of 2 free agents for Support and now holds 1 of 5 chats."},
		{two, routing.RoundRobin, "Ben was next in turn of 2 free agents for Support and now holds 1 of 5 chats."},
		{
			[]routing.Agent{agent("Ada", nil), agent("Ben", func(a *routing.Agent) { a.Queues = map[domain.QueueID]routing.Member{"q-support": {Priority: 1}} })},
			routing.LeastBusy,
			"Ben came first by priority and turn of 2 free agents for Support and now holds 1 of 5 chats.",
		},
	} {
		require.Equal(t, c.want, routing.Match(line(1), c.agents, with(c.strategy), routing.DefaultSettings(), noon)[0].Why)
	}
}

func BenchmarkMatchWithNobodyFree(b *testing.B) {
	entries := line(1000)
	agents := make([]routing.Agent, 500)
	for i := range agents {
		agents[i] = agent(fmt.Sprintf("u-%03d", i), func(a *routing.Agent) { a.Slots = slots(5, 5) })
	}
	for b.Loop() {
		routing.Match(entries, agents, nil, routing.DefaultSettings(), noon)
	}
}

func BenchmarkMatchOf350ChatsAnd50Agents(b *testing.B) {
	entries := line(500)
	agents := make([]routing.Agent, 50)
	for i := range agents {
		agents[i] = agent(fmt.Sprintf("u-%03d", i), func(a *routing.Agent) { a.Max = 3 })
	}
	for b.Loop() {
		routing.Match(entries, agents, nil, routing.DefaultSettings(), noon)
	}
}
