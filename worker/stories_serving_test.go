package worker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
	"tandem/workflows"
)

func TestMissedOfferGoesToTheNextAgentWhoAccepts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.policy(func(p *routing.Policy) { p.OfferSeconds = 20 })
	s.available(ada)
	s.available(ben)
	s.arrives()
	var first domain.UserID
	s.at(time.Second, func() {
		s.with(nobody)
		s.agrees()
		first = s.view().Offer.Agent.ID
	})
	s.at(21*time.Second, func() {
		s.agrees()
		next := s.view().Offer.Agent.ID
		require.NotEqual(t, first, next)
		accepting := ada
		if next == ben.User {
			accepting = ben
		}
		must[domain.ChatView](s)(s.store.AcceptOffer(t.Context(), accepting, s.chat))
		s.with(accepting)
	})
	s.at(30*time.Second, func() { s.agrees(); require.Empty(t, s.workflow().Deadlines) })
	s.at(time.Hour, func() { s.disposes(s.f.Supervisor) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{20 * time.Second, "offer"}}, s.clocks())
	s.decided(domain.StoryOffered, domain.StoryMissed, domain.StoryOffered, domain.StoryAssigned)
	var missed int
	require.NoError(t, s.f.Pool.QueryRow(t.Context(), `select missed_offers from users where id = $1`, first).Scan(&missed))
	require.Equal(t, 1, missed)
}

func TestDeclinedOfferGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.policy(func(p *routing.Policy) { p.OfferSeconds = 20 })
	s.available(ada)
	s.arrives()
	s.at(time.Second, func() { require.Equal(t, ada.User, s.view().Offer.Agent.ID); s.available(ben) })
	s.at(5*time.Second, func() {
		_, err := s.store.DeclineOffer(t.Context(), ada, s.chat, "I don't speak Dutch")
		require.NoError(t, err)
		require.Equal(t, ben.User, s.view().Offer.Agent.ID)
	})
	s.at(6*time.Second, func() { s.agrees() })
	s.at(10*time.Second, func() { must[domain.ChatView](s)(s.store.AcceptOffer(t.Context(), ben, s.chat)) })
	s.at(time.Hour, func() { s.disposes(ben) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Empty(t, s.clocks())
}

func TestTransferThatNobodyAcceptsReturns(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.settings(func(r *routing.Settings) { r.Transfer.AcceptSeconds = 30 })
	s.available(ada)
	s.arrives()
	s.at(time.Second, func() { s.with(ada); s.available(ben) })
	s.at(10*time.Second, func() {
		must[domain.ChatView](s)(s.store.TransferChat(t.Context(), ada, s.chat, domain.Transfer{User: ben.User, Ask: true, Note: "knows the order"}))
	})
	s.at(39*time.Second, func() { s.with(ada); s.agrees(); require.NotNil(t, s.view().Offer) })
	s.at(41*time.Second, func() { s.with(ada); s.agrees(); require.Nil(t, s.view().Offer) })
	s.at(50*time.Second, func() {
		must[domain.ChatView](s)(s.store.TransferChat(t.Context(), ada, s.chat, domain.Transfer{User: ben.User, Ask: true}))
	})
	s.at(55*time.Second, func() { must[domain.ChatView](s)(s.store.AcceptOffer(t.Context(), ben, s.chat)); s.with(ben) })
	s.at(56*time.Second, func() { s.agrees() })
	s.at(time.Hour, func() { s.disposes(ben) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{40 * time.Second, "offer"}}, s.clocks())
	s.decided(domain.StoryAssigned, domain.StoryReturned, domain.StoryTransferred)
}

func TestBlindTransferToAQueueAndTakeOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[1] // not in Sales
	s.available(ada)
	s.arrives()
	s.at(time.Second, func() { s.with(ada) })
	s.at(10*time.Second, func() {
		must[domain.ChatView](s)(s.store.TransferChat(t.Context(), ada, s.chat, domain.Transfer{Queue: s.f.Sales, Note: "wants to buy"}))
		s.with(nobody)
	})
	s.at(11*time.Second, func() {
		s.agrees()
		require.Equal(t, "Sales", s.workflow().Queue)
	})
	s.at(20*time.Second, func() {
		must[domain.ChatView](s)(s.store.TakeChat(t.Context(), s.f.Supervisor, s.chat))
		s.with(s.f.Supervisor)
	})
	s.at(21*time.Second, func() { s.agrees() })
	s.at(time.Minute, func() { s.disposes(s.f.Supervisor) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	s.decided(domain.StoryAssigned, domain.StoryTransferred, domain.StoryTaken)
}

func TestFirstReplyLadder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.policy(func(p *routing.Policy) {
		p.FirstReply = []routing.ReplyStep{
			{AfterSeconds: 30, Action: routing.ReplyRemind}, {AfterSeconds: 60, Action: routing.ReplyNotify}, {AfterSeconds: 90, Action: routing.ReplyRequeue},
		}
	})
	s.available(ada)
	s.arrives()
	s.at(time.Second, func() { s.with(ada); s.agrees() })
	s.at(20*time.Second, func() { // a note moves the chat's seq without the workflow's knowledge
		_, _, err := s.store.PostMessage(t.Context(), ada, s.chat, domain.NewMessage{ClientID: "n1", Kind: domain.KindNote, Text: "looks it up"})
		require.NoError(t, err)
	})
	s.at(80*time.Second, func() { s.with(ada); s.agrees(); s.available(ben) })
	s.at(91*time.Second, func() { s.with(ben); s.agrees() })
	s.at(100*time.Second, func() { s.replies(ben, "Sorry for the wait.") })
	s.at(101*time.Second, func() { s.agrees(); require.Empty(t, s.workflow().Deadlines) })
	s.at(time.Hour, func() { s.disposes(ben) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{30 * time.Second, "first_reply"}, {60 * time.Second, "first_reply"}, {90 * time.Second, "first_reply"}}, s.clocks())
	s.decided(domain.StoryAssigned, domain.StoryReminded, domain.StoryRequeued, domain.StoryAssigned)
}

// ladder warns twice and then counts the customer as gone.
func ladder(s *stage) func(*routing.Policy) {
	return func(p *routing.Policy) {
		p.Silence = []routing.SilenceStep{
			{AfterSeconds: 60, Action: routing.SilenceWarn, Text: "Are you still there?"},
			{AfterSeconds: 120, Action: routing.SilenceWarn, Text: "We close soon."},
			{AfterSeconds: 180, Action: routing.SilenceEnd, Text: "Goodbye."},
		}
		p.WrapUp = routing.WrapUp{Seconds: 30, Disposition: s.f.Disposition}
	}
}

func TestSilentCustomerIsWarnedTwiceThenGone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	s.policy(ladder(s))
	s.available(ada)
	s.arrives()
	s.at(10*time.Second, func() { s.replies(ada, "What is it about?") })
	s.at(11*time.Second, func() { s.agrees() })
	s.at(191*time.Second, func() { require.Equal(t, domain.PhaseCustomerLeft, s.view().Phase); s.agrees() })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{
		{70 * time.Second, "silence"}, {130 * time.Second, "silence"}, {190 * time.Second, "silence"}, {220 * time.Second, "wrap_up"},
	}, s.clocks())
	require.Equal(t, []said{
		{10 * time.Second, "What is it about?"}, {70 * time.Second, "Are you still there?"}, {130 * time.Second, "We close soon."}, {190 * time.Second, "Goodbye."},
	}, s.sent)
	require.Equal(t, "Resolved", s.view().Disposition.Name)
	s.decided(domain.StorySilenceWarn, domain.StorySilenceWarn, domain.StorySilenceEnd, domain.StoryWrapUpEnded)
}

func TestActivityStartsTheSilenceLadderOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	s.policy(ladder(s))
	s.available(ada)
	s.arrives()
	s.at(10*time.Second, func() { s.replies(ada, "What is it about?") })
	s.at(80*time.Second, func() { s.writes("wait") }) // after the first warning
	s.at(81*time.Second, func() { s.agrees(); require.Empty(t, s.workflow().Deadlines) })
	s.at(100*time.Second, func() { s.replies(ada, "Take your time.") })
	s.at(150*time.Second, func() { s.replies(ada, "By the way…") }) // the agent's own next word counts too
	s.at(151*time.Second, func() { s.agrees() })
	s.at(215*time.Second, func() { s.disposes(ada) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{70 * time.Second, "silence"}, {210 * time.Second, "silence"}}, s.clocks())
}

func TestHeldChatComesBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	s.policy(ladder(s))
	s.available(ada)
	s.arrives()
	s.at(10*time.Second, func() {
		s.replies(ada, "I ask the warehouse.")
		must[domain.ChatView](s)(s.store.HoldChat(t.Context(), ada, s.chat, 600))
	})
	s.at(11*time.Second, func() {
		s.agrees()
		require.Len(t, s.workflow().Deadlines, 1, "silence doesn't count meanwhile")
	})
	s.at(611*time.Second, func() { require.Nil(t, s.view().HeldUntil); s.with(ada); s.agrees() })
	s.at(620*time.Second, func() { s.disposes(ada) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{610 * time.Second, "hold"}}, s.clocks())
	s.decided(domain.StoryHeld, domain.StoryResumed)
}

func TestWrapUpDisposesWithTheDefault(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	s.policy(func(p *routing.Policy) { p.WrapUp = routing.WrapUp{Seconds: 60, Disposition: s.f.Disposition} })
	s.available(ada)
	s.arrives()
	s.at(10*time.Second, func() { s.leaves() })
	s.at(11*time.Second, func() { s.agrees(); require.Equal(t, routing.ClockWrapUp, s.workflow().Deadlines[0].Kind) })
	s.at(60*time.Second, func() { s.writes("one more thing") }) // and the customer is back
	s.at(61*time.Second, func() { s.agrees(); require.Equal(t, domain.PhaseActive, s.view().Phase) })
	s.at(100*time.Second, func() { s.leaves() })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{160 * time.Second, "wrap_up"}}, s.clocks())
	require.Equal(t, "Resolved", s.view().Disposition.Name)
}

func TestRequeueAndHandOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.available(ada)
	s.arrives()
	s.at(time.Second, func() { s.with(ada); s.available(ben) })
	s.at(10*time.Second, func() {
		must[domain.ChatView](s)(s.store.RequeueChat(t.Context(), ada, s.chat, "not mine"))
		s.with(ben) // Ada comes last in turn
	})
	s.at(11*time.Second, func() { s.agrees() })
	s.at(20*time.Second, func() {
		must[domain.User](s)(s.store.SetStatus(t.Context(), ben, ben.User, domain.StatusChange{Status: domain.Offline, HandOver: true}))
		s.with(ada)
	})
	s.at(21*time.Second, func() { s.agrees() })
	s.at(time.Minute, func() { s.disposes(ada) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	s.decided(domain.StoryAssigned, domain.StoryRequeued, domain.StoryAssigned)
}

func TestChatOfAnAgentWhoseConnectionIsLostGoesToTheNext(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.settings(func(r *routing.Settings) { r.Presence.GraceSeconds = 30 })
	s.available(ada)
	s.arrives()
	gone := func() int { return must[int](s)(s.store.AgentsGone(t.Context())) }
	s.at(time.Second, func() {
		s.with(ada)
		require.NoError(t, s.store.Connected(t.Context(), s.f.Account, ada.User))
		s.available(ben)
	})
	s.at(10*time.Second, func() { require.NoError(t, s.store.Disconnected(t.Context(), s.f.Account, ada.User)) })
	s.at(39*time.Second, func() { require.Zero(t, gone()); s.with(ada) })
	s.at(41*time.Second, func() { require.Equal(t, 1, gone()); s.with(ben) })
	s.at(42*time.Second, func() { s.agrees() })
	s.at(time.Minute, func() { s.disposes(ben) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	s.decided(domain.StoryAssigned, domain.StoryAgentGone, domain.StoryAssigned)
}

func TestLateHoldIsNoSilence(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	s.policy(ladder(s))
	s.available(ada)
	s.arrives()
	s.at(10*time.Second, func() { s.replies(ada, "I ask the warehouse.") })
	s.at(20*time.Second, func() { must[domain.ChatView](s)(s.store.HoldChat(t.Context(), ada, s.chat, 0)) })
	s.at(500*time.Second, func() { must[domain.ChatView](s)(s.store.ResumeChat(t.Context(), ada, s.chat)) })
	s.at(559*time.Second, func() {
		s.agrees()
		require.Empty(t, s.clocks(), "the time on hold doesn't count against the customer")
	})
	s.at(561*time.Second, func() { require.Equal(t, []said{{560 * time.Second, "silence"}}, s.clocks()); s.disposes(ada) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
}

func TestDisposeWithdrawsAnOpenTransfer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada, ben := s.f.Agents[0], s.f.Agents[1]
	s.available(ada)
	s.arrives()
	s.at(time.Second, func() { s.with(ada); s.available(ben) })
	s.at(10*time.Second, func() {
		must[domain.ChatView](s)(s.store.TransferChat(t.Context(), ada, s.chat, domain.Transfer{User: ben.User, Ask: true}))
	})
	s.at(12*time.Second, func() { s.disposes(ada) })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Empty(t, s.clocks())
	require.Zero(t, storetest.Value[int](t, s.f, `select count(*)::integer from offers where chat_id = $1 and ended_at is null`, s.chat))
}

func TestDisposeWithACallbackAndABreak(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	s.available(ada)
	s.arrives()
	promised := s.begun.Add(24 * time.Hour)
	s.at(time.Minute, func() {
		s.disposesWith(workflows.CloseChatRequest{
			Actor: ada.User, Disposition: s.f.Disposition, CallbackAt: promised, CallbackZone: "Europe/Berlin", BreakAfter: "Lunch",
		})
	})
	require.Equal(t, domain.OutcomeDisposed, s.play())
	list := must[[]domain.FollowUp](s)(s.store.FollowUps(t.Context(), s.f.Supervisor, true))
	require.Len(t, list, 1)
	require.True(t, promised.Equal(list[0].DueAt))
	require.Equal(t, "Europe/Berlin", list[0].Zone)
	require.Equal(t, "break", storetest.Value[string](t, s.f, `select status from users where id = $1`, ada.User), "her only chat is done")
}

func TestDispositionChosenEarlyIsAppliedByTheWrapUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ada := s.f.Agents[0]
	refund := must[domain.Disposition](s)(s.store.CreateDisposition(t.Context(), s.f.Admin, domain.NewDisposition{Name: "Refund"}))
	s.policy(func(p *routing.Policy) { p.WrapUp = routing.WrapUp{Seconds: 60, Disposition: s.f.Disposition} })
	s.available(ada)
	s.arrives()
	s.at(5*time.Second, func() {
		must[domain.ChatView](s)(s.store.ChooseDisposition(t.Context(), ada, s.chat, refund.ID, "half of it"))
	})
	s.at(10*time.Second, func() { s.leaves() })
	require.Equal(t, domain.OutcomeDisposed, s.play())
	require.Equal(t, []said{{70 * time.Second, "wrap_up"}}, s.clocks())
	require.Equal(t, "Refund", s.view().Disposition.Name)
	require.Equal(t, "half of it", s.view().Note)
}
