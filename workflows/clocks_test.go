package workflows_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/domain"
	"tandem/routing"
	"tandem/workflows"
)

// waiting is a chat in line with a chain: a text after 2 minutes, everyone after 5, a callback after 10.
func waiting() routing.Standing {
	return routing.Standing{
		Phase: domain.PhaseQueued, ChannelType: domain.ChannelSMS, Queue: "q1", QueueName: "Support", PolicyVersion: 3,
		QueuedAt: start, JoinedAt: start,
		Policy: routing.Policy{Fallback: []routing.Step{
			{AfterSeconds: 120, Action: routing.ActionText, Text: "we are busy"},
			{AfterSeconds: 300, Action: routing.ActionWiden, Queues: []domain.QueueID{"q2"}},
			{AfterSeconds: 600, Action: routing.ActionCallback, Text: "we call you"},
		}},
	}
}

// served is a chat of Ada's that nobody has answered yet.
func served() routing.Standing {
	s := waiting()
	s.Phase, s.Owner, s.OwnerName, s.AssignedAt = domain.PhaseActive, ada, "Ada", start
	return s
}

// stepping is a ledger that takes each step it is asked to, and closes the chat with the last.
func (s *story) stepping(r domain.FireRequest) (activities.FiredClock, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing.Steps++
	s.lastSeq++
	f := domain.Fact{Seq: s.lastSeq, Kind: domain.FactRoutingChanged, At: s.Now(), Detail: "a step was taken"}
	s.facts[f.Seq] = f
	if r.Clock.Step == len(s.standing.Policy.Fallback)-1 {
		s.lastSeq++
		f = domain.Fact{Seq: s.lastSeq, Kind: domain.FactChatClosed, At: s.Now(), Detail: string(domain.OutcomeCallback)}
		s.facts[f.Seq] = f
		s.standing.Phase = domain.PhaseClosed
	}
	return activities.FiredClock{Fired: routing.Fired{Standing: s.standing, LastSeq: s.lastSeq}}, nil
}

func (s *story) firedAt() (at []time.Duration) {
	for _, f := range s.fired {
		at = append(at, f.at)
	}
	return at
}

func TestEachStepOfAChainFiresAtItsMoment(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.fire = s.stepping
	s.at(time.Second, func() {
		v := s.view()
		require.Equal(t, []time.Time{start.Add(2 * time.Minute)}, moments(v.Deadlines))
		require.Equal(t, routing.ClockStep, v.Deadlines[0].Kind)
	})
	s.run()
	require.Equal(t, domain.OutcomeCallback, s.outcome().Outcome)
	require.Equal(t, []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute}, s.firedAt())
	for n, f := range s.fired {
		require.Equal(t, n, f.request.Clock.Step)
		require.EqualValues(t, n+1, f.request.ExpectSeq)
		require.Equal(t, account, f.request.Account)
	}
	require.Len(t, s.stood, 1, "what a clock answers is not read again")
	require.Empty(t, s.closes)
}

func moments(deadlines []domain.Deadline) (at []time.Time) {
	for _, d := range deadlines {
		at = append(at, d.At)
	}
	return at
}

func TestOverdueClocksFireAtOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.standing.QueuedAt, s.standing.JoinedAt = start.Add(-time.Hour), start.Add(-time.Hour)
	s.fire = s.stepping
	s.run()
	require.Equal(t, domain.OutcomeCallback, s.outcome().Outcome)
	require.Equal(t, []time.Duration{0, 0, 0}, s.firedAt())
	require.Equal(t, []time.Duration{0}, s.asked, "an agent who is free meanwhile comes before any step")
}

func TestAssignmentEndsTheChain(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.fire = s.stepping
	s.at(time.Minute, func() { s.standing = served(); s.tell(assigned(2, ada)) })
	s.at(time.Hour, func() { s.disposeBy(ada) })
	s.run()
	require.Empty(t, s.fired)
	require.Len(t, s.stood, 2)
}

