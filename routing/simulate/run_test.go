package simulate_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/routing/simulate"
)

// day reads the small day of testdata.
func day(t *testing.T) ([]routing.Arrival, []routing.Shift) {
	t.Helper()
	read := func(name string) *strings.Reader {
		text, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		return strings.NewReader(string(text))
	}
	arrivals, err := simulate.ReadArrivals("arrivals.csv", read("arrivals.csv"))
	require.NoError(t, err)
	shifts, err := simulate.ReadShifts("shifts.csv", read("shifts.csv"))
	require.NoError(t, err)
	return arrivals, shifts
}

// waits says what became of each arrival, by the moment it came, "09:00:00 answered after 0s".
func waits(r simulate.Result) map[string]string {
	all := map[string]string{}
	for _, p := range r.Points {
		all[p.At.Format("15:04:05")] = fmt.Sprintf("%s after %s", p.Outcome, p.Wait)
	}
	return all
}

// The day by hand, under default rules (own agents on WhatsApp, wait up to 120 s):
// 09:00:00 Maria gets Ada, the only one there, until 09:05:00.
// 09:01:00 Jonas waits. 09:02:00 Lea waits, and leaves at 09:03:00.
// 09:04:00 Noor's own agent is Ada, who is full: Noor waits for her until 09:06:00.
// 09:05:00 Ada is free: Jonas is first in line and has waited 4 minutes; Ada is full until 09:10:00. Ben comes: Noor waits for Ada.
// 09:05:30 Omar's own agent Zoe isn't there: the line, and Ben is free: at once, until 09:06:30.
// 09:06:00 Noor waits for Ada no longer, but Ben is full. Pia gets Cem of Sales at once.
// 09:06:30 Ben is free: Noor, after 150 s, until 09:08:30.
// 09:30:00 Noor is back, and Ada is free: at once, her own.
// 10:59:50 Quin gets Ben, the longer idle of the two (since 09:08:30; Ada since 09:31:00).
// 11:00:00 everybody goes. 11:00:10 Rosa waits; the last that happens is the end of Quin's chat, at 11:00:50.
func TestAHandComputedDay(t *testing.T) {
	t.Parallel()
	arrivals, shifts := day(t)
	r := simulate.Run("default", arrivals, shifts, simulate.GroundOf(arrivals, shifts).Rules(), time.Minute)
	require.Equal(t, map[string]string{
		"09:00:00": "answered after 0s", "09:01:00": "answered after 4m0s", "09:02:00": "abandoned after 1m0s",
		"09:04:00": "answered after 2m30s", "09:05:30": "answered after 0s", "09:06:00": "answered after 0s",
		"09:30:00": "answered after 0s", "10:59:50": "answered after 0s", "11:00:10": "waiting after 40s",
	}, waits(r))
	r.Points = nil
	require.Equal(t, 9, r.Chats)
	require.Equal(t, 7, r.Answered)
	require.Equal(t, 1, r.Abandoned)
	require.Equal(t, 1, r.Waiting)
	require.Zero(t, r.TimedOut)
	require.Equal(t, simulate.Spread{P50: 0, P90: 240, Max: 240}, r.Wait)
	require.InDelta(t, 5.0/9, r.ServiceLevel, 1e-9)
	require.Equal(t, simulate.Sticky{Wanted: 3, Hits: 1, Waited: 1}, r.Sticky)
	require.Empty(t, r.Steps)
}

