package e2e_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/devstack/e2e"
	"tandem/domain"
	"tandem/routing"
)

// team is the demo's people on one instance.
type team struct {
	*engineRoom
	ada, ben, sam *e2e.Person
	adaID, benID  domain.UserID
}

// TestRoutingStories tells what customers and agents see of routing over HTTP, one story after the other on one instance.
func TestRoutingStories(t *testing.T) {
	t.Parallel()
	e := newEngineRoom(t)
	s := &team{engineRoom: e, ada: e.agent, ben: e.in.SignIn(t, "agent2@demo.test"), sam: e.in.SignIn(t, "supervisor@demo.test")}
	s.adaID, s.benID = s.ada.Me(t).ID, s.ben.Me(t).ID
	for _, story := range []struct {
		name string
		tell func(*testing.T, *team)
	}{
		{"back to the own agent", stickyReturn},
		{"a transfer that is accepted, and one that returns", transfers},
		{"an offer that is missed", missedOffer},
		{"a break keeps its chats", breakKeeps},
		{"a supervisor takes the next step", nextStep},
		{"the customer falls silent", silentVisitor},
		{"the wrong owner", wrongOwner},
		{"what operators see of a deadline", deadlineShown},
		{"a lost connection", lostConnection}, // last: from then on presence decides about Ada
	} {
		if !t.Run(story.name, func(t *testing.T) { s.begin(t); story.tell(t, s) }) {
			return // what it left behind would make the others fail as well
		}
	}
}

// begin brings everybody and every rule to where a story starts.
func (s *team) begin(t *testing.T) {
	t.Helper()
	setPolicy(t, s.in, object{})
	setRules(t, s.in, func(r *routing.Settings) { *r = routing.DefaultSettings() })
	s.ada.SetStatus(t, "offline")
	s.ben.SetStatus(t, "offline")
	require.Empty(t, s.sam.Line(t))
}

// refused expects a 409 with a code whose words name somebody.
func refused(t *testing.T, answer e2e.Answer, code, named string) {
	t.Helper()
	require.Equal(t, http.StatusConflict, answer.Status, string(answer.Body))
	problem := answer.Problem(t)
	require.Equal(t, code, problem.Code)
	require.Contains(t, problem.Title+" "+problem.Detail, named)
}

// requireLine expects a visible line of the system in the chat that names somebody.
func requireLine(t *testing.T, p *e2e.Person, chat domain.ChatID, names ...string) {
	t.Helper()
	lines := strings.Join(texts(p.Messages(t, chat), domain.SideSystem), "\n")
	for _, name := range names {
		require.Contains(t, lines, name)
	}
}

// requireStory expects these decisions about a chat, in this order, with others between them.
func requireStory(t *testing.T, p *e2e.Person, chat domain.ChatID, kinds ...domain.StoryKind) {
	t.Helper()
	story := p.Story(t, chat).Story
	rest := kinds
	for _, line := range story {
		require.NotEmpty(t, line.Text, "each decision has a sentence")
		if len(rest) > 0 && line.Kind == rest[0] {
			rest = rest[1:]
		}
	}
	require.Empty(t, rest, "of %v: %+v", kinds, story)
}

func stickyReturn(t *testing.T, s *team) {
	const number = "+12025550160"
	setRules(t, s.in, func(r *routing.Settings) { r.Sticky.Enabled, r.Sticky.OnFirstReply = true, true })
	s.ben.SetStatus(t, "available") // the longest idle for all that follows
	s.ada.SetStatus(t, "available")
	s.in.Text(t, number, "hello")
	earlier := chatOf(t, s.ben, number)
	act(t, s.ben, earlier.ID, "transfer", object{"user_id": s.adaID, "mode": "blind"})
	s.ada.Reply(t, earlier.ID, "r1", "I know you now")
	pairing := e2e.Get[*domain.Pairing](t, s.sam, "/api/v1/customers/"+string(earlier.Customer.ID)+"/sticky")
	require.NotNil(t, pairing)
	require.Equal(t, "Ada Agent", pairing.User.Name)
	dispose(t, s.ada, earlier.ID)

	s.in.Text(t, number, "me again")
	back := chatOf(t, s.ada, number)
	require.NotEqual(t, earlier.ID, back.ID)
	requireStory(t, s.sam, back.ID, domain.StoryArrived, domain.StoryStickyHit)
	dispose(t, s.ada, back.ID)

	s.ada.SetStatus(t, "break") // busy for now: the customer waits for her
	s.in.Text(t, number, "and again")
	chat := waitingOf(t, s.in, number)
	require.Equal(t, "Ada Agent", s.sam.Chat(t, chat).Sticky.User.Name)
	s.ada.SetStatus(t, "available")
	require.Equal(t, chat, chatOf(t, s.ada, number).ID)
	requireStory(t, s.sam, chat, domain.StoryStickyWait, domain.StoryStickyHit)
	dispose(t, s.ada, chat)
}

