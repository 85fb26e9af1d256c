package orchestrator

import (
	"context"
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"tandem/activities"
	"tandem/domain"
)

// Reasons that callers tell apart.
const (
	reasonEngine     = "engine_unavailable"
	reasonNoWorkflow = "no_workflow"
	reasonClosed     = "chat_closed"
)

// Types of application errors that the engine itself gives to commands a workflow never answered.
const typeWorkflowCompleted = "AcceptedUpdateCompletedWorkflow"

// translate turns what the engine or a workflow said into a domain error. It is the way back of activities.ToTemporal.
func translate(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := activities.FromTemporal(err); ok {
		return e
	}
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok && app.Type() == typeWorkflowCompleted {
		return domain.E(domain.CodeConflict, "this chat is closed already").Because(reasonClosed).CausedBy(err)
	}
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return domain.E(domain.CodeConflict, "this chat is closed already").Because(reasonClosed).CausedBy(err)
	}
	var noNamespace *serviceerror.NamespaceNotFound
	if unavailable(err) || errors.As(err, &noNamespace) {
		return domain.E(domain.CodeUnavailable, "the workflow engine doesn't answer just now; nothing is lost, try again in a moment").
			Because(reasonEngine).CausedBy(err)
	}
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return domain.E(domain.CodeNotFound, "this chat has no running workflow").Because(reasonNoWorkflow).CausedBy(err)
	}
	return domain.E(domain.CodeInternal, "the workflow engine refused").CausedBy(err)
}

// unavailable reports whether the engine could not be reached, was too slow or has too much to do.
func unavailable(err error) bool {
	var (
		down      *serviceerror.Unavailable
		late      *serviceerror.DeadlineExceeded
		exhausted *serviceerror.ResourceExhausted
		gone      *serviceerror.Canceled
		updating  *client.WorkflowUpdateServiceTimeoutOrCanceledError
		notReady  *serviceerror.WorkflowNotReady
	)
	return errors.As(err, &down) || errors.As(err, &late) || errors.As(err, &exhausted) || errors.As(err, &gone) ||
		errors.As(err, &updating) || errors.As(err, &notReady) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// busyWorkflow reports whether only this one workflow is at its limit, not the engine.
func busyWorkflow(err error) bool {
	var exhausted *serviceerror.ResourceExhausted
	return errors.As(err, &exhausted) && exhausted.Cause == enumspb.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW
}
