package worker_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/workflows"
)

// sticky is an account where customers come back to the agent who knows them.
func sticky(r *routing.Settings) {
	r.Sticky = routing.Sticky{Enabled: true, Channels: map[domain.ChannelType]bool{}, WaitSeconds: 120, BreakSeconds: 300}
}

func TestOwnAgentWhoIsFreeGetsTheCustomerAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.settings(sticky)
	s.knows(ada)
	s.available(ben) // Ben has been idle for longer
	s.available(ada)
	s.arrives()
	s.at(time.Second, func() { s.with(ada); s.agrees() })
	s.at(time.Minute, func() { s.disposes(ada) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	s.decided(domain.StoryArrived, domain.StoryStickyHit)
	require.Empty(t, s.clocks())
}

func TestOwnAgentWhoIsBusyIsWaitedForThenTheTeamTakesOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.settings(sticky)
	s.knows(ada)
	s.fill(ada, "+12025550171")
	s.available(ben)
	s.arrives()
	s.at(119*time.Second, func() {
		s.with(nobody)
		s.agrees()
		require.NotNil(t, s.view().Sticky)
		require.Equal(t, routing.ClockSticky, s.workflow().Deadlines[0].Kind)
	})
	s.at(121*time.Second, func() { s.with(ben); s.agrees() })
	s.at(time.Hour, func() { s.disposes(ben) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{120 * time.Second, "sticky_wait"}}, s.clocks())
	s.decided(domain.StoryArrived, domain.StoryStickyWait, domain.StoryStickyEnded, domain.StoryAssigned)
}

func TestOwnAgentWhoBecomesFreeInTimeGetsTheCustomer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.settings(sticky)
	s.knows(ada)
	other := s.fill(ada, "+12025550171")
	s.available(ben)
	s.arrives()
	s.at(time.Minute, func() { s.empty(other); s.with(ada) })
	s.at(61*time.Second, func() { s.agrees() })
	s.at(time.Hour, func() { s.disposes(ada) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Empty(t, s.clocks(), "the sticky wait's timer was put away")
	s.decided(domain.StoryStickyWait, domain.StoryStickyHit)
}

func TestOwnAgentWhoIsGoneIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.settings(sticky)
	s.knows(ada) // and is offline
	s.available(ben)
	s.arrives()
	s.at(time.Second, func() { s.with(ben); s.agrees() })
	s.at(time.Minute, func() { s.disposes(ben) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.NotContains(t, s.decisions(), domain.StoryStickyWait)
}

func TestOwnAgentWhoGoesOfflineEndsTheWait(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.settings(sticky)
	s.knows(ada)
	s.fill(ada, "+12025550171")
	s.available(ben)
	s.arrives()
	s.at(30*time.Second, func() { s.with(nobody); s.becomes(ada, domain.Offline, "") })
	s.at(31*time.Second, func() { s.with(ben); s.agrees() })
	s.at(time.Hour, func() { s.disposes(ben) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Empty(t, s.clocks())
	s.decided(domain.StoryStickyWait, domain.StoryStickyEnded, domain.StoryAssigned)
}

func TestBreakCountsAsBusyForABoundedTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		onBreakFor int // seconds before the customer comes
		waits      bool
	}{"a short break": {60, true}, "a long one": {400, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			ada, ben := s.f.Agents[0], s.f.Agents[1]
			s.settings(sticky)
			s.knows(ada)
			s.available(ada)
			s.becomes(ada, domain.OnBreak, "Lunch")
			_, err := s.f.Pool.Exec(t.Context(), `update users set status_since = $1 where id = $2`,
				s.begun.Add(-time.Duration(c.onBreakFor)*time.Second), ada.User)
			require.NoError(t, err)
			s.available(ben)
			s.arrives()
			s.at(time.Second, func() {
				if c.waits {
					s.with(nobody)
				} else {
					s.with(ben)
				}
				s.agrees()
			})
			s.at(121*time.Second, func() { s.with(ben) })
			s.at(time.Hour, func() { s.disposes(ben) })
			require.Equal(t, domain.OutcomeDisposed, s.play())
		})
	}
}

// chain is "wait 2 minutes for my agent, then the team, after 5 minutes everyone, after 10 minutes offer a callback".
func chain(s *stage) {
	s.settings(sticky)
	s.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{
			{AfterSeconds: 300, Action: routing.ActionWiden, Queues: []domain.QueueID{s.f.Sales}},
			{AfterSeconds: 600, Action: routing.ActionCallback, Text: "We call you back.", CallbackMinutes: 30},
		}
	})
}

