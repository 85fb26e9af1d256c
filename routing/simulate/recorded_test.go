package simulate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/routing/simulate"
)

// recorded is a chat that came at a second and was answered and ended at others; negative means never.
func recorded(came, answered, ended int, o domain.Outcome, steps ...domain.StoryKind) routing.Happened {
	h := routing.Happened{Arrival: arrival(came, 0), Outcome: o, Steps: steps}
	if answered >= 0 {
		h.AnsweredAt = at(answered)
	}
	if ended >= 0 {
		h.EndedAt = at(ended)
		if answered >= 0 {
			h.Handle = at(ended).Sub(at(answered))
		}
	}
	return h
}

func TestWhatHappenedIsToldInAReplaysTerms(t *testing.T) {
	t.Parallel()
	sticky := recorded(7, 7, 20, domain.OutcomeDisposed, domain.StoryStickyWait, domain.StoryStickyHit)
	sticky.Agent, sticky.StickyHit, sticky.Type = "Ada", true, domain.ChannelWhatsApp
	h := routing.History{Until: at(1000), Settings: routing.DefaultSettings(), Chats: []routing.Happened{
		recorded(0, 30, 90, domain.OutcomeDisposed, domain.StoryWidened, domain.StoryClosed),
		recorded(1, 101, 200, domain.OutcomeDisposed, domain.StoryTold, domain.StoryMoved, domain.StoryNotified, domain.StoryClosed),
		recorded(2, -1, 42, domain.OutcomeAbandoned, domain.StoryClosed),
		recorded(3, -1, 303, domain.OutcomeTimedOut, domain.StoryTimedOut, domain.StoryClosed),
		recorded(4, -1, 64, domain.OutcomeTimedOut, domain.StoryClosed),
		recorded(5, -1, 5, domain.OutcomeOverflow, domain.StoryClosed),
		recorded(6, -1, 6, domain.OutcomeOffline, domain.StoryClosed),
		recorded(6, -1, 606, domain.OutcomeCallback, domain.StoryCallback, domain.StoryClosed),
		recorded(6, -1, 7, domain.OutcomeCancelled),
		recorded(8, -1, -1, ""),
		sticky,
	}}
	r := simulate.Recorded("what happened", h, time.Minute)
	require.Equal(t, 11, r.Chats)
	require.Equal(t, 3, r.Answered)
	require.Equal(t, 1, r.Abandoned)
	require.Equal(t, 1, r.TimedOut)
	require.Equal(t, 1, r.Waiting)
	require.Equal(t, map[string]int{"close": 1, "overflow": 1, "closed_hours": 1, "callback": 1, "cancelled": 1}, r.EndedByRule)
	require.Equal(t, map[string]int{"widen": 1, "text": 1, "move": 1, "notify": 1, "overflow": 1, "closed_hours": 1, "close": 3, "callback": 1}, r.Steps)
	require.Equal(t, simulate.Spread{P50: 30, P90: 100, Max: 100}, r.Wait)
	require.InDelta(t, 2.0/11, r.ServiceLevel, 1e-9)
	require.Equal(t, simulate.Sticky{Wanted: 1, Hits: 1, Waited: 1}, r.Sticky)
}

func TestWhatAPeriodDoesntTellIsTakenAsUsual(t *testing.T) {
	t.Parallel()
	h := routing.History{Until: at(1000), Chats: []routing.Happened{
		recorded(0, 10, 70, domain.OutcomeDisposed),
		recorded(0, 500, 620, domain.OutcomeDisposed),
		recorded(0, 20, 320, domain.OutcomeDisposed),
		recorded(0, -1, 45, domain.OutcomeAbandoned),
		recorded(0, 990, -1, ""),
		recorded(0, -1, 300, domain.OutcomeTimedOut),
	}}
	var patience, handle []int
	for _, a := range simulate.ArrivalsOf(h, 5*time.Minute) {
		patience, handle = append(patience, int(a.Patience.Seconds())), append(handle, int(a.Handle.Seconds()))
	}
	require.Equal(t, []int{300, 500, 300, 45, 990, 300}, patience, "who was answered late had that much; who left had no more")
	require.Equal(t, []int{60, 120, 300, 120, 120, 120}, handle, "the median for those nobody had, or who aren't done")
	for _, a := range simulate.ArrivalsOf(h, 0) {
		patience = append(patience, int(a.Patience.Seconds()))
	}
	require.Equal(t, []int{0, 0, 0, 45, 0, 0}, patience[6:], "without a limit they wait for ever")
}
