package e2e_test

import (
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/devstack/e2e"
	"tandem/domain"
	"tandem/routing"
)

// rules are the account's rules of routing as the settings page reads and saves them.
type rules struct {
	routing.Settings
	Version int `json:"version"`
}

// setRules changes the account's rules of routing.
func setRules(t *testing.T, in *e2e.Instance, change func(*routing.Settings)) {
	t.Helper()
	admin := in.SignIn(t, "admin@demo.test")
	now := e2e.Get[rules](t, admin, "/api/v1/settings/routing")
	change(&now.Settings)
	answer := admin.Send(t, http.MethodPut, "/api/v1/settings/routing", now)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
}

// pair makes an agent the customer's own.
func pair(t *testing.T, in *e2e.Instance, customer domain.CustomerID, agent domain.UserID) {
	t.Helper()
	answer := in.SignIn(t, "supervisor@demo.test").Send(t, http.MethodPut, "/api/v1/customers/"+string(customer)+"/sticky", object{"user_id": agent})
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
}

// clockOf gives a chat's deadline of a kind.
func clockOf(chat domain.ChatView, kind domain.DeadlineKind) (domain.Deadline, bool) {
	for _, c := range chat.Clocks {
		if c.Kind == kind {
			return c, true
		}
	}
	return domain.Deadline{}, false
}

// countStory tells how many decisions of a kind a chat has seen, and gives the last of them.
func countStory(story domain.RoutingStory, kind domain.StoryKind) (n int, last domain.StoryLine) {
	for _, line := range story.Story {
		if line.Kind == kind {
			n, last = n+1, line
		}
	}
	return n, last
}

// doomed is a chat that waits for a deadline while the process is killed.
type doomed struct {
	name    string
	number  string
	seconds int // from its arrival to the deadline
	kind    domain.DeadlineKind
	story   domain.StoryKind // what the deadline's decision is called

	chat     domain.ChatID
	deadline domain.Deadline
}

const (
	// duringDowntime is over before the process is started again, afterRestart normally isn't.
	duringDowntime = 5
	afterRestart   = 60
)

func doomedChats() []*doomed {
	return []*doomed{
		{name: "own agent, overdue", number: "+12025550150", seconds: duringDowntime, kind: routing.ClockSticky, story: domain.StoryStickyEnded},
		{name: "own agent, still to come", number: "+12025550151", seconds: afterRestart, kind: routing.ClockSticky, story: domain.StoryStickyEnded},
		{name: "fallback, overdue", number: "+12025550152", seconds: duringDowntime, kind: routing.ClockStep, story: domain.StoryTold},
		{name: "fallback, still to come", number: "+12025550153", seconds: afterRestart, kind: routing.ClockStep, story: domain.StoryTold},
	}
}

// wait brings the chat into line with its deadline ahead.
func (d *doomed) wait(t *testing.T, in *e2e.Instance) {
	t.Helper()
	if d.kind == routing.ClockSticky {
		setRules(t, in, func(s *routing.Settings) { s.Sticky.WaitSeconds = d.seconds })
		setPolicy(t, in, object{})
	} else {
		setPolicy(t, in, object{"fallback": []object{
			{"after_seconds": d.seconds, "action": "text", "text": d.text()},
			{"after_seconds": 3600, "action": "close", "text": "not in this test"},
		}})
	}
	in.Text(t, d.number, "hello")
	d.chat = waitingOf(t, in, d.number)
	view := in.SignIn(t, "supervisor@demo.test").Chat(t, d.chat)
	var ok bool
	d.deadline, ok = clockOf(view, d.kind)
	require.True(t, ok, "%s: %v", d.name, view.Clocks)
	// The message is received a moment before it is stored, from when on the wait counts.
	require.WithinDuration(t, view.QueuedAt.Add(time.Duration(d.seconds)*time.Second), d.deadline.At, time.Second, d.name)
	in.AwaitSignals(t, d.chat, string(domain.FactCustomerMessage), 1)
}

func (d *doomed) text() string { return fmt.Sprintf("%d seconds have passed", d.seconds) }

