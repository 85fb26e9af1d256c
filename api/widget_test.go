package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/domain"
)

func (b *bundle) widget(path string) string { return "/api/v1/widget/" + b.Webchat.Key + path }

func (b *bundle) begin(t *testing.T, body map[string]any, changes ...with) api.WidgetSession {
	t.Helper()
	got := b.call(t, "POST", b.widget("/sessions"), body, changes...)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	var s api.WidgetSession
	got.into(t, &s)
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	return s
}

func visitor(s api.WidgetSession) with { return header("Authorization", "Bearer "+s.Token) }

func TestAVisitorWritesGetsAnAnswerReadsItAndEndsTheChat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	ada := b.Agents[0]
	s := b.begin(t, map[string]any{"name": "Lea"})
	require.Nil(t, s.Chat)
	require.Empty(t, s.Messages)
	require.Equal(t, "Lea", s.CustomerName)
	require.NotEmpty(t, s.Settings.Title)
	screen := dial(t, "ws://"+host+b.widget("/stream")+"?token="+s.Token)
	require.Equal(t, "hello", screen.next(t).Type)

	hello := map[string]any{"client_id": "c1", "text": "hello from the shop"}
	got := b.call(t, "POST", b.widget("/messages"), hello, visitor(s))
	require.Equal(t, 201, got.StatusCode, string(got.body))
	var receipt api.WidgetReceipt
	got.into(t, &receipt)
	own := screen.nextOf(t, "message.created").message(t)
	require.Equal(t, receipt.ID, own.ID)
	require.Equal(t, "c1", own.ClientID, "every tab of the visitor recognises the message")
	got = b.call(t, "POST", b.widget("/messages"), hello, visitor(s))
	require.Equal(t, 200, got.StatusCode, "the same client_id again")
	require.Equal(t, 1, b.count(t, "messages"))

	b.available(t, ada)
	_, err := b.store.RequestAgent(t.Context(), b.Account, receipt.ChatID)
	require.NoError(t, err)
	me := b.as(t, ada)
	chat := "/api/v1/chats/" + string(receipt.ChatID)
	require.Equal(t, 201, b.call(t, "POST", chat+"/notes", map[string]any{"client_id": "n1", "text": "a difficult one"}, me).StatusCode)
	require.Equal(t, 201, b.call(t, "POST", chat+"/messages", map[string]any{"client_id": "a1", "text": "Hi Lea"}, me).StatusCode)
	f := screen.nextOf(t, "message.created")
	require.Equal(t, "Hi Lea", f.message(t).Text, "the note between didn't come")
	require.NotContains(t, string(f.Data), "queue")

	require.Equal(t, 204, b.call(t, "POST", b.widget("/read"), map[string]any{"seq": f.message(t).Seq}, visitor(s)).StatusCode)
	var messages domain.Page[domain.Message]
	b.call(t, "GET", chat+"/messages", nil, me).into(t, &messages)
	require.GreaterOrEqual(t, messages.Items[len(messages.Items)-1].Status.Rank(), domain.StatusDelivered.Rank())

	again := b.begin(t, map[string]any{"token": s.Token}) // the page was reloaded
	require.Equal(t, s.VisitorID, again.VisitorID)
	require.Equal(t, receipt.ChatID, again.Chat.ID)
	require.Len(t, again.Messages, 2)
	require.Equal(t, "Lea", again.CustomerName)
	got = b.call(t, "GET", b.widget("/messages")+"?after=1", nil, visitor(again))
	require.Equal(t, 200, got.StatusCode)
	require.NotContains(t, string(got.body), "difficult")

	require.Equal(t, 204, b.call(t, "POST", b.widget("/end"), nil, visitor(s)).StatusCode)
	var view domain.ChatView
	b.call(t, "GET", chat, nil, me).into(t, &view)
	require.Equal(t, domain.PhaseCustomerLeft, view.Phase)
	require.Equal(t, 200, b.call(t, "POST", chat+"/dispose", map[string]any{"disposition_id": b.Disposition, "note": "rude"}, me).StatusCode)
	closed := screen.nextOf(t, "chat.closed")
	require.NotContains(t, string(closed.Data), "rude")
	require.NotContains(t, string(closed.Data), "Resolved")
}

func TestWhatIsBetweenColleaguesNeverReachesAVisitor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.begin(t, map[string]any{})
	screen := dial(t, "ws://"+b.serve(t)+b.widget("/stream")+"?token="+s.Token)
	require.Equal(t, "hello", screen.next(t).Type)
	emit := func(kind domain.Kind, text string) {
		data, err := json.Marshal(domain.MessageEventData{Message: domain.Message{Kind: kind, Side: domain.SideSystem, Text: text}})
		require.NoError(t, err)
		_, err = b.Pool.Exec(t.Context(), `insert into events (account_id, audience, type, data, at) values ($1, $2, 'message.created', $3, now())`,
			b.Account, "visitor:"+string(s.VisitorID), data)
		require.NoError(t, err)
	}
	emit(domain.KindNote, "a note")
	emit(domain.KindEvent, "Ada handed over to Ben")
	emit(domain.KindText, "for you")
	require.Equal(t, "for you", screen.nextOf(t, "message.created").message(t).Text)
}

