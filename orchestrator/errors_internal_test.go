package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"tandem/activities"
	"tandem/domain"
)

func TestTranslate(t *testing.T) {
	t.Parallel()
	refusal := activities.ToTemporal(domain.E(domain.CodeConflict, "with Ada").Because("not_owner"))
	for name, c := range map[string]struct {
		err    error
		code   domain.Code
		reason string
	}{
		"nil":                        {nil, "", ""},
		"a workflow's refusal":       {fmt.Errorf("updating: %w", refusal), domain.CodeConflict, "not_owner"},
		"completed over a command":   {temporal.NewApplicationError("completed", typeWorkflowCompleted), domain.CodeConflict, "chat_closed"},
		"already started":            {serviceerror.NewWorkflowExecutionAlreadyStarted("", "", ""), domain.CodeConflict, "chat_closed"},
		"no workflow":                {serviceerror.NewNotFound(""), domain.CodeNotFound, "no_workflow"},
		"no namespace yet":           {serviceerror.NewNamespaceNotFound("default"), domain.CodeUnavailable, "engine_unavailable"},
		"down":                       {serviceerror.NewUnavailable(""), domain.CodeUnavailable, "engine_unavailable"},
		"slow":                       {serviceerror.NewDeadlineExceeded(""), domain.CodeUnavailable, "engine_unavailable"},
		"our deadline":               {context.DeadlineExceeded, domain.CodeUnavailable, "engine_unavailable"},
		"update timed out":           {client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded), domain.CodeUnavailable, "engine_unavailable"},
		"at its limit":               {serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, ""), domain.CodeUnavailable, "engine_unavailable"},
		"workflow not ready":         {serviceerror.NewWorkflowNotReady(""), domain.CodeUnavailable, "engine_unavailable"},
		"a stranger":                 {errors.New("what"), domain.CodeInternal, "internal"},
		"an application's own error": {temporal.NewApplicationError("x", "y"), domain.CodeInternal, "internal"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := translate(c.err)
			require.Equal(t, c.code, domain.CodeOf(err))
			if c.err == nil {
				require.NoError(t, err)
				return
			}
			require.Equal(t, c.reason, domain.ReasonOf(err))
			require.ErrorIs(t, err, c.err)
		})
	}
}

func TestBusyWorkflowSaysNothingAboutTheEngine(t *testing.T) {
	t.Parallel()
	var e engineState
	for range 10 {
		require.Equal(t, engineSame, e.learn(noon, serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW, "closing")))
	}
	require.False(t, e.down)
	require.Equal(t, engineWent, e.learn(noon, serviceerror.NewUnavailable("")))
	require.True(t, e.down)
	require.Equal(t, engineSame, e.learn(noon, serviceerror.NewUnavailable("")), "a state is logged once")
	require.Equal(t, engineCame, e.learn(noon, nil))
	require.False(t, e.down)
	for range failuresUntilDown - 1 {
		require.Equal(t, engineSame, e.learn(noon, context.DeadlineExceeded))
	}
	require.Equal(t, engineWent, e.learn(noon, context.DeadlineExceeded), "several slow ones in a row are one that is down")
}
