package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

func TestAHeldChatFreesItsSlotAndComesBack(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	g.f.SetRules(t, func(s *routing.Settings) { s.Caps.PerAgent = 1 })
	g.policy(func(p *routing.Policy) {
		p.HoldSeconds = 600
		p.FirstReply = []routing.ReplyStep{{AfterSeconds: 60, Action: routing.ReplyRemind}}
	})
	chat := g.owned(ada, phone(1))
	next := g.arrives(g.f.Channel, phone(2))
	g.asks(next)
	require.Empty(t, g.owner(next), "Ada is full")

	_, err := g.s.HoldChat(t.Context(), ada, chat, 601)
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
	require.ErrorContains(t, err, "10 minutes")
	_, err = g.s.HoldChat(t.Context(), g.f.Agents[1], chat, 60)
	require.Equal(t, domain.CodeNotFound, domain.CodeOf(err))
	view, err := g.s.HoldChat(t.Context(), ada, chat, 300)
	require.NoError(t, err)
	require.WithinDuration(t, g.clock.Now().Add(seconds(300)), *view.HeldUntil, seconds(2))
	require.Equal(t, []domain.DeadlineKind{routing.ClockHold}, kindsOf(view.Clocks), "its other clocks stand still")
	require.Equal(t, ada.User, g.owner(next), "the slot went to who waited")
	again, err := g.s.HoldChat(t.Context(), ada, chat, 400)
	require.NoError(t, err)
	require.Equal(t, view.HeldUntil, again.HeldUntil)

	_, err = g.s.ResumeChat(t.Context(), ada, chat)
	requireReason(t, err, domain.CodeConflict, "no_slot")
	require.ErrorContains(t, err, "account cap")
	g.f.SetRules(t, func(s *routing.Settings) { s.Caps.PerAgent, s.ResumeOverCap = 1, true })
	view, err = g.s.ResumeChat(t.Context(), ada, chat)
	require.NoError(t, err, "one over the cap, by setting")
	require.Nil(t, view.HeldUntil)
	require.Equal(t, []domain.DeadlineKind{routing.ClockReply}, kindsOf(view.Clocks))
	_, err = g.s.ResumeChat(t.Context(), ada, chat)
	require.NoError(t, err)
	require.Equal(t, []domain.FactKind{domain.FactChatHeld, domain.FactChatResumed}, g.facts(chat)[2:])
	require.Len(t, g.said(chat, domain.KindEvent), 2)
	u, _, err := g.s.Me(t.Context(), ada)
	require.NoError(t, err)
	require.Equal(t, domain.Slots{Used: 2, Cap: 1, Full: "account cap"}, u.Slots)

	_, err = g.s.HoldChat(t.Context(), g.f.Supervisor, chat, 0)
	require.NoError(t, err)
	require.Equal(t, 1, g.audits("chat.held"))
	require.WithinDuration(t, g.clock.Now().Add(seconds(600)), *g.view(chat).HeldUntil, seconds(2), "the queue's longest")
}

func kindsOf(clocks []domain.Deadline) []domain.DeadlineKind {
	kinds := make([]domain.DeadlineKind, len(clocks))
	for i, c := range clocks {
		kinds[i] = c.Kind
	}
	return kinds
}