// comeBefore lets the customers who have an own agent talk to Ada, who then is busy: away for a short break.
func comeBefore(t *testing.T, in *e2e.Instance, chats []*doomed) {
	t.Helper()
	setRules(t, in, func(s *routing.Settings) { s.Sticky.Enabled, s.Sticky.BreakSeconds = true, 3600 })
	ada := agentOn(t, in)
	for _, d := range chats {
		if d.kind == routing.ClockSticky {
			in.Text(t, d.number, "hello for the first time")
			earlier := chatOf(t, ada, d.number)
			dispose(t, ada, earlier.ID)
			pair(t, in, earlier.Customer.ID, ada.Me(t).ID)
		}
	}
	ada.SetStatus(t, "break")
}

// requireUnmoved looks that deadlines that are still ahead are where they were.
func requireUnmoved(t *testing.T, supervisor *e2e.Person, chats []*doomed) {
	t.Helper()
	for _, d := range chats {
		now, ahead := clockOf(supervisor.Chat(t, d.chat), d.kind)
		if ahead && now.Step == d.deadline.Step {
			require.True(t, now.At.Equal(d.deadline.At), "%s: %s became %s", d.name, d.deadline.At, now.At)
		}
	}
}

func TestKilledDuringWaitsMovesNoDeadline(t *testing.T) {
	t.Parallel()
	first := e2e.Start(t, e2e.Options{})
	chats := doomedChats()
	comeBefore(t, first, chats)
	// The distant deadlines first, lest the near ones pass meanwhile.
	for _, i := range []int{1, 3, 0, 2} {
		chats[i].wait(t, first)
	}
	first.Kill()
	killed := time.Now()
	require.Eventually(t, func() bool { // the near deadlines pass while nothing runs
		return time.Now().After(chats[0].deadline.At) && time.Now().After(chats[2].deadline.At)
	}, e2e.Patience, 50*time.Millisecond)

	second := e2e.Start(t, e2e.Options{DataDir: first.DataDir})
	supervisor := second.SignIn(t, "supervisor@demo.test")
	requireUnmoved(t, supervisor, chats)
	for _, d := range chats {
		d.requireFiredOnce(t, second, supervisor, killed)
	}
}

// TestKilledWorkerAndEngineMoveNoDeadline: the api serves on meanwhile and shows the same deadlines.
func TestKilledWorkerAndEngineMoveNoDeadline(t *testing.T) {
	t.Parallel()
	for name, victim := range map[string]func(*e2e.Instance) int{"worker": (*e2e.Instance).Worker, "engine": (*e2e.Instance).Engine} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := e2e.Start(t, e2e.Options{})
			near := doomedChats()
			near = []*doomed{near[0], near[2]}
			comeBefore(t, in, near)
			for _, d := range near {
				d.wait(t, in)
			}
			pid := victim(in)
			require.NotZero(t, pid)
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
			killed := time.Now()
			supervisor := in.SignIn(t, "supervisor@demo.test")
			requireUnmoved(t, supervisor, near)
			for _, d := range near {
				d.requireFiredOnce(t, in, supervisor, killed)
			}
			require.NotEqual(t, pid, victim(in))
		})
	}
}

// requireFiredOnce waits until the deadline has done its work, and looks that it did so once and not too early.
func (d *doomed) requireFiredOnce(t *testing.T, in *e2e.Instance, supervisor *e2e.Person, killed time.Time) {
	t.Helper()
	var story domain.RoutingStory
	require.Eventually(t, func() bool {
		story = supervisor.Story(t, d.chat)
		n, _ := countStory(story, d.story)
		return n > 0
	}, afterRestart*time.Second+2*e2e.Patience, 200*time.Millisecond, "%s: %v", d.name, &story)
	n, line := countStory(story, d.story)
	require.Equal(t, 1, n, "%s: %v", d.name, story.Story)
	require.False(t, line.At.Before(d.deadline.At.Add(-100*time.Millisecond)), "%s: not before its time", d.name)
	if killed.Before(d.deadline.At) {
		require.True(t, line.At.After(killed), d.name)
	}
	view := supervisor.Chat(t, d.chat)
	require.Equal(t, domain.PhaseQueued, view.Phase, d.name)
	if d.kind == routing.ClockSticky {
		require.Nil(t, view.Sticky, d.name)
		return
	}
	next, ok := clockOf(view, routing.ClockStep)
	require.True(t, ok, d.name)
	require.Equal(t, 1, next.Step, "%s: one step and no more", d.name)
	in.AwaitSent(t, d.number, d.text())
}
