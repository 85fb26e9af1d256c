package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"tandem/devstack/e2e"
	"tandem/domain"
	"tandem/routing"
)

// deadlineShown: an operator sees what happens to a waiting chat next and when, without reading code or payloads.
func deadlineShown(t *testing.T, s *team) {
	const number = "+12025550170"
	setPolicy(t, s.in, object{"fallback": []object{
		{"after_seconds": 3600, "action": "widen", "queues": []domain.QueueID{queueOf(t, s.in, "Sales")}},
	}})
	s.in.Text(t, number, "hello")
	chat := waitingOf(t, s.in, number)
	clock, ok := clockOf(s.sam.Chat(t, chat), routing.ClockStep)
	require.True(t, ok)
	var shown time.Time
	require.Eventually(t, func() bool {
		answer, err := s.plain.DescribeWorkflowExecution(t.Context(), workflowOf(chat), "")
		if err != nil {
			return false
		}
		value := answer.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()["ChatDeadlineAt"]
		return value != nil && converter.GetDefaultDataConverter().FromPayload(value, &shown) == nil
	}, 2*e2e.Patience, 100*time.Millisecond)
	require.WithinDuration(t, clock.At, shown, time.Millisecond)

	var summaries []string
	require.Eventually(t, func() bool {
		summaries = nil
		for _, event := range s.history(t, workflowOf(chat), "", "deadline_shown").GetEvents() {
			if event.GetEventType() == enums.EVENT_TYPE_TIMER_STARTED {
				summaries = append(summaries, string(event.GetUserMetadata().GetSummary().GetData()))
			}
		}
		return strings.Contains(strings.Join(summaries, "\n"), clock.What)
	}, e2e.Patience, 100*time.Millisecond, "timers: %v", &summaries)
	require.Contains(t, clock.What, "Sales")
	require.Contains(t, s.card(t, chat), clock.What)

	s.ada.SetStatus(t, "available")
	require.Equal(t, chat, chatOf(t, s.ada, number).ID)
	dispose(t, s.ada, chat)
	s.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	s.history(t, workflowOf(chat), "", "deadline_shown")
}
