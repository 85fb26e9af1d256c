package api_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func TestAWebhookShowsUpOnTheOwnersSocketAndOnNobodyElses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	ada, ben := b.Agents[0], b.Agents[1]
	b.chatOf(t, ada, "+12025550142")
	other := storetest.Account(t, b.store)
	mine := dial(t, streamAt(host), b.as(t, ada))
	colleague := dial(t, streamAt(host), b.as(t, ben))
	foreign := dial(t, streamAt(host), b.as(t, other.Agents[0]))
	for _, c := range []*client{mine, colleague, foreign} {
		require.Equal(t, "hello", c.next(t).Type)
	}
	got := b.webhook(t, b.smsPath(), b.twilioForm("SM00000000000000000000000000000001", "+12025550142", "where is my order?"))
	require.Equal(t, 200, got.StatusCode)
	f := mine.next(t)
	require.Equal(t, "message.created", f.Type)
	require.Equal(t, "where is my order?", f.message(t).Text)
	require.NotEmpty(t, f.Cursor)
	require.NotZero(t, f.ID)
	require.WithinDuration(t, time.Now(), f.At, time.Minute)

	// Something for everybody comes after it, so what hasn't come by then was not sent.
	b.status(t, ben, domain.OnBreak, "Lunch")
	require.Equal(t, "agent.status", colleague.next(t).Type)
	b.status(t, other.Agents[0], domain.OnBreak, "Lunch")
	require.Equal(t, "agent.status", foreign.next(t).Type)
}

func TestASocketNeedsASignInAndOurOwnPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	cookie := b.signIn(t, b.Agents[0])
	for name, try := range map[string]struct {
		with   []with
		status int
	}{
		"nobody":         {nil, 401},
		"wrong token":    {[]with{header("Authorization", "Bearer tdm_wrong")}, 401},
		"foreign page":   {[]with{cookie, header("Origin", "https://evil.test")}, 403},
		"our page":       {[]with{cookie, header("Origin", publicURL)}, 101},
		"same host":      {[]with{cookie, header("Origin", "http://"+host)}, 101},
		"no page at all": {[]with{cookie}, 101},
	} {
		_, status := tryDial(t, streamAt(host), try.with...)
		require.Equal(t, try.status, status, name)
	}
	_, status := tryDial(t, streamAt(host)+"?cursor=nonsense", cookie)
	require.Equal(t, 422, status)
}

func TestSigningOutClosesTheSessionsSockets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	ada := b.Agents[0]
	cookie, elsewhere := b.signIn(t, ada), b.signIn(t, ada)
	first, second := dial(t, streamAt(host), cookie), dial(t, streamAt(host), cookie)
	stays := dial(t, streamAt(host), elsewhere)
	for _, c := range []*client{first, second, stays} {
		c.next(t)
	}
	require.Equal(t, 204, b.call(t, "POST", "/api/v1/auth/logout", nil, cookie).StatusCode)
	require.Equal(t, 1008, first.closeCode(t))
	require.Equal(t, 1008, second.closeCode(t))
	b.status(t, ada, domain.Available, "")
	require.Equal(t, "agent.status", stays.next(t).Type)

	got := b.call(t, "PATCH", "/api/v1/settings/users/"+string(ada.User), map[string]any{"disabled": true}, b.as(t, b.Admin))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.Equal(t, 1008, stays.closeCode(t), "a disabled user's sockets close")
}

// seen collects event ids over several connections of one client.
type seen struct {
	mu     sync.Mutex
	ids    map[int64]bool
	cursor string
}

func (s *seen) add(f serverFrame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Cursor != "" {
		s.cursor = f.Cursor
	}
	if f.ID != 0 {
		s.ids[f.ID] = true
	}
}

func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

