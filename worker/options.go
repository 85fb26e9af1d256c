package worker

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/interceptor"
	sdk "go.temporal.io/sdk/worker"

	"tandem/domain"
)

// Options bound what a process takes on. The zero value is right for a process that shares its machine with everything
// else.
type Options struct {
	// Providers are those whose send queues this process serves; nil means all that the product has.
	Providers []string
	// ChatActivities and LocalActivities bound how many transactions of chats run at once. Together they must leave
	// connections of the ledger's pool for the message path when both live in one process.
	ChatActivities  int
	LocalActivities int
	// Sends bounds how many messages are at one provider at once.
	Sends int
	// Notices bounds how many webhooks are being called at once.
	Notices int
	// StickyChats is how many chats are kept ready in memory instead of being replayed.
	StickyChats int
	// StopWithin is how long running activities get to finish when the process stops.
	StopWithin time.Duration
	Log        *slog.Logger
	// Metrics gets durations of activities; nil means none are kept.
	Metrics prometheus.Registerer
}

const (
	defaultChatActivities  = 8
	defaultLocalActivities = 4
	defaultSends           = 200
	defaultNotices         = 50
	defaultStickyChats     = 2000
	defaultStopWithin      = 10 * time.Second
	workflowTasks          = 100
	// The detector's own second is too short for a machine that also runs the engine and its database.
	deadlockAfter = 5 * time.Second
)

func (o Options) withDefaults() Options {
	if o.Providers == nil {
		o.Providers = []string{domain.ProviderTwilio}
	}
	o.ChatActivities = orDefault(o.ChatActivities, defaultChatActivities)
	o.LocalActivities = orDefault(o.LocalActivities, defaultLocalActivities)
	o.Sends = orDefault(o.Sends, defaultSends)
	o.Notices = orDefault(o.Notices, defaultNotices)
	o.StickyChats = orDefault(o.StickyChats, defaultStickyChats)
	o.StopWithin = orDefault(o.StopWithin, defaultStopWithin)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// chatWorker runs chats and the short transactions they wait for.
func (o Options) chatWorker(i interceptor.WorkerInterceptor) sdk.Options {
	return sdk.Options{
		MaxConcurrentWorkflowTaskExecutionSize:  workflowTasks,
		MaxConcurrentActivityExecutionSize:      o.ChatActivities,
		MaxConcurrentLocalActivityExecutionSize: o.LocalActivities,
		WorkflowTaskPollerBehavior:              pollers(4, 16),
		ActivityTaskPollerBehavior:              pollers(2, 8),
		WorkerStopTimeout:                       o.StopWithin,
		DeadlockDetectionTimeout:                deadlockAfter,
		Interceptors:                            []interceptor.WorkerInterceptor{i},
	}
}

// callWorker calls somebody else's machine, so many at once. Each call mostly waits for the network.
func (o Options) callWorker(most int, i interceptor.WorkerInterceptor) sdk.Options {
	return sdk.Options{
		DisableWorkflowWorker:              true,
		MaxConcurrentActivityExecutionSize: most,
		ActivityTaskPollerBehavior:         pollers(2, 16),
		WorkerStopTimeout:                  o.StopWithin,
		Interceptors:                       []interceptor.WorkerInterceptor{i},
	}
}

func pollers(first, most int) sdk.PollerBehavior {
	return sdk.NewPollerBehaviorAutoscaling(sdk.PollerBehaviorAutoscalingOptions{
		InitialNumberOfPollers: first, MinimumNumberOfPollers: 2, MaximumNumberOfPollers: most,
	})
}
