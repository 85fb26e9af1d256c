package api_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestAnAgentAnswersAndDisposes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	id := b.chatOf(t, ada, "+12025550142")
	me := b.as(t, ada)
	path := "/api/v1/chats/" + string(id)

	var page domain.Page[domain.ChatView]
	b.call(t, "GET", "/api/v1/chats?view=mine", nil, me).into(t, &page)
	require.Len(t, page.Items, 1)

	hello := map[string]any{"client_id": "c1", "text": "Hi Maria"}
	var first, again domain.Message
	got := b.call(t, "POST", path+"/messages", hello, me)
	require.Equal(t, 201, got.StatusCode, string(got.body))
	got.into(t, &first)
	got = b.call(t, "POST", path+"/messages", hello, me)
	require.Equal(t, 200, got.StatusCode, "the same client_id is the same message")
	got.into(t, &again)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, 201, b.call(t, "POST", path+"/notes", map[string]any{"client_id": "n1", "text": "regular"}, me).StatusCode)
	require.Equal(t, 204, b.call(t, "POST", path+"/read", map[string]any{"seq": first.Seq}, me).StatusCode)

	var messages domain.Page[domain.Message]
	b.call(t, "GET", path+"/messages?limit=2", nil, me).into(t, &messages)
	require.Len(t, messages.Items, 2)
	require.Less(t, messages.Items[0].Seq, messages.Items[1].Seq)

	got = b.call(t, "POST", path+"/dispose", map[string]any{"disposition_id": b.Disposition, "note": "done"}, me)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var chat domain.ChatView
	got.into(t, &chat)
	require.Equal(t, domain.PhaseClosed, chat.Phase)
	require.Equal(t, "Resolved", chat.Disposition.Name)
	b.call(t, "POST", path+"/dispose", map[string]any{"disposition_id": b.Disposition}, me).refused(t, 409, "chat_closed")
	b.call(t, "POST", path+"/messages", map[string]any{"client_id": "c2", "text": "more"}, me).refused(t, 409, "chat_closed")
}

func TestOnlyTheOwnerSendsAndTheRefusalNamesThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.chatOf(t, b.Agents[0], "+12025550142")
	path := "/api/v1/chats/" + string(id)
	p := b.call(t, "POST", path+"/messages", map[string]any{"client_id": "c", "text": "x"}, b.as(t, b.Supervisor)).refused(t, 409, "not_owner")
	require.Contains(t, p.Detail, b.Agents[0].Name)
	b.call(t, "POST", path+"/messages", map[string]any{"client_id": "c", "text": "x"}, b.as(t, b.Agents[1])).refused(t, 404, "unknown_chat")
	b.call(t, "POST", path+"/dispose", map[string]any{"disposition_id": b.Disposition}, b.as(t, b.Agents[1])).refused(t, 404, "unknown_chat")
}

func TestASupervisorDisposesOfAnAgentsChatAndFreesTheAgent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.chatOf(t, b.Agents[0], "+12025550142")
	got := b.call(t, "POST", "/api/v1/chats/"+string(id)+"/dispose", map[string]any{"disposition_id": b.Disposition}, b.as(t, b.Supervisor))
	require.Equal(t, 200, got.StatusCode)
	var chat domain.ChatView
	got.into(t, &chat)
	require.Equal(t, domain.PhaseClosed, chat.Phase)
	require.Equal(t, domain.OutcomeDisposed, chat.Outcome)
	require.Equal(t, b.Supervisor.User, b.chats.got[0].Actor)
	require.Zero(t, storetest.Value[int](t, b.Fixture, `select count(*) from assignments where chat_id = $1 and ended_at is null`, id))
}

