package simulate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tandem/domain"
	"tandem/routing"
	"tandem/routing/simulate"
)

// TestEveryArrivalHasOneEnd holds random days under random rules to what must be true of each: every customer is accounted for once,
// nobody waits longer than their patience or the queue's longest wait, and the same day gives the same answer.
func TestEveryArrivalHasOneEnd(t *testing.T) {
	t.Parallel()
	queues := []domain.QueueID{"Support", "Sales"}
	rapid.Check(t, func(t *rapid.T) {
		rules := simulate.Rules{Settings: routing.DefaultSettings(), Policies: map[domain.QueueID]routing.Policy{}}
		rules.Settings.Sticky.Enabled = rapid.Bool().Draw(t, "sticky")
		rules.Settings.Sticky.OnFirstReply = rapid.Bool().Draw(t, "on first reply")
		rules.Settings.Sticky.WaitSeconds = rapid.IntRange(0, 200).Draw(t, "sticky wait")
		for i, q := range queues {
			p := routing.DefaultPolicy()
			p.MaxWaitSeconds = rapid.SampledFrom([]int{0, 90, 600}).Draw(t, "longest wait")
			p.MaxWaiting = rapid.IntRange(0, 3).Draw(t, "most waiting")
			p.Overflow = rapid.SampledFrom([]routing.Step{{Action: routing.ActionClose}, {Action: routing.ActionMove, Queue: queues[1-i]}, {Action: routing.ActionText}}).Draw(t, "overflow")
			if rapid.Bool().Draw(t, "widens") {
				p.Fallback = []routing.Step{{AfterSeconds: 30, Action: routing.ActionWiden, Queues: []domain.QueueID{queues[1-i]}}}
			}
			rules.Policies[q] = p
		}
		var arrivals []routing.Arrival
		patience := map[time.Time]time.Duration{}
		came := 0
		for range rapid.IntRange(0, 30).Draw(t, "arrivals") {
			came += rapid.IntRange(1, 60).Draw(t, "gap")
			a := arrival(came, rapid.IntRange(0, 300).Draw(t, "handle"))
			a.Queue = rapid.SampledFrom(queues).Draw(t, "queue")
			a.Customer = fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "customer"))
			a.Patience = time.Duration(rapid.SampledFrom([]int{0, 20, 120}).Draw(t, "patience")) * time.Second
			arrivals = append(arrivals, a)
			patience[a.At] = a.Patience
		}
		var shifts []routing.Shift
		for i := range rapid.IntRange(0, 4).Draw(t, "agents") {
			from := rapid.IntRange(0, 600).Draw(t, "from")
			s := shift(fmt.Sprint("agent ", i), from, from+rapid.IntRange(1, 1500).Draw(t, "length"), rapid.IntRange(1, 3).Draw(t, "cap"))
			s.Queues = map[domain.QueueID]routing.Member{rapid.SampledFrom(queues).Draw(t, "member"): {}}
			shifts = append(shifts, s)
		}
		r := simulate.Run("random", arrivals, shifts, rules, time.Minute)
		require.Equal(t, r, simulate.Run("random", arrivals, shifts, rules, time.Minute))
		require.Equal(t, len(arrivals), r.Chats)
		require.Len(t, r.Points, r.Chats)
		ended := 0
		for _, n := range r.EndedByRule {
			ended += n
		}
		require.Equal(t, r.Chats, r.Answered+r.Abandoned+r.TimedOut+r.Waiting+ended)
		require.LessOrEqual(t, r.Sticky.Hits, r.Sticky.Wanted)
		seen := map[time.Time]bool{}
		for _, p := range r.Points {
			require.False(t, seen[p.At], "twice")
			seen[p.At] = true
			require.GreaterOrEqual(t, p.Wait, time.Duration(0))
			if most := patience[p.At]; most > 0 {
				require.LessOrEqual(t, p.Wait, most)
			}
			if p.Outcome == simulate.Waiting {
				require.Zero(t, patience[p.At], "who has no patience left is gone")
			}
		}
	})
}