// The same day under changed.json: own agents are waited for 30 s, after 60 s a text, after 120 s Sales helps, after 600 s a callback.
// 09:02:00 Jonas is told to wait. 09:03:00 Cem comes and Jonas is open to Sales at that moment: after 120 s, until 09:08:00.
// Lea leaves at 09:03:00, told nothing: her patience ends in the moment her text is due, and clocks come first: told at 09:03:00.
// 09:04:30 Noor waits for Ada no longer. 09:05:00 told; Ada is free: Noor after 60 s, her own agent although the wait is over.
// 11:00:10 Rosa: told 11:01:10, widened 11:02:10, called back from 11:10:10.
func TestTheSameDayUnderOtherRules(t *testing.T) {
	t.Parallel()
	arrivals, shifts := day(t)
	data, err := os.ReadFile("testdata/changed.json")
	require.NoError(t, err)
	rules, err := simulate.ReadRules("changed.json", data, simulate.GroundOf(arrivals, shifts))
	require.NoError(t, err)
	r := simulate.Run("changed", arrivals, shifts, rules, time.Minute)
	require.Equal(t, map[string]string{
		"09:00:00": "answered after 0s", "09:01:00": "answered after 2m0s", "09:02:00": "abandoned after 1m0s",
		"09:04:00": "answered after 1m0s", "09:05:30": "answered after 0s", "09:06:00": "answered after 0s",
		"09:30:00": "answered after 0s", "10:59:50": "answered after 0s", "11:00:10": "callback after 10m0s",
	}, waits(r))
	require.Equal(t, map[string]int{"text": 3, "widen": 2, "callback": 1}, r.Steps)
	require.Equal(t, map[string]int{"callback": 1}, r.EndedByRule)
	require.Equal(t, simulate.Sticky{Wanted: 3, Hits: 2, Waited: 1}, r.Sticky)
	require.Equal(t, r, simulate.Run("changed", arrivals, shifts, rules, time.Minute), "the same again")
}

