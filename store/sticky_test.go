package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

// knows makes an agent the own agent of the customer behind a number, who has no open chat afterwards.
func (g stage) knows(agent domain.Actor, from string, waitSeconds int) {
	g.Helper()
	g.f.SetRules(g, func(s *routing.Settings) { s.Sticky.Enabled, s.Sticky.WaitSeconds = true, waitSeconds })
	chat := g.arrives(g.f.Channel, from)
	g.f.Pair(g, g.customer(chat), agent)
	closeChat(g.T, g.s, g.f, chat)
}

// fills gives an agent as many chats as they may have.
func (g stage) fills(agent domain.Actor) {
	g.Helper()
	_, err := g.f.Pool.Exec(g.Context(), `update users set max_chats = 1 where id = $1`, agent.User)
	require.NoError(g, err)
	chat := g.arrives(g.f.Channel, phone(900))
	available(g.T, g.s, agent)
	require.Equal(g, agent.User, g.owner(chat))
}

func TestACustomerGetsTheirOwnAgentAtOnceWhenFree(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own := g.f.Agents[2]
	g.knows(own, phone(1), 0)
	for _, a := range g.f.Agents {
		available(t, g.s, a)
	}
	chat := g.arrives(g.f.Channel, phone(1))
	got := g.asks(chat)
	require.Equal(t, own.User, got.Agent)
	require.Contains(t, got.Why, "own agent")
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryStickyHit}, g.f.Story(t, chat))
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*) from sticky_pairings where expires_at > kept_at`), "the chat keeps the pairing")
}

func TestACustomerWaitsForTheirBusyAgentAndNobodyElseTakesTheChat(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own := g.f.Agents[0]
	g.knows(own, phone(1), 120)
	g.fills(own)
	available(t, g.s, g.f.Agents[1])
	chat := g.arrives(g.f.Channel, phone(1))
	got := g.asks(chat)
	require.Empty(t, got.Agent)
	require.Contains(t, got.Why, "Waits for Agent 1")
	other := g.arrives(g.f.Channel, phone(2))
	require.Equal(t, g.f.Agents[1].User, g.asks(other).Agent, "others are served past it")

	g.passes(chat, routing.ClockSticky)
	require.Equal(t, g.f.Agents[1].User, g.owner(chat))
	require.Equal(t, []domain.StoryKind{
		domain.StoryArrived, domain.StoryStickyWait, domain.StoryStickyEnded, domain.StoryAssigned,
	}, g.f.Story(t, chat))
	require.Len(t, g.said(chat, domain.KindEvent), 1)
}

func TestABusyAgentWhoBecomesFreeGetsTheCustomerWhoWaitsForThem(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own := g.f.Agents[0]
	g.knows(own, phone(1), 120)
	g.fills(own)
	older := g.arrives(g.f.Channel, phone(2))
	chat := g.arrives(g.f.Channel, phone(1))
	_, err := g.f.Pool.Exec(t.Context(), `update users set max_chats = 3 where id = $1`, own.User)
	require.NoError(t, err)
	require.NoError(t, g.s.Dispatch(t.Context(), g.f.Account))
	require.Equal(t, own.User, g.owner(older), "an older chat comes first, the sticky one isn't a short cut")
	require.Equal(t, own.User, g.owner(chat))
}

func TestAShortBreakIsWaitedForALongOneAndAnAbsentAgentAreNot(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own := g.f.Agents[0]
	g.knows(own, phone(1), 120)
	onBreak(t, g.s, own)
	available(t, g.s, g.f.Agents[1])
	chat := g.arrives(g.f.Channel, phone(1))
	require.Contains(t, g.asks(chat).Why, "Waits for Agent 1")

	offline(t, g.s, own)
	require.Equal(t, g.f.Agents[1].User, g.owner(chat), "going offline ends the wait at once")
	require.Equal(t, []domain.StoryKind{
		domain.StoryArrived, domain.StoryStickyWait, domain.StoryStickyEnded, domain.StoryAssigned,
	}, g.f.Story(t, chat))
	closeChat(t, g.s, g.f, chat)

	chat = g.arrives(g.f.Channel, phone(1))
	require.Equal(t, g.f.Agents[1].User, g.asks(chat).Agent, "nobody waits for who is offline")
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryStickyEnded, domain.StoryAssigned}, g.f.Story(t, chat))
	closeChat(t, g.s, g.f, chat)

	onBreak(t, g.s, own)
	g.clock.Forward(seconds(301))
	chat = g.arrives(g.f.Channel, phone(1))
	require.Equal(t, g.f.Agents[1].User, g.asks(chat).Agent, "a long break isn't waited for")
}

func TestPairingsEndAndAreUsedWhereTheyAreOn(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own := g.f.Agents[2]
	g.knows(own, phone(1), 60)
	for _, a := range g.f.Agents {
		available(t, g.s, a)
	}
	for name, off := range map[string]string{
		"expired":           `update sticky_pairings set expires_at = now() - interval '1 second'`,
		"off for the type":  `update accounts set routing = jsonb_set(routing, '{sticky,channels}', '{"sms": false}')`,
		"off for all types": `update accounts set routing = jsonb_set(routing, '{sticky,enabled}', 'false')`,
	} {
		_, err := g.f.Pool.Exec(t.Context(), off)
		require.NoError(t, err)
		chat := g.arrives(g.f.Channel, phone(1))
		require.NotEmpty(t, g.asks(chat).Agent)
		require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryAssigned}, g.f.Story(t, chat), name)
		closeChat(t, g.s, g.f, chat)
	}
}

func TestAFreeOwnAgentIsNoReasonToTurnACustomerAway(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own := g.f.Agents[0]
	g.policy(func(p *routing.Policy) {
		p.MaxWaiting, p.Overflow = 1, routing.Step{Action: routing.ActionClose}
	})
	g.knows(own, phone(1), 60)
	seller := g.f.AddUser(t, "Sue Seller", domain.RoleAgent)
	g.f.Join(t, seller, g.f.Sales)
	g.fills(g.f.Agents[1])
	waits := g.arrives(g.f.Channel, phone(2))
	_, err := g.f.Pool.Exec(t.Context(), `update users set status = 'available' where id = $1`, own.User)
	require.NoError(t, err)
	chat := g.arrives(g.f.Channel, phone(1))
	require.Equal(t, own.User, g.asks(chat).Agent)
	require.Equal(t, own.User, g.owner(waits))
}

func TestManyWhoWaitForTheirOwnAgentDoNotHideWhoStandsBehindThem(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	own, other := g.f.Agents[0], g.f.Agents[1]
	g.fills(own)
	for n := range 205 { // more than one look at the line takes in
		g.arrives(g.f.Channel, phone(n))
	}
	_, err := g.f.Pool.Exec(t.Context(), `update waiting set sticky_user_id = $1, sticky_until = now() + interval '1 hour'`, own.User)
	require.NoError(t, err)
	first, second := g.arrives(g.f.Channel, phone(800)), g.arrives(g.f.Channel, phone(801))
	_, err = g.f.Pool.Exec(t.Context(), `update users set max_chats = 1`)
	require.NoError(t, err)
	available(t, g.s, other)
	require.Equal(t, other.User, g.owner(first))
	require.Empty(t, g.owner(second))
}
