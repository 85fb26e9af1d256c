package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
)

// Priorities of activities on a provider's queue: an agent's reply goes before anything sent in bulk.
const priorityChat = 1

// SendWithin is how long a message may take from the moment its workflow learns of it until it is sent, failed or
// unknown. A message that waited behind others gets at least sendAtLeast of its own.
const (
	SendWithin  = 10 * time.Minute
	sendAtLeast = time.Minute
	// sendGrace is for the last look-up at the provider after the deadline, before EndSend takes over.
	sendGrace = 2 * time.Minute
)

// quickRead is for a short read of our own ledger that the workflow can't go on without: no event in the history but a
// marker. A ledger that doesn't answer within seconds is asked by patientRead.
func quickRead(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		ScheduleToCloseTimeout: 3 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 50 * time.Millisecond, BackoffCoefficient: 2, MaximumAttempts: 3},
		Summary:                summary,
	})
}

// patientRead is for the same read while the ledger is in trouble. After ten minutes the workflow fails; the sweep or
// the next signal starts it again from the ledger.
func patientRead(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueChat,
		StartToCloseTimeout:    10 * time.Second,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 15 * time.Second},
		Summary:                summary,
	})
}

// quickWrite is for a short transaction of our own ledger while somebody or something waits for its result.
func quickWrite(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueChat,
		StartToCloseTimeout:    5 * time.Second,
		ScheduleToCloseTimeout: 30 * time.Second,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 100 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 5 * time.Second},
		Summary:                summary,
		Priority:               temporal.Priority{PriorityKey: priorityChat},
	})
}

// webhook is for a call to somebody else's system, which may be down for a while. The chat doesn't wait for it, but its
// workflow does before it ends.
func webhook(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueNotices,
		StartToCloseTimeout:    activities.NotifyWithin + 5*time.Second,
		ScheduleToCloseTimeout: 5 * time.Minute,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: 8,
		},
		Summary: summary,
	})
}

// cleanup is for a write that ends something and that nobody waits for: patient, but not for ever.
func cleanup(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueChat,
		StartToCloseTimeout:    10 * time.Second,
		ScheduleToCloseTimeout: 10 * time.Minute,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:                summary,
	})
}

// providerSend is for one message to a provider. Attempts are bounded by time, not by number: the activity knows the
// deadline and ends the message itself; the heartbeat shows a dead worker within ten seconds.
func providerSend(ctx workflow.Context, summary string, hint domain.SendHint, within time.Duration) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueSend(hint.Provider),
		StartToCloseTimeout:    3 * time.Minute,
		ScheduleToCloseTimeout: within + sendGrace,
		HeartbeatTimeout:       10 * time.Second,
		WaitForCancellation:    true,
		RetryPolicy:            &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
		Summary:                summary,
		Priority:               temporal.Priority{PriorityKey: priorityChat},
	})
}

// sweeping is for a pass over the whole ledger; the next one comes in a minute, so it isn't tried again for long.
func sweeping(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           QueueChat,
		StartToCloseTimeout: 5 * time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 3},
		Summary:             summary,
	})
}
