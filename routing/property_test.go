package routing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tandem/domain"
	"tandem/routing"
)

var (
	someQueues   = []domain.QueueID{"q-a", "q-b", "q-c"}
	someTypes    = []domain.ChannelType{domain.ChannelSMS, domain.ChannelWhatsApp, domain.ChannelWebchat}
	someAgents   = []domain.UserID{"u-0", "u-1", "u-2", "u-3", "u-4", "u-5"}
	someStatuses = []domain.Availability{domain.Available, domain.Available, domain.Available, domain.OnBreak, domain.Offline}
	strategies   = []routing.Strategy{routing.LongestIdle, routing.LeastBusy, routing.RoundRobin}
)

func drawAgent(t *rapid.T, id domain.UserID) routing.Agent {
	a := routing.Agent{
		ID: id, Name: string(id), Status: rapid.SampledFrom(someStatuses).Draw(t, "status"), Present: rapid.IntRange(0, 9).Draw(t, "present") > 0,
		TakesChats: true, Max: rapid.IntRange(1, 4).Draw(t, "max"), Queues: map[domain.QueueID]routing.Member{},
		IdleSince: in(-rapid.IntRange(0, 5).Draw(t, "idle")), WrapUp: rapid.IntRange(0, 9).Draw(t, "wrap-up") == 0,
		Slots: routing.Slots{PerChannel: map[domain.ChannelType]int{}},
	}
	if rapid.IntRange(0, 9).Draw(t, "leaving") == 0 {
		a.NextStatus = domain.OnBreak
	}
	for _, q := range someQueues {
		if rapid.Bool().Draw(t, "member") {
			a.Queues[q] = routing.Member{Priority: rapid.IntRange(0, 3).Draw(t, "priority"), ServedAt: in(-rapid.IntRange(0, 5).Draw(t, "served"))}
		}
	}
	for range rapid.IntRange(0, a.Max).Draw(t, "slots") {
		a.Slots.Total++
		a.Slots.PerChannel[rapid.SampledFrom(someTypes).Draw(t, "slot")]++
	}
	if rapid.IntRange(0, 4).Draw(t, "limited") == 0 {
		a.Types = rapid.SliceOfNDistinct(rapid.SampledFrom(someTypes), 1, 2, rapid.ID).Draw(t, "types")
	}
	return a
}

func drawEntry(t *rapid.T, i int) routing.Entry {
	e := routing.Entry{
		Chat: domain.ChatID(fmt.Sprintf("c-%02d", i)), Queue: rapid.SampledFrom(someQueues).Draw(t, "queue"), QueueName: "a queue",
		Type: rapid.SampledFrom(someTypes).Draw(t, "type"), Priority: rapid.IntRange(0, 2).Draw(t, "priority"),
		QueuedAt: in(-rapid.IntRange(0, 9).Draw(t, "queued")),
	}
	e.Queues = []domain.QueueID{e.Queue}
	if q := rapid.SampledFrom(someQueues).Draw(t, "widened"); q != e.Queue && rapid.Bool().Draw(t, "is widened") {
		e.Queues = append(e.Queues, q)
	}
	if rapid.IntRange(0, 3).Draw(t, "sticky") == 0 {
		e.StickyAgent = rapid.SampledFrom(someAgents).Draw(t, "own")
		e.StickyUntil = in(rapid.IntRange(-1, 1).Draw(t, "until"))
	}
	if rapid.IntRange(0, 9).Draw(t, "barred") == 0 {
		e.Barred = routing.ClockOverflow
	}
	e.PassedBy = rapid.SliceOfNDistinct(rapid.SampledFrom(someAgents), 0, 2, rapid.ID).Draw(t, "passed by")
	return e
}

func drawSettings(t *rapid.T) routing.Settings {
	s := routing.DefaultSettings()
	s.Caps.PerAgent = rapid.IntRange(0, 4).Draw(t, "account cap")
	for _, c := range someTypes {
		if rapid.Bool().Draw(t, "capped") {
			s.Caps.PerChannel[c] = rapid.IntRange(0, 2).Draw(t, "channel cap")
		}
	}
	return s
}

func drawPolicies(t *rapid.T) map[domain.QueueID]routing.Policy {
	policies := map[domain.QueueID]routing.Policy{}
	for _, q := range someQueues {
		p := routing.Policy{Strategy: rapid.SampledFrom(strategies).Draw(t, "strategy")}
		if rapid.IntRange(0, 4).Draw(t, "narrow") == 0 {
			p.Channels = rapid.SliceOfNDistinct(rapid.SampledFrom(someTypes), 1, 2, rapid.ID).Draw(t, "serves")
		}
		policies[q] = p
	}
	return policies
}

