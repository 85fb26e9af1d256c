package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/devstack/e2e"
	"tandem/domain"
)

const (
	burstCustomers = 500
	burstAgents    = 50
	burstCap       = 3
	burstServed    = 10
)

// burstNumber is the n-th customer of the burst, of the numbers set aside for fiction.
func burstNumber(n int) string {
	return fmt.Sprintf("+1%s55501%02d", []string{"212", "213", "214", "215", "216"}[n/100], n%100)
}

// hireAgents makes agents of Support who are available.
func hireAgents(t *testing.T, in *e2e.Instance, howMany, most int) {
	t.Helper()
	admin, support := in.SignIn(t, "admin@demo.test"), queueOf(t, in, "Support")
	for n := range howMany {
		answer := admin.Send(t, http.MethodPost, "/api/v1/settings/users", object{
			"email": fmt.Sprintf("burst-%02d@demo.test", n), "name": fmt.Sprintf("Burst %02d", n), "role": "agent",
			"password": e2e.DemoPassword, "max_chats": most, "queue_ids": []domain.QueueID{support},
		})
		require.Equal(t, http.StatusCreated, answer.Status, string(answer.Body))
		var made domain.User
		answer.Into(t, &made)
		answer = admin.Send(t, http.MethodPut, "/api/v1/agents/"+string(made.ID)+"/status", object{"status": "available"})
		require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	}
}

// usedSlots gives how many chats each agent has who has any.
func usedSlots(t *testing.T, p *e2e.Person) map[domain.UserID]int {
	t.Helper()
	used := map[domain.UserID]int{}
	for _, a := range e2e.Get[domain.Page[domain.User]](t, p, "/api/v1/agents").Items {
		if a.Slots.Used > 0 {
			used[a.ID] = a.Slots.Used
		}
	}
	return used
}

func TestABurstIsServedAndQueuedInItsOrder(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	hireAgents(t, in, burstAgents, burstCap)
	numbers := make([]string, burstCustomers)
	for n := range numbers {
		numbers[n] = burstNumber(n)
	}
	calls := in.Crowd(t, numbers, 16)

	supervisor := in.SignIn(t, "supervisor@demo.test")
	var line []domain.ChatView
	require.Eventually(t, func() bool {
		line = supervisor.Line(t)
		return len(line) == burstCustomers-burstAgents*burstCap
	}, 4*e2e.Patience, 200*time.Millisecond, "waiting: %v", &line)
	used := usedSlots(t, supervisor)
	require.Len(t, used, burstAgents)
	for agent, chats := range used {
		require.Equal(t, burstCap, chats, agent)
	}
	for i, chat := range line {
		require.Equal(t, i+1, chat.Position)
		require.False(t, i > 0 && chat.QueuedAt.Before(line[i-1].QueuedAt), "the line is ordered by arrival")
	}
	requireNobodyOvertaken(t, calls, line)

	mine := ownedOf(supervisor.Everything(t), numbers)
	require.Len(t, mine, burstAgents*burstCap)
	for i := range burstServed {
		given := mine[i*len(mine)/burstServed]
		disposeAtLast(t, supervisor, given.ID)
		next := awaitPhase(t, supervisor, line[i].ID, domain.PhaseActive)
		require.Equal(t, given.Owner.ID, next.Owner.ID, "the slot that came free was the only one")
		left := supervisor.Line(t)
		require.Equal(t, ids(line[i+1:]), ids(left), "nobody else moved up")
	}
	for agent, chats := range usedSlots(t, supervisor) {
		require.Equal(t, burstCap, chats, agent)
	}
}

// disposeAtLast repeats the disposal while the engine, which has five hundred workflows to start, asks for that.
func disposeAtLast(t *testing.T, p *e2e.Person, chat domain.ChatID) {
	t.Helper()
	choices := e2e.Get[domain.Page[domain.Disposition]](t, p, "/api/v1/dispositions?chat_id="+string(chat)).Items
	require.NotEmpty(t, choices)
	var answer e2e.Answer
	require.Eventually(t, func() bool {
		answer = p.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/dispose", object{"disposition_id": choices[0].ID})
		return answer.Status != http.StatusServiceUnavailable
	}, 4*e2e.Patience, time.Second)
	if answer.Status != http.StatusOK { // an earlier try has reached the engine after all
		refused(t, answer, "chat_closed", "closed")
	}
	awaitPhase(t, p, chat, domain.PhaseClosed)
}

// requireNobodyOvertaken looks for a customer who still waits, or waits further behind, although they had surely come before
// another: their call had been answered when the other's began.
func requireNobodyOvertaken(t *testing.T, calls []e2e.Call, line []domain.ChatView) {
	t.Helper()
	place := make(map[string]int, len(line)) // 0: has been served
	for i, chat := range line {
		place[chat.Customer.Address] = i + 1
	}
	for _, first := range calls {
		for _, later := range calls {
			if first.Answered.Before(later.Began) && place[first.From] > place[later.From] {
				require.Fail(t, "overtaken", "%s came before %s", first.From, later.From)
			}
		}
	}
}

// ownedOf gives the chats of customers that an agent has.
func ownedOf(chats []domain.ChatView, numbers []string) []domain.ChatView {
	return slices.DeleteFunc(chats, func(c domain.ChatView) bool {
		return c.Phase != domain.PhaseActive || c.Owner == nil || !slices.Contains(numbers, c.Customer.Address)
	})
}

func ids(chats []domain.ChatView) []domain.ChatID {
	list := make([]domain.ChatID, len(chats))
	for i, c := range chats {
		list[i] = c.ID
	}
	return list
}
