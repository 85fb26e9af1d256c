package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"tandem/activities"
)

// SweepOutcome is what one sweep did.
type SweepOutcome struct {
	activities.SweepChatsResult
}

// Sweep runs once a minute by a schedule. It starts the workflow of every open chat that has none, which is how a chat
// goes on whose workflow an operator terminated while nobody wrote, and deletes rows that have served. Both may be
// repeated at any time.
func Sweep(ctx workflow.Context) (SweepOutcome, error) {
	var a *activities.Sweeping
	var outcome SweepOutcome
	swept := workflow.ExecuteActivity(sweeping(ctx, "Start workflows of open chats that have none"), a.SweepChats).
		Get(ctx, &outcome.SweepChatsResult)
	pruned := workflow.ExecuteActivity(sweeping(ctx, "Delete what nobody reads any more"), a.PruneLedger).Get(ctx, nil)
	return outcome, errors.Join(swept, pruned)
}
