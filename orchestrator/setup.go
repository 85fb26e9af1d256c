package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"tandem/workflows"
)

const (
	scheduleSweep = "tandem-sweep"
	sweepEvery    = time.Minute
	// A sweep that takes longer is stuck; the next one does its work.
	sweepWithin = 10 * time.Minute

	firstSetupPause   = 500 * time.Millisecond
	longestSetupPause = 15 * time.Second
)

// attributes are the search attributes that workflows set, with their kinds.
func attributes() map[string]enumspb.IndexedValueType {
	kinds := map[string]enumspb.IndexedValueType{}
	for _, key := range []temporal.SearchAttributeKey{
		workflows.AttrPhase, workflows.AttrAccount, workflows.AttrQueue, workflows.AttrAgent, workflows.AttrChannel,
		workflows.AttrOutcome, workflows.AttrQueuedAt, workflows.AttrPriority, workflows.AttrDeadlineAt,
	} {
		kinds[key.GetName()] = key.GetValueType()
	}
	return kinds
}

// Prepare brings the namespace to what workflows need: search attributes and the sweep's schedule. It is safe to repeat
// and for several processes at once, waits for an engine that is down, and returns early only when ctx is done.
func (c *Client) Prepare(ctx context.Context) error {
	pause, told := firstSetupPause, false
	for {
		err := c.prepare(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if !told {
			c.log.Warn("workflow engine could not be prepared, trying on", "error", err)
			told = true
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause = min(2*pause, longestSetupPause)
	}
}

func (c *Client) prepare(ctx context.Context) error {
	if err := c.ensureAttributes(ctx); err != nil {
		return err
	}
	_, err := c.temporal.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:            scheduleSweep,
		Spec:          client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: sweepEvery}}},
		Overlap:       enumspb.SCHEDULE_OVERLAP_POLICY_SKIP,
		CatchupWindow: sweepEvery,
		Note:          "Starts workflows of open chats that have none and deletes rows that have served.",
		Action: &client.ScheduleWorkflowAction{
			ID: "sweep", Workflow: workflows.NameSweep, TaskQueue: workflows.QueueChat, WorkflowExecutionTimeout: sweepWithin,
			StaticSummary: "Find open chats without a workflow, prune",
		},
	})
	if err != nil && !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("creating the sweep's schedule: %w", err)
	}
	return nil
}

// ensureAttributes adds the search attributes that are missing. Where they are managed from outside (Temporal Cloud)
// they are there already, and the right to add them isn't needed.
func (c *Client) ensureAttributes(ctx context.Context) error {
	operator := c.temporal.OperatorService()
	have, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.namespace})
	if err != nil {
		return fmt.Errorf("listing search attributes: %w", err)
	}
	missing := attributes()
	for name := range have.GetCustomAttributes() {
		delete(missing, name)
	}
	if len(missing) == 0 {
		return nil
	}
	if _, err := operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: c.namespace, SearchAttributes: missing,
	}); err != nil {
		return fmt.Errorf("adding search attributes: %w", err)
	}
	return nil
}