func transfers(t *testing.T, s *team) {
	const number = "+12025550161"
	setRules(t, s.in, func(r *routing.Settings) { r.Transfer.AcceptSeconds = 60 })
	s.ada.SetStatus(t, "available")
	chat := s.open(t, number)
	s.ben.SetStatus(t, "available")
	asked := act(t, s.ada, chat, "transfer", object{"user_id": s.benID, "mode": "accept", "note": "knows the order"})
	require.Equal(t, "Ada Agent", asked.Owner.Name, "it is hers until he accepts")
	require.Equal(t, "Ben Agent", asked.Offer.Agent.Name)
	require.Equal(t, "knows the order", asked.Offer.Note)
	require.Equal(t, "Ben Agent", act(t, s.ben, chat, "accept", nil).Owner.Name)
	require.Empty(t, s.ada.Mine(t))
	requireLine(t, s.ben, chat, "Ada Agent", "Ben Agent")

	setRules(t, s.in, func(r *routing.Settings) { r.Transfer.AcceptSeconds = 5 })
	act(t, s.ben, chat, "transfer", object{"user_id": s.adaID, "mode": "accept"})
	require.Eventually(t, func() bool { return s.sam.Chat(t, chat).Offer == nil }, 2*e2e.Patience, 50*time.Millisecond)
	view := s.sam.Chat(t, chat)
	require.Equal(t, domain.PhaseActive, view.Phase)
	require.Equal(t, "Ben Agent", view.Owner.Name, "nobody accepted: it is his again")
	requireStory(t, s.sam, chat, domain.StoryTransferred, domain.StoryReturned)
	late := s.ada.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/accept", nil)
	require.Equal(t, http.StatusConflict, late.Status, string(late.Body))
	dispose(t, s.ben, chat)
}

func missedOffer(t *testing.T, s *team) {
	const number = "+12025550162"
	setPolicy(t, s.in, object{"offer_seconds": 5})
	s.ada.SetStatus(t, "available")
	screen := s.ada.Watch(t, "")
	s.in.Text(t, number, "hello")
	chat := waitingOf(t, s.in, number)
	screen.Await(t, func(f e2e.Frame) bool { return f.Type == string(domain.EventChatOffered) && f.ChatID == chat })
	require.Equal(t, "Ada Agent", s.sam.Chat(t, chat).Offer.Agent.Name)
	s.ben.SetStatus(t, "available")
	require.Eventually(t, func() bool { // Ada lets it pass; Ben takes it as soon as it is held out to him
		return s.ben.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/accept", nil).Status == http.StatusOK
	}, 2*e2e.Patience, 50*time.Millisecond)
	require.Equal(t, chat, chatOf(t, s.ben, number).ID)
	requireStory(t, s.sam, chat, domain.StoryOffered, domain.StoryMissed, domain.StoryOffered)
	late := s.ada.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/accept", nil)
	require.Equal(t, http.StatusConflict, late.Status, string(late.Body))
	dispose(t, s.ben, chat)
}

func breakKeeps(t *testing.T, s *team) {
	const kept, waits = "+12025550163", "+12025550164"
	s.ada.SetStatus(t, "available")
	chat := s.open(t, kept)
	s.ada.SetStatus(t, "break")
	s.in.Text(t, waits, "hello")
	next := waitingOf(t, s.in, waits)
	require.Equal(t, []domain.ChatID{chat}, ids(s.ada.Mine(t)), "she keeps hers and gets no other")
	s.ada.Reply(t, chat, "r1", "still with you")
	s.in.AwaitSent(t, kept, "still with you")

	s.ben.SetStatus(t, "available")
	require.Equal(t, next, chatOf(t, s.ben, waits).ID)
	refusal := s.ben.Send(t, http.MethodPost, "/api/v1/chats/"+string(next)+"/transfer", object{"user_id": s.adaID, "mode": "blind"})
	require.Equal(t, http.StatusConflict, refusal.Status, string(refusal.Body))
	require.Contains(t, string(refusal.Body), "Ada Agent")
	require.Equal(t, "Ben Agent", s.sam.Chat(t, next).Owner.Name)
	dispose(t, s.ada, chat)
	require.Equal(t, domain.OnBreak, s.ada.Me(t).Status)
	dispose(t, s.ben, next)
}