func TestChainEndsWithACallback(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	chain(s)
	s.knows(ada)
	s.fill(ada, "+12025550171")
	s.arrives()
	for _, at := range []time.Duration{time.Second, 121 * time.Second, 301 * time.Second, 599 * time.Second} {
		s.at(at, func() { s.with(nobody); s.agrees() })
	}
	require.Equal(t, domain.OutcomeCallback, s.play())
	require.Equal(t, []said{{120 * time.Second, "sticky_wait"}, {300 * time.Second, "fallback_step"}, {600 * time.Second, "fallback_step"}}, s.clocks())
	s.decided(domain.StoryArrived, domain.StoryStickyWait, domain.StoryStickyEnded, domain.StoryWidened, domain.StoryCallback)
	require.Equal(t, []said{{600 * time.Second, "We call you back."}}, s.sent, "the farewell goes out before the workflow ends")
	promised := must[[]domain.FollowUp](s)(s.store.FollowUps(t.Context(), s.f.Supervisor, true))
	require.Len(t, promised, 1)
	require.Equal(t, s.chat, promised[0].ChatID)
	require.WithinDuration(t, s.begun.Add(40*time.Minute), promised[0].DueAt, time.Second)
}

func TestChainReachesEveryone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	eve := s.f.AddUser(t, "Eve Everyone", domain.RoleAgent)
	s.f.Join(t, eve, s.f.Sales)
	chain(s)
	s.knows(ada)
	s.fill(ada, "+12025550171")
	s.available(eve)
	s.arrives()
	s.at(299*time.Second, func() { s.with(nobody) })
	s.at(301*time.Second, func() { s.with(eve); s.agrees() })
	s.at(time.Hour, func() { s.disposes(eve) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
}

func TestMovedChatWaitsInTheOtherQueue(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	eve := s.f.AddUser(t, "Eve Everyone", domain.RoleAgent)
	s.f.Join(t, eve, s.f.Sales)
	s.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{{AfterSeconds: 60, Action: routing.ActionMove, Queue: s.f.Sales}}
	})
	s.arrives()
	queued := s.view().QueuedAt
	s.at(61*time.Second, func() {
		v := s.view()
		require.Equal(t, s.f.Sales, v.Queue.ID)
		require.Equal(t, queued, v.QueuedAt, "the place in line is that of the arrival")
		require.Equal(t, "Sales", s.workflow().Queue)
		s.agrees()
		s.available(eve)
		s.with(eve)
	})
	s.at(time.Hour, func() { s.disposes(eve) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	s.decided(domain.StoryArrived, domain.StoryMoved, domain.StoryAssigned)
}

func TestTextNotifyAndCloseSteps(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{
			{AfterSeconds: 30, Action: routing.ActionText, Text: "All of us are busy."},
			{AfterSeconds: 60, Action: routing.ActionNotify, URL: "https://hooks.example.com/x?token=1", Users: []domain.UserID{s.f.Supervisor.User}},
			{AfterSeconds: 90, Action: routing.ActionClose, Text: "Please try again tomorrow."},
		}
	})
	s.arrives()
	s.at(70*time.Second, func() {
		require.Len(t, s.posts, 1)
		require.Equal(t, "https://hooks.example.com/x?token=1", s.posts[0].URL)
		var body map[string]any
		require.NoError(t, json.Unmarshal(s.posts[0].Body, &body))
		require.Contains(t, string(s.posts[0].Body), string(s.chat))
		require.NotContains(t, string(s.posts[0].Body), phoneOf)
	})
	outcome := s.play()
	require.NotEmpty(t, outcome)
	require.Equal(t, domain.PhaseClosed, s.view().Phase)
	require.Equal(t, []said{{30 * time.Second, "All of us are busy."}, {90 * time.Second, "Please try again tomorrow."}}, s.sent)
	s.decided(domain.StoryArrived, domain.StoryTold, domain.StoryNotified, domain.StoryClosed)
	require.Len(t, s.posts, 1)
}

func TestWorkerThatDiesAfterTheCommitTakesNoStepTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.policy(func(p *routing.Policy) {
		p.Fallback = []routing.Step{
			{AfterSeconds: 30, Action: routing.ActionNotify, URL: "https://hooks.example.com/x"},
			{AfterSeconds: 60, Action: routing.ActionText, Text: "All of us are busy."},
			{AfterSeconds: 90, Action: routing.ActionClose, Text: "Please try again tomorrow."},
		}
	})
	s.arrives()
	for _, before := range []time.Duration{29 * time.Second, 59 * time.Second, 89 * time.Second} {
		s.at(before, func() { s.agrees(); s.deaths = 1 })
	}
	s.play()
	require.Equal(t, domain.PhaseClosed, s.view().Phase)
	require.Len(t, s.posts, 1, "told all the same")
	require.Equal(t, []said{{60 * time.Second, "All of us are busy."}, {90 * time.Second, "Please try again tomorrow."}}, s.sent)
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryNotified, domain.StoryTold, domain.StoryClosed}, s.decisions())
}

func TestFullQueueGoesToItsOverflowAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.policy(func(p *routing.Policy) {
		p.MaxWaiting = 1
		p.Overflow = routing.Step{Action: routing.ActionClose, Text: "Our line is full."}
	})
	must[domain.Received](s)(s.store.ReceiveMessage(t.Context(), s.inbound("+12025550172", "first in line")))
	s.arrives()
	require.Equal(t, domain.OutcomeOverflow, s.play())
	require.Equal(t, []said{{0, "overflow"}}, s.clocks())
	require.Equal(t, []said{{0, "Our line is full."}}, s.sent)
	s.decided(domain.StoryArrived, domain.StoryClosed)
	require.Contains(t, s.story()[1], "Support was full")
}

func TestClosedQueueSaysSoAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.available(s.f.Agents...)
	s.policy(func(p *routing.Policy) {
		var week [7][]routing.Span
		week[(s.begun.Weekday()+3)%7] = []routing.Span{{From: "09:00", To: "17:00"}}
		p.Hours = &routing.Hours{Zone: "UTC", Week: week, Closed: routing.Step{Action: routing.ActionClose, Text: "We open on Monday."}}
	})
	s.arrives()
	require.Equal(t, domain.OutcomeOffline, s.play())
	require.Equal(t, []said{{0, "closed_hours"}}, s.clocks())
	require.Equal(t, []said{{0, "We open on Monday."}}, s.sent)
	s.decided(domain.StoryArrived, domain.StoryClosed)
	require.Contains(t, s.story()[1], "Support was closed")
}

func TestLongestWaitEndsTheChat(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.policy(func(p *routing.Policy) { p.MaxWaitSeconds, p.TimedOutText = 90, "Sorry, nobody was free." })
	s.arrives()
	s.at(89*time.Second, func() { s.with(nobody); s.agrees() })
	require.Equal(t, domain.OutcomeTimedOut, s.play())
	require.Equal(t, []said{{90 * time.Second, "max_wait"}}, s.clocks())
	require.Equal(t, []said{{90 * time.Second, "Sorry, nobody was free."}}, s.sent)
	s.decided(domain.StoryArrived, domain.StoryTimedOut)
}

func TestCustomerLearnsTheirPlaceOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.policy(func(p *routing.Policy) {
		p.TellPosition, p.MaxWaitSeconds, p.TimedOutText = "You are number {position}.", 60, "Sorry."
	})
	s.arrives()
	require.Equal(t, domain.OutcomeTimedOut, s.play())
	require.Equal(t, []said{{0, "You are number 1."}, {60 * time.Second, "Sorry."}}, s.sent)
}

func TestNextStepNow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	chain(s)
	s.arrives()
	s.at(10*time.Second, func() {
		must[domain.ChatView](s)(s.store.NextStep(t.Context(), s.f.Supervisor, s.chat))
	})
	s.at(11*time.Second, func() {
		s.agrees()
		require.Equal(t, 1, s.workflow().Deadlines[0].Step)
	})
	s.at(20*time.Second, func() {
		must[domain.ChatView](s)(s.store.NextStep(t.Context(), s.f.Supervisor, s.chat))
	})
	require.Equal(t, domain.OutcomeCallback, s.play())
	require.Empty(t, s.clocks(), "neither step is taken twice")
	require.Equal(t, []said{{20 * time.Second, "We call you back."}}, s.sent)
	s.decided(domain.StoryStepForced, domain.StoryStepForced)
}

func TestEditedPolicyIsForLaterChats(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.policy(func(p *routing.Policy) { p.MaxWaitSeconds, p.TimedOutText = 90, "Sorry." })
	s.arrives()
	var later domain.ChatID
	s.at(30*time.Second, func() {
		s.policy(func(p *routing.Policy) { p.MaxWaitSeconds, p.TimedOutText = 3600, "Sorry." })
		later = must[domain.Received](s)(s.store.ReceiveMessage(t.Context(), s.inbound("+12025550173", "hello"))).Chat
		s.agrees()
	})
	require.Equal(t, domain.OutcomeTimedOut, s.play())
	require.Equal(t, []said{{90 * time.Second, "max_wait"}}, s.clocks())
	standing, _, err := s.store.Standing(t.Context(), s.f.Account, later)
	require.NoError(t, err)
	require.Equal(t, 3600, standing.Policy.MaxWaitSeconds)
	require.Equal(t, 2, standing.PolicyVersion)
}

func TestDeadlineSurvivesTheEndOfARun(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	chain(s)
	s.arrives()
	s.at(200*time.Second, func() { s.SetContinueAsNewSuggested(true); s.writes("still here") })
	s.run(workflows.ChatInput{Account: s.f.Account, Chat: s.chat})
	require.Equal(t, domain.OutcomeCallback, s.continued(210*time.Second))
	require.Equal(t, []said{{300 * time.Second, "fallback_step"}, {600 * time.Second, "fallback_step"}}, s.clocks())
}

func TestOverdueStepFiresAfterAStandstill(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	chain(s)
	s.arrives()
	s.renew(s.begun.Add(20 * time.Minute)) // nothing ran for twenty minutes
	s.register()
	require.Equal(t, domain.OutcomeCallback, s.play())
	require.Equal(t, []said{{20 * time.Minute, "fallback_step"}}, s.clocks(), "both, one after the other")
	require.Len(t, s.fires, 2)
}
