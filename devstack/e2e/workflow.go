package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"tandem/domain"
)

// EngineClient connects to the instance's engine as an operator would.
func (in *Instance) EngineClient(t *testing.T) client.Client {
	t.Helper()
	cl, err := client.NewLazyClient(client.Options{HostPort: in.Temporal})
	require.NoError(t, err)
	t.Cleanup(cl.Close)
	return cl
}

// SignalsOf counts the signals of one name in the history of a chat's workflow.
func (in *Instance) SignalsOf(t *testing.T, chat domain.ChatID, name string) (count int, err error) {
	t.Helper()
	history := in.EngineClient(t).GetWorkflowHistory(t.Context(), "chat:demo:"+string(chat), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return count, err
		}
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == name {
			count++
		}
	}
	return count, nil
}

// AwaitSignals waits until the workflow has learned of at least so many facts of a kind by signals of their own.
func (in *Instance) AwaitSignals(t *testing.T, chat domain.ChatID, name string, atLeast int) {
	t.Helper()
	var last error
	require.Eventually(t, func() bool {
		var n int
		n, last = in.SignalsOf(t, chat, name)
		return last == nil && n >= atLeast
	}, 2*Patience, 100*time.Millisecond, "last error: %v", &last)
}
