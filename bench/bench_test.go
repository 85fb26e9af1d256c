package bench_test

import (
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/bench"
)

// TestMain lets the test binary stand in for `tandem bench floor-server`.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "floor-server" {
		os.Exit(serveFloor())
	}
	os.Exit(m.Run())
}

func serveFloor() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	database := ""
	if len(os.Args) > 3 {
		database = os.Args[3]
	}
	if err := bench.ServeFloor(ctx, os.Stdout, database); err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		return 1
	}
	return 0
}

func options(p *product) bench.Options {
	return bench.Options{
		URL: p.url, OpsURL: p.url, Rates: []float64{150}, For: time.Second, Customers: 25, WarmupRate: 200, MaxInFlight: 32,
		Drain: 4 * time.Second, AdminEmail: "admin@demo.test", AdminPassword: "tandem-demo", ChannelKey: channelKey, Token: token,
	}
}

func TestAWellBehavedProductComesOutClean(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	o := options(p)
	o.Rates = []float64{100, 200}
	o.FloorCommand, o.FloorFor = []string{os.Args[0], "floor-server"}, time.Second
	o.DatabaseURL = os.Getenv("TANDEM_TEST_DATABASE_URL")
	var progress strings.Builder
	o.Progress = &progress
	report, err := bench.Run(t.Context(), o)
	require.NoError(t, err)
	require.True(t, report.Clean())
	require.True(t, report.CleanedUp)
	require.Equal(t, 25, report.NewChats.Count)
	require.Len(t, report.Steps, 2)
	for i, rate := range o.Rates {
		step := report.Steps[i]
		require.Equal(t, int(rate), step.Sent)
		require.Equal(t, int(rate), step.Accepted)
		require.Equal(t, int64(rate), step.Socket.Count)
		require.Positive(t, step.Socket.P50)
		require.Less(t, step.Socket.P50, 500.0)
		require.NotEmpty(t, step.Floors)
		for _, floor := range step.Floors {
			require.Equal(t, int64(rate), floor.Socket.Count, floor.Name)
			// A bare server pushes each message as its call ends: calls that overlap may overtake each other.
			require.Zero(t, floor.Lost+floor.Doubled, floor.Name)
		}
		require.InDelta(t, 0.25, step.Workflows.LagMaxSeconds, 0.001)
		require.True(t, step.Workflows.CaughtUp)
	}
	require.Zero(t, p.enabledAgents(), "the agents are disabled again")
	require.Empty(t, p.open, "every chat is disposed")
	require.Contains(t, progress.String(), "opening chats: 25")

	var printed strings.Builder
	require.NoError(t, report.Print(&printed))
	require.Contains(t, printed.String(), "nothing lost, doubled, out of order or refused")
	_, err = json.Marshal(report)
	require.NoError(t, err)
}

func TestEveryMisdeedIsFound(t *testing.T) {
	t.Parallel()
	// The driver numbers the texts of its second load; 77 stands in the middle of it.
	isChosen := func(text string) bool { return strings.Contains(text, ".2-77 ") }
	for name, row := range map[string]struct {
		misbehave func(string, int64) (int, int64)
		check     func(*testing.T, bench.Step)
	}{
		"a lost message": {
			func(text string, seq int64) (int, int64) {
				if isChosen(text) {
					return 0, seq
				}
				return 1, seq
			},
			func(t *testing.T, s bench.Step) { require.Equal(t, 1, s.Lost) },
		},
		"a doubled message": {
			func(text string, seq int64) (int, int64) {
				if isChosen(text) {
					return 2, seq
				}
				return 1, seq
			},
			func(t *testing.T, s bench.Step) { require.Equal(t, 1, s.Doubled) },
		},
		"a message out of order": {
			func(text string, seq int64) (int, int64) {
				if isChosen(text) {
					return 1, 1
				}
				return 1, seq
			},
			func(t *testing.T, s bench.Step) { require.Positive(t, s.OutOfOrder) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProduct(t)
			p.misbehave = row.misbehave
			report, err := bench.Run(t.Context(), options(p))
			require.NoError(t, err)
			require.False(t, report.Clean())
			require.Len(t, report.Steps, 1)
			row.check(t, report.Steps[0])
		})
	}
}

func TestCustomersInLineAreNotHandedToTheDriversAgents(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	p.waiting = []string{"+12025550142"}
	_, err := bench.Run(t.Context(), options(p))
	require.ErrorContains(t, err, "1 customers wait in the channel's queue")
	require.Zero(t, p.enabledAgents())
}

func TestANamedOperationsListenerMustAnswer(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	o := options(p)
	o.OpsURL = "http://127.0.0.1:1"
	_, err := bench.Run(t.Context(), o)
	require.ErrorContains(t, err, "name the product's operations listener, or none")
}

func TestAWrongPasswordOrTokenIsSaid(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	o := options(p)
	o.AdminPassword = "wrong"
	_, err := bench.Run(t.Context(), o)
	require.ErrorContains(t, err, "signing in admin@demo.test: POST /api/v1/auth/login: HTTP 401 unauthorized: wrong password")

	o = options(p)
	o.Token = "wrong"
	_, err = bench.Run(t.Context(), o)
	require.ErrorContains(t, err, "25 of 25 webhooks were not accepted: map[HTTP 403:25]")
	require.Zero(t, p.enabledAgents(), "a failed run cleans up too")
}

func TestMistakesInOptionsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := bench.Run(t.Context(), bench.Options{Rates: []float64{-1}})
	for _, want := range []string{"url is empty", "rate -1", "shorter than a second", "customers must be", "warm-up rate", "in flight", "token"} {
		require.ErrorContains(t, err, want)
	}
}
