package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func inTheLedger(s *store.Store) api.Presence { return s }

// shaky is a ledger whose connection is lost at times.
type shaky struct {
	*store.Store
	away  atomic.Bool
	tries atomic.Int32
	swept atomic.Int32 // looks for who is gone while it was away
}

var errAway = errors.New("the connection was lost")

func (s *shaky) Connected(ctx context.Context, account domain.AccountID, user domain.UserID) error {
	if s.away.Load() {
		s.tries.Add(1)
		return errAway
	}
	return s.Store.Connected(ctx, account, user)
}

func (s *shaky) AgentsGone(ctx context.Context) (int, error) {
	if s.away.Load() && s.tries.Load() > 0 {
		s.swept.Add(1)
	}
	return s.Store.AgentsGone(ctx)
}

func TestWhileTheLedgerIsAwayNobodyIsTakenForGoneAndWhatItMissedIsToldLater(t *testing.T) {
	t.Parallel()
	var ledger *shaky
	b := setupWith(t, func(s *store.Store) api.Presence {
		ledger = &shaky{Store: s}
		return ledger
	})
	ada := b.Agents[0]
	ledger.away.Store(true)
	screen := dial(t, streamAt(b.serve(t)), b.as(t, ada))
	screen.next(t)
	require.Eventually(t, func() bool { return ledger.tries.Load() >= 5 }, wait, 10*time.Millisecond)
	require.Zero(t, ledger.swept.Load(), "between two tries there is no time to be sure")
	require.Contains(t, b.log.String(), "presence can't be kept")
	ledger.away.Store(false)
	b.becomes(t, ada, true)
	require.Eventually(t, func() bool { return strings.Contains(b.log.String(), "presence is kept again") }, wait, 10*time.Millisecond)
}

// lapse lets the grace of agents without a connection be over, and not yet that of the others.
func (b *bundle) lapse() { b.ahead.Add(int64(65 * time.Second)) }

// nobodyIsGone looks for agents who are gone, as the keeper does each second, and finds none.
func (b *bundle) nobodyIsGone(t *testing.T) {
	t.Helper()
	gone, err := b.store.AgentsGone(t.Context())
	require.NoError(t, err)
	require.Zero(t, gone)
}

func (b *bundle) connected(t *testing.T, a domain.Actor) bool {
	t.Helper()
	return storetest.Value[bool](t, b.Fixture, `select coalesce((select connected from presence where user_id = $1), false)`, a.User)
}

// becomes waits until the ledger knows whether an agent is connected.
func (b *bundle) becomes(t *testing.T, a domain.Actor, connected bool) {
	t.Helper()
	require.Eventually(t, func() bool { return b.connected(t, a) == connected }, wait, 10*time.Millisecond)
}

func (b *bundle) statusOf(t *testing.T, a domain.Actor) domain.User {
	t.Helper()
	user, _, err := b.store.Me(t.Context(), a)
	require.NoError(t, err)
	return user
}

// agent gives the next word about an agent's state.
func (c *client) agent(t *testing.T, a domain.Actor) domain.User {
	t.Helper()
	for {
		var d domain.AgentEventData
		require.NoError(t, json.Unmarshal(c.nextOf(t, "agent.status").Data, &d))
		if d.User.ID == a.User {
			return d.User
		}
	}
}

func TestTheFirstSocketConnectsAnAgentAndTheLastOneEndsIt(t *testing.T) {
	t.Parallel()
	b := setupWith(t, inTheLedger)
	ada := b.Agents[0]
	host, token := b.serve(t), b.as(t, ada)
	first := dial(t, streamAt(host), token)
	b.becomes(t, ada, true)
	second := dial(t, streamAt(host), token)
	second.next(t)
	first.hangUp()
	third := dial(t, streamAt(host), b.as(t, b.Agents[1]))
	b.becomes(t, b.Agents[1], true) // told after the first one's end, if that was told at all
	require.True(t, b.connected(t, ada), "one tab of two closed")
	second.hangUp()
	b.becomes(t, ada, false)
	require.True(t, b.connected(t, b.Agents[1]))
	third.hangUp()
	boss := dial(t, streamAt(host), b.as(t, b.Admin))
	boss.next(t)
	require.Zero(t, storetest.Value[int](t, b.Fixture, `select count(*)::int from presence where user_id = $1`, b.Admin.User),
		"who takes no chats has no presence")
}

