package bench_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/bench"
)

func routingOptions(p *product) bench.RoutingOptions {
	target := options(p)
	target.For, target.Drain = time.Second, 3*time.Second
	return bench.RoutingOptions{Target: target, Rates: []float64{40, 80}, Burst: 40, Agents: 4, Cap: 3, Served: 6}
}

func TestARoutingThatKeepsItsPromisesComesOutClean(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	p.late = isNth(37)
	p.policy = `{"max_wait_seconds":900,"fallback":[{"after_seconds":120}]}`
	var progress strings.Builder
	o := routingOptions(p)
	o.Target.Progress = &progress
	report, err := bench.RunRouting(t.Context(), o)
	require.NoError(t, err)
	require.True(t, report.Clean(), "%+v", report)
	require.True(t, report.CleanedUp)
	require.Len(t, report.Steps, 2)
	for i, rate := range o.Rates {
		step := report.Steps[i]
		require.Equal(t, int(rate), step.Sent)
		require.Equal(t, int(rate), step.Assigned)
		require.Equal(t, int64(rate), step.ToOwner.Count)
		require.Positive(t, step.ToOwner.P50)
		require.Equal(t, int64(rate), step.Disposals.Took.Count)
		require.True(t, step.Workflows.CaughtUp)
	}
	b := report.Burst
	require.Equal(t, []int{12, 28, 3}, []int{b.Assigned, b.Waiting, b.MostPerAgent})
	require.Equal(t, 6, b.Served)
	require.Equal(t, int64(6), b.ToNext.Count)
	require.Zero(t, p.enabledAgents(), "the agents are disabled again")
	require.Empty(t, p.open, "every chat is disposed")
	require.Empty(t, p.line, "nobody is left in line")
	require.Contains(t, progress.String(), "40 customers at once: 40")

	var printed strings.Builder
	require.NoError(t, report.Print(&printed))
	require.Contains(t, printed.String(), "assigned 12 of 12")
	require.Contains(t, printed.String(), "nobody lost, doubled or overtaken, no agent over their cap")
	encoded, err := json.Marshal(report)
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"dispose_to_next_ms"`)
}

func TestEveryBrokenPromiseOfRoutingIsFound(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		misroute func(*product)
		check    func(*testing.T, bench.RoutingReport)
	}{
		"the newest served first": {
			func(p *product) { p.newestFirst = true },
			func(t *testing.T, r bench.RoutingReport) { require.Equal(t, 6, r.Burst.NotOldest) },
		},
		"an agent over the cap": {
			func(p *product) { p.overfill = true },
			func(t *testing.T, r bench.RoutingReport) {
				require.Equal(t, 4, r.Burst.MostPerAgent)
				require.Equal(t, 10, r.Burst.OverCap, "each agent once, and once with each disposal")
				require.Equal(t, 24, r.Burst.Waiting)
			},
		},
		"a customer lost": {
			func(p *product) { p.lose = isNth(37) },
			func(t *testing.T, r bench.RoutingReport) { require.Equal(t, 1, r.Steps[0].Lost) },
		},
		"a customer lost in the burst": {
			func(p *product) { p.lose = isNth(85) },
			func(t *testing.T, r bench.RoutingReport) { require.Equal(t, 1, r.Burst.Lost) },
		},
		"a chat assigned twice": {
			func(p *product) { p.double = isNth(37) },
			func(t *testing.T, r bench.RoutingReport) { require.Equal(t, 1, r.Steps[0].Doubled) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProduct(t)
			row.misroute(p)
			o := routingOptions(p)
			o.Rates, o.Target.OpsURL = []float64{40}, ""
			report, err := bench.RunRouting(t.Context(), o)
			require.NoError(t, err)
			require.False(t, report.Clean())
			require.Len(t, report.Steps, 1)
			row.check(t, report)
			var printed strings.Builder
			require.NoError(t, report.Print(&printed))
			require.Contains(t, printed.String(), "NOT CLEAN")
		})
	}
}

func TestRoutingIsNotMeasuredWhereItWouldMeanNothing(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*product){
		"1 other agents of Support are available":          func(p *product) { p.strays = true },
		"at most 2 chats, the driver's need 20":            func(p *product) { p.routing = `{"caps":{"per_agent":0,"per_channel":{"sms":2}}}` },
		"asks its agents to accept chats":                  func(p *product) { p.policy = `{"offer_seconds":15}` },
		"at most 5 chats wait, the burst leaves 28":        func(p *product) { p.policy = `{"max_waiting":5}` },
		"Support has opening hours":                        func(p *product) { p.policy = `{"hours":{"zone":"UTC"}}` },
		"Support moves or closes waiting chats after 20 s": func(p *product) { p.policy = `{"max_wait_seconds":90,"fallback":[{"after_seconds":20}]}` },
	} {
		p := startProduct(t)
		spoil(p)
		_, err := bench.RunRouting(t.Context(), routingOptions(p))
		require.ErrorContains(t, err, want)
		require.Zero(t, p.enabledAgents())
	}
}

func TestMistakesInRoutingOptionsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := bench.RunRouting(t.Context(), bench.RoutingOptions{Rates: []float64{0}, Burst: -1})
	for _, want := range []string{"rate 0 must be above 0", "burst must be", "agents must be", "cap must be", "url is empty", "token"} {
		require.ErrorContains(t, err, want)
	}
	_, err = bench.RunRouting(t.Context(), bench.RoutingOptions{})
	require.ErrorContains(t, err, "neither a rate nor a burst is given")
}
