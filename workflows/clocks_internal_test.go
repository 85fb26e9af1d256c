package workflows

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/activities"
	"tandem/domain"
	"tandem/routing"
)

var ten = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)

func inLine() ChatState {
	return ChatState{Phase: domain.PhaseQueued, QueueName: "Support"}.stands(routing.Standing{
		Phase: domain.PhaseQueued, QueueName: "Support", PolicyVersion: 7, JoinedAt: ten, StickyAgent: "u1", StickyName: "Ada",
		StickyUntil: ten.Add(2 * time.Minute), QueueNames: map[domain.QueueID]string{"q2": "Billing"},
		Policy: routing.Policy{Fallback: []routing.Step{{AfterSeconds: 130, Action: routing.ActionWiden, Queues: []domain.QueueID{"q2"}}}},
	}, 1, []activities.StorySentence{{At: ten, Text: "Ada is busy; the customer waits for her until 10:02"}})
}

func TestWakeSaysWhatWillHappenAndWhen(t *testing.T) {
	t.Parallel()
	s := inLine()
	require.Equal(t, wake{at: ten.Add(2 * time.Minute), summary: "10:02:00 stops waiting for Ada"}, s.nextWake())
	s.Standing.StickyAgent = ""
	require.Equal(t, "10:02:10 to Billing as well", s.nextWake().summary)
	s.AskAgainAt = ten.Add(time.Minute)
	require.Equal(t, wake{
		at: ten.Add(time.Minute), summary: "Ask again for an agent (safety net); 10:02:10 to Billing as well",
	}, s.nextWake())
	s.AskAgainAt = ten.Add(time.Hour)
	s.FireAfter = ten.Add(3 * time.Minute)
	require.Equal(t, wake{at: s.FireAfter, summary: "Try again, due since 10:02:10 to Billing as well"}, s.nextWake())
	s.Left = true
	require.Equal(t, wake{at: s.AskAgainAt, summary: "Try again to close the chat"}, s.nextWake())
	require.Equal(t, wake{summary: "Ask again for an agent (safety net)"}, ChatState{Phase: domain.PhaseActive}.nextWake())
}

func TestSummariesFitTheEngine(t *testing.T) {
	t.Parallel()
	s := inLine()
	s.Standing.StickyName = strings.Repeat("ä", 500)
	summary := s.nextWake().summary
	require.LessOrEqual(t, len(summary), summaryBytes+len("…"))
	require.True(t, strings.HasSuffix(summary, "ä…"))
}

func TestFailedClocksAreTriedLaterAndLater(t *testing.T) {
	t.Parallel()
	s := inLine()
	var waits []time.Duration
	for range 7 {
		s = s.fireFailed(ten)
		waits = append(waits, s.FireAfter.Sub(ten))
	}
	require.Equal(t, []time.Duration{
		5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute, time.Minute,
	}, waits)
	s = s.fired(domain.FireRequest{}, activities.FiredClock{Fired: routing.Fired{Standing: s.Standing, LastSeq: 2}}, ten)
	require.Zero(t, s.FireFailures)
	require.True(t, s.FireAfter.IsZero())
}

func TestDeadlineAmongTheSearchAttributes(t *testing.T) {
	t.Parallel()
	s := inLine()
	updates, shown := s.changes("acme", shownAttributes{})
	require.Len(t, updates, 7, "the deadline among them")
	updates, shown = s.Apply(domain.Fact{Seq: 2, Kind: domain.FactCustomerMessage, At: ten}, ten).changes("acme", shown)
	require.Empty(t, updates, "a message moves no deadline")
	s.Standing.StickyUntil, s.Standing.StickyAgent = time.Time{}, ""
	updates, shown = s.changes("acme", shown)
	require.Len(t, updates, 3, "phase, queue, deadline")

	s = s.assigned("u1", "Ada", "")
	s.Standing = routing.Standing{Phase: domain.PhaseActive, Owner: "u1", AssignedAt: ten, Policy: routing.Policy{
		Silence: []routing.SilenceStep{{AfterSeconds: 60, Action: routing.SilenceWarn}, {AfterSeconds: 120, Action: routing.SilenceEnd}},
	}}
	_, shown = s.changes("acme", shown)
	require.Zero(t, shown.deadline)
	for seq := range int64(10) {
		s = s.Apply(domain.Fact{Seq: 3 + 2*seq, Kind: domain.FactAgentMessage, Agent: "u1", At: ten.Add(time.Duration(seq) * time.Minute)}, ten)
		require.Len(t, s.clocks(), 1)
		updates, shown = s.changes("acme", shown)
		require.Empty(t, updates, "the rhythm of a conversation costs no rows")
		s = s.Apply(domain.Fact{Seq: 4 + 2*seq, Kind: domain.FactCustomerMessage, At: ten.Add(time.Duration(seq) * time.Minute)}, ten)
	}
	s = s.Apply(domain.Fact{Seq: 30, Kind: domain.FactAgentMessage, Agent: "u1", At: ten.Add(time.Hour)}, ten)
	s.Standing.SilenceSteps = 1
	updates, _ = s.changes("acme", shown)
	require.Len(t, updates, 3, "after the first warning the end is worth a look")
}

