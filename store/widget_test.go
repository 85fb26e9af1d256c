package store_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestAVisitorIsTheSameCustomerEachTimeAndMayTellAName(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	address := uuid.NewString()
	first, err := s.EnsureVisitor(t.Context(), f.Webchat, address, "")
	require.NoError(t, err)
	require.Empty(t, first.Name)
	second, err := s.EnsureVisitor(t.Context(), f.Webchat, address, "Lea")
	require.NoError(t, err)
	require.Equal(t, first.Identity, second.Identity)
	third, err := s.EnsureVisitor(t.Context(), f.Webchat, address, "")
	require.NoError(t, err)
	require.Equal(t, "Lea", third.Name, "a name isn't forgotten")
	_, err = s.EnsureVisitor(t.Context(), f.Channel, address, "")
	require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
}

func TestAWebChatFromFirstWordToDisposition(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	v, chat, address := visitorIn(t, s, f)
	require.Equal(t, "Visitor", chatView(t, s, f, chat).Customer.Name)
	agent := f.Agents[0]
	available(t, s, agent)
	m := reply(t, s, agent, chat, "hello from the agent")
	require.Equal(t, domain.StatusSent, m.Status, "no provider carries it")
	audience := "visitor:" + string(v.Identity)
	require.Equal(t, 2, storetest.Value[int](t, f, `select count(*) from events where audience = $1 and type = 'message.created'`, audience))
	require.Equal(t, "c1", storetest.Value[string](t, f,
		`select data->'message'->>'client_id' from events where audience = $1 order by id limit 1`, audience), "other tabs know the message")
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from events where audience = $1 and type = 'chat.assigned'`, audience))
	require.Nil(t, storetest.Value[*string](t, f, `select fact->>'send' from outbox where seq = $1`, m.Seq))

	require.NoError(t, s.VisitorRead(t.Context(), f.Webchat, v.Identity, m.Seq))
	require.NoError(t, s.VisitorRead(t.Context(), f.Webchat, v.Identity, m.Seq))
	got, _, err := s.Message(t.Context(), f.Account, m.ID)
	require.NoError(t, err)
	require.Equal(t, domain.StatusDelivered, got.Status)
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from events where type = 'message.updated'`))

	messages, err := s.VisitorMessages(t.Context(), f.Webchat, v.Identity, 1, chat)
	require.NoError(t, err)
	require.Len(t, messages, 1)
	other, otherChat, _ := visitorIn(t, s, f)
	messages, err = s.VisitorMessages(t.Context(), f.Webchat, other.Identity, 0, chat)
	require.NoError(t, err)
	require.Empty(t, messages, "another visitor's chat")
	require.NotEqual(t, chat, otherChat)

	for range 2 {
		require.NoError(t, s.EndChat(t.Context(), f.Webchat, v.Identity))
	}
	left := chatView(t, s, f, chat)
	require.Equal(t, domain.PhaseCustomerLeft, left.Phase)
	require.NotNil(t, left.CustomerLeftAt)
	require.Equal(t, "CustomerLeft", storetest.Value[string](t, f, `select fact->>'kind' from outbox where chat_id = $1 and seq = $2`, chat, left.LastSeq))
	require.Equal(t, m.Seq+1, left.LastSeq, "told once")

	back, err := s.ReceiveMessage(t.Context(), fromVisitor(f, v, address, "c2", "one more thing"))
	require.NoError(t, err)
	require.Equal(t, chat, back.Chat)
	again := chatView(t, s, f, chat)
	require.Equal(t, domain.PhaseActive, again.Phase)
	require.Nil(t, again.CustomerLeftAt)
	require.True(t, storetest.Value[bool](t, f, `select urgent from outbox where chat_id = $1 and seq = $2`, chat, again.LastSeq))

	closeChat(t, s, f, chat)
	seen, messages, err := s.VisitorChat(t.Context(), f.Webchat, v.Identity)
	require.NoError(t, err)
	require.Equal(t, domain.PhaseClosed, seen.Phase)
	require.Nil(t, seen.Disposition, "the customer doesn't see how they were filed")
	require.Len(t, messages, 3)
	_, err = f.Pool.Exec(t.Context(), `update chats set closed_at = now() - interval '25 hours' where id = $1`, chat)
	require.NoError(t, err)
	seen, messages, err = s.VisitorChat(t.Context(), f.Webchat, v.Identity)
	require.NoError(t, err)
	require.Nil(t, seen)
	require.Empty(t, messages)
}

func TestAChatLeftInLineIsNotAssignedUnlessTheCustomerReturns(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	v, chat, address := visitorIn(t, s, f)
	require.NoError(t, s.EndChat(t.Context(), f.Webchat, v.Identity))
	require.Equal(t, domain.PhaseQueued, chatView(t, s, f, chat).Phase)
	available(t, s, f.Agents[0])
	got, err := s.RequestAgent(t.Context(), f.Account, chat)
	require.NoError(t, err)
	require.Equal(t, domain.PhaseQueued, got.Phase)
	page, err := s.Chats(t.Context(), f.Agents[0], domain.ChatFilter{View: domain.ViewWaiting})
	require.NoError(t, err)
	require.Empty(t, page.Items)
	_, err = s.ReceiveMessage(t.Context(), fromVisitor(f, v, address, "c2", "still here"))
	require.NoError(t, err)
	got, err = s.RequestAgent(t.Context(), f.Account, chat)
	require.NoError(t, err)
	require.Equal(t, f.Agents[0].User, got.Agent)
}

func TestAChatLeftInLineClosesAsAbandoned(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	v, chat, _ := visitorIn(t, s, f)
	require.NoError(t, s.EndChat(t.Context(), f.Webchat, v.Identity))
	got, err := s.CloseChat(t.Context(), domain.CloseRequest{Account: f.Account, Chat: chat, ExpectSeq: 2, Outcome: domain.OutcomeAbandoned})
	require.NoError(t, err)
	require.True(t, got.Closed)
	require.Empty(t, got.Agent)
	require.Zero(t, storetest.Value[int](t, f, `select count(*) from waiting`))
}
