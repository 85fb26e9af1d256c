package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/devstack/e2e"
	"tandem/domain"
	"tandem/routing"
)

// setTypes changes which channels an agent takes chats of; none named means all.
func setTypes(t *testing.T, in *e2e.Instance, agent domain.UserID, types ...domain.ChannelType) {
	t.Helper()
	answer := in.SignIn(t, "admin@demo.test").Send(t, http.MethodPatch, "/api/v1/settings/users/"+string(agent),
		object{"channel_types": append([]domain.ChannelType{}, types...)})
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
}

// lostConnection: whoever was answered stays, whoever wasn't goes to the front of the line, before those who came earlier.
func lostConnection(t *testing.T, s *team) {
	const answered, unanswered = "+12025550167", "+12025550168"
	setRules(t, s.in, func(r *routing.Settings) { r.Presence.GraceSeconds = 10 })
	setTypes(t, s.in, s.adaID, domain.ChannelSMS)
	s.in.OpenWidget(t).Write(t, "v1", "hello") // has come first, and nobody is there for web chats
	var line []domain.ChatView
	require.Eventually(t, func() bool {
		line = s.sam.Line(t)
		return len(line) == 1
	}, e2e.Patience, 50*time.Millisecond)
	waits := line[0].ID
	screen := s.ada.Watch(t, "")
	s.ada.SetStatus(t, "available")
	stays, returns := s.open(t, answered), s.open(t, unanswered)
	s.ada.Reply(t, stays, "r1", "I look it up")

	screen.Close(t)
	require.Eventually(t, func() bool {
		return s.sam.Chat(t, returns).Phase == domain.PhaseQueued
	}, 3*e2e.Patience, 100*time.Millisecond)
	require.Equal(t, []domain.ChatID{returns, waits}, ids(s.sam.Line(t)))
	require.Equal(t, "Ada Agent", s.sam.Chat(t, stays).Owner.Name)
	me := s.ada.Me(t)
	require.Equal(t, domain.Offline, me.Status)
	require.NotEmpty(t, me.StatusReason)
	requireLine(t, s.sam, returns, "Ada Agent")
	requireStory(t, s.sam, returns, domain.StoryAssigned, domain.StoryAgentGone)

	s.ada.Watch(t, "")
	s.ada.SetStatus(t, "available")
	require.Equal(t, returns, chatOf(t, s.ada, unanswered).ID)
	require.Equal(t, []domain.ChatID{waits}, ids(s.sam.Line(t)))
	setTypes(t, s.in, s.adaID)
	require.Eventually(t, func() bool { return len(s.ada.Mine(t)) == 3 }, e2e.Patience, 50*time.Millisecond)
	for _, chat := range []domain.ChatID{waits, returns, stays} {
		dispose(t, s.ada, chat)
	}
}
