package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

// noon is when everything in these tests begins.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func in(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// names are of an account with three queues.
var names = routing.NameTable{
	Queues:       map[domain.QueueID]string{"q-support": "Support", "q-sales": "Sales", "q-billing": "Billing"},
	Users:        map[domain.UserID]string{"u-ada": "Ada", "u-ben": "Ben"},
	Dispositions: map[domain.DispositionID]string{"d-none": "No response"},
}

// chain is the policy of the issue: own agent 2 minutes, then the team, after 5 everyone, after 10 a callback.
func chain() routing.Policy {
	p := routing.DefaultPolicy()
	p.Fallback = []routing.Step{
		{AfterSeconds: 300, Action: routing.ActionWiden, Queues: []domain.QueueID{"q-billing", "q-sales"}},
		{AfterSeconds: 600, Action: routing.ActionCallback, Text: "We call you back.", CallbackMinutes: 60},
	}
	return p
}

func waitingWith(p routing.Policy, change func(*routing.Standing)) routing.Standing {
	s := routing.Standing{
		Phase: domain.PhaseQueued, ChannelType: domain.ChannelSMS, Queue: "q-support", QueueName: "Support", Policy: p,
		QueuedAt: noon, JoinedAt: noon,
	}
	if change != nil {
		change(&s)
	}
	return s
}

func ownedWith(p routing.Policy, change func(*routing.Standing)) routing.Standing {
	s := waitingWith(p, nil)
	s.Phase, s.Owner, s.OwnerName, s.AssignedAt = domain.PhaseActive, "u-ada", "Ada", noon
	if change != nil {
		change(&s)
	}
	return s
}

func clock(kind routing.ClockKind, step, seconds int, what string) routing.Clock {
	return routing.Clock{Kind: kind, Step: step, At: in(seconds), What: what}
}

func TestClocksOfAWaitingChat(t *testing.T) {
	t.Parallel()
	full := chain()
	full.MaxWaiting, full.MaxWaitSeconds, full.TellPosition = 1, 900, "You are number {position}."
	full.Overflow = routing.Step{Action: routing.ActionMove, Queue: "q-sales"}
	full.Hours = &routing.Hours{Closed: routing.Step{Action: routing.ActionClose, Text: "We are closed."}}
	widen := clock(routing.ClockStep, 0, 300, "to Billing and Sales as well")
	callback := clock(routing.ClockStep, 1, 600, "a callback is promised, the chat closes")
	most := clock(routing.ClockMaxWait, 0, 900, "closes as timed out")
	told := clock(routing.ClockTellPlace, 0, 0, "tells the customer their place in line")
	for name, c := range map[string]struct {
		standing routing.Standing
		want     []routing.Clock
	}{
		"no rules, no clocks": {waitingWith(routing.DefaultPolicy(), nil), nil},
		"steps":               {waitingWith(chain(), nil), []routing.Clock{widen}},
		"the next step after one was taken": {
			waitingWith(chain(), func(s *routing.Standing) { s.Steps = 1 }), []routing.Clock{callback},
		},
		"no step left":    {waitingWith(chain(), func(s *routing.Standing) { s.Steps = 2 }), nil},
		"all of them":     {waitingWith(full, nil), []routing.Clock{told, widen, most}},
		"told already":    {waitingWith(full, func(s *routing.Standing) { s.Told = true }), []routing.Clock{widen, most}},
		"webchat is live": {waitingWith(full, func(s *routing.Standing) { s.ChannelType = domain.ChannelWebchat }), []routing.Clock{widen, most}},
		"its steps start when it joins a queue, not when it arrived": {
			waitingWith(chain(), func(s *routing.Standing) { s.QueuedAt = in(-500) }), []routing.Clock{widen},
		},
		"sticky wait first": {
			waitingWith(chain(), func(s *routing.Standing) { s.StickyAgent, s.StickyName, s.StickyUntil = "u-ada", "Ada", in(120) }),
			[]routing.Clock{clock(routing.ClockSticky, 0, 120, "stops waiting for Ada"), widen},
		},
		"steps go on during an offer, and nobody is told to wait": {
			waitingWith(full, func(s *routing.Standing) {
				s.Offer = &routing.Offer{Agent: "u-ben", AgentName: "Ben", ExpiresAt: in(20)}
			}),
			[]routing.Clock{clock(routing.ClockOffer, 0, 20, "to somebody else unless Ben accepts"), widen, most},
		},
		"a full queue's step and nothing else": {
			waitingWith(full, func(s *routing.Standing) {
				s.Barred, s.StickyAgent, s.StickyUntil = routing.ClockOverflow, "u-ada", in(5)
			}),
			[]routing.Clock{clock(routing.ClockOverflow, 0, 0, "queue full: to Sales")},
		},
		"a closed queue's step and nothing else": {
			waitingWith(full, func(s *routing.Standing) { s.Barred = routing.ClockClosed }),
			[]routing.Clock{clock(routing.ClockClosed, 0, 0, "queue closed: the chat closes")},
		},
		"the customer has left": {waitingWith(full, func(s *routing.Standing) { s.LeftAt = in(10) }), nil},
	} {
		require.Equal(t, c.want, routing.Clocks(c.standing, names), name)
	}
}