func TestColleaguesAnswerDoesNotStopTheOwnersClock(t *testing.T) {
	t.Parallel()
	s := ChatState{Phase: domain.PhaseActive, Owner: "u1"}.stands(routing.Standing{
		Phase: domain.PhaseActive, Owner: "u1", AssignedAt: ten,
		Policy: routing.Policy{FirstReply: []routing.ReplyStep{{AfterSeconds: 60, Action: routing.ReplyRemind}}},
	}, 1, nil)
	s = s.Apply(domain.Fact{Seq: 2, Kind: domain.FactAgentMessage, Agent: "u2", At: ten}, ten)
	require.Len(t, s.clocks(), 1)
	s = s.Apply(domain.Fact{Seq: 3, Kind: domain.FactAgentMessage, Agent: "u1", At: ten, Detail: "note"}, ten)
	require.Len(t, s.clocks(), 1, "nor does a note")
	s = s.Apply(domain.Fact{Seq: 4, Kind: domain.FactAgentMessage, Agent: "u1", At: ten}, ten)
	require.Empty(t, s.clocks())
}

func TestStandingThatIsAheadIsNotAppliedTwice(t *testing.T) {
	t.Parallel()
	s := ChatState{Phase: domain.PhaseActive, LastSeq: 1}.stands(routing.Standing{
		Phase: domain.PhaseActive, Owner: "u1", AnsweredAt: ten, Policy: routing.Policy{Silence: []routing.SilenceStep{{AfterSeconds: 60}}},
	}, 4, nil)
	s = s.Apply(domain.Fact{Seq: 2, Kind: domain.FactAgentAssigned, Agent: "u1", At: ten}, ten)
	s = s.Apply(domain.Fact{Seq: 3, Kind: domain.FactCustomerMessage, At: ten}, ten)
	require.False(t, s.Stale)
	require.Len(t, s.clocks(), 1)
	require.EqualValues(t, 4, s.knownSeq())
	s = s.Apply(domain.Fact{Seq: 5, Kind: domain.FactCustomerMessage, At: ten}, ten)
	require.Empty(t, s.clocks())
	for _, kind := range []domain.FactKind{
		domain.FactAgentAssigned, domain.FactAgentGone, domain.FactCustomerLeft, domain.FactChatRequeued, domain.FactOfferMade,
		domain.FactOfferEnded, domain.FactRoutingChanged, domain.FactChatHeld, domain.FactChatResumed, domain.FactChatMembersChanged,
	} {
		require.True(t, s.Apply(domain.Fact{Seq: 6, Kind: kind, At: ten}, ten).Stale, kind)
	}
}

func TestCardTellsDeadlinesAndWhy(t *testing.T) {
	t.Parallel()
	s := inLine()
	s.Standing.Offer = &routing.Offer{AgentName: "Ben", ExpiresAt: ten.Add(20 * time.Second)}
	card := s.card()
	for _, want := range []string{
		"| Rules | Support, version 7 |", "| Waits for | Ada until 10:02:00 |", "| Offered to | Ben until 10:00:20 |",
		"| 2026-11-25 10:00:20 UTC | Offer not accepted | to somebody else unless Ben accepts |",
		"| 2026-11-25 10:02:10 UTC | Fallback step 1 | to Billing as well |",
		"Why it is here (UTC)", "- 10:00:00 Ada is busy; the customer waits for her until 10:02",
	} {
		require.Contains(t, card, want)
	}
}

func TestOnlyTheHostOfAWebhookIsShown(t *testing.T) {
	t.Parallel()
	require.Equal(t, "hooks.test", hostOf("https://user:pw@hooks.test:8443/secret?token=1"))
	require.Equal(t, "a web address", hostOf("::"))
	require.Equal(t, "a web address", hostOf(""))
}

func TestEveryClockAndFactHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []routing.ClockKind{
		routing.ClockOverflow, routing.ClockClosed, routing.ClockSticky, routing.ClockStep, routing.ClockMaxWait, routing.ClockOffer,
		routing.ClockReply, routing.ClockSilence, routing.ClockHold, routing.ClockWrapUp, routing.ClockTellPlace,
	} {
		require.NotEqual(t, string(kind), kindLabel(routing.Clock{Kind: kind}))
	}
	for _, kind := range domain.FactKinds() {
		require.NotContains(t, describe(domain.Fact{Kind: kind}), "doesn't know", kind)
	}
}
