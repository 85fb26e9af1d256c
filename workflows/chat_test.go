package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
	"tandem/workflows"
)

func TestNewChatIsAssignedAtOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.free = adaIsFree()
	s.loaded.State.Owner = "" // CloseChat answers with whose slot it was
	s.at(time.Second, func() {
		v := s.view()
		require.Equal(t, domain.PhaseActive, v.Phase)
		require.Equal(t, ada, v.Owner)
		require.Equal(t, "longest idle of Support", v.Why)
		require.Nil(t, v.AskAgainAt)
		s.loaded.State.Owner = ada
	})
	var a *answer
	s.at(time.Hour, func() { a = s.disposeBy(ada) })
	s.run()
	require.Equal(t, workflows.ChatOutcome{Outcome: domain.OutcomeDisposed, Owner: ada, CustomerMessages: 1}, s.outcome())
	require.Equal(t, []time.Duration{0}, s.asked, "an assigned chat asks once")
	require.NotNil(t, a.result)
	require.Equal(t, []domain.UserID{ada}, s.released)
}

func TestWaitingChatAsksAgainUntilASignalAssignsIt(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.at(2*time.Minute, func() {
		require.Equal(t, 3, s.view().Position)
		s.tell(assigned(2, ada))
	})
	s.at(2*time.Minute+time.Second, func() { require.Nil(t, s.view().AskAgainAt) })
	s.at(time.Hour, func() { s.disposeBy(ada) })
	s.run()
	require.Equal(t, ada, s.outcome().Owner)
	require.GreaterOrEqual(t, len(s.asked), 5)
	require.LessOrEqual(t, len(s.asked), 9)
	for i := 1; i < len(s.asked); i++ {
		gap := s.asked[i] - s.asked[i-1]
		require.GreaterOrEqual(t, gap, 15*time.Second)
		require.LessOrEqual(t, gap, 30*time.Second)
	}
}

func TestRepliesGoOutInOrderAndAFailureIsAValue(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.send = func(r activities.SendRequest) (activities.SendResult, error) {
		if r.Message == "m4" {
			return activities.SendResult{Status: domain.StatusFailed, Code: "30006"}, nil
		}
		return activities.SendResult{Status: domain.StatusSent}, nil
	}
	s.at(time.Second, func() { s.tell(replied(3), replied(4), replied(5)) })
	s.at(time.Minute, func() { s.disposeBy(ada) })
	s.run()
	require.Equal(t, []domain.MessageID{"m3", "m4", "m5"}, s.sent())
	for _, r := range s.sends {
		require.Equal(t, start.Add(time.Second+workflows.SendWithin), r.Deadline)
	}
	require.Equal(t, 1, s.outcome().SendFailures)
	require.Empty(t, s.ended)
}

func TestSendThatNoWorkerEndsIsEndedByTheWorkflow(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, assigned(1, ada))
	s.send = func(activities.SendRequest) (activities.SendResult, error) {
		return activities.SendResult{}, activities.ToTemporal(domain.E(domain.CodeNotFound, "gone"))
	}
	s.at(time.Second, func() { s.tell(replied(2)) })
	s.at(time.Minute, func() { s.disposeBy(ada) })
	s.run()
	require.Equal(t, []domain.MessageID{"m2"}, s.ended)
	require.Equal(t, 1, s.outcome().SendFailures)
}

func TestFactsOutOfOrderDuplicatedAndWithGaps(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.at(time.Second, func() {
		s.ledger(replied(3)) // its signal is lost
		s.tell(wrote(4))
		s.tell(wrote(4), wrote(1))
	})
	s.at(2*time.Second, func() { require.EqualValues(t, 4, s.view().LastSeq) })
	s.at(3*time.Second, func() { s.tell(wrote(6)) }) // 5 never was a fact: a note
	s.at(4*time.Second, func() { require.EqualValues(t, 6, s.view().LastSeq) })
	s.at(time.Minute, func() { s.disposeBy(ada) })
	s.run()
	out := s.outcome()
	require.Equal(t, 3, out.CustomerMessages)
	require.Equal(t, []domain.MessageID{"m3"}, s.sent())
	require.Equal(t, []activities.FactsRequest{
		{Account: account, Chat: chatID, From: 3, To: 3}, {Account: account, Chat: chatID, From: 5, To: 5},
	}, s.reads)
}

