package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/store/storetest"
)

// asksFirst makes Support offer its chats for so many seconds.
func (g stage) asksFirst(seconds int) {
	g.Helper()
	g.policy(func(p *routing.Policy) { p.OfferSeconds = seconds })
}

func (g stage) offered(chat domain.ChatID) domain.UserID {
	g.Helper()
	st, _ := g.standing(chat)
	if st.Offer == nil {
		return ""
	}
	return st.Offer.Agent
}

func TestAnOfferIsAcceptedByWhomItWasMadeTo(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.asksFirst(20)
	first, second := g.f.Agents[0], g.f.Agents[1]
	available(t, g.s, first)
	chat := g.arrives(g.f.Channel, phone(1))
	require.Contains(t, g.asks(chat).Why, "Offered to Agent 1")
	require.Equal(t, first.User, g.offered(chat))
	require.Empty(t, g.owner(chat))
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select count(*) from events where type = 'chat.offered' and audience = $1 and chat_id = $2
		and data->'chat'->'offer'->'agent'->>'name' = 'Agent 1'`, "user:"+string(first.User), chat))

	_, err := g.s.AcceptOffer(t.Context(), second, chat)
	requireReason(t, err, domain.CodeConflict, "offer_ended")
	v, err := g.s.AcceptOffer(t.Context(), first, chat)
	require.NoError(t, err)
	require.Equal(t, first.User, v.Owner.ID)
	require.Nil(t, v.Offer)
	again, err := g.s.AcceptOffer(t.Context(), first, chat)
	require.NoError(t, err)
	require.Equal(t, v.LastSeq, again.LastSeq, "a repeat changes nothing")
	_, err = g.s.AcceptOffer(t.Context(), second, chat)
	requireReason(t, err, domain.CodeConflict, "already_taken")
	require.ErrorContains(t, err, "Agent 1")
	_, err = g.s.DeclineOffer(t.Context(), first, chat, "")
	requireReason(t, err, domain.CodeConflict, "offer_ended")
	require.Equal(t, []domain.FactKind{domain.FactCustomerMessage, domain.FactOfferMade, domain.FactAgentAssigned}, g.facts(chat))
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryOffered, domain.StoryAssigned}, g.f.Story(t, chat))
	require.Zero(t, storetest.Value[int](t, g.f, `select count(*) from waiting`))
}

func TestADeclinedOrMissedChatGoesToTheNextAgentAndTheMissIsCounted(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.asksFirst(20)
	for _, a := range g.f.Agents[:2] {
		available(t, g.s, a)
		g.clock.Forward(seconds(1))
	}
	a, b := g.f.Agents[0], g.f.Agents[1]
	chat := g.arrives(g.f.Channel, phone(1))
	g.asks(chat)
	require.Equal(t, a.User, g.offered(chat))
	_, err := g.s.DeclineOffer(t.Context(), a, chat, "no time")
	require.NoError(t, err)
	require.Equal(t, b.User, g.offered(chat))
	g.passes(chat, routing.ClockOffer)
	require.Equal(t, a.User, g.offered(chat), "both have let it pass: the first to do so is asked again")
	require.Equal(t, 1, storetest.Value[int](t, g.f, `select missed_offers from users where id = $1`, b.User))
	require.Zero(t, storetest.Value[int](t, g.f, `select missed_offers from users where id = $1`, a.User))
	_, err = g.s.AcceptOffer(t.Context(), b, chat)
	requireReason(t, err, domain.CodeConflict, "offer_ended")
	require.Equal(t, []domain.StoryKind{
		domain.StoryArrived, domain.StoryOffered, domain.StoryDeclined, domain.StoryOffered, domain.StoryMissed, domain.StoryOffered,
	}, g.f.Story(t, chat))
	story, err := g.s.Routing(t.Context(), g.f.Supervisor, chat)
	require.NoError(t, err)
	require.Equal(t, "Agent 1 declined the chat: no time.", story.Story[2].Text)
	require.Equal(t, a.User, story.Offer.Agent.ID)
	require.NotEmpty(t, story.Clocks)
	require.Len(t, story.Story[1].Considered, 3)
	require.Equal(t, a.User, story.Story[1].Considered[0].UserID)
	card, err := g.s.ChatStory(t.Context(), g.f.Account, chat, 2)
	require.NoError(t, err)
	require.Len(t, card, 2)
	require.Equal(t, domain.StoryMissed, card[0].Kind, "the newest, the oldest of them first")
}

func TestAnOfferTakesASlotAndEndsWhenTheAgentLeaves(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.asksFirst(20)
	agent := g.f.Agents[0]
	_, err := g.f.Pool.Exec(t.Context(), `update users set max_chats = 1`)
	require.NoError(t, err)
	available(t, g.s, agent)
	chat, next := g.arrives(g.f.Channel, phone(1)), g.arrives(g.f.Channel, phone(2))
	g.asks(chat)
	g.asks(next)
	require.Equal(t, agent.User, g.offered(chat))
	require.Empty(t, g.offered(next), "an open offer takes the slot")
	available(t, g.s, g.f.Agents[1])
	require.Equal(t, g.f.Agents[1].User, g.offered(next))

	onBreak(t, g.s, agent)
	require.Empty(t, g.offered(chat))
	_, err = g.s.AcceptOffer(t.Context(), agent, chat)
	requireReason(t, err, domain.CodeConflict, "offer_ended")
	available(t, g.s, g.f.Agents[2])
	require.Equal(t, g.f.Agents[2].User, g.offered(chat))
	require.Equal(t, []domain.StoryKind{domain.StoryArrived, domain.StoryOffered, domain.StoryWithdrawn, domain.StoryOffered}, g.f.Story(t, chat))
}

func TestAnOfferEndsWithTheChat(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.policy(func(p *routing.Policy) { p.OfferSeconds, p.MaxWaitSeconds = 30, 10 })
	agent := g.f.Agents[0]
	available(t, g.s, agent)
	chat := g.arrives(g.f.Channel, phone(1))
	g.asks(chat)
	require.Equal(t, agent.User, g.offered(chat))
	g.passes(chat, routing.ClockMaxWait)
	require.Equal(t, domain.OutcomeTimedOut, g.view(chat).Outcome)
	require.Zero(t, storetest.Value[int](t, g.f, `select count(*) from offers where ended_at is null`))
	_, err := g.s.AcceptOffer(t.Context(), agent, chat)
	requireReason(t, err, domain.CodeConflict, "offer_ended")

	v, chat2, _ := visitorIn(t, g.s, g.f)
	g.asks(chat2)
	require.Equal(t, agent.User, g.offered(chat2))
	require.NoError(t, g.s.EndChat(t.Context(), g.f.Webchat, v.Identity))
	_, err = g.s.AcceptOffer(t.Context(), agent, chat2)
	requireReason(t, err, domain.CodeConflict, "offer_ended")
	_, seq := g.standing(chat2)
	result, err := g.s.CloseChat(t.Context(), domain.CloseRequest{
		Account: g.f.Account, Chat: chat2, ExpectSeq: seq, Outcome: domain.OutcomeAbandoned,
	})
	require.NoError(t, err)
	require.Equal(t, agent.User, result.Agent, "the slot the offer took is free")
	require.Zero(t, storetest.Value[int](t, g.f, `select count(*) from offers where ended_at is null`))
}

func TestACustomersOwnAgentWhoLetsTheChatPassIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.asksFirst(20)
	own := g.f.Agents[1]
	g.knows(own, phone(1), 300)
	for _, a := range g.f.Agents[:2] {
		available(t, g.s, a)
	}
	chat := g.arrives(g.f.Channel, phone(1))
	g.asks(chat)
	require.Equal(t, own.User, g.offered(chat))
	_, err := g.s.DeclineOffer(t.Context(), own, chat, "")
	require.NoError(t, err)
	require.Equal(t, g.f.Agents[0].User, g.offered(chat))
}

func TestAClockNeverTakesBackAnOfferMadeAfterwards(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	g.asksFirst(20)
	available(t, g.s, g.f.Agents[0])
	chat := g.arrives(g.f.Channel, phone(1))
	g.asks(chat)
	old := g.fireRequest(chat)
	_, err := g.s.DeclineOffer(t.Context(), g.f.Agents[0], chat, "")
	require.NoError(t, err)
	g.clock.Forward(seconds(10))
	_, err = g.s.DeclineOffer(t.Context(), g.f.Agents[0], chat, "")
	require.NoError(t, err)
	g.clock.To(old.Clock.At)
	fired, err := g.s.FireClock(t.Context(), old)
	require.NoError(t, err)
	require.True(t, fired.Newer)
	require.Equal(t, g.f.Agents[0].User, g.offered(chat))
}
