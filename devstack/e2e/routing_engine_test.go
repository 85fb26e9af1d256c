package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"

	"tandem/devstack/e2e"
	"tandem/domain"
)

// TestRoutingOnARealEngine tells the stories of clocks on the real engine, one after the other, in seconds instead of
// minutes.
func TestRoutingOnARealEngine(t *testing.T) {
	t.Parallel()
	e := newEngineRoom(t)
	for _, story := range []struct {
		name string
		tell func(*testing.T, *engineRoom)
	}{
		{"a chain to its end", fallen},
		{"offered, missed, accepted", offered},
		{"handed on, held, resumed", handedOn},
		{"silent and wrapped up", silent},
	} {
		t.Run(story.name, func(t *testing.T) { story.tell(t, e) })
	}
}

// policy replaces the rules of Support.
func (e *engineRoom) policy(t *testing.T, policy map[string]any) {
	t.Helper()
	setPolicy(t, e.in, policy)
}

func setPolicy(t *testing.T, in *e2e.Instance, policy map[string]any) {
	t.Helper()
	admin := in.SignIn(t, "admin@demo.test")
	answer := admin.Send(t, http.MethodPut, "/api/v1/settings/queues/"+string(queueOf(t, in, "Support"))+"/policy", policy)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
}

func queueOf(t *testing.T, in *e2e.Instance, name string) domain.QueueID {
	t.Helper()
	for _, q := range e2e.Get[domain.Page[domain.Queue]](t, in.SignIn(t, "admin@demo.test"), "/api/v1/settings/queues").Items {
		if q.Name == name {
			return q.ID
		}
	}
	require.FailNow(t, "no such queue", name)
	return ""
}

// act sends a command about a chat.
func act(t *testing.T, p *e2e.Person, chat domain.ChatID, command string, body any) domain.ChatView {
	t.Helper()
	answer := p.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/"+command, body)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	var view domain.ChatView
	answer.Into(t, &view)
	return view
}

// waitingOf finds the waiting chat of an address.
func waitingOf(t *testing.T, in *e2e.Instance, address string) domain.ChatID {
	t.Helper()
	supervisor := in.SignIn(t, "supervisor@demo.test")
	var found domain.ChatID
	require.Eventually(t, func() bool {
		for _, chat := range e2e.Get[domain.Page[domain.ChatView]](t, supervisor, "/api/v1/chats?view=waiting").Items {
			if chat.Customer.Address == address {
				found = chat.ID
			}
		}
		return found != ""
	}, e2e.Patience, 50*time.Millisecond)
	return found
}

type object = map[string]any

func fallen(t *testing.T, e *engineRoom) {
	const number = "+12025550141"
	var called atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Add(1) }))
	t.Cleanup(hook.Close)
	e.policy(t, object{"fallback": []object{
		{"after_seconds": 2, "action": "text", "text": "All of us are busy."},
		{"after_seconds": 4, "action": "notify", "url": hook.URL},
		{"after_seconds": 10, "action": "callback", "text": "We call you back.", "callback_minutes": 30},
	}})
	e.in.Text(t, number, "hello")
	chat := waitingOf(t, e.in, number)
	require.Eventually(t, func() bool { // operators see what comes next
		list, err := e.plain.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: "default", Query: "ChatDeadlineAt > '2020-01-01T00:00:00Z' AND ChatQueue = 'Support'",
		})
		return err == nil && len(list.GetExecutions()) == 1
	}, e2e.Patience, 20*time.Millisecond)
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	e.in.AwaitSent(t, number, "All of us are busy.", "We call you back.")
	require.Zero(t, called.Load(), "an address on this machine isn't called unless that is configured")
	h := e.history(t, workflowOf(chat), "", "fallback")
	require.GreaterOrEqual(t, count(h, enums.EVENT_TYPE_TIMER_FIRED), 3)
}

