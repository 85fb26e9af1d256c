package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

// withAgent gives a chat of an agent, who stays available.
func (g stage) withAgent(a domain.Actor, from string) domain.ChatID {
	g.Helper()
	available(g.T, g.s, a)
	chat := g.arrives(g.f.Channel, from)
	require.Equal(g, a.User, g.asks(chat).Agent)
	return chat
}

func TestAnAgentWhoDoesNotAnswerIsRemindedAndLosesTheChat(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.FirstReply = []routing.ReplyStep{
			{AfterSeconds: 30, Action: routing.ReplyRemind},
			{AfterSeconds: 60, Action: routing.ReplyNotify},
			{AfterSeconds: 90, Action: routing.ReplyRequeue},
		}
	})
	slow := g.f.Agents[0]
	chat := g.withAgent(slow, phone(1))
	g.passes(chat, routing.ClockReply)
	g.passes(chat, routing.ClockReply)
	for audience, n := range map[domain.UserID]int{slow.User: 1, g.f.Supervisor.User: 1, g.f.Admin.User: 1} {
		require.Equal(t, n, storetest.Value[int](t, g.f, `select count(*) from events where type = 'notice' and audience = $1`, "user:"+string(audience)))
	}
	younger := g.arrives(g.f.Channel, phone(2))
	g.asks(younger)
	available(t, g.s, g.f.Agents[1])
	g.passes(chat, routing.ClockReply)
	require.Equal(t, g.f.Agents[1].User, g.owner(chat), "the slow agent comes last")
	require.Equal(t, []domain.StoryKind{
		domain.StoryArrived, domain.StoryAssigned, domain.StoryReminded, domain.StoryNotified, domain.StoryRequeued, domain.StoryAssigned,
	}, g.f.Story(t, chat))
	st, _ := g.standing(chat)
	require.Zero(t, st.ReplySteps, "the next agent has their own time")
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*) from assignments where chat_id = $1 and end_reason = 'no_reply'`, chat))
	reply(t, g.s, g.f.Agents[1], chat, "Here I am.")
	st, _ = g.standing(chat)
	require.Empty(t, routing.Clocks(st, nil))
}

func TestASilentCustomerIsWarnedAndThenCountsAsGone(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.Silence = []routing.SilenceStep{
			{AfterSeconds: 60, Action: routing.SilenceWarn, Text: "Are you there?"},
			{AfterSeconds: 120, Action: routing.SilenceEnd, Text: "Goodbye."},
		}
		p.WrapUp = routing.WrapUp{Seconds: 30, Disposition: g.f.Disposition}
	})
	chat := g.withAgent(g.f.Agents[0], phone(1))
	reply(t, g.s, g.f.Agents[0], chat, "How can I help?")
	g.passes(chat, routing.ClockSilence)
	require.Equal(t, []string{"Are you there?"}, g.said(chat, domain.KindText))

	in := g.f.Inbound(phone(1), "yes")
	in.ReceivedAt = g.clock.Now()
	_, err := g.s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	st, _ := g.standing(chat)
	require.Empty(t, routing.Clocks(st, nil), "an answer ends the silence")
	reply(t, g.s, g.f.Agents[0], chat, "Good.")
	g.passes(chat, routing.ClockSilence)
	fired := g.passes(chat, routing.ClockSilence)
	require.Equal(t, domain.PhaseCustomerLeft, fired.Standing.Phase)
	require.Equal(t, []string{"Are you there?", "Are you there?", "Goodbye."}, g.said(chat, domain.KindText))

	g.passes(chat, routing.ClockWrapUp)
	v := g.view(chat)
	require.Equal(t, domain.OutcomeDisposed, v.Outcome)
	require.Equal(t, "Resolved", v.Disposition.Name)
	kinds := g.facts(chat)
	require.Equal(t, domain.FactChatClosed, kinds[len(kinds)-1])
	require.Equal(t, domain.FactCustomerLeft, kinds[len(kinds)-2])
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*) from assignments where chat_id = $1 and ended_at is not null`, chat))
}

func TestAClockOfTheConversationYieldsToWhatWasSaidMeanwhile(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) {
		p.Silence = []routing.SilenceStep{{AfterSeconds: 60, Action: routing.SilenceEnd}}
	})
	chat := g.withAgent(g.f.Agents[0], phone(1))
	reply(t, g.s, g.f.Agents[0], chat, "How can I help?")
	r := g.fireRequest(chat)
	g.clock.To(r.Clock.At)
	in := g.f.Inbound(phone(1), "wait")
	in.ReceivedAt = g.clock.Now()
	_, err := g.s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	fired, err := g.s.FireClock(t.Context(), r)
	require.NoError(t, err)
	require.True(t, fired.Newer)
	require.Equal(t, r.ExpectSeq+1, fired.LastSeq)
	require.Equal(t, domain.PhaseActive, g.view(chat).Phase)

	_, err = g.s.HoldChat(t.Context(), g.f.Agents[0], chat, 60)
	require.NoError(t, err)
	r = g.fireRequest(chat)
	g.clock.To(r.Clock.At)
	in = g.f.Inbound(phone(1), "I am back")
	in.ReceivedAt = g.clock.Now()
	_, err = g.s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	fired, err = g.s.FireClock(t.Context(), r)
	require.NoError(t, err)
	require.True(t, fired.Newer, "the hold stands, but whoever fires its clock reads on first")
	require.NotNil(t, g.view(chat).HeldUntil)
	g.passes(chat, routing.ClockHold)
}

func TestAHoldThatEndsFindsItsOwnerOrWaitsForThem(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	owner := g.f.Agents[0]
	_, err := g.f.Pool.Exec(t.Context(), `update users set max_chats = 1`)
	require.NoError(t, err)
	chat := g.withAgent(owner, phone(1))
	_, err = g.s.HoldChat(t.Context(), owner, chat, 600)
	require.NoError(t, err)
	g.passes(chat, routing.ClockHold)
	require.Equal(t, owner.User, g.owner(chat))
	require.Nil(t, g.view(chat).HeldUntil)

	_, err = g.s.HoldChat(t.Context(), owner, chat, 600)
	require.NoError(t, err)
	other := g.arrives(g.f.Channel, phone(2))
	require.Equal(t, owner.User, g.asks(other).Agent, "a hold frees the slot")
	fired := g.passes(chat, routing.ClockHold)
	require.Equal(t, domain.PhaseQueued, fired.Standing.Phase)
	require.Equal(t, owner.User, fired.Standing.StickyAgent)
	closeChat(t, g.s, g.f, other)
	_, err = g.s.ReleaseAndPickNext(t.Context(), g.f.Account, owner.User)
	require.NoError(t, err)
	require.Equal(t, owner.User, g.owner(chat))

	_, err = g.s.HoldChat(t.Context(), owner, chat, 600)
	require.NoError(t, err)
	offline(t, g.s, owner)
	available(t, g.s, g.f.Agents[1])
	g.passes(chat, routing.ClockHold)
	require.Equal(t, g.f.Agents[1].User, g.owner(chat), "nobody waits for an owner who has gone")
}
