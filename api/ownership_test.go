package api_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func chatPath(id domain.ChatID) string { return "/api/v1/chats/" + string(id) }

// chat gives the chat a command answered.
func (b *bundle) command(t *testing.T, a domain.Actor, id domain.ChatID, name string, body any) domain.ChatView {
	t.Helper()
	got := b.call(t, "POST", chatPath(id)+"/"+name, body, b.as(t, a))
	require.Equal(t, 200, got.StatusCode, "%s: %s", name, got.body)
	var chat domain.ChatView
	got.into(t, &chat)
	require.Equal(t, id, chat.ID)
	require.NotNil(t, chat.Clocks)
	require.NotNil(t, chat.Members)
	return chat
}

// ownerOf gives who has a chat; empty while it is in line.
func (b *bundle) ownerOf(t *testing.T, id domain.ChatID) domain.UserID {
	t.Helper()
	chat, err := b.store.Chat(t.Context(), b.Supervisor, id)
	require.NoError(t, err)
	if chat.Owner == nil {
		return ""
	}
	return chat.Owner.ID
}

// lines gives the visible lines of what happened to a chat.
func (b *bundle) lines(t *testing.T, id domain.ChatID) []string {
	t.Helper()
	page, err := b.store.Messages(t.Context(), b.Supervisor, id, domain.MessageQuery{Limit: 200})
	require.NoError(t, err)
	var lines []string
	for _, m := range page.Items {
		if m.Kind == domain.KindEvent {
			require.Equal(t, domain.SideSystem, m.Side)
			lines = append(lines, m.Text)
		}
	}
	return lines
}

func TestAChatChangesHands(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	b.available(t, ben)

	chat := b.command(t, ada, id, "transfer", map[string]any{"user_id": ben.User, "note": "knows the invoice"})
	require.Equal(t, ben.User, chat.Owner.ID)
	p := b.call(t, "POST", chatPath(id)+"/messages", map[string]any{"client_id": "c", "text": "x"}, b.as(t, ada)).refused(t, 409, "not_owner")
	require.Contains(t, p.Detail, ben.Name)

	chat = b.command(t, b.Supervisor, id, "take", nil)
	require.Equal(t, b.Supervisor.User, chat.Owner.ID)

	chat = b.command(t, b.Supervisor, id, "transfer", map[string]any{"user_id": ada.User})
	require.Equal(t, ada.User, chat.Owner.ID)
	chat = b.command(t, ada, id, "hold", map[string]any{"seconds": 60})
	require.NotNil(t, chat.HeldUntil)
	require.Equal(t, ada.User, chat.Owner.ID, "a held chat stays its agent's")
	chat = b.command(t, ada, id, "resume", nil)
	require.Nil(t, chat.HeldUntil)

	chat = b.command(t, b.Supervisor, id, "join", map[string]any{})
	require.Len(t, chat.Members, 1)
	require.Equal(t, b.Supervisor.Name, chat.Members[0].Name)
	got := b.call(t, "POST", chatPath(id)+"/messages", map[string]any{"client_id": "j", "text": "Sam here"}, b.as(t, b.Supervisor))
	require.Equal(t, 201, got.StatusCode, "who has joined may write: %s", got.body)
	chat = b.command(t, b.Supervisor, id, "leave", nil)
	require.Empty(t, chat.Members)

	require.GreaterOrEqual(t, len(b.lines(t, id)), 6, "each of it is visible in the chat")
}

func TestAChatGoesToAQueueOrBackToItsLine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ben, "+12025550142")
	b.status(t, ben, domain.OnBreak, "")
	chat := b.command(t, ben, id, "requeue", map[string]any{"note": "not mine"})
	require.Equal(t, domain.PhaseQueued, chat.Phase)
	require.Nil(t, chat.Owner)
	b.available(t, ben)
	require.Equal(t, ben.User, b.ownerOf(t, id))

	chat = b.command(t, ben, id, "transfer", map[string]any{"queue_id": b.Sales})
	require.Equal(t, domain.PhaseQueued, chat.Phase)
	require.Equal(t, b.Sales, chat.Queue.ID)
	b.available(t, ada)
	require.Equal(t, ada.User, b.ownerOf(t, id), "she is the only one in Sales")
}

