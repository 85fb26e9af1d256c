package store_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func TestTwoHundredParallelFirstMessagesOpenOneChat(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	const n = 200
	received := make([]domain.Received, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { received[i], errs[i] = s.ReceiveMessage(t.Context(), f.Inbound("+12025550142", "hello")) })
	}
	wg.Wait()
	opened := 0
	for i := range n {
		require.NoError(t, errs[i])
		require.False(t, received[i].Duplicate)
		require.Equal(t, received[0].Chat, received[i].Chat)
		if received[i].NewChat {
			opened++
		}
	}
	require.Equal(t, 1, opened)
	for sql, want := range map[string]int{
		`select count(*) from identities`:                                                    1,
		`select count(*) from customers`:                                                     1,
		`select count(*) from chats`:                                                         1,
		`select count(*) from waiting`:                                                       1,
		`select count(*) from messages`:                                                      n,
		`select min(seq) from messages`:                                                      1,
		`select max(seq) from messages`:                                                      n,
		`select count(distinct seq) from messages`:                                           n,
		`select last_seq from chats`:                                                         n,
		`select unread from chats`:                                                           n,
		`select count(distinct seq) from outbox where fact->>'seq' = seq::text`:              n,
		`select count(*) from events where type = 'message.created'`:                         n,
		`select count(*) from events where type = 'chat.queued'`:                             1,
		`select count(*) from events where audience not like 'queue:%'`:                      0,
		`select count(*) from outbox where not urgent or fact->>'kind' <> 'CustomerMessage'`: 0,
	} {
		require.Equal(t, want, storetest.Value[int](t, f, sql), sql)
	}
}

func TestParallelFirstMessagesOfManyCustomersOpenAChatEach(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	var wg sync.WaitGroup
	var failed atomic.Int32
	for i := range 100 {
		wg.Go(func() {
			if _, err := s.ReceiveMessage(t.Context(), f.Inbound(phone(i%20), "hello")); err != nil {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	require.Zero(t, failed.Load())
	require.Equal(t, 20, storetest.Value[int](t, f, `select count(*) from chats where last_seq = 5`))
}

func TestARepeatedProviderIDIsStoredOnce(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	in := f.Inbound("+12025550142", "once")
	first, err := s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	again, err := s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, domain.Received{Chat: first.Chat, Message: first.Message, Duplicate: true}, again)
	require.Equal(t, 1, storetest.Value[int](t, f, `select last_seq from chats`))

	closeChat(t, s, f, first.Chat)
	again, err = s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, domain.Received{Chat: first.Chat, Message: first.Message, Duplicate: true}, again, "after the chat was closed")
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from chats`))
}

func TestParallelRepeatsAreStoredOnceWhoeverSendsThem(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	in := f.Inbound("+12025550142", "once")
	var wg sync.WaitGroup
	var stored, failed atomic.Int32
	for i := range 60 {
		wg.Go(func() {
			mine := in
			mine.Address = phone(i % 3) // a provider that tells one message as of several senders must not double it either
			got, err := s.ReceiveMessage(t.Context(), mine)
			switch {
			case err != nil:
				failed.Add(1)
			case !got.Duplicate:
				stored.Add(1)
			}
		})
	}
	wg.Wait()
	require.Zero(t, failed.Load())
	require.EqualValues(t, 1, stored.Load())
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from messages`))
	require.Equal(t, 1, storetest.Value[int](t, f, `select count(*) from chats`))
}

func TestAMessageOnAnOwnedChatReachesTheOwnerLazily(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []domain.ChatFacts
	rings := 0
	s, f := setup(t, func(o *store.Options) {
		o.OnFacts = func(facts domain.ChatFacts) { mu.Lock(); defer mu.Unlock(); told = append(told, facts) }
		o.Ring = func() { mu.Lock(); defer mu.Unlock(); rings++ }
	})
	chat := chatOwnedBy(t, s, f, f.Agents[0], "+12025550142")
	mu.Lock()
	told, rings = nil, 0
	mu.Unlock()
	in := f.Inbound("+12025550142", "second")
	in.Name = "Maria"
	got, err := s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, chat, got.Chat)
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 1, rings)
	require.Len(t, told, 1)
	require.Len(t, told[0].Facts, 1)
	fact := told[0].Facts[0]
	require.False(t, fact.Urgent)
	require.Equal(t, domain.FactCustomerMessage, fact.Fact.Kind)
	require.EqualValues(t, 3, fact.Fact.Seq, "after the first message and the assignment")
	require.Equal(t, fact.OutboxID, storetest.Value[int64](t, f, `select id from outbox where seq = 3`))
	require.Equal(t, 1, storetest.Value[int](t, f,
		`select count(*) from events where type = 'message.created' and audience = $1 and data->'message'->>'text' = 'second'
		 and data->'chat'->>'unread' = '2' and data->'chat'->'customer'->>'name' = 'Maria'`, "user:"+string(f.Agents[0].User)))
	require.Equal(t, "Maria", chatView(t, s, f, chat).Customer.Name)
}