func TestAResumedSocketMissesNothingWhileOthersWrite(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	ada := b.Agents[0]
	b.chatOf(t, ada, "+12025550142")
	b.chatOf(t, ada, "+12025550143")
	token := b.as(t, ada)
	s := &seen{ids: map[int64]bool{}}
	c := dial(t, streamAt(host), token)
	s.add(c.next(t))
	begun := storetest.Value[int64](t, b.Fixture, `select coalesce(max(id), 0) from events`)

	const writers, each = 4, 60
	var all sync.WaitGroup
	var failures atomic.Int32
	for w := range writers {
		all.Go(func() {
			for range each {
				if _, err := b.store.ReceiveMessage(t.Context(), b.Inbound(fmt.Sprintf("+1202555014%d", 2+w%2), "x")); err != nil {
					failures.Add(1)
				}
			}
		})
	}
	// Transactions that take their place early and commit late: what a cursor by id alone would skip.
	all.Go(func() {
		for range 20 {
			slow, err := b.Pool.Begin(t.Context())
			if err != nil {
				failures.Add(1)
				return
			}
			_, err = slow.Exec(t.Context(), `insert into events (account_id, audience, type, data, at) values ($1, $2, 'chat.updated', '{}', now())`,
				b.Account, "user:"+string(ada.User))
			if err != nil {
				failures.Add(1)
			}
			before := s.count()
			for deadline := time.Now().Add(100 * time.Millisecond); s.count() < before+10 && time.Now().Before(deadline); {
				<-time.After(time.Millisecond)
			}
			if slow.Commit(t.Context()) != nil {
				failures.Add(1)
			}
		}
	})
	want := writers*each + 20
	for reconnects := 0; s.count() < want; {
		select {
		case f, open := <-c.frames:
			if open {
				s.add(f)
			}
			if !open || (s.count()%17 == 0 && reconnects < 30) {
				c.hangUp()
				reconnects++
				c = dial(t, streamAt(host)+"?cursor="+s.cursor, token)
			}
		case <-time.After(wait):
			require.FailNow(t, "events are missing", "%d of %d came", s.count(), want)
		}
	}
	all.Wait()
	require.Zero(t, failures.Load())
	require.Equal(t, want, storetest.Value[int](t, b.Fixture, `select count(*)::int from events where id > $1`, begun))
}

func TestAnEventThatCommitsLateIsNotBehindTheCursorOfAFasterOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	ada := b.Agents[0]
	b.chatOf(t, ada, "+12025550142")
	token := b.as(t, ada)
	c, witness := dial(t, streamAt(host), token), dial(t, streamAt(host), token)
	slow, err := b.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = slow.Exec(t.Context(), `insert into events (account_id, audience, type, data, at) values ($1, $2, 'chat.updated', '{}', now())`,
		b.Account, "user:"+string(ada.User))
	require.NoError(t, err)
	_, err = b.store.ReceiveMessage(t.Context(), b.Inbound("+12025550142", "faster"))
	require.NoError(t, err)
	cursor := c.nextOf(t, "message.created").Cursor // came although an earlier transaction still runs
	c.hangUp()
	require.NoError(t, slow.Commit(t.Context()))
	witness.nextOf(t, "chat.updated")
	again := dial(t, streamAt(host)+"?cursor="+cursor, token)
	again.nextOf(t, "chat.updated")
}

func TestANodeThatStartedLaterResumesFromTheLedger(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	b.chatOf(t, ada, "+12025550142")
	token := b.as(t, ada)
	c := dial(t, streamAt(b.serve(t)), token)
	cursor := c.next(t).Cursor
	for n := range 700 { // more than one page
		_, err := b.store.ReceiveMessage(t.Context(), b.Inbound("+12025550142", fmt.Sprint(n)))
		require.NoError(t, err)
	}
	later := another(t, b)
	again := dial(t, streamAt(later.serve(t))+"?cursor="+cursor, token)
	require.Equal(t, serverFrame{Type: "hello", Cursor: cursor}, again.next(t))
	texts := map[string]bool{}
	for len(texts) < 700 {
		texts[again.nextOf(t, "message.created").message(t).Text] = true
	}
}

// another is a second node on the same ledger, which hears of the first one's commits by the database only.
func another(t *testing.T, b *bundle) *bundle {
	t.Helper()
	bell := api.NewBell()
	s, err := store.Open(t.Context(), store.Options{DatabaseURL: storetest.URL(t, b.store), AccountConns: 4, SystemConns: 4, Ring: bell.Ring})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return node(t, b, s, bell)
}

func TestEventsOfOneNodeReachSocketsOfAnother(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	b.chatOf(t, ada, "+12025550142")
	c := dial(t, streamAt(another(t, b).serve(t)), b.as(t, ada))
	c.next(t)
	_, err := b.store.ReceiveMessage(t.Context(), b.Inbound("+12025550142", "over here"))
	require.NoError(t, err)
	for c.nextOf(t, "message.created").message(t).Text != "over here" {
		// The node began behind a transaction of another test, so the event before may come as well.
	}
}