func TestCustomerLeavesWhileQueued(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.at(time.Second, func() { s.tell(left(2)) })
	s.run()
	require.Equal(t, domain.OutcomeAbandoned, s.outcome().Outcome)
	require.Equal(t, []domain.CloseRequest{{Account: account, Chat: chatID, ExpectSeq: 2, Outcome: domain.OutcomeAbandoned}}, s.closes)
	require.Empty(t, s.released, "nobody had the chat")
}

func TestRestartedChatKnowsThatItsQueuedCustomerLeft(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1), left(2))
	s.run()
	require.Equal(t, domain.OutcomeAbandoned, s.outcome().Outcome)
	require.Empty(t, s.asked)
}

func TestCustomerWhoReturnsWhileTheAbandonedChatClosesKeepsIt(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.onClose = func(domain.CloseRequest) { s.ledger(wrote(3)); s.free = adaIsFree() }
	s.at(time.Second, func() { s.tell(left(2)) })
	s.at(time.Minute, func() { require.Equal(t, domain.PhaseActive, s.view().Phase); s.disposeBy(ada) })
	s.run()
	require.Equal(t, domain.OutcomeDisposed, s.outcome().Outcome)
}

func TestCustomerLeavesAndReturnsWhileActive(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.at(time.Second, func() { s.tell(left(3)) })
	s.at(2*time.Second, func() { require.Equal(t, domain.PhaseCustomerLeft, s.view().Phase); s.tell(wrote(4)) })
	s.at(3*time.Second, func() { require.Equal(t, domain.PhaseActive, s.view().Phase) })
	s.at(time.Minute, func() { s.disposeBy(ada) })
	s.run()
	require.Equal(t, domain.OutcomeDisposed, s.outcome().Outcome)
}

func TestDisposeReadsOnWhenSomethingNewerHappened(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.onClose = func(domain.CloseRequest) { s.ledger(replied(3)) }
	var a *answer
	s.at(time.Second, func() { a = s.dispose("u", workflows.CloseChatRequest{Actor: ada, SeenSeq: 1}) })
	s.run()
	require.NotNil(t, a.result)
	require.Equal(t, []int64{2, 3}, []int64{s.closes[0].ExpectSeq, s.closes[1].ExpectSeq})
	require.Equal(t, []domain.MessageID{"m3"}, s.sent(), "what was written before the close is still sent")
}

func TestDisposeIsRefusedWhenTheCustomerHasJustWritten(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.onClose = func(domain.CloseRequest) { s.ledger(wrote(3)) }
	var first, second *answer
	s.at(time.Second, func() { first = s.dispose("u1", workflows.CloseChatRequest{Actor: ada, SeenSeq: 1}) })
	s.at(time.Minute, func() {
		requireReason(t, first.err, "customer_wrote")
		second = s.dispose("u2", workflows.CloseChatRequest{Actor: ada, SeenSeq: 3})
	})
	s.run()
	require.NotNil(t, second.result)
	require.Equal(t, domain.OutcomeDisposed, s.outcome().Outcome)
}

func TestDisposeRefusals(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	var nobody, negative, foreign *answer
	s.at(time.Second, func() {
		nobody = s.dispose("u1", workflows.CloseChatRequest{})
		negative = s.dispose("u2", workflows.CloseChatRequest{Actor: ada, SeenSeq: -1})
	})
	s.at(2*time.Second, func() {
		requireReason(t, nobody.rejected, "invalid")
		requireReason(t, negative.rejected, "invalid")
		foreign = s.disposeBy(ben)
	})
	s.at(3*time.Second, func() { requireReason(t, foreign.err, "not_owner"); require.ErrorContains(t, foreign.err, "Ada") })
	var override *answer
	s.at(4*time.Second, func() { override = s.dispose("u3", workflows.CloseChatRequest{Actor: supervisor}) })
	s.loaded.State.OwnerName = "Ada"
	s.run()
	require.NotNil(t, override.result)
}

func TestOwnerWhoseAssignmentSignalIsLateMayDispose(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	var a *answer
	s.at(time.Second, func() {
		s.ledger(assigned(2, ada))
		a = s.disposeBy(ada)
	})
	s.run()
	require.NotNil(t, a.result)
}

func TestTwoDisposesOneCloses(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	var first, second *answer
	s.at(time.Second, func() { first, second = s.disposeBy(ada), s.dispose("u2", workflows.CloseChatRequest{Actor: ada}) })
	s.run()
	require.NotNil(t, first.result)
	require.Error(t, errors.Join(second.err, second.rejected))
	requireReason(t, errors.Join(second.err, second.rejected), "chat_closed")
	require.Len(t, s.closes, 1)
}