func offered(t *testing.T, e *engineRoom) {
	const number = "+12025550142"
	e.policy(t, object{"offer_seconds": 5})
	ben := e.in.SignIn(t, "agent2@demo.test")
	e.agent.SetStatus(t, "available")
	e.in.Text(t, number, "hello")
	chat := waitingOf(t, e.in, number)
	ben.SetStatus(t, "available")
	require.Eventually(t, func() bool { // Ada lets it pass
		view := e2e.Get[domain.ChatView](t, e.in.SignIn(t, "supervisor@demo.test"), "/api/v1/chats/"+string(chat))
		return view.Offer != nil && view.Offer.Agent.Name == "Ben Agent"
	}, 2*e2e.Patience, 100*time.Millisecond)
	require.Equal(t, "Ben Agent", act(t, ben, chat, "accept", nil).Owner.Name)
	ben.Reply(t, chat, "r1", "here I am")
	e.in.AwaitSent(t, number, "here I am")
	dispose(t, ben, chat)
	ben.SetStatus(t, "offline")
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	h := e.history(t, workflowOf(chat), "", "offered")
	require.GreaterOrEqual(t, count(h, enums.EVENT_TYPE_TIMER_FIRED), 1)
}

func handedOn(t *testing.T, e *engineRoom) {
	const number = "+12025550143"
	e.policy(t, object{})
	e.agent.SetStatus(t, "available")
	ben := e.in.SignIn(t, "agent2@demo.test")
	ben.SetStatus(t, "available")
	me := e2e.Get[struct{ User domain.User }](t, ben, "/api/v1/me").User.ID
	e.in.Text(t, number, "hello")
	owner, other, to := e.agent, ben, me
	var chat domain.ChatID
	require.Eventually(t, func() bool {
		for _, p := range []*e2e.Person{e.agent, ben} {
			for _, c := range p.Mine(t) {
				if c.Customer.Address == number {
					chat = c.ID
					if p == ben {
						owner, other = ben, e.agent
						to = e2e.Get[struct{ User domain.User }](t, e.agent, "/api/v1/me").User.ID
					}
				}
			}
		}
		return chat != ""
	}, e2e.Patience, 50*time.Millisecond)
	act(t, owner, chat, "transfer", object{"user_id": to, "mode": "accept", "note": "knows the order"})
	act(t, other, chat, "accept", nil)
	act(t, other, chat, "hold", object{"seconds": 3})
	require.Eventually(t, func() bool {
		return e2e.Get[domain.ChatView](t, other, "/api/v1/chats/"+string(chat)).HeldUntil == nil
	}, e2e.Patience, 50*time.Millisecond)
	dispose(t, other, chat)
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	e.history(t, workflowOf(chat), "", "handed_on")
	ben.SetStatus(t, "offline")
}

func silent(t *testing.T, e *engineRoom) {
	const number = "+12025550144"
	choices := e2e.Get[domain.Page[domain.Disposition]](t, e.in.SignIn(t, "admin@demo.test"), "/api/v1/settings/dispositions").Items
	require.NotEmpty(t, choices)
	e.policy(t, object{
		"silence": []object{
			{"after_seconds": 2, "action": "warn", "text": "Are you still there?"}, {"after_seconds": 4, "action": "end", "text": "Goodbye."},
		},
		"wrap_up": object{"seconds": 10, "disposition": choices[0].ID},
	})
	e.agent.SetStatus(t, "available")
	chat := e.open(t, number)
	e.agent.Reply(t, chat, "r1", "What is it about?")
	e.in.Text(t, number, "wait")
	e.agent.Reply(t, chat, "r2", "Take your time.")
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	e.in.AwaitSent(t, number, "What is it about?", "Take your time.", "Are you still there?", "Goodbye.")
	view := e2e.Get[domain.ChatView](t, e.agent, "/api/v1/chats/"+string(chat))
	require.Equal(t, choices[0].Name, view.Disposition.Name)
	e.history(t, workflowOf(chat), "", "silent")
}