func TestClocksOfAnOwnedChat(t *testing.T) {
	t.Parallel()
	p := chain()
	p.FirstReply = []routing.ReplyStep{
		{AfterSeconds: 60, Action: routing.ReplyRemind}, {AfterSeconds: 120, Action: routing.ReplyNotify}, {AfterSeconds: 180, Action: routing.ReplyRequeue},
	}
	p.Silence = []routing.SilenceStep{
		{AfterSeconds: 100, Action: routing.SilenceWarn, Text: "Still there?"}, {AfterSeconds: 200, Action: routing.SilenceEnd},
	}
	p.WrapUp = routing.WrapUp{Seconds: 90, Disposition: "d-none"}
	for name, c := range map[string]struct {
		standing routing.Standing
		want     []routing.Clock
	}{
		"not answered": {ownedWith(p, nil), []routing.Clock{clock(routing.ClockReply, 0, 60, "reminds Ada")}},
		"reminded":     {ownedWith(p, func(s *routing.Standing) { s.ReplySteps = 1 }), []routing.Clock{clock(routing.ClockReply, 1, 120, "tells the supervisors")}},
		"supervisors told": {
			ownedWith(p, func(s *routing.Standing) { s.ReplySteps = 2 }), []routing.Clock{clock(routing.ClockReply, 2, 180, "back to the front of the queue")},
		},
		"answered": {
			ownedWith(p, func(s *routing.Standing) { s.RepliedAt, s.AnsweredAt = in(10), in(10) }),
			[]routing.Clock{clock(routing.ClockSilence, 0, 110, "warns the silent customer")},
		},
		"warned": {
			ownedWith(p, func(s *routing.Standing) { s.RepliedAt, s.AnsweredAt, s.SilenceSteps = in(10), in(10), 1 }),
			[]routing.Clock{clock(routing.ClockSilence, 1, 210, "counts the customer as gone")},
		},
		"the customer's turn is over": {ownedWith(p, func(s *routing.Standing) { s.RepliedAt = in(10) }), nil},
		"held": {
			ownedWith(p, func(s *routing.Standing) { s.AnsweredAt, s.HeldUntil = in(10), in(600) }),
			[]routing.Clock{clock(routing.ClockHold, 0, 600, "the hold ends")},
		},
		"a transfer that asks": {
			ownedWith(p, func(s *routing.Standing) {
				s.RepliedAt = in(10)
				s.Offer = &routing.Offer{Agent: "u-ben", AgentName: "Ben", ExpiresAt: in(30), From: "u-ada", FromName: "Ada"}
			}),
			[]routing.Clock{clock(routing.ClockOffer, 0, 30, "returns to Ada unless Ben accepts")},
		},
		"wrap-up": {
			ownedWith(p, func(s *routing.Standing) { s.Phase, s.LeftAt, s.AnsweredAt = domain.PhaseCustomerLeft, in(5), in(1) }),
			[]routing.Clock{clock(routing.ClockWrapUp, 0, 95, "disposes of the chat as No response")},
		},
		"closed": {ownedWith(p, func(s *routing.Standing) { s.Phase = domain.PhaseClosed }), nil},
	} {
		require.Equal(t, c.want, routing.Clocks(c.standing, names), name)
	}
}

func TestWithoutNamesAClockSpeaksInGeneralWordsOrWithTheStandingsOwn(t *testing.T) {
	t.Parallel()
	s := waitingWith(chain(), nil)
	require.Equal(t, "to other queues as well", routing.Clocks(s, nil)[0].What)
	s.QueueNames = map[domain.QueueID]string{"q-billing": "Billing"}
	require.Equal(t, "to Billing and another as well", routing.Clocks(s, nil)[0].What)
}

