package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func setup(t *testing.T, opts ...storetest.Option) (*store.Store, storetest.Fixture) {
	t.Helper()
	s := storetest.New(t, opts...)
	return s, storetest.Account(t, s)
}

// phone gives the nth customer's number.
func phone(n int) string { return fmt.Sprintf("+1202555%04d", n) }

func available(t *testing.T, s *store.Store, a domain.Actor) {
	t.Helper()
	_, err := s.SetStatus(t.Context(), a, a.User, domain.StatusChange{Status: domain.Available})
	require.NoError(t, err)
}

func offline(t *testing.T, s *store.Store, a domain.Actor) {
	t.Helper()
	_, err := s.SetStatus(t.Context(), a, a.User, domain.StatusChange{Status: domain.Offline})
	require.NoError(t, err)
}

func onBreak(t *testing.T, s *store.Store, a domain.Actor) {
	t.Helper()
	_, err := s.SetStatus(t.Context(), a, a.User, domain.StatusChange{Status: domain.OnBreak, Reason: "Break"})
	require.NoError(t, err)
}

// chatInLine gives a chat that waits for an agent.
func chatInLine(t *testing.T, s *store.Store, f storetest.Fixture, from string) domain.ChatID {
	t.Helper()
	got, err := s.ReceiveMessage(t.Context(), f.Inbound(from, "hello"))
	require.NoError(t, err)
	require.True(t, got.NewChat)
	return got.Chat
}

// chatOwnedBy gives an active SMS chat of the agent, who is offline again.
func chatOwnedBy(t *testing.T, s *store.Store, f storetest.Fixture, a domain.Actor, from string) domain.ChatID {
	t.Helper()
	id := chatInLine(t, s, f, from)
	available(t, s, a)
	offline(t, s, a)
	require.Equal(t, a.User, chatView(t, s, f, id).Owner.ID)
	return id
}

// visitorIn gives a visitor of the fixture's web chat who has written once, and their chat.
func visitorIn(t *testing.T, s *store.Store, f storetest.Fixture) (domain.Visitor, domain.ChatID, string) {
	t.Helper()
	address := uuid.NewString()
	v, err := s.EnsureVisitor(t.Context(), f.Webchat, address, "")
	require.NoError(t, err)
	got, err := s.ReceiveMessage(t.Context(), fromVisitor(f, v, address, "c1", "hello from the web"))
	require.NoError(t, err)
	return v, got.Chat, address
}

func fromVisitor(f storetest.Fixture, v domain.Visitor, address, clientID, text string) domain.Inbound {
	in := f.Inbound(address, text)
	in.Channel, in.ProviderID = f.Webchat, "visitor:"+string(v.Identity)+":"+clientID
	return in
}

func chatView(t *testing.T, s *store.Store, f storetest.Fixture, id domain.ChatID) domain.ChatView {
	t.Helper()
	v, err := s.Chat(t.Context(), f.Supervisor, id)
	require.NoError(t, err)
	return v
}

func reply(t *testing.T, s *store.Store, a domain.Actor, chat domain.ChatID, text string) domain.Message {
	t.Helper()
	m, created, err := s.PostMessage(t.Context(), a, chat, domain.NewMessage{ClientID: uuid.NewString(), Text: text})
	require.NoError(t, err)
	require.True(t, created)
	return m
}

func disposed(f storetest.Fixture, chat domain.ChatID, seq int64) domain.CloseRequest {
	return domain.CloseRequest{Account: f.Account, Chat: chat, ExpectSeq: seq, Outcome: domain.OutcomeDisposed, Disposition: f.Disposition}
}

func closeChat(t *testing.T, s *store.Store, f storetest.Fixture, chat domain.ChatID) domain.CloseResult {
	t.Helper()
	result, err := s.CloseChat(t.Context(), disposed(f, chat, chatView(t, s, f, chat).LastSeq))
	require.NoError(t, err)
	require.True(t, result.Closed)
	return result
}

func report(f storetest.Fixture, m domain.MessageID, providerID string, status domain.Status) domain.DeliveryReport {
	r := domain.DeliveryReport{
		Channel: f.Channel, MessageID: m, ProviderID: providerID, Status: status, RawStatus: string(status), At: time.Now(),
	}
	if status == domain.StatusFailed {
		r.Error = &domain.MessageError{Code: "30006", Text: "Not a mobile number."}
	}
	return r
}

func requireReason(t *testing.T, err error, code domain.Code, reason string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, domain.CodeOf(err), "%v", err)
	require.Equal(t, reason, domain.ReasonOf(err), "%v", err)
}