func TestACursorThatIsTooOldOrOfAnotherDatabaseForcesARefetch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	b.chatOf(t, ada, "+12025550142")
	token := b.as(t, ada)
	require.Eventually(t, func() bool { // pruning waits for every transaction on the server, other tests' included
		require.NoError(t, b.store.Prune(t.Context(), time.Now().Add(time.Hour), time.Now().Add(-time.Hour)))
		return b.count(t, "events") == 0
	}, wait, 10*time.Millisecond)
	host := another(t, b).serve(t)
	for _, cursor := range []string{"1.1", "999999999.1"} {
		c := dial(t, streamAt(host)+"?cursor="+cursor, token)
		require.Equal(t, "resync", c.next(t).Type, cursor)
		hello := c.next(t)
		require.Equal(t, "hello", hello.Type)
		require.NotEqual(t, cursor, hello.Cursor)
		_, err := b.store.ReceiveMessage(t.Context(), b.Inbound("+12025550142", "after "+cursor))
		require.NoError(t, err)
		require.Equal(t, "after "+cursor, c.nextOf(t, "message.created").message(t).Text)
	}
}

func TestAThousandSocketsCloseAndReturnAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("opens 2,000 sockets")
	}
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	token := b.as(t, b.Agents[0])
	const sockets = 1000
	open := func(cursor string) []*client {
		out := make([]*client, sockets)
		var all sync.WaitGroup
		gate := make(chan struct{}, 100) // the machine's listen queue, not ours
		for n := range sockets {
			all.Go(func() {
				gate <- struct{}{}
				defer func() { <-gate }()
				c, status := tryDial(t, streamAt(host)+cursor, token)
				if status == http.StatusSwitchingProtocols {
					out[n] = c
				}
			})
		}
		all.Wait()
		for _, c := range out {
			require.NotNil(t, c, "a socket was refused")
		}
		return out
	}
	first := open("")
	cursor := first[0].next(t).Cursor
	for _, c := range first {
		c.hangUp()
	}
	b.status(t, b.Agents[0], domain.OnBreak, "Lunch")
	begun := time.Now()
	for _, c := range open("?cursor=" + cursor) {
		require.Equal(t, "hello", c.next(t).Type)
		require.Equal(t, "agent.status", c.next(t).Type)
	}
	t.Logf("1,000 sockets live again after %v", time.Since(begun))
	require.NotContains(t, b.log.String(), `"level":"ERROR"`)
}

func TestANewMemberOfAQueueGetsItsEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	eve := b.AddUser(t, "Eve", domain.RoleAgent)
	c := dial(t, streamAt(b.serve(t)), b.as(t, eve))
	c.next(t)
	_, err := b.store.ReceiveMessage(t.Context(), b.Inbound("+12025550142", "not for Eve yet"))
	require.NoError(t, err)
	users := []string{string(eve.User)}
	got := b.call(t, "PUT", "/api/v1/settings/queues/"+string(b.Queue)+"/members", map[string]any{"user_ids": users}, b.as(t, b.Admin))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.Equal(t, "agent.status", c.next(t).Type)
	require.Equal(t, "hello", c.nextOf(t, "hello").Type, "resync comes first")
	_, err = b.store.ReceiveMessage(t.Context(), b.Inbound("+12025550143", "for Eve"))
	require.NoError(t, err)
	require.Equal(t, "for Eve", c.nextOf(t, "message.created").message(t).Text)
}

func TestASupervisorWatchesAChatAndAnAgentOnlyWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	id := b.chatOf(t, b.Agents[0], "+12025550142")
	boss, colleague := dial(t, streamAt(host), b.as(t, b.Supervisor)), dial(t, streamAt(host), b.as(t, b.Agents[1]))
	watch := map[string]string{"type": "watch", "chat_id": string(id)}
	for _, c := range []*client{boss, colleague} {
		c.next(t)
		require.NoError(t, c.conn.WriteJSON(map[string]string{"type": "pong"}))
		require.NoError(t, c.conn.WriteJSON(map[string]string{"type": "watch", "chat_id": "nonsense"}))
		require.NoError(t, c.conn.WriteJSON(map[string]string{"type": "watch", "chat_id": uuid.NewString()}))
		require.NoError(t, c.conn.WriteJSON(watch))
	}
	require.Equal(t, serverFrame{Type: "watching", ChatID: string(id)}, boss.next(t))
	_, err := b.store.ReceiveMessage(t.Context(), b.Inbound("+12025550142", "secret"))
	require.NoError(t, err)
	require.Equal(t, "secret", boss.nextOf(t, "message.created").message(t).Text)
	b.status(t, b.Agents[1], domain.OnBreak, "")
	require.Equal(t, "agent.status", colleague.next(t).Type, "the colleague got nothing of the chat")
	require.NoError(t, boss.conn.WriteMessage(1, []byte("not JSON")))
	require.Equal(t, 1008, boss.closeCode(t))
}
