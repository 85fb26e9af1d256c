package api_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/channels"
	"tandem/channels/twilio"
	"tandem/channels/webchat"
	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

const (
	publicURL  = "https://tandem.test"
	temporalUI = "https://temporal.test"
	password   = "correct horse battery"
)

// passwordHash is made once: a hash is slow on purpose.
var passwordHash = sync.OnceValues(func() (string, error) { return api.HashPassword(password) })

// bundle is the api on a real ledger with one account.
type bundle struct {
	app   *fiber.App
	store *store.Store
	hub   *api.Hub
	chats *chatsOnStore
	log   *safeBuffer
	// presence makes what the hub keeps presence in; nil keeps none.
	presence func(*store.Store) api.Presence
	// ahead is how far the ledger's clock is ahead, in nanoseconds.
	ahead *atomic.Int64
	storetest.Fixture
}

func setup(t *testing.T, options ...func(*api.Deps)) *bundle {
	t.Helper()
	return setupWith(t, nil, options...)
}

// setupWith is setup with a hub that keeps agents' presence in what presence makes of the store; nil keeps none.
func setupWith(t *testing.T, presence func(*store.Store) api.Presence, options ...func(*api.Deps)) *bundle {
	t.Helper()
	bell := api.NewBell()
	ahead := &atomic.Int64{}
	s := storetest.New(t, func(o *store.Options) {
		o.Ring = bell.Ring
		o.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	b := &bundle{ahead: ahead, store: s, Fixture: storetest.Account(t, s), chats: &chatsOnStore{store: s}, log: &safeBuffer{}, presence: presence}
	hash, err := passwordHash()
	require.NoError(t, err)
	_, err = b.Pool.Exec(t.Context(), `update users set password_hash = $1`, hash)
	require.NoError(t, err)
	_, err = b.Pool.Exec(t.Context(), `update channels set settings = '{"allowed_origins": "https://shop.test, https://other.test/"}' where type = 'webchat'`)
	require.NoError(t, err)
	return node(t, b, s, bell, options...)
}

// node makes an api with a hub of its own on a store.
func node(t *testing.T, from *bundle, s *store.Store, bell *api.Bell, options ...func(*api.Deps)) *bundle {
	t.Helper()
	b := &bundle{store: s, Fixture: from.Fixture, chats: from.chats, log: from.log, presence: from.presence, ahead: from.ahead}
	sms, err := twilio.New(twilio.Options{})
	require.NoError(t, err)
	logger := slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	hub := api.HubOptions{Log: s, Bell: bell, Logger: logger, Places: s}
	if b.presence != nil {
		hub.Presence, hub.Settle = b.presence(s), 100*time.Millisecond
	}
	b.hub = api.NewHub(hub)
	deps := api.Deps{
		Store: s, Chats: b.chats, Hub: b.hub, PublicURL: publicURL, TemporalUIURL: temporalUI,
		Channels: channels.Registry{domain.ProviderTwilio: sms, domain.ProviderWebchat: webchat.New()},
		Keys:     [][]byte{bytes.Repeat([]byte{7}, 32)}, Logger: logger, Widget: []byte("console.log('widget')"),
	}
	for _, option := range options {
		option(&deps)
	}
	b.app, err = api.New(deps)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.hub.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
		if t.Failed() {
			t.Log(b.log.String())
		}
	})
	return b
}

// chatsOnStore closes chats as their workflow would, without an engine.
type chatsOnStore struct {
	store *store.Store
	mu    sync.Mutex
	err   error
	got   []api.CloseCommand
}

func (c *chatsOnStore) CloseChat(ctx context.Context, cmd api.CloseCommand) (domain.CloseResult, error) {
	c.mu.Lock()
	c.got = append(c.got, cmd)
	err := c.err
	c.mu.Unlock()
	if err != nil {
		return domain.CloseResult{}, err
	}
	state, err := c.store.LoadChat(ctx, cmd.Account, cmd.Chat)
	if err != nil {
		return domain.CloseResult{}, err
	}
	if cmd.SeenSeq > 0 && state.LastSeq > cmd.SeenSeq {
		return domain.CloseResult{Newer: true, LastSeq: state.LastSeq}, nil
	}
	return c.store.CloseChat(ctx, domain.CloseRequest{
		Account: cmd.Account, Chat: cmd.Chat, ExpectSeq: state.LastSeq, Outcome: domain.OutcomeDisposed, Actor: cmd.Actor,
		Disposition: cmd.Disposition, Note: cmd.Note, CallbackAt: cmd.CallbackAt, CallbackZone: cmd.CallbackZone,
		BreakAfter: cmd.BreakAfter,
	})
}

func (c *chatsOnStore) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

// safeBuffer collects the log of several goroutines.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) into(t *testing.T, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.body, v), string(a.body))
}