func TestAColleagueAcceptsATransferOrItStays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	b.available(t, ben)
	ask := map[string]any{"user_id": ben.User, "mode": "accept", "note": "yours?"}

	chat := b.command(t, ada, id, "transfer", ask)
	require.Equal(t, ada.User, chat.Owner.ID, "until then she keeps it")
	require.Equal(t, ben.User, chat.Offer.Agent.ID)
	require.Equal(t, ada.User, chat.Offer.From.ID)
	require.Equal(t, "yours?", chat.Offer.Note)
	var mine domain.Page[domain.ChatView]
	b.call(t, "GET", "/api/v1/chats?view=mine", nil, b.as(t, ben)).into(t, &mine)
	require.Len(t, mine.Items, 1, "after a reload the colleague still sees what is held out to them")

	b.command(t, ben, id, "decline", map[string]any{"reason": "busy"})
	require.Equal(t, ada.User, b.ownerOf(t, id))
	b.call(t, "POST", chatPath(id)+"/accept", nil, b.as(t, ben)).refused(t, 409, "already_taken")

	b.command(t, ada, id, "transfer", ask)
	chat = b.command(t, ben, id, "accept", nil)
	require.Equal(t, ben.User, chat.Owner.ID)
	require.Nil(t, chat.Offer)
}

func TestCommandsOfSomebodyElsesChatNameItsOwner(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	b.available(t, ben)
	b.command(t, ada, id, "transfer", map[string]any{"user_id": ben.User}) // Ada may read it from now on
	before := b.ownerOf(t, id)
	for name, body := range map[string]any{
		"transfer": map[string]any{"user_id": ada.User}, "requeue": nil, "hold": nil, "resume": nil,
	} {
		p := b.call(t, "POST", chatPath(id)+"/"+name, body, b.as(t, ada)).refused(t, 409, "not_owner")
		require.Contains(t, p.Detail, ben.Name, name)
	}
	p := b.call(t, "PUT", chatPath(id)+"/disposition", map[string]any{"disposition_id": b.Disposition}, b.as(t, ada)).refused(t, 409, "not_owner")
	require.Contains(t, p.Detail, ben.Name)
	require.Equal(t, before, b.ownerOf(t, id))
}

func TestForeignChatsAreNotThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.chatOf(t, b.Agents[0], "+12025550142")
	foreign := b.as(t, storetest.Account(t, b.store).Supervisor)
	for _, name := range []string{"accept", "decline", "requeue", "take", "join", "leave", "hold", "resume", "next-step"} {
		b.call(t, "POST", chatPath(id)+"/"+name, nil, foreign).refused(t, 404, "unknown_chat")
		b.call(t, "POST", chatPath("nonsense")+"/"+name, nil, foreign).refused(t, 404, "unknown_chat")
	}
	b.call(t, "POST", chatPath(id)+"/transfer", map[string]any{"queue_id": b.Queue}, foreign).refused(t, 404, "unknown_chat")
	b.call(t, "GET", chatPath(id)+"/routing", nil, foreign).refused(t, 404, "unknown_chat")
	b.call(t, "PUT", chatPath(id)+"/disposition", map[string]any{"disposition_id": b.Disposition}, foreign).refused(t, 404, "unknown_chat")
	require.Equal(t, b.Agents[0].User, b.ownerOf(t, id))
}

func TestRoutingOperationsSayWhoMay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	agent := "/api/v1/agents/" + string(b.Agents[1].User) + "/status"
	queue := "/api/v1/settings/queues/" + string(b.Queue)
	for _, try := range []struct {
		method, path string
		body         any
		actor        domain.Actor
		status       int
	}{
		{"POST", chatPath(id) + "/take", nil, ada, 403},
		{"POST", chatPath(id) + "/next-step", nil, ada, 403},
		{"POST", chatPath(id) + "/join", nil, b.Operator, 403},
		{"GET", chatPath(id) + "/routing", nil, ada, 200},
		{"GET", chatPath(id) + "/routing", nil, b.Operator, 403},
		{"PUT", agent, map[string]any{"status": "break"}, ada, 403},
		{"PUT", agent, map[string]any{"status": "break"}, b.Supervisor, 200},
		{"GET", "/api/v1/agents", nil, ada, 200},
		{"GET", "/api/v1/agents", nil, b.Operator, 403},
		{"GET", "/api/v1/queues", nil, ada, 200},
		{"GET", "/api/v1/settings/queues", nil, ada, 403},
		{"GET", "/api/v1/follow-ups", nil, ada, 200},
		{"GET", "/api/v1/settings/routing", nil, ada, 403},
		{"GET", "/api/v1/settings/routing", nil, b.Supervisor, 200},
		{"PUT", queue + "/policy", map[string]any{"strategy": "least_busy"}, b.Supervisor, 403},
		{"PUT", queue + "/policy", map[string]any{"strategy": "least_busy"}, b.Admin, 200},
		{"PUT", queue + "/members", map[string]any{"members": []any{}}, b.Supervisor, 403},
		{"GET", queue, nil, b.Supervisor, 200},
		{"POST", "/api/v1/settings/routing/preview", map[string]any{"policy": map[string]any{}}, ada, 403},
		{"PUT", "/api/v1/customers/" + uuid.NewString() + "/sticky", map[string]any{"user_id": ada.User}, ada, 403},
	} {
		got := b.call(t, try.method, try.path, try.body, b.as(t, try.actor))
		require.Equal(t, try.status, got.StatusCode, "%s %s as %s: %s", try.method, try.path, try.actor.Role, got.body)
		require.Equal(t, 401, b.call(t, try.method, try.path, try.body).StatusCode, "%s %s", try.method, try.path)
	}
}