func TestTextThatPostgreSQLCannotHoldIsStoredVisibly(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	in := f.Inbound("+12025550142", "a\x00b\xffc")
	in.Raw = []byte{0, 0xff}
	got, err := s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	page, err := s.Messages(t.Context(), f.Supervisor, got.Chat, domain.MessageQuery{})
	require.NoError(t, err)
	require.Equal(t, "a\uFFFDb\uFFFDc", page.Items[0].Text)
	require.Equal(t, []byte{0, 0xff}, storetest.Value[[]byte](t, f, `select raw from messages`))
}

func TestAMessageWithoutIDOrSenderIsRefused(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	in := f.Inbound("", "x")
	_, err := s.ReceiveMessage(t.Context(), in)
	requireReason(t, err, domain.CodeInvalid, "invalid")
	in = f.Inbound("+12025550142", "x")
	in.ProviderID = ""
	_, err = s.ReceiveMessage(t.Context(), in)
	requireReason(t, err, domain.CodeInvalid, "invalid")
	require.Zero(t, storetest.Value[int](t, f, `select count(*) from chats`))
}

func TestNoMessageIsLostBetweenAChatAndItsClosing(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	const senders, closings = 4, 8
	var wg sync.WaitGroup
	var stored, failed atomic.Int32
	done := make(chan struct{})
	for range senders {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, err := s.ReceiveMessage(t.Context(), f.Inbound("+12025550142", "race")); err != nil {
					failed.Add(1)
					return
				}
				stored.Add(1)
			}
		})
	}
	closed := map[domain.ChatID]int64{}
	for range closings {
		r := closeWhileWritten(t, s, f)
		closed[r.Chat] = r.ExpectSeq
	}
	close(done)
	wg.Wait()
	for chat, seq := range closed {
		require.Equal(t, seq, chatView(t, s, f, chat).LastSeq, "a chat holds what its workflow had read when it closed, and nothing else")
	}
	require.Zero(t, failed.Load())
	require.EqualValues(t, stored.Load(), storetest.Value[int](t, f, `select count(*) from messages`))
	require.Zero(t, storetest.Value[int](t, f, `select count(*) from chats c where last_seq <> (select count(*) from messages m where m.chat_id = c.id)`))
	require.Equal(t, closings, storetest.Value[int](t, f, `select count(*) from chats where phase = 'closed'`))
}

// closeWhileWritten closes the open chat as its workflow does: when something newer came it reads on and tries again.
func closeWhileWritten(t *testing.T, s *store.Store, f storetest.Fixture) domain.CloseRequest {
	t.Helper()
	var r domain.CloseRequest
	require.Eventually(t, func() bool {
		page, err := s.Chats(t.Context(), f.Supervisor, domain.ChatFilter{View: domain.ViewWaiting})
		if err != nil || len(page.Items) == 0 {
			return false
		}
		r = disposed(f, page.Items[0].ID, page.Items[0].LastSeq)
		return true
	}, time.Minute, time.Millisecond)
	for {
		got, err := s.CloseChat(t.Context(), r)
		require.NoError(t, err)
		if got.Closed {
			return r
		}
		require.True(t, got.Newer)
		r.ExpectSeq = got.LastSeq
	}
}

func TestChannelByKeyFindsAnyAccountsChannelWithItsCredentials(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	ch, err := s.ChannelByKey(t.Context(), f.Channel.Key)
	require.NoError(t, err)
	require.Equal(t, f.Channel, ch)
	for _, key := range []string{"nobody", "", strings.Repeat("x", 1000), "a\x00b"} {
		_, err = s.ChannelByKey(t.Context(), key)
		requireReason(t, err, domain.CodeNotFound, "unknown_channel")
	}
}

func TestTimesLeaveTheStoreInUTC(t *testing.T) {
	t.Parallel()
	s, f := setup(t)
	in := f.Inbound("+12025550142", "x")
	in.ReceivedAt = time.Date(2026, 7, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	got, err := s.ReceiveMessage(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 7, 1, 11, 0, 0, 123000000, time.UTC), chatView(t, s, f, got.Chat).LastMessage.At)
}