// TestHandingOutKeepsItsPromises goes through the line by the plain words of the rules and compares: each chat in its turn goes to
// one of those who may have it, if there is any, so that nobody overtakes an eligible older chat, no cap is exceeded, and nobody
// free is left beside a chat that they may have.
func TestHandingOutKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		settings, policies := drawSettings(t), drawPolicies(t)
		agents := make([]routing.Agent, rapid.IntRange(0, len(someAgents)).Draw(t, "agents"))
		for i := range agents {
			agents[i] = drawAgent(t, someAgents[i])
		}
		entries := make([]routing.Entry, rapid.IntRange(0, 12).Draw(t, "line"))
		for i := range entries {
			entries[i] = drawEntry(t, i)
		}
		decisions := routing.Match(entries, agents, policies, settings, noon)
		require.Equal(t, decisions, routing.Match(entries, agents, policies, settings, noon))

		order := slices.Clone(entries)
		slices.SortFunc(order, func(a, b routing.Entry) int {
			if a.Before(b) {
				return -1
			}
			return 1
		})
		for _, e := range order {
			var eligible []int
			for i, a := range agents {
				if free, _ := routing.Verdict(a, e, settings, policies, noon); free {
					eligible = append(eligible, i)
				}
			}
			if len(eligible) == 0 {
				if len(decisions) > 0 {
					require.NotEqual(t, e.Chat, entries[decisions[0].Entry].Chat, "nobody may have it")
				}
				continue
			}
			require.NotEmpty(t, decisions, "%s has a free agent", e.Chat)
			d := decisions[0]
			decisions = decisions[1:]
			require.Equal(t, e.Chat, entries[d.Entry].Chat, "a younger chat overtook")
			i := slices.IndexFunc(agents, func(a routing.Agent) bool { return a.ID == d.Agent })
			require.Contains(t, eligible, i)
			for _, other := range eligible {
				if slices.Contains(e.PassedBy, d.Agent) {
					require.Contains(t, e.PassedBy, agents[other].ID, "who passed comes last")
				}
			}
			a := &agents[i]
			a.Slots.Total++
			a.Slots.PerChannel[e.Type]++
			requireWithinCaps(t, *a, e.Type, settings)
		}
		require.Empty(t, decisions)
	})
}

func requireWithinCaps(t *rapid.T, a routing.Agent, c domain.ChannelType, s routing.Settings) {
	require.LessOrEqual(t, a.Slots.Total, a.Max)
	if s.Caps.PerAgent > 0 {
		require.LessOrEqual(t, a.Slots.Total, s.Caps.PerAgent)
	}
	if s.Caps.PerChannel[c] > 0 {
		require.LessOrEqual(t, a.Slots.PerChannel[c], s.Caps.PerChannel[c])
	}
}

// TestLeastBusySpreadsByOneAtMost is the fairness promise: under least_busy no two agents with the same rights and room end more
// than one chat apart, unless they began so.
func TestLeastBusySpreadsByOneAtMost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loads := map[domain.UserID]int{}
		agents := make([]routing.Agent, rapid.IntRange(1, 6).Draw(t, "agents"))
		for i := range agents {
			agents[i] = ada(func(a *routing.Agent) {
				a.ID, a.Max = someAgents[i], 20
				a.IdleSince = in(-rapid.IntRange(0, 9).Draw(t, "idle"))
				a.Slots = slots(rapid.IntRange(0, 1).Draw(t, "load"), 0)
			})
			loads[agents[i].ID] = agents[i].Slots.Total
		}
		entries := line(rapid.IntRange(0, 60).Draw(t, "line"))
		for _, d := range routing.Match(entries, agents, with(routing.LeastBusy), routing.DefaultSettings(), noon) {
			loads[d.Agent]++
			least, most := 99, 0
			for _, n := range loads {
				least, most = min(least, n), max(most, n)
			}
			require.LessOrEqual(t, most-least, 1)
		}
	})
}

// TestTheNextChangeOfHoursIsAChange holds Open against itself: until next nothing changes, and then it does, in whatever zone and
// season.
func TestTheNextChangeOfHoursIsAChange(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", "America/St_Johns"}
	rapid.Check(t, func(t *rapid.T) {
		h := &routing.Hours{Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
		for day := range h.Week {
			for from := 0; from < 20; {
				from += rapid.IntRange(0, 12).Draw(t, "gap")
				to := min(from+rapid.IntRange(1, 12).Draw(t, "length"), 24)
				if from < to {
					h.Week[day] = append(h.Week[day], routing.Span{From: fmt.Sprintf("%02d:00", from), To: fmt.Sprintf("%02d:00", to)})
				}
				from = to + 1
			}
		}
		at := noon.Add(time.Duration(rapid.IntRange(0, 370*24*60).Draw(t, "minute")) * time.Minute)
		open, next, _ := h.Open(at, "")
		if next.IsZero() {
			return
		}
		require.True(t, next.After(at))
		changed, _, _ := h.Open(next, "")
		require.NotEqual(t, open, changed, "at the change")
		share := rapid.Float64Range(0, 0.999).Draw(t, "share")
		same, _, _ := h.Open(at.Add(time.Duration(share*float64(next.Sub(at)))), "")
		require.Equal(t, open, same, "before it")
	})
}