func at(seconds int) time.Time {
	return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

func arrival(seconds, handle int) routing.Arrival {
	return routing.Arrival{At: at(seconds), Queue: "Support", Type: domain.ChannelSMS, Handle: time.Duration(handle) * time.Second}
}

func shift(agent string, from, to, most int) routing.Shift {
	return routing.Shift{
		Agent: domain.UserID(agent), From: at(from), To: at(to), Cap: most, Queues: map[domain.QueueID]routing.Member{"Support": {}},
	}
}

func rulesWith(change func(*routing.Settings, *routing.Policy)) simulate.Rules {
	s, p := routing.DefaultSettings(), routing.DefaultPolicy()
	change(&s, &p)
	return simulate.Rules{Settings: s, Policies: map[domain.QueueID]routing.Policy{"Support": p}}
}

func TestAFullQueueAndClosedHoursActAtOnce(t *testing.T) {
	t.Parallel()
	bye := routing.Step{Action: routing.ActionClose, Text: "Later, please."}
	arrivals := []routing.Arrival{arrival(0, 60), arrival(1, 60), arrival(2, 60), arrival(3, 60)}
	full := rulesWith(func(_ *routing.Settings, p *routing.Policy) { p.MaxWaiting, p.Overflow = 2, bye })
	r := simulate.Run("full", arrivals, []routing.Shift{shift("Ada", 0, 600, 1)}, full, time.Minute)
	require.Equal(t, 3, r.Answered)
	require.Equal(t, map[string]int{"overflow": 1}, r.EndedByRule)
	require.Equal(t, map[string]int{"overflow": 1, "close": 1}, r.Steps)

	closed := rulesWith(func(_ *routing.Settings, p *routing.Policy) {
		p.Hours = &routing.Hours{Week: [7][]routing.Span{3: {{From: "12:00", To: "12:00"}, {From: "13:00", To: "14:00"}}}, Closed: bye}
	})
	r = simulate.Run("closed", arrivals, []routing.Shift{shift("Ada", 0, 600, 1)}, closed, time.Minute)
	require.Equal(t, map[string]int{"closed_hours": 4}, r.EndedByRule)
}

func TestTheLongestWaitEndsAChat(t *testing.T) {
	t.Parallel()
	rules := rulesWith(func(_ *routing.Settings, p *routing.Policy) { p.MaxWaitSeconds = 90 })
	r := simulate.Run("short", []routing.Arrival{arrival(0, 60)}, nil, rules, time.Minute)
	require.Equal(t, 1, r.TimedOut)
	require.Equal(t, 90*time.Second, r.Points[0].Wait)
}

func TestAPairingStartsWithTheFirstReplyAndExpires(t *testing.T) {
	t.Parallel()
	visit := func(seconds int) routing.Arrival {
		a := arrival(seconds, 10)
		a.Customer = "maria"
		return a
	}
	rules := rulesWith(func(s *routing.Settings, _ *routing.Policy) {
		s.Sticky.Enabled, s.Sticky.OnFirstReply, s.Sticky.ExpiresHours = true, true, 1
	})
	arrivals := []routing.Arrival{visit(0), visit(60), visit(3500), visit(3500 + 3700)}
	r := simulate.Run("sticky", arrivals, []routing.Shift{shift("Ada", 0, 9000, 1), shift("Ben", 0, 9000, 1)}, rules, time.Minute)
	require.Equal(t, simulate.Sticky{Wanted: 2, Hits: 2}, r.Sticky, "each chat keeps it; after an hour and more it is over")
	off := rulesWith(func(s *routing.Settings, _ *routing.Policy) { s.Sticky.Enabled = true })
	r = simulate.Run("off", arrivals, []routing.Shift{shift("Ada", 0, 9000, 1)}, off, time.Minute)
	require.Zero(t, r.Sticky)
}

func TestNobodyWaitsForAnAgentWhoLeft(t *testing.T) {
	t.Parallel()
	own := arrival(10, 10)
	own.Agent = "Ada"
	rules := rulesWith(func(s *routing.Settings, _ *routing.Policy) { s.Sticky.Enabled, s.Sticky.WaitSeconds = true, 600 })
	first := arrival(0, 500) // keeps Ada busy
	shifts := []routing.Shift{shift("Ada", 0, 100, 1), shift("Ben", 50, 1000, 1)}
	r := simulate.Run("gone", []routing.Arrival{first, own}, shifts, rules, time.Minute)
	require.Equal(t, "answered after 1m30s", waits(r)["12:00:10"], "Ben gets it when Ada goes")

	onBreak := shift("Ada", 100, 300, 1)
	onBreak.Break = true
	first.Handle = 150 * time.Second
	shifts = []routing.Shift{shift("Ada", 0, 100, 1), onBreak, shift("Ada", 300, 1000, 1), shift("Ben", 50, 1000, 1)}
	r = simulate.Run("break", []routing.Arrival{first, own}, shifts, rules, time.Minute)
	require.Equal(t, "answered after 4m50s", waits(r)["12:00:10"], "a break is waited out")
	require.Equal(t, simulate.Sticky{Wanted: 1, Hits: 1, Waited: 1}, r.Sticky)
}

func TestQueuesThatMoveToEachOtherComeToRest(t *testing.T) {
	t.Parallel()
	move := func(q domain.QueueID) routing.Policy {
		p := routing.DefaultPolicy()
		p.Fallback = []routing.Step{{AfterSeconds: 1, Action: routing.ActionMove, Queue: q}}
		return p
	}
	rules := simulate.Rules{
		Settings: routing.DefaultSettings(), Policies: map[domain.QueueID]routing.Policy{"Support": move("Sales"), "Sales": move("Support")},
	}
	r := simulate.Run("loop", []routing.Arrival{arrival(0, 60)}, nil, rules, time.Minute)
	require.Equal(t, 1, r.Waiting)
	require.Positive(t, r.Steps["move"])
}

func TestNothingGivesNothing(t *testing.T) {
	t.Parallel()
	r := simulate.Run("empty", nil, nil, simulate.Rules{}, 0)
	require.Zero(t, r.Chats)
	require.Zero(t, r.ServiceLevel)
	var out strings.Builder
	require.NoError(t, simulate.Print(&out, []simulate.Result{r}))
	require.NoError(t, simulate.Plot(&out, []simulate.Result{r}, time.UTC))
}

func BenchmarkADayOf10000ChatsAnd200Agents(b *testing.B) {
	var arrivals []routing.Arrival
	for i := range 10_000 {
		a := arrival(i*3, 900)
		a.Patience = 300 * time.Second
		arrivals = append(arrivals, a)
	}
	var shifts []routing.Shift
	for i := range 200 {
		shifts = append(shifts, shift(fmt.Sprintf("u-%03d", i), 0, 40_000, 2))
	}
	rules := rulesWith(func(*routing.Settings, *routing.Policy) {})
	for b.Loop() {
		simulate.Run("day", arrivals, shifts, rules, time.Minute)
	}
}