func TestBadTransfersNameTheFieldAndChangeNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	for name, try := range map[string]struct {
		body  string
		field string
	}{
		"nowhere":             {`{}`, "body.user_id"},
		"both":                {`{"user_id":"` + string(ben.User) + `","queue_id":"` + string(b.Sales) + `"}`, "body.queue_id"},
		"no id":               {`{"user_id":"ben"}`, "body.user_id"},
		"unknown colleague":   {`{"user_id":"` + uuid.NewString() + `"}`, "body.user_id"},
		"unknown queue":       {`{"queue_id":"` + uuid.NewString() + `"}`, "body.queue_id"},
		"no mode":             {`{"user_id":"` + string(ben.User) + `","mode":"warm"}`, "body.mode"},
		"a queue can't agree": {`{"queue_id":"` + string(b.Sales) + `","mode":"accept"}`, "body.mode"},
		"a long note":         {`{"user_id":"` + string(ben.User) + `","note":"` + longText(251) + `"}`, "body.note"},
		"nul":                 {`{"user_id":"` + string(ben.User) + `","note":"\u0000"}`, "body.note"},
		"something else":      {`{"user_id":"` + string(ben.User) + `","who":1}`, "body.who"},
	} {
		p := b.call(t, "POST", chatPath(id)+"/transfer", try.body, b.as(t, ada)).refused(t, 422, "invalid")
		require.NotEmpty(t, p.Errors, name)
		require.Equal(t, try.field, p.Errors[0].Location, name)
	}
	b.call(t, "POST", chatPath(id)+"/transfer", `[`, b.as(t, ada)).refused(t, 400, "invalid")
	p := b.call(t, "POST", chatPath(id)+"/hold", `{"seconds":-1}`, b.as(t, ada)).refused(t, 422, "invalid")
	require.Equal(t, "body.seconds", p.Errors[0].Location)
	require.Equal(t, ada.User, b.ownerOf(t, id))
	require.Empty(t, b.lines(t, id))
}

func TestATransferToWhoIsntThereNeedsASupervisorsForce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	to := map[string]any{"user_id": ben.User}
	p := b.call(t, "POST", chatPath(id)+"/transfer", to, b.as(t, ada)).refused(t, 409, "agent_not_free")
	require.Contains(t, p.Detail, ben.Name)
	to["force"] = true
	require.Equal(t, ben.User, b.command(t, b.Supervisor, id, "transfer", to).Owner.ID)
}

func TestARepeatedCommandWithItsKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada, ben := b.Agents[0], b.Agents[1]
	id := b.chatOf(t, ada, "+12025550142")
	b.available(t, ben)
	to := map[string]any{"user_id": ben.User}
	key, me := header("Idempotency-Key", "transfer-1"), b.as(t, ada)
	first := b.call(t, "POST", chatPath(id)+"/transfer", to, me, key)
	require.Equal(t, 200, first.StatusCode, string(first.body))
	again := b.call(t, "POST", chatPath(id)+"/transfer", to, me, key)
	require.Equal(t, 200, again.StatusCode, "she no longer owns it, but it is the same command")
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.JSONEq(t, string(first.body), string(again.body))
	require.Len(t, b.lines(t, id), 1)
}