func TestMessagesChangeTheStandingWithoutAsking(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.standing = served()
	s.standing.Policy.FirstReply = []routing.ReplyStep{{AfterSeconds: 60, Action: routing.ReplyRemind}}
	s.standing.Policy.Silence = []routing.SilenceStep{{AfterSeconds: 300, Action: routing.SilenceWarn, Text: "still there?"}}
	s.at(time.Second, func() { require.Equal(t, routing.ClockReply, s.view().Deadlines[0].Kind) })
	s.at(30*time.Second, func() { s.tell(repliedAt(3, 30*time.Second)) })
	s.at(31*time.Second, func() {
		v := s.view()
		require.Len(t, v.Deadlines, 1)
		require.Equal(t, routing.ClockSilence, v.Deadlines[0].Kind)
		require.Equal(t, start.Add(330*time.Second), v.Deadlines[0].At)
	})
	s.at(40*time.Second, func() { s.tell(wrote(4)) })
	s.at(41*time.Second, func() { require.Empty(t, s.view().Deadlines) })
	s.at(50*time.Second, func() { s.tell(repliedAt(5, 50*time.Second)) })
	s.at(2*time.Minute, func() { s.disposeBy(ada) })
	s.run()
	require.Empty(t, s.fired)
	require.Len(t, s.stood, 1)
}

func repliedAt(seq int64, at time.Duration) domain.Fact {
	f := replied(seq)
	f.At = start.Add(at)
	return f
}

// A conversation of forty messages must not leave forty timers behind.
func TestTheSilenceTimerIsNotReplacedByEveryMessage(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.standing = served()
	s.standing.Policy.Silence = []routing.SilenceStep{{AfterSeconds: 300, Action: routing.SilenceWarn, Text: "still there?"}}
	s.fire = func(domain.FireRequest) (activities.FiredClock, error) {
		s.standing.AnsweredAt, s.standing.SilenceSteps = start.Add(200*time.Second), 1
		return activities.FiredClock{Fired: routing.Fired{Standing: s.standing, LastSeq: s.lastSeq}}, nil
	}
	timers := 0
	s.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	for n := range 20 {
		at := time.Duration(n+1) * 10 * time.Second
		s.at(at, func() { s.tell(repliedAt(int64(3+2*n), at)) })
		if n < 19 {
			s.at(at+time.Second, func() { s.tell(wrote(int64(4 + 2*n))) })
		}
	}
	s.at(time.Hour, func() { s.disposeBy(ada) })
	s.run()
	require.Equal(t, []time.Duration{500 * time.Second}, s.firedAt(), "counted from the last message")
	require.LessOrEqual(t, timers, 3)
}

func TestNewerReadsOnAndDecidesAgain(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.standing = served()
	s.standing.Policy.FirstReply = []routing.ReplyStep{{AfterSeconds: 60, Action: routing.ReplyRemind}}
	s.fire = func(r domain.FireRequest) (activities.FiredClock, error) {
		if r.ExpectSeq < 3 { // the customer wrote meanwhile; the signal is still under way
			s.ledger(wrote(3))
			return activities.FiredClock{Fired: routing.Fired{Newer: true, LastSeq: 3}}, nil
		}
		s.standing.ReplySteps = 1
		return activities.FiredClock{Fired: routing.Fired{Standing: s.standing, LastSeq: 3}}, nil
	}
	s.at(2*time.Minute, func() { require.EqualValues(t, 3, s.view().LastSeq); s.disposeBy(ada) })
	s.run()
	require.Equal(t, []time.Duration{time.Minute, time.Minute}, s.firedAt())
	require.EqualValues(t, 3, s.fired[1].request.ExpectSeq)
	require.Equal(t, 2, s.outcome().CustomerMessages)
}

func TestLedgerWhoseClockIsBehindIsAskedAgainWithoutAHotLoop(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.fire = func(r domain.FireRequest) (activities.FiredClock, error) {
		if s.Now().Before(start.Add(122 * time.Second)) {
			return activities.FiredClock{Fired: routing.Fired{Newer: true, LastSeq: r.ExpectSeq}}, nil
		}
		return s.stepping(r)
	}
	s.run()
	require.Equal(t, []time.Duration{120 * time.Second, 121 * time.Second, 122 * time.Second}, s.firedAt()[:3])
	require.Equal(t, domain.OutcomeCallback, s.outcome().Outcome)
}