func nextStep(t *testing.T, s *team) {
	const number = "+12025550165"
	setPolicy(t, s.in, object{"fallback": []object{
		{"after_seconds": 3600, "action": "text", "text": "All of us are busy."},
		{"after_seconds": 7200, "action": "close", "text": "Please write again tomorrow."},
	}})
	s.in.Text(t, number, "hello")
	chat := waitingOf(t, s.in, number)
	answer := s.ada.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/next-step", nil)
	require.Equal(t, http.StatusForbidden, answer.Status, string(answer.Body))
	view := act(t, s.sam, chat, "next-step", nil)
	clock, ok := clockOf(view, routing.ClockStep)
	require.True(t, ok)
	require.Equal(t, 1, clock.Step)
	require.WithinDuration(t, view.QueuedAt.Add(2*time.Hour), clock.At, time.Second, "the steps after it keep their time")
	s.in.AwaitSent(t, number, "All of us are busy.")
	require.Equal(t, domain.PhaseClosed, act(t, s.sam, chat, "next-step", nil).Phase)
	s.in.AwaitSent(t, number, "All of us are busy.", "Please write again tomorrow.")
	n, forced := countStory(s.sam.Story(t, chat), domain.StoryStepForced)
	require.Equal(t, 2, n)
	require.Equal(t, "Sam Supervisor", forced.Actor.Name)
	last := s.sam.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/next-step", nil)
	require.Equal(t, http.StatusConflict, last.Status, string(last.Body))
}

func silentVisitor(t *testing.T, s *team) {
	const warning, farewell = "Are you still there?", "Goodbye, then."
	result := e2e.Get[domain.Page[domain.Disposition]](t, s.sam, "/api/v1/settings/dispositions").Items[0]
	setPolicy(t, s.in, object{
		"silence": []object{
			{"after_seconds": 2, "action": "warn", "text": warning}, {"after_seconds": 15, "action": "end", "text": farewell},
		},
		"wrap_up": object{"seconds": 10, "disposition": result.ID},
	})
	s.ada.SetStatus(t, "available")
	screen, visitor := s.ada.Watch(t, ""), s.in.OpenWidget(t)
	visitor.Write(t, "v1", "hello")
	chat := screen.AwaitText(t, "hello").ChatID
	require.Eventually(t, func() bool { return len(s.ada.Mine(t)) == 1 }, e2e.Patience, 20*time.Millisecond)
	s.ada.Reply(t, chat, "r1", "What is it about?")
	warned := func(times int) {
		require.Eventually(t, func() bool {
			n := 0
			for _, text := range texts(visitor.Messages(t), domain.SideSystem) {
				if text == warning {
					n++
				}
			}
			return n == times
		}, 2*e2e.Patience, time.Second) // visitors who ask much more often are slowed down
	}
	warned(1)
	visitor.Write(t, "v2", "yes, wait")
	_, armed := clockOf(s.sam.Chat(t, chat), routing.ClockSilence)
	require.False(t, armed, "it is the agent's turn")
	s.ada.Reply(t, chat, "r2", "Of course.")
	warned(2) // the ladder starts from its first step
	closed := awaitPhase(t, s.sam, chat, domain.PhaseClosed)
	require.Equal(t, result.Name, closed.Disposition.Name)
	require.Equal(t, []string{warning, warning, farewell}, spoken(visitor.Messages(t)))
	requireStory(t, s.sam, chat, domain.StorySilenceWarn, domain.StorySilenceWarn, domain.StorySilenceEnd, domain.StoryWrapUpEnded)
}

// spoken gives the automatic texts, without lines about who came and went.
func spoken(messages []domain.Message) (list []string) {
	for _, m := range messages {
		if m.Side == domain.SideSystem && m.Kind == domain.KindText {
			list = append(list, m.Text)
		}
	}
	return list
}

func wrongOwner(t *testing.T, s *team) {
	const number = "+12025550166"
	s.ben.SetStatus(t, "available")
	s.in.Text(t, number, "hello")
	chat := chatOf(t, s.ben, number).ID
	s.ada.SetStatus(t, "available")
	act(t, s.ben, chat, "transfer", object{"user_id": s.adaID, "mode": "blind"})
	choices := e2e.Get[domain.Page[domain.Disposition]](t, s.ada, "/api/v1/dispositions?chat_id="+string(chat)).Items
	path := "/api/v1/chats/" + string(chat)
	for name, answer := range map[string]e2e.Answer{ // his other tab still shows the chat
		"messages": s.ben.Send(t, http.MethodPost, path+"/messages", object{"client_id": "late", "text": "one more thing"}),
		"dispose":  s.ben.Send(t, http.MethodPost, path+"/dispose", object{"disposition_id": choices[0].ID}),
		"transfer": s.ben.Send(t, http.MethodPost, path+"/transfer", object{"queue_id": queueOf(t, s.in, "Sales"), "mode": "blind"}),
		"requeue":  s.ben.Send(t, http.MethodPost, path+"/requeue", object{}),
		"hold":     s.ben.Send(t, http.MethodPost, path+"/hold", object{"seconds": 60}),
	} {
		require.Equal(t, http.StatusConflict, answer.Status, name)
		refused(t, answer, "not_owner", "Ada Agent")
	}
	require.Empty(t, texts(s.ada.Messages(t, chat), domain.SideAgent))
	dispose(t, s.ada, chat)
}
