package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
)

func TestCardShowsWhatAnOperatorAsks(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 25, 10, 2, 3, 0, time.UTC)
	s := ChatState{
		Phase: domain.PhaseActive, OwnerName: "Ada | Agent", QueueName: "Support", ChannelKey: "demo-sms", Why: "longest idle",
		QueuedAt: at, URL: "http://console.test/chats/1", CustomerMessages: 2,
	}.Apply(domain.Fact{
		Seq: 3, Kind: domain.FactAgentMessage, At: at, AgentName: "Ada",
		Send: &domain.SendHint{Provider: "twilio", ChannelType: domain.ChannelSMS},
	}, at)
	card := s.card()
	for _, want := range []string{
		"### With Ada | Agent", "| Agent | Ada \\| Agent |", "| Why | longest idle |", "| In line since | 2026-11-25 10:02:03 UTC |",
		"[Open the chat in the console](http://console.test/chats/1)", "- 10:02:03 Ada wrote (#3)", "| To send | 1, the first until 10:12:03 |",
	} {
		require.Contains(t, card, want)
	}
}

func TestSearchAttributesChangeOnTransitionsOnly(t *testing.T) {
	t.Parallel()
	s := ChatState{Phase: domain.PhaseQueued, QueueName: "Support"}
	updates, shown := s.changes("acme", shownAttributes{})
	require.Len(t, updates, 6)
	s = s.Apply(domain.Fact{Seq: 1, Kind: domain.FactCustomerMessage}, time.Time{})
	updates, shown = s.changes("acme", shown)
	require.Empty(t, updates)
	updates, _ = s.assigned("u1", "Ada", "").changes("acme", shown)
	require.Len(t, updates, 3, "phase, queue, agent")
}

func TestAskAgainIsSpreadAndReplayable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	seen := map[time.Duration]bool{}
	for i := range 200 {
		s := ChatState{Asked: i}
		wait := s.askAgain("chat:acme:1", now).AskAgainAt.Sub(now)
		require.Equal(t, wait, s.askAgain("chat:acme:1", now).AskAgainAt.Sub(now))
		require.GreaterOrEqual(t, wait, 15*time.Second)
		require.Less(t, wait, 30*time.Second)
		seen[wait.Truncate(time.Second)] = true
	}
	require.Len(t, seen, 15)
}

func TestTimelineIsBounded(t *testing.T) {
	t.Parallel()
	s := ChatState{Phase: domain.PhaseActive}
	for seq := range int64(200) {
		s = s.Apply(domain.Fact{Seq: seq + 1, Kind: domain.FactCustomerMessage}, time.Time{})
	}
	require.Len(t, s.Timeline, timelineLines)
	require.EqualValues(t, 200, s.Timeline[timelineLines-1].Seq)
}