func TestLedgerInTroubleLosesNoClock(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.fire = func(r domain.FireRequest) (activities.FiredClock, error) {
		if s.Now().Before(start.Add(4 * time.Minute)) {
			return activities.FiredClock{}, activities.ToTemporal(domain.E(domain.CodeUnavailable, "PostgreSQL doesn't answer"))
		}
		return s.stepping(r)
	}
	s.at(3*time.Minute, func() { s.tell(wrote(2)) }) // the chat goes on meanwhile
	s.run()
	require.Equal(t, domain.OutcomeCallback, s.outcome().Outcome)
	require.Equal(t, 2, s.outcome().CustomerMessages)
	taken := s.fired[len(s.fired)-3]
	require.Equal(t, 0, taken.request.Clock.Step)
	require.Less(t, taken.at, 5*time.Minute)
}

func TestClockThatClosesTheChatSendsItsFarewellFirst(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.standing.Policy.Fallback = s.standing.Policy.Fallback[2:]
	s.fire = func(domain.FireRequest) (activities.FiredClock, error) {
		text := replied(2)
		text.Kind, text.Agent, text.AgentName = domain.FactSystemMessage, "", ""
		s.ledger(text)
		s.ledger(domain.Fact{Seq: 3, Kind: domain.FactChatClosed, Detail: string(domain.OutcomeCallback), At: s.Now()})
		s.standing.Phase = domain.PhaseClosed
		return activities.FiredClock{Fired: routing.Fired{Standing: s.standing, LastSeq: 3}}, nil
	}
	s.run()
	require.Equal(t, []domain.MessageID{"m2"}, s.sent())
	out := s.outcome()
	require.Equal(t, domain.OutcomeCallback, out.Outcome)
	require.Zero(t, out.AgentMessages, "an automatic text is nobody's message")
}

func TestNoticeIsPostedBesideTheChatAndBeforeItsEnd(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.fire = func(r domain.FireRequest) (activities.FiredClock, error) {
		f, err := s.stepping(r)
		f.Effects = []routing.Effect{{Kind: routing.EffectPost, URL: "https://hooks.test/x?token=secret", Body: json.RawMessage(`{"a":1}`)}}
		return f, err
	}
	tries := 0
	s.post = func(activities.NotifyRequest) error {
		if tries++; tries <= 2 {
			return activities.ToTemporal(domain.E(domain.CodeUnavailable, "down"))
		}
		return nil
	}
	s.run()
	require.Equal(t, domain.OutcomeCallback, s.outcome().Outcome)
	require.Len(t, s.posts, 5, "three steps, two tries in vain")
	require.JSONEq(t, `{"a":1}`, string(s.posts[0].Body))
	require.Equal(t, []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute}, s.firedAt())
}

func TestWebhookThatRefusesIsNoted(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.fire = func(r domain.FireRequest) (activities.FiredClock, error) {
		f, err := s.stepping(r)
		f.Effects = []routing.Effect{{Kind: routing.EffectPost, URL: "https://hooks.test/x?token=secret"}, {Kind: "sing"}}
		return f, err
	}
	s.post = func(activities.NotifyRequest) error {
		return activities.ToTemporal(domain.E(domain.CodeRefused, "no").Because("webhook_refused"))
	}
	s.at(3*time.Minute, func() {
		var said []string
		for _, line := range s.timeline() {
			said = append(said, line.What)
		}
		require.Contains(t, said, "hooks.test could not be told (webhook_refused)")
		require.Contains(t, said, "not done: sing")
		require.NotContains(t, said, "secret")
	})
	s.run()
	require.Len(t, s.posts, 3)
}