func TestWritingMovesTheClocks(t *testing.T) {
	t.Parallel()
	p := routing.DefaultPolicy()
	p.FirstReply = []routing.ReplyStep{{AfterSeconds: 60, Action: routing.ReplyRemind}}
	p.Silence = []routing.SilenceStep{{AfterSeconds: 30, Action: routing.SilenceEnd}}
	kinds := func(s routing.Standing) (kinds []routing.ClockKind) {
		for _, c := range routing.Clocks(s, nil) {
			kinds = append(kinds, c.Kind)
		}
		return kinds
	}
	s := ownedWith(p, nil)
	require.Equal(t, []routing.ClockKind{routing.ClockReply}, kinds(s))

	joined := s.AgentWrote("u-ben", in(5))
	require.Equal(t, []routing.ClockKind{routing.ClockSilence, routing.ClockReply}, kinds(joined), "a colleague's word doesn't stand for the owner's")

	s = s.AgentWrote("u-ada", in(10))
	require.Equal(t, in(10), s.RepliedAt)
	require.Equal(t, []routing.ClockKind{routing.ClockSilence}, kinds(s))
	s.SilenceSteps = 1
	s = s.AgentWrote("u-ada", in(20))
	require.Equal(t, in(10), s.RepliedAt, "only the first reply counts")
	require.Equal(t, in(50), routing.Clocks(s, nil)[0].At, "each message of the agent starts the ladder anew")

	s = s.CustomerWrote(in(25))
	require.Empty(t, kinds(s))
	s.Phase, s.LeftAt = domain.PhaseCustomerLeft, in(26)
	s = s.CustomerWrote(in(27))
	require.Equal(t, domain.PhaseActive, s.Phase)
	require.Zero(t, s.LeftAt)
}

func TestAClockKnowsItsStep(t *testing.T) {
	t.Parallel()
	s := waitingWith(chain(), nil)
	s.Policy.Overflow = routing.Step{Action: routing.ActionClose, Text: "Full."}
	next, more := s.NextStep(names)
	require.True(t, more)
	step, has := s.StepOf(next)
	require.True(t, has)
	require.Equal(t, s.Policy.Fallback[0], step)
	step, has = s.StepOf(routing.Clock{Kind: routing.ClockOverflow})
	require.True(t, has)
	require.Equal(t, s.Policy.Overflow, step)
	for _, c := range []routing.Clock{{Kind: routing.ClockStep, Step: 2}, {Kind: routing.ClockStep, Step: -1}, {Kind: routing.ClockHold}, {Kind: routing.ClockClosed}} {
		_, has = s.StepOf(c)
		require.False(t, has, c)
	}
	s.Steps = 2
	_, more = s.NextStep(names)
	require.False(t, more)
	require.True(t, routing.AboutConversation(routing.ClockHold))
	require.False(t, routing.AboutConversation(routing.ClockStep))
}

func TestACountdownSaysWhatHappensInAFewWords(t *testing.T) {
	t.Parallel()
	for want, step := range map[string]routing.Step{
		"to Sales":                                {Action: routing.ActionMove, Queue: "q-sales"},
		"to another queue":                        {Action: routing.ActionMove, Queue: "q-moon"},
		"to another queue as well":                {Action: routing.ActionWiden, Queues: []domain.QueueID{"q-moon"}},
		"a text to the customer":                  {Action: routing.ActionText},
		"a notice to Ada, Ben and another system": {Action: routing.ActionNotify, Users: []domain.UserID{"u-ada", "u-ben"}, URL: "https://e.test"},
		"a notice to a colleague":                 {Action: routing.ActionNotify, Users: []domain.UserID{"u-zoe"}},
		"a notice to Ada and 2 colleagues":        {Action: routing.ActionNotify, Users: []domain.UserID{"u-zoe", "u-ada", "u-yan"}},
		"the chat closes":                         {Action: routing.ActionClose},
		"the chat waits":                          {},
	} {
		p := routing.DefaultPolicy()
		p.Fallback = []routing.Step{step}
		require.Equal(t, want, routing.Clocks(waitingWith(p, nil), names)[0].What)
	}
	closed := waitingWith(routing.DefaultPolicy(), func(s *routing.Standing) { s.Barred = routing.ClockClosed })
	require.Equal(t, "queue closed: as its hours say", routing.Clocks(closed, nil)[0].What)
	closed.Policy.Hours = office()
	require.Equal(t, "queue closed: as its hours say", routing.Clocks(closed, nil)[0].What, "Christmas has its own step")
	step, has := closed.StepOf(routing.Clocks(closed, nil)[0])
	require.True(t, has)
	require.Equal(t, "We are closed.", step.Text)
	unnamed := ownedWith(routing.DefaultPolicy(), func(s *routing.Standing) { s.Offer = &routing.Offer{From: "u-ada", ExpiresAt: noon} })
	require.Equal(t, "returns to the owner unless the agent accepts", routing.Clocks(unnamed, nil)[0].What)
}
