package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func (g stage) present(a domain.Actor) []domain.PresentUser {
	return []domain.PresentUser{{Account: a.Account, User: a.User}}
}

func (g stage) gone() int {
	g.Helper()
	n, err := g.s.AgentsGone(g.Context())
	require.NoError(g, err)
	return n
}

func (g stage) connected(a domain.Actor) {
	g.Helper()
	require.NoError(g, g.s.Connected(g.Context(), a.Account, a.User))
}

func (g stage) disconnected(a domain.Actor) {
	g.Helper()
	require.NoError(g, g.s.Disconnected(g.Context(), a.Account, a.User))
}

func TestALostAgentsUnansweredChatsReturnToTheFront(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	g.connected(ada)
	require.True(t, g.me(ada).Connected)
	unanswered, answered := g.owned(ada, phone(1)), g.owned(ada, phone(2))
	reply(t, g.s, ada, answered, "here you are")
	g.clock.Forward(2 * time.Minute) // this process has watched for longer than the grace period
	require.NoError(t, g.s.KeepPresence(t.Context(), g.present(ada)))
	require.Zero(t, g.gone())

	g.disconnected(ada)
	require.False(t, g.me(ada).Connected)
	g.clock.Forward(59 * time.Second)
	g.disconnected(ada) // a repeat doesn't extend the grace
	require.Zero(t, g.gone())
	next := g.arrives(g.f.Channel, phone(3))
	g.asks(next)
	require.Equal(t, ada.User, g.owner(next), "a short loss of the connection changes nothing")
	g.clock.Forward(2 * time.Second)
	require.Equal(t, 1, g.gone())
	require.Zero(t, g.gone(), "once")

	u := g.me(ada)
	require.Equal(t, domain.Offline, u.Status)
	require.Equal(t, "connection lost", u.StatusReason)
	for place, chat := range []domain.ChatID{unanswered, next} {
		v := g.view(chat)
		require.Equal(t, domain.PhaseQueued, v.Phase)
		require.Equal(t, place+1, v.Position)
		require.Equal(t, []string{"Agent 1 lost the connection: the chat is back at the front of Support."}, g.said(chat, domain.KindEvent))
		require.Equal(t, domain.FactAgentGone, g.facts(chat)[len(g.facts(chat))-1])
	}
	require.Equal(t, ada.User, g.owner(answered), "nobody waits there")
	g.connected(ada)
	require.Equal(t, domain.Offline, g.me(ada).Status, "coming back is a choice")
	available(t, g.s, ada)
	require.Equal(t, ada.User, g.owner(unanswered))
}

func TestALivingConnectionIsNeverTakenForALostOne(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada, ben := g.f.Agents[0], g.f.Agents[1]
	g.connected(ada)
	g.connected(ben)
	available(t, g.s, ada)
	available(t, g.s, ben)
	g.clock.Forward(2 * time.Minute) // nobody kept it: all nodes were down
	chat := g.arrives(g.f.Channel, phone(1))
	require.Empty(t, g.asks(chat).Agent, "who may be gone gets nothing")
	require.NoError(t, g.s.KeepPresence(t.Context(), g.present(ada)))
	require.Equal(t, ada.User, g.owner(chat), "who is back is handed out to at once")
	require.Equal(t, 1, g.gone(), "Ben")
	require.Equal(t, domain.Available, g.me(ada).Status)
	require.Equal(t, domain.Offline, g.me(ben).Status)

	// Another node reports a connection lost while this one keeps its own.
	g.disconnected(ada)
	require.NoError(t, g.s.KeepPresence(t.Context(), g.present(ada)))
	require.True(t, g.me(ada).Connected)
	for range 10 {
		g.clock.Forward(30 * time.Second)
		require.NoError(t, g.s.KeepPresence(t.Context(), g.present(ada)))
		require.Zero(t, g.gone())
	}
	// A node that dies keeps nobody any more.
	g.clock.Forward(79 * time.Second)
	require.Zero(t, g.gone(), "its beats may be late")
	g.clock.Forward(2 * time.Second)
	require.Equal(t, 1, g.gone())
}

func TestAfterARestartNobodyIsGoneBeforeOneGracePeriod(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	ada := g.f.Agents[0]
	available(t, g.s, ada)
	_, err := g.f.Pool.Exec(t.Context(), `insert into presence (user_id, account_id, connected, seen_at, absent_at)
		values ($1, $2, true, now() - interval '1 hour', now() - interval '59 minutes')`, ada.User, g.f.Account)
	require.NoError(t, err)
	require.Zero(t, g.gone(), "this process has just begun to watch")
	g.clock.Forward(59 * time.Second)
	require.Zero(t, g.gone())
	g.clock.Forward(2 * time.Second)
	require.Equal(t, 1, g.gone())
}

func TestPresenceOfStrangersIsNotKept(t *testing.T) {
	t.Parallel()
	g := onStage(t)
	theirs := storetest.Account(t, g.s)
	require.NoError(t, g.s.Connected(t.Context(), theirs.Account, g.f.Agents[0].User))
	require.NoError(t, g.s.KeepPresence(t.Context(), []domain.PresentUser{{Account: theirs.Account, User: g.f.Agents[0].User}}))
	require.Zero(t, storetest.Value[int](t, g.f, `select count(*)::int from presence`))
	require.NoError(t, g.s.KeepPresence(t.Context(), nil))
}