func TestDisposeThatTheLedgerRefusesGivesItsReason(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.refuse = map[domain.DispositionID]error{"odd": domain.Invalid("disposition_id", "unknown disposition")}
	var a *answer
	s.at(time.Second, func() { a = s.dispose("u1", workflows.CloseChatRequest{Actor: ada, Disposition: "odd"}) })
	s.at(time.Minute, func() { s.disposeBy(ada) })
	s.run()
	e, ok := activities.FromTemporal(a.err)
	require.True(t, ok)
	require.Equal(t, domain.CodeInvalid, e.Code)
	require.Equal(t, "disposition_id", e.Field)
	require.Equal(t, domain.OutcomeDisposed, s.outcome().Outcome)
}

func TestRestartedChatSendsWhatWasLeftUnsent(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada), replied(3))
	s.loaded.State.Unsent = []domain.Fact{replied(3)}
	s.at(time.Minute, func() { s.disposeBy(ada) })
	s.run()
	require.Equal(t, []domain.MessageID{"m3"}, s.sent())
}

func TestRestartedWorkflowOfAClosedChatEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseClosed, ada, wrote(1), assigned(2, ada), replied(3))
	s.loaded.State.Outcome = domain.OutcomeDisposed
	s.loaded.State.Unsent = []domain.Fact{replied(3)}
	s.run()
	require.Equal(t, domain.OutcomeDisposed, s.outcome().Outcome)
	require.Equal(t, []domain.MessageID{"m3"}, s.sent())
	require.Empty(t, s.closes)
}

func TestCancelledChatIsClosedAndItsSlotHandedOn(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada), replied(3))
	s.loaded.State.Unsent = []domain.Fact{replied(3)}
	s.at(time.Minute, s.CancelWorkflow)
	s.run()
	require.ErrorContains(t, s.GetWorkflowError(), "canceled")
	require.Equal(t, domain.OutcomeCancelled, s.closes[0].Outcome)
	require.Equal(t, []domain.UserID{ada}, s.released)
	require.Equal(t, []domain.MessageID{"m3"}, s.sent())
}

func TestCancelledWhileWaitingInLine(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.at(5*time.Second, s.CancelWorkflow)
	s.run()
	require.ErrorContains(t, s.GetWorkflowError(), "canceled")
	require.Equal(t, domain.OutcomeCancelled, s.closes[0].Outcome)
}

func TestFullRunContinuesAndCarriesItsState(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.at(5*time.Second, func() {
		s.SetContinueAsNewSuggested(true)
		s.tell(wrote(2))
	})
	s.run()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &again)
	require.Equal(t, workflows.NameChat, again.WorkflowType.Name)
	state := continuedState(t, again)
	require.EqualValues(t, 2, state.LastSeq)
	require.Equal(t, domain.PhaseQueued, state.Phase)
	require.True(t, state.AskAgainAt.After(start.Add(15*time.Second)), "deadlines are absolute")

	next := newStory(t, domain.PhaseQueued, "")
	next.SetStartTime(start.Add(6 * time.Second))
	next.lastSeq = 2
	next.at(24*time.Second, func() { next.tell(assigned(3, ada)) })
	next.at(time.Minute, func() { require.Equal(t, 2, next.view().Run); next.disposeBy(ada) })
	next.continued(state)
	require.Equal(t, 2, next.outcome().CustomerMessages)
	require.Len(t, next.asked, 1, "the wait went on where it was")
	require.Equal(t, state.AskAgainAt.Sub(start), next.asked[0])
}

func TestRunIsNotContinuedWhileAMessageIsAtItsProvider(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, assigned(1, ada))
	s.send = func(activities.SendRequest) (activities.SendResult, error) {
		s.SetContinueAsNewSuggested(true)
		return activities.SendResult{Status: domain.StatusSent}, nil
	}
	s.at(time.Second, func() { s.tell(replied(2), replied(3)) })
	s.run()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &again)
	state := continuedState(t, again)
	require.Len(t, state.Unsent, 1)
	require.Equal(t, "m3", state.Unsent[0].Fact.ID)
	require.Equal(t, []domain.MessageID{"m2"}, s.sent())
}

func TestCardTellsTheStory(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.free = adaIsFree()
	s.at(time.Minute, func() {
		v, err := s.QueryWorkflow("Timeline")
		require.NoError(t, err)
		var lines []workflows.TimelineLine
		require.NoError(t, v.Get(&lines))
		require.Equal(t, "customer wrote", lines[0].What)
		s.disposeBy(ada)
	})
	s.run()
	require.Equal(t, domain.OutcomeDisposed, s.outcome().Outcome)
}