func TestDisposingTellsWhenTheCustomerWroteAgainAndWhenTheEngineIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.chatOf(t, b.Agents[0], "+12025550142")
	me := b.as(t, b.Agents[0])
	path := "/api/v1/chats/" + string(id) + "/dispose"
	b.call(t, "POST", path, map[string]any{"disposition_id": b.Disposition, "seen_seq": 1}, me).refused(t, 409, "customer_wrote")
	b.chats.fail(domain.E(domain.CodeUnavailable, "the workflow engine doesn't answer; try again").Because("engine_unavailable"))
	b.call(t, "POST", path, map[string]any{"disposition_id": b.Disposition}, me).refused(t, 503, "engine_unavailable")
	b.call(t, "POST", path, map[string]any{"disposition_id": uuid.NewString()}, me).refused(t, 422, "invalid")
	require.Len(t, b.chats.got, 2, "what can be refused at once doesn't reach the engine")
}

func TestBadRequestsAreRefusedClearlyAndStoreNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	other := storetest.Account(t, b.store)
	foreign, err := b.store.ReceiveMessage(t.Context(), other.Inbound("+12025550142", "hello"))
	require.NoError(t, err)
	id := b.chatOf(t, b.Agents[0], "+12025550142")
	me, admin := b.as(t, b.Agents[0]), b.as(t, b.Admin)
	messages := "/api/v1/chats/" + string(id) + "/messages"
	before := b.count(t, "messages")
	for name, try := range map[string]struct {
		method, path string
		body         any
		with         with
		status       int
		code         string
	}{
		"wrong JSON":            {"POST", messages, `{"client_id":`, me, 400, "invalid"},
		"not an object":         {"POST", messages, `[1,2]`, me, 422, "invalid"},
		"no body":               {"POST", messages, nil, me, 400, "invalid"},
		"unknown field":         {"POST", messages, map[string]any{"client_id": "c", "text": "x", "shout": true}, me, 422, "invalid"},
		"missing client_id":     {"POST", messages, map[string]any{"text": "x"}, me, 422, "invalid"},
		"empty text":            {"POST", messages, map[string]any{"client_id": "c", "text": " "}, me, 422, "invalid"},
		"NUL in text":           {"POST", messages, `{"client_id":"c","text":"a\u0000b"}`, me, 422, "invalid"},
		"NUL in client_id":      {"POST", messages, `{"client_id":"c\u0000","text":"a"}`, me, 422, "invalid"},
		"too long":              {"POST", messages, map[string]any{"client_id": "c", "text": strings.Repeat("x", 1601)}, me, 422, "invalid"},
		"wrong type":            {"POST", messages, map[string]any{"client_id": 7, "text": "x"}, me, 422, "invalid"},
		"files not allowed":     {"POST", messages, map[string]any{"client_id": "c", "attachments": []any{map[string]any{"url": "https://x.test/a.png"}}}, me, 403, "mms_required"},
		"no such chat":          {"GET", "/api/v1/chats/" + uuid.NewString(), nil, admin, 404, "unknown_chat"},
		"an id that is none":    {"GET", "/api/v1/chats/7", nil, admin, 404, "unknown_chat"},
		"foreign chat":          {"GET", "/api/v1/chats/" + string(foreign.Chat), nil, admin, 404, "unknown_chat"},
		"foreign messages":      {"GET", "/api/v1/chats/" + string(foreign.Chat) + "/messages", nil, admin, 404, "unknown_chat"},
		"foreign chat, post":    {"POST", "/api/v1/chats/" + string(foreign.Chat) + "/messages", map[string]any{"client_id": "c", "text": "x"}, admin, 404, "unknown_chat"},
		"foreign disposition":   {"POST", "/api/v1/chats/" + string(id) + "/dispose", map[string]any{"disposition_id": other.Disposition}, me, 422, "invalid"},
		"wrong cursor":          {"GET", "/api/v1/chats?view=all&cursor=nonsense", nil, admin, 422, "invalid"},
		"limit too large":       {"GET", "/api/v1/chats?limit=201", nil, me, 422, "invalid"},
		"limit not a number":    {"GET", "/api/v1/chats?limit=many", nil, me, 422, "invalid"},
		"unknown view":          {"GET", "/api/v1/chats?view=theirs", nil, me, 422, "invalid"},
		"unknown status":        {"PUT", "/api/v1/me/status", map[string]any{"status": "asleep"}, me, 422, "invalid"},
		"NUL in a reason":       {"PUT", "/api/v1/me/status", `{"status":"break","reason":"a\u0000"}`, me, 422, "invalid"},
		"NUL in a name":         {"POST", "/api/v1/settings/queues", `{"name":"a\u0000"}`, admin, 422, "invalid"},
		"name of blanks":        {"POST", "/api/v1/settings/queues", map[string]any{"name": "  "}, admin, 422, "invalid"},
		"unknown address":       {"GET", "/api/v1/nothing", nil, me, 404, "not_found"},
		"wrong method":          {"DELETE", "/api/v1/me", nil, me, 405, "method_not_allowed"},
		"socket without asking": {"GET", "/api/v1/stream", nil, me, 426, "upgrade_required"},
	} {
		got := b.call(t, try.method, try.path, try.body, try.with)
		require.Equal(t, try.status, got.StatusCode, "%s: %s", name, got.body)
		got.refused(t, try.status, try.code)
	}
	got := b.call(t, "POST", messages, `client_id=c&text=x`, me, header("Content-Type", "application/x-www-form-urlencoded"))
	got.refused(t, 415, "unsupported_media_type")
	require.Equal(t, before, b.count(t, "messages"))
	require.NotContains(t, b.log.String(), "panicked")
	require.NotContains(t, b.log.String(), `"level":"ERROR"`)
}

func TestIdempotencyKeysReplayTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.as(t, b.Admin)
	key := header("Idempotency-Key", "make-returns")
	first := b.call(t, "POST", "/api/v1/settings/queues", map[string]any{"name": "Returns"}, admin, key)
	require.Equal(t, 201, first.StatusCode)
	require.Empty(t, first.Header.Get("Idempotency-Replayed"))
	again := b.call(t, "POST", "/api/v1/settings/queues", map[string]any{"name": "Returns"}, admin, key)
	require.Equal(t, 201, again.StatusCode)
	require.Equal(t, string(first.body), string(again.body))
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Equal(t, first.Header.Get("Content-Type"), again.Header.Get("Content-Type"))
	b.call(t, "POST", "/api/v1/settings/queues", map[string]any{"name": "Other"}, admin, key).refused(t, 409, "idempotency_key_reused")

	// A refusal is an answer as well; a fault of ours is not, so it may be tried again.
	taken := header("Idempotency-Key", "taken")
	b.call(t, "POST", "/api/v1/settings/queues", map[string]any{"name": "Returns"}, admin, taken).refused(t, 409, "conflict")
	again = b.call(t, "POST", "/api/v1/settings/queues", map[string]any{"name": "Returns"}, admin, taken)
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	again.refused(t, 409, "conflict")

	id := b.chatOf(t, b.Agents[0], "+12025550142")
	me, dispose := b.as(t, b.Agents[0]), header("Idempotency-Key", "dispose")
	path, body := "/api/v1/chats/"+string(id)+"/dispose", map[string]any{"disposition_id": b.Disposition}
	b.chats.fail(domain.E(domain.CodeUnavailable, "away").Because("engine_unavailable"))
	b.call(t, "POST", path, body, me, dispose).refused(t, 503, "engine_unavailable")
	b.chats.fail(nil)
	require.Equal(t, 200, b.call(t, "POST", path, body, me, dispose).StatusCode)
	require.Equal(t, b.chats.got[0].Key, b.chats.got[1].Key, "the engine sees the same command")
	again = b.call(t, "POST", path, body, me, dispose)
	require.Equal(t, 200, again.StatusCode)
	require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	require.Len(t, b.chats.got, 2)
	b.call(t, "POST", path, body, me, header("Idempotency-Key", strings.Repeat("k", 300))).refused(t, 422, "invalid")
}