func TestDeadlineSurvivesContinueAsNew(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.at(100*time.Second, func() {
		s.SetContinueAsNewSuggested(true)
		s.tell(wrote(2))
	})
	s.run()
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, s.GetWorkflowError(), &again)
	state := continuedState(t, again)
	require.Equal(t, waiting().JoinedAt, state.Standing.JoinedAt)

	next := newStory(t, domain.PhaseQueued, "")
	next.SetStartTime(start.Add(101 * time.Second))
	next.lastSeq, next.standing, next.fire = 2, waiting(), next.stepping
	next.continued(state)
	require.Equal(t, domain.OutcomeCallback, next.outcome().Outcome)
	require.Equal(t, []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute}, next.firedAt())
	require.Empty(t, next.stood, "the standing came along")
}

func TestRunOfBeforeClocksKeepsNoneUntilItHearsOfOne(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.loaded.Routed = false
	s.standing = waiting()
	s.fire = s.stepping
	s.at(3*time.Minute, func() {
		require.Empty(t, s.fired)
		require.Empty(t, s.stood)
		s.tell(domain.Fact{Seq: 2, Kind: domain.FactOfferMade, ID: "o1", At: start, Agent: ada, AgentName: "Ada"})
	})
	s.run()
	require.Equal(t, domain.OutcomeCallback, s.outcome().Outcome)
	require.Equal(t, []time.Duration{3 * time.Minute, 5 * time.Minute, 10 * time.Minute}, s.firedAt())
}

func TestLeavingCustomerIsNotSentTheChain(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseQueued, "", wrote(1))
	s.standing = waiting()
	s.fire = s.stepping
	s.at(time.Minute, func() { s.tell(left(2)) })
	s.run()
	require.Equal(t, domain.OutcomeAbandoned, s.outcome().Outcome)
	require.Empty(t, s.fired)
}

func TestRequeuedChatStandsInLineAgain(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.standing = served()
	s.fire = s.stepping
	s.at(time.Minute, func() {
		s.standing = waiting()
		s.standing.QueueName, s.standing.JoinedAt = "Billing", start.Add(time.Minute)
		s.tell(domain.Fact{Seq: 3, Kind: domain.FactChatRequeued, At: start.Add(time.Minute), Detail: "Ada passed it to Billing"})
	})
	s.at(90*time.Second, func() {
		v := s.view()
		require.Equal(t, domain.PhaseQueued, v.Phase)
		require.Equal(t, "Billing", v.Queue)
		require.Empty(t, v.Owner)
		require.Equal(t, start.Add(3*time.Minute), v.Deadlines[0].At)
	})
	s.run()
	require.Equal(t, []time.Duration{3 * time.Minute, 6 * time.Minute, 11 * time.Minute}, s.firedAt())
	require.GreaterOrEqual(t, s.asked[0], 75*time.Second, "the ledger has looked already")
}

func TestCustomerWhoReturnsIsReadFromTheLedger(t *testing.T) {
	t.Parallel()
	s := newStory(t, domain.PhaseActive, ada, wrote(1), assigned(2, ada))
	s.standing = served()
	s.standing.Policy.WrapUp.Seconds = 60
	s.fire = s.stepping
	s.at(time.Minute, func() {
		s.standing.Phase, s.standing.LeftAt = domain.PhaseCustomerLeft, start.Add(time.Minute)
		s.tell(left(3))
	})
	s.at(61*time.Second, func() { require.Equal(t, routing.ClockWrapUp, s.view().Deadlines[0].Kind) })
	s.at(90*time.Second, func() { s.standing = served(); s.tell(wrote(4)) })
	s.at(91*time.Second, func() { require.Empty(t, s.view().Deadlines) })
	s.at(time.Hour, func() { s.disposeBy(ada) })
	s.run()
	require.Empty(t, s.fired)
}

// timeline asks the workflow for its latest lines.
func (s *story) timeline() (lines []workflows.TimelineLine) {
	s.t.Helper()
	v, err := s.QueryWorkflow(workflows.Timeline.Name)
	require.NoError(s.t, err)
	require.NoError(s.t, v.Get(&lines))
	return lines
}