func TestAnAgentWhoseConnectionIsLostIsGoneAfterTheGraceAndTheChatReturnsToTheFront(t *testing.T) {
	t.Parallel()
	b := setupWith(t, inTheLedger)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	host := b.serve(t)
	screen := dial(t, streamAt(host), b.as(t, ada))
	b.becomes(t, ada, true)
	screen.hangUp()
	b.becomes(t, ada, false)
	require.Equal(t, domain.Available, b.statusOf(t, ada).Status, "within the grace nothing happens")
	require.Equal(t, ada.User, b.ownerOf(t, id))

	later := b.arrive(t, "+12025550143")
	require.Equal(t, ada.User, b.ownerOf(t, later), "a reload must not cost an agent a chat")
	b.lapse()
	require.Eventually(t, func() bool { return b.statusOf(t, ada).Status == domain.Offline }, wait, 10*time.Millisecond)
	require.Equal(t, "connection lost", b.statusOf(t, ada).StatusReason)
	require.Empty(t, b.ownerOf(t, id))
	require.NotEmpty(t, b.lines(t, id), "everybody who reads the chat sees why")
	require.Zero(t, storetest.Value[int](t, b.Fixture, `select priority from waiting where chat_id = $1`, id), "it stands in front")

	b.available(t, b.Agents[1])
	require.Equal(t, b.Agents[1].User, b.ownerOf(t, id))
	b.available(t, ada)
	b.nobodyIsGone(t) // gone once is not gone for ever: without a socket nobody is looked after
	require.Equal(t, domain.Available, b.statusOf(t, ada).Status)
}

func TestAnAnsweredChatStaysWithAnAgentWhoIsGone(t *testing.T) {
	t.Parallel()
	b := setupWith(t, inTheLedger)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	got := b.call(t, "POST", chatPath(id)+"/messages", map[string]any{"client_id": "1", "text": "we are on it"}, b.as(t, ada))
	require.Equal(t, 201, got.StatusCode)
	screen := dial(t, streamAt(b.serve(t)), b.as(t, ada))
	b.becomes(t, ada, true)
	screen.hangUp()
	b.becomes(t, ada, false)
	b.lapse()
	require.Eventually(t, func() bool { return b.statusOf(t, ada).Status == domain.Offline }, wait, 10*time.Millisecond)
	require.Equal(t, ada.User, b.ownerOf(t, id), "it is the customer's turn")
}

func TestReconnectingWithinTheGraceKeepsEverything(t *testing.T) {
	t.Parallel()
	b := setupWith(t, inTheLedger)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	host, token := b.serve(t), b.as(t, ada)
	for range 3 {
		screen := dial(t, streamAt(host), token)
		b.becomes(t, ada, true)
		screen.hangUp()
		b.becomes(t, ada, false)
	}
	dial(t, streamAt(host), token)
	b.becomes(t, ada, true)
	require.Greater(t, storetest.Value[time.Time](t, b.Fixture, `select absent_at from presence where user_id = $1`, ada.User), time.Now())
	require.Equal(t, domain.Available, b.statusOf(t, ada).Status)
	require.Equal(t, ada.User, b.ownerOf(t, id))
	require.Empty(t, b.lines(t, id))
}

func TestASocketOnAnotherNodeKeepsAnAgentConnected(t *testing.T) {
	t.Parallel()
	b := setupWith(t, inTheLedger)
	ada := b.Agents[0]
	token := b.as(t, ada)
	elsewhere := dial(t, streamAt(another(t, b).serve(t)), token)
	elsewhere.next(t)
	b.becomes(t, ada, true)
	here := dial(t, streamAt(b.serve(t)), token)
	here.next(t)
	here.hangUp()
	// This node says that its last socket has closed; the other one, which hears of that, contradicts.
	var told time.Time
	for _, connected := range []bool{false, true} {
		for elsewhere.agent(t, ada).Connected != connected {
			// Other changes of her state may come between.
		}
		if !connected {
			told = time.Now()
		}
	}
	require.Less(t, time.Since(told), 5*time.Second, "it doesn't wait for its next regular word")
	require.True(t, b.connected(t, ada))
}

func TestAnAgentWhoOnlyUsesTheAPIIsNeverGone(t *testing.T) {
	t.Parallel()
	b := setupWith(t, inTheLedger)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	b.lapse()
	b.nobodyIsGone(t)
	require.Equal(t, domain.Available, b.statusOf(t, ada).Status)
	require.Equal(t, ada.User, b.ownerOf(t, id))
}
