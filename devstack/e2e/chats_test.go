package e2e_test

import (
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/devstack/e2e"
	"tandem/domain"
)

// agentOn signs in agent1 of the demo and makes them the only one who is available.
func agentOn(t *testing.T, in *e2e.Instance) *e2e.Person {
	t.Helper()
	agent := in.SignIn(t, "agent1@demo.test")
	agent.SetStatus(t, "available")
	return agent
}

// chatOf waits until the agent owns a chat with that customer's address.
func chatOf(t *testing.T, agent *e2e.Person, address string) domain.ChatView {
	t.Helper()
	var found domain.ChatView
	require.Eventually(t, func() bool {
		for _, chat := range agent.Mine(t) {
			if chat.Customer.Address == address {
				found = chat
				return true
			}
		}
		return false
	}, e2e.Patience, 20*time.Millisecond)
	return found
}

func texts(messages []domain.Message, side domain.Side) []string {
	var list []string
	for _, m := range messages {
		if m.Side == side {
			list = append(list, m.Text)
		}
	}
	return list
}

func awaitPhase(t *testing.T, agent *e2e.Person, chat domain.ChatID, phase domain.Phase) domain.ChatView {
	t.Helper()
	var view domain.ChatView
	require.Eventually(t, func() bool {
		view = e2e.Get[domain.ChatView](t, agent, "/api/v1/chats/"+string(chat))
		return view.Phase == phase
	}, e2e.Patience, 20*time.Millisecond)
	return view
}

func dispose(t *testing.T, agent *e2e.Person, chat domain.ChatID) {
	t.Helper()
	choices := e2e.Get[domain.Page[domain.Disposition]](t, agent, "/api/v1/dispositions?chat_id="+string(chat)).Items
	require.NotEmpty(t, choices)
	answer := agent.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/dispose",
		map[string]string{"disposition_id": string(choices[0].ID), "note": "all is well"})
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	view := awaitPhase(t, agent, chat, domain.PhaseClosed)
	require.Equal(t, choices[0].Name, view.Disposition.Name)
}

func TestTextIsShownAnsweredAndDisposed(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	const customer = "+12025550123"
	agent := agentOn(t, in)
	screen := agent.Watch(t, "")

	form := e2e.SMS(e2e.NewSID(), customer, "Where is my order?")
	for range 2 { // the provider repeats a webhook
		answer := in.Deliver(t, form)
		require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
		require.Contains(t, string(answer.Body), "<Response/>")
	}
	shown := screen.AwaitText(t, "Where is my order?")
	require.Equal(t, domain.SideCustomer, shown.Side)
	chat := chatOf(t, agent, customer)
	require.Equal(t, []string{"Where is my order?"}, texts(agent.Messages(t, chat.ID), domain.SideCustomer))

	agent.Reply(t, chat.ID, "reply-1", "It left yesterday.")
	in.AwaitSent(t, customer, "It left yesterday.")
	screen.Await(t, func(f e2e.Frame) bool {
		return f.Type == string(domain.EventMessageUpdated) && f.Message(t).Status == domain.StatusDelivered
	})
	in.AwaitSignals(t, chat.ID, "CustomerMessage", 1)
	dispose(t, agent, chat.ID)

	in.Text(t, customer, "One more thing")
	next := chatOf(t, agent, customer)
	require.NotEqual(t, chat.ID, next.ID, "a message after the end opens a new chat")
}

func TestWidgetChatEndsByTheCustomer(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	agent := agentOn(t, in)
	screen := agent.Watch(t, "")
	visitor := in.OpenWidget(t)
	visitor.Write(t, "v-1", "Hello from the web")
	chat := screen.AwaitText(t, "Hello from the web").ChatID
	require.Eventually(t, func() bool { return len(agent.Mine(t)) == 1 }, e2e.Patience, 20*time.Millisecond)
	agent.Reply(t, chat, "r-1", "Hello!")
	visitor.End(t)
	awaitPhase(t, agent, chat, domain.PhaseCustomerLeft)
	require.Len(t, agent.Mine(t), 1, "the agent keeps the chat until it is disposed")
	dispose(t, agent, chat)
	require.Empty(t, agent.Mine(t))
}

func TestKillInTheMiddleOfAChatLosesNothing(t *testing.T) {
	t.Parallel()
	const customer = "+12025550124"
	first := e2e.Start(t, e2e.Options{})
	agent := agentOn(t, first)
	var sent []string
	for i := range 10 {
		text := "question " + strconv.Itoa(i)
		first.Text(t, customer, text)
		sent = append(sent, text)
	}
	chat := chatOf(t, agent, customer)
	var replied []string
	for i := range 5 {
		text := "answer " + strconv.Itoa(i)
		agent.Reply(t, chat.ID, "reply-"+strconv.Itoa(i), text)
		replied = append(replied, text)
	}
	// Without waiting for the sends: some are queued, some are on their way, some are done.
	first.Kill()

	second := e2e.Start(t, e2e.Options{DataDir: first.DataDir})
	agent = second.SignIn(t, "agent1@demo.test")
	mine := agent.Mine(t)
	require.Len(t, mine, 1)
	require.Equal(t, chat.ID, mine[0].ID)
	require.Equal(t, sent, texts(agent.Messages(t, chat.ID), domain.SideCustomer))
	require.Equal(t, replied, texts(agent.Messages(t, chat.ID), domain.SideAgent))
	second.AwaitSent(t, customer, replied...)
	second.Text(t, customer, "still there?")
	require.Eventually(t, func() bool {
		return len(texts(agent.Messages(t, chat.ID), domain.SideCustomer)) == len(sent)+1
	}, e2e.Patience, 20*time.Millisecond)
	second.AwaitSent(t, customer, replied...)
	agent.SetStatus(t, "available")
	dispose(t, agent, chat.ID)
}

func TestMessagesArriveWhileTheEngineIsDown(t *testing.T) {
	t.Parallel()
	for name, bring := range map[string]struct{ down, back func(*testing.T, int) }{
		"frozen": {
			down: func(t *testing.T, pid int) { require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP)) },
			back: func(t *testing.T, pid int) { require.NoError(t, syscall.Kill(pid, syscall.SIGCONT)) },
		},
		"killed": {
			down: func(t *testing.T, pid int) { require.NoError(t, syscall.Kill(pid, syscall.SIGKILL)) },
			back: func(*testing.T, int) {}, // comes back by itself
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const customer = "+12025550125"
			in := e2e.Start(t, e2e.Options{})
			agent := agentOn(t, in)
			screen := agent.Watch(t, "")
			in.Text(t, customer, "before")
			chat := chatOf(t, agent, customer)
			in.AwaitSignals(t, chat.ID, "CustomerMessage", 1)

			engine := in.Engine()
			bring.down(t, engine)
			began := time.Now()
			in.Text(t, customer, "during")
			screen.AwaitText(t, "during")
			require.Less(t, time.Since(began), 5*time.Second, "the webhook does not wait for the engine")
			bring.back(t, engine)

			in.AwaitSignals(t, chat.ID, "CustomerMessage", 2)
			in.Text(t, customer, "after")
			screen.AwaitText(t, "after")
			dispose(t, agent, chat.ID)
		})
	}
}
