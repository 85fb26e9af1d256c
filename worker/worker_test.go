package worker_test

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/worker"
)

var update = flag.Bool("update", false, "write the golden list")

// recorder notes names and passes them on to a real worker, which refuses a name that is taken.
type recorder struct {
	sdk.Registry
	queue string
	names *[]string
}

func (r recorder) RegisterWorkflowWithOptions(w any, o workflow.RegisterOptions) {
	*r.names = append(*r.names, r.queue+" workflow "+o.Name)
	r.Registry.RegisterWorkflowWithOptions(w, o)
}

func (r recorder) RegisterActivityWithOptions(a any, o activity.RegisterOptions) {
	*r.names = append(*r.names, r.queue+" activity "+o.Name)
	r.Registry.RegisterActivityWithOptions(a, o)
}

func lazyClient(t *testing.T) client.Client {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1", Logger: quiet{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// quiet is a log that nobody reads.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}

func deps() worker.Deps {
	return worker.Deps{
		Routing: &activities.Routing{}, Clocks: &activities.Clocks{}, Chats: &activities.Chats{}, Sending: &activities.Sending{},
		Notices: &activities.Notices{}, Sweeping: &activities.Sweeping{},
	}
}

// Names stand in histories: one that changes here strands every chat that is under way.
func TestRegisteredNames(t *testing.T) {
	t.Parallel()
	c := lazyClient(t)
	var names []string
	worker.RegisterChat(recorder{Registry: sdk.New(c, "chat", sdk.Options{}), queue: "chat", names: &names}, deps())
	worker.RegisterNotices(recorder{Registry: sdk.New(c, "notices", sdk.Options{}), queue: "notices", names: &names}, deps())
	worker.RegisterSend(recorder{Registry: sdk.New(c, "send-twilio", sdk.Options{}), queue: "send", names: &names}, deps())
	slices.Sort(names)
	got := strings.Join(names, "\n") + "\n"
	const golden = "testdata/registered.txt"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestPoolWaitsForAnEngineThatIsDown(t *testing.T) {
	t.Parallel()
	pool, err := worker.New(lazyClient(t), deps(), worker.Options{
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), StopWithin: time.Millisecond,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		pool.Run(ctx)
	}()
	require.False(t, pool.Running())
	cancel()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		require.FailNow(t, "the pool doesn't stop")
	}
}

func TestPoolNeedsItsParts(t *testing.T) {
	t.Parallel()
	_, err := worker.New(nil, deps(), worker.Options{})
	require.Error(t, err)
	d := deps()
	d.Sending = nil
	_, err = worker.New(lazyClient(t), d, worker.Options{})
	require.Error(t, err)
}