// refused checks that the answer is a problem document with this status and code.
func (a answer) refused(t *testing.T, status int, code string) api.Problem {
	t.Helper()
	require.Equal(t, status, a.StatusCode, string(a.body))
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), string(a.body))
	var p api.Problem
	a.into(t, &p)
	require.Equal(t, status, p.Status)
	require.Equal(t, code, p.Code, string(a.body))
	require.NotEmpty(t, p.Detail)
	require.NotEmpty(t, p.RequestID)
	return p
}

// with changes a request before it is sent.
type with func(*http.Request)

func header(name, value string) with {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func (b *bundle) send(t *testing.T, r *http.Request) answer {
	t.Helper()
	got, err := b.app.Test(r, -1)
	require.NoError(t, err)
	defer func() { require.NoError(t, got.Body.Close()) }()
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	return answer{got, body}
}

func (b *bundle) call(t *testing.T, method, path string, body any, changes ...with) answer {
	t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		reader = bytes.NewReader(encoded)
	}
	r := httptest.NewRequest(method, path, reader)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, change := range changes {
		change(r)
	}
	return b.send(t, r)
}

// as signs a request with the actor's own bearer token.
func (b *bundle) as(t *testing.T, a domain.Actor) with {
	t.Helper()
	return header("Authorization", "Bearer "+b.token(t, a))
}

func (b *bundle) token(t *testing.T, a domain.Actor) string {
	t.Helper()
	secret := "tdm_" + uuid.NewString()
	_, err := b.store.CreateToken(t.Context(), a, "test", sha256Of(secret))
	require.NoError(t, err)
	return secret
}

func email(a domain.Actor) string { return string(a.User) + "@test.invalid" }

// signIn signs in by the form and gives the cookie.
func (b *bundle) signIn(t *testing.T, a domain.Actor) with {
	t.Helper()
	got := b.call(t, "POST", "/api/v1/auth/login", map[string]string{"email": email(a), "password": password})
	require.Equal(t, 200, got.StatusCode, string(got.body))
	cookies := got.Cookies()
	require.Len(t, cookies, 1)
	return func(r *http.Request) { r.AddCookie(cookies[0]) }
}

func (b *bundle) available(t *testing.T, a domain.Actor) {
	t.Helper()
	b.status(t, a, domain.Available, "")
}

func (b *bundle) status(t *testing.T, a domain.Actor, status domain.Availability, reason string) {
	t.Helper()
	_, err := b.store.SetStatus(t.Context(), a, a.User, domain.StatusChange{Status: status, Reason: reason})
	require.NoError(t, err)
}

// chatOf gives a fresh SMS chat that the agent owns.
func (b *bundle) chatOf(t *testing.T, a domain.Actor, phone string) domain.ChatID {
	t.Helper()
	got, err := b.store.ReceiveMessage(t.Context(), b.Inbound(phone, "hello"))
	require.NoError(t, err)
	b.available(t, a)
	_, err = b.store.RequestAgent(t.Context(), b.Account, got.Chat)
	require.NoError(t, err)
	chat, err := b.store.Chat(t.Context(), b.Supervisor, got.Chat)
	require.NoError(t, err)
	require.NotNil(t, chat.Owner)
	require.Equal(t, a.User, chat.Owner.ID)
	return got.Chat
}

// twilioForm is a text as Twilio posts it.
func (b *bundle) twilioForm(sid, from, text string) url.Values {
	return url.Values{
		"MessageSid": {sid}, "AccountSid": {b.Channel.Secrets["account_sid"]}, "From": {from}, "To": {b.Channel.Address},
		"Body": {text}, "NumMedia": {"0"},
	}
}

func twilioSignature(token, address string, form url.Values) string {
	keys := make([]string, 0, len(form))
	for k := range form {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, k := range keys {
		for _, v := range form[k] {
			mac.Write([]byte(k + v))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// webhook posts a signed form to a path.
func (b *bundle) webhook(t *testing.T, path string, form url.Values, changes ...with) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", twilioSignature(b.Channel.Secrets["auth_token"], publicURL+path, form))
	for _, change := range changes {
		change(r)
	}
	return b.send(t, r)
}

func (b *bundle) smsPath() string { return "/webhooks/twilio/" + b.Channel.Key }

func (b *bundle) count(t *testing.T, table string) int {
	t.Helper()
	return storetest.Value[int](t, b.Fixture, `select count(*)::int from `+table)
}

// serve listens on loopback until the test ends and gives the address.
func (b *bundle) serve(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- b.app.Listener(listener) }()
	t.Cleanup(func() {
		require.NoError(t, b.app.ShutdownWithTimeout(5*time.Second))
		require.NoError(t, <-ended)
	})
	return listener.Addr().String()
}