func TestAForgedTokenIsNobodyAndAVisitorSeesOnlyTheirOwnChat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	host := b.serve(t)
	lea, max := b.begin(t, map[string]any{}), b.begin(t, map[string]any{})
	require.NotEqual(t, lea.VisitorID, max.VisitorID)
	require.Equal(t, 201, b.call(t, "POST", b.widget("/messages"), map[string]any{"client_id": "c", "text": "mine"}, visitor(lea)).StatusCode)
	got := b.call(t, "GET", b.widget("/messages"), nil, visitor(max))
	require.Equal(t, 200, got.StatusCode)
	require.NotContains(t, string(got.body), "mine")

	body, signature, _ := strings.Cut(max.Token, ".")
	leaBody, _, _ := strings.Cut(lea.Token, ".")
	for name, token := range map[string]string{
		"none": "", "another's claims": leaBody + "." + signature, "no signature": body, "garbage": "x.y", "empty parts": ".",
	} {
		bad := header("Authorization", "Bearer "+token)
		b.call(t, "POST", b.widget("/messages"), map[string]any{"client_id": "c", "text": "x"}, bad).refused(t, 401, "unknown_visitor")
		b.call(t, "POST", b.widget("/end"), nil, bad).refused(t, 401, "unknown_visitor")
		_, status := tryDial(t, "ws://"+host+b.widget("/stream")+"?token="+token)
		require.Equal(t, 401, status, name)
	}
	b.call(t, "GET", "/api/v1/me", nil, visitor(lea)).refused(t, 401, "signed_out")
	fresh := b.begin(t, map[string]any{"token": leaBody + "." + signature})
	require.NotEqual(t, lea.VisitorID, fresh.VisitorID, "a token that doesn't hold begins anew")
	b.call(t, "POST", "/api/v1/widget/"+b.Channel.Key+"/sessions", map[string]any{}).refused(t, 404, "unknown_channel")
	b.call(t, "POST", "/api/v1/widget/nobody/sessions", map[string]any{}).refused(t, 404, "unknown_channel")
}

func TestOnlyTheChannelsPagesMayHoldTheWidget(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for origin, allowed := range map[string]bool{
		"https://shop.test": true, "https://other.test": true, "https://evil.test": false, "null": false, publicURL: true,
	} {
		got := b.call(t, "POST", b.widget("/sessions"), map[string]any{}, header("Origin", origin))
		ask := b.call(t, "OPTIONS", b.widget("/messages"), nil, header("Origin", origin), header("Access-Control-Request-Method", "POST"))
		if !allowed {
			got.refused(t, 403, "foreign_origin")
			ask.refused(t, 403, "foreign_origin")
			continue
		}
		require.Equal(t, 200, got.StatusCode, origin)
		require.Empty(t, got.Header.Get("Access-Control-Allow-Credentials"))
		if origin != publicURL {
			require.Equal(t, origin, got.Header.Get("Access-Control-Allow-Origin"))
			require.Equal(t, 204, ask.StatusCode)
			require.Contains(t, ask.Header.Get("Access-Control-Allow-Headers"), "Authorization")
		}
	}
}

func TestAVisitorWhoIsTooFastIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.begin(t, map[string]any{})
	slowed := 0
	for range 40 {
		got := b.call(t, "POST", b.widget("/read"), map[string]any{"seq": 0}, visitor(s))
		if got.StatusCode == http.StatusTooManyRequests {
			slowed++
			got.refused(t, 429, "too_fast")
			require.Equal(t, "1", got.Header.Get("Retry-After"))
		}
	}
	require.Positive(t, slowed)
}

func TestTheWidgetsScriptIsAskedForAndMostlyUnchanged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.call(t, "GET", "/widget.js", nil, header("Origin", "https://anywhere.test"))
	require.Equal(t, 200, got.StatusCode)
	require.Contains(t, got.Header.Get("Content-Type"), "javascript")
	require.Equal(t, "cross-origin", got.Header.Get("Cross-Origin-Resource-Policy"))
	tag := got.Header.Get("ETag")
	require.NotEmpty(t, tag)
	require.Equal(t, 304, b.call(t, "GET", "/widget.js", nil, header("If-None-Match", tag)).StatusCode)
	without := setup(t, func(d *api.Deps) { d.Widget = nil })
	without.call(t, "GET", "/widget.js", nil).refused(t, 404, "widget_not_built")
}
