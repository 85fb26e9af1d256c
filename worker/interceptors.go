package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
)

// watch logs and times activities.
type watch struct {
	interceptor.WorkerInterceptorBase
	log      *slog.Logger
	duration *prometheus.HistogramVec
}

func newWatch(log *slog.Logger, metrics prometheus.Registerer) *watch {
	w := &watch{log: log, duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tandem_activity_duration_seconds", Help: "How long an attempt of an activity took, by how it ended.",
		Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
	}, []string{"activity", "outcome"})}
	if metrics != nil {
		var already prometheus.AlreadyRegisteredError
		if err := metrics.Register(w.duration); errors.As(err, &already) {
			if shared, ok := already.ExistingCollector.(*prometheus.HistogramVec); ok {
				w.duration = shared
			}
		}
	}
	return w
}

// InterceptActivity puts the watch around every attempt.
func (w *watch) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &watchedActivity{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, watch: w}
}

type watchedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	*watch
}

// ExecuteActivity runs one attempt.
func (a *watchedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	began := time.Now()
	result, err := a.Next.ExecuteActivity(ctx, in)
	outcome := outcomeOf(err)
	a.duration.WithLabelValues(info.ActivityType.Name, outcome).Observe(time.Since(began).Seconds())
	if outcome == outcomeFailed {
		a.log.Warn("activity attempt failed", "activity", info.ActivityType.Name, "workflow", info.WorkflowExecution.ID,
			"attempt", info.Attempt, "error", err)
	}
	return result, err
}

// The outcomes of an attempt, as metrics tell them apart.
const (
	outcomeDone     = "done"
	outcomeRefused  = "refused" // nobody's fault: a conflict, a provider's refusal, a limit
	outcomeCanceled = "canceled"
	outcomeFailed   = "failed"
)

func outcomeOf(err error) string {
	var app *temporal.ApplicationError
	switch {
	case err == nil:
		return outcomeDone
	case temporal.IsCanceledError(err), errors.Is(err, context.Canceled):
		return outcomeCanceled
	case errors.As(err, &app) && app.Category() == temporal.ApplicationErrorCategoryBenign:
		return outcomeRefused
	default:
		return outcomeFailed
	}
}
