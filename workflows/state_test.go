package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/workflows"
)

func TestTransitions(t *testing.T) {
	t.Parallel()
	queued := workflows.ChatState{Phase: domain.PhaseQueued, AskAgainAt: start.Add(time.Minute)}
	gone := workflows.ChatState{Phase: domain.PhaseQueued, Left: true}
	active := workflows.ChatState{Phase: domain.PhaseActive, Owner: ada}
	customerLeft := workflows.ChatState{Phase: domain.PhaseCustomerLeft, Owner: ada}
	closed := workflows.ChatState{Phase: domain.PhaseClosed, Outcome: domain.OutcomeDisposed, Owner: ada}
	fact := func(kind domain.FactKind) domain.Fact {
		return domain.Fact{Seq: 1, Kind: kind, At: start, Agent: ben, AgentName: "Ben"}
	}
	for name, c := range map[string]struct {
		from     workflows.ChatState
		fact     domain.Fact
		phase    domain.Phase
		owner    domain.UserID
		left     bool
		askAtSet bool
	}{
		"queued, customer writes":          {queued, fact(domain.FactCustomerMessage), domain.PhaseQueued, "", false, true},
		"queued, assigned":                 {queued, fact(domain.FactAgentAssigned), domain.PhaseActive, ben, false, false},
		"queued, customer leaves":          {queued, fact(domain.FactCustomerLeft), domain.PhaseQueued, "", true, false},
		"queued and left, customer writes": {gone, fact(domain.FactCustomerMessage), domain.PhaseQueued, "", false, false},
		"queued and left, assigned":        {gone, fact(domain.FactAgentAssigned), domain.PhaseActive, ben, true, false},
		"active, customer writes":          {active, fact(domain.FactCustomerMessage), domain.PhaseActive, ada, false, false},
		"active, agent writes":             {active, fact(domain.FactAgentMessage), domain.PhaseActive, ada, false, false},
		"active, handed over":              {active, fact(domain.FactAgentAssigned), domain.PhaseActive, ben, false, false},
		"active, agent gone":               {active, fact(domain.FactAgentGone), domain.PhaseQueued, "", false, true},
		"active, customer leaves":          {active, fact(domain.FactCustomerLeft), domain.PhaseCustomerLeft, ada, false, false},
		"active, delivery failed":          {active, fact(domain.FactDeliveryFailed), domain.PhaseActive, ada, false, false},
		"active, closed elsewhere":         {active, fact(domain.FactChatClosed), domain.PhaseClosed, ada, false, false},
		"active, unknown kind":             {active, fact("HoldEnded"), domain.PhaseActive, ada, false, false},
		"left, customer writes":            {customerLeft, fact(domain.FactCustomerMessage), domain.PhaseActive, ada, false, false},
		"left, handed over":                {customerLeft, fact(domain.FactAgentAssigned), domain.PhaseCustomerLeft, ben, false, false},
		"closed, customer writes":          {closed, fact(domain.FactCustomerMessage), domain.PhaseClosed, ada, false, false},
		"closed, assigned":                 {closed, fact(domain.FactAgentAssigned), domain.PhaseClosed, ada, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.from.Apply(c.fact, start)
			require.Equal(t, c.phase, got.Phase)
			require.Equal(t, c.owner, got.Owner)
			require.Equal(t, c.left, got.Left)
			require.Equal(t, c.askAtSet, !got.AskAgainAt.IsZero())
			require.EqualValues(t, 1, got.LastSeq)
			require.Equal(t, got, got.Apply(c.fact, start.Add(time.Hour)), "a repeat changes nothing")
			require.Zero(t, c.from.LastSeq, "the state before is left alone")
		})
	}
}

func TestMessageForAProviderWaitsWithADeadline(t *testing.T) {
	t.Parallel()
	s := workflows.ChatState{Phase: domain.PhaseActive}.Apply(replied(1), start)
	require.Equal(t, []workflows.UnsentMessage{{Fact: replied(1), Deadline: start.Add(workflows.SendWithin)}}, s.Unsent)
	note := replied(2)
	note.Send = nil
	require.Len(t, s.Apply(note, start).Unsent, 1)
}

func TestRefuseClose(t *testing.T) {
	t.Parallel()
	active := workflows.ChatState{Phase: domain.PhaseActive, Owner: ada, OwnerName: "Ada", LastCustomerSeq: 7}
	for name, c := range map[string]struct {
		state   workflows.ChatState
		request workflows.CloseChatRequest
		reason  string
	}{
		"owner":                     {active, workflows.CloseChatRequest{Actor: ada}, ""},
		"owner who has read it all": {active, workflows.CloseChatRequest{Actor: ada, SeenSeq: 7}, ""},
		"owner who hasn't":          {active, workflows.CloseChatRequest{Actor: ada, SeenSeq: 6}, "customer_wrote"},
		"closed":                    {workflows.ChatState{Phase: domain.PhaseClosed, Owner: ada}, workflows.CloseChatRequest{Actor: ada}, "chat_closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.reason, domain.ReasonOf(c.state.RefuseClose(c.request)))
		})
	}
}

func TestChatWorkflowIDs(t *testing.T) {
	t.Parallel()
	id := workflows.ChatWorkflowID(account, chatID)
	require.Equal(t, "chat:acme:"+string(chatID), id)
	a, c, ok := workflows.ParseChatWorkflowID(id)
	require.True(t, ok)
	require.Equal(t, account, a)
	require.Equal(t, chatID, c)
	for _, other := range []string{"", "sweep", "chat:", "chat:acme", "chat::x", "chat:acme:", "chat:a:b:c", "bulk:acme:1"} {
		_, _, ok := workflows.ParseChatWorkflowID(other)
		require.False(t, ok, other)
	}
}
