package bench_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"
)

const (
	channelKey = "demo-sms"
	token      = "demo-twilio-token"
)

// product answers the part of the HTTP contract that the driver uses, from memory, and can be told to misbehave: a
// driver that finds nothing wrong proves something only if it finds what is wrong.
type product struct {
	url string
	// misbehave may change what a message's text leads to: how many frames, with which seq.
	misbehave func(text string, seq int64) (frames int, told int64)

	mu       sync.Mutex
	users    []map[string]any
	sessions map[string]string // cookie → user id
	status   map[string]string
	sockets  map[*websocket.Conn]string
	owner    map[string]string // customer → user id
	seq      map[string]int64
	open     map[string]bool
	event    int64
	seen     map[string]bool
	waiting  []string // customers of others in line
	line     []string // the driver's customers in line
	routing  string   // the account's rules
	policy   string   // the queue's
	strays   bool     // an agent of somebody else is available

	// The ways in which its routing may go wrong.
	newestFirst bool
	overfill    bool
	lose        func(from string) bool
	double      func(from string) bool
	// late says whose disposal is done, but answered by 503.
	late func(from string) bool
}

func startProduct(t *testing.T) *product {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &product{
		url: "http://" + listener.Addr().String(), sessions: map[string]string{"admin": "admin"}, status: map[string]string{},
		routing: "{}", policy: "{}",
		sockets: map[*websocket.Conn]string{}, owner: map[string]string{}, seq: map[string]int64{}, open: map[string]bool{}, seen: map[string]bool{},
	}
	p.users = []map[string]any{{"id": "admin", "email": "admin@demo.test", "password": "tandem-demo"}}
	api := fasthttpadaptor.NewFastHTTPHandler(p.routes())
	upgrader := websocket.FastHTTPUpgrader{}
	server := &fasthttp.Server{IdleTimeout: time.Second, Handler: func(ctx *fasthttp.RequestCtx) {
		if string(ctx.Path()) != "/api/v1/stream" {
			api(ctx)
			return
		}
		user := p.userOf(string(ctx.Request.Header.Cookie("tandem_session")))
		_ = upgrader.Upgrade(ctx, func(c *websocket.Conn) { p.listen(c, user) })
	}}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		require.NoError(t, server.Shutdown())
		require.NoError(t, <-done)
	})
	return p
}

func (p *product) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/auth/login", p.login)
	mux.HandleFunc("GET /api/v1/settings/channels", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, `{"items":[{"key":"demo-sms","address":"+12025550100","queue_id":"support"}],"next":""}`)
	})
	mux.HandleFunc("GET /api/v1/settings/dispositions", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, `{"items":[{"id":"later"},{"id":"call","parent_id":"later","callback":true},{"id":"sold","queue_ids":["sales"]},
			{"id":"old","disabled":true},{"id":"resolved"}],"next":""}`)
	})
	mux.HandleFunc("GET /api/v1/settings/users", func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		answerJSON(w, map[string]any{"items": p.users, "next": ""})
	})
	mux.HandleFunc("POST /api/v1/settings/users", p.saveUser)
	mux.HandleFunc("PATCH /api/v1/settings/users/{id}", p.saveUser)
	mux.HandleFunc("PUT /api/v1/me/status", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Status string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.status[p.sessions[cookie(r)]] = in.Status
		answer(w, `{}`)
	})
	mux.HandleFunc("GET /api/v1/chats", p.chats)
	mux.HandleFunc("POST /api/v1/chats/{id}/dispose", p.dispose)
	mux.HandleFunc("POST /api/v1/chats/{id}/messages", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	p.routingRoutes(mux)
	mux.HandleFunc("POST /webhooks/twilio/demo-sms", p.webhook)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "# HELP x\ntandem_outbox_lag_seconds 0.25\ntandem_outbox_unsent 0\n")
	})
	return mux
}

func (p *product) login(w http.ResponseWriter, r *http.Request) {
	var in struct{ Email, Password string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, u := range p.users {
		if u["email"] == in.Email && u["password"] == in.Password && u["disabled_at"] == nil {
			id := u["id"].(string)
			p.sessions[id] = id
			http.SetCookie(w, &http.Cookie{Name: "tandem_session", Value: id})
			answer(w, `{"user":{}}`)
			return
		}
	}
	w.WriteHeader(http.StatusUnauthorized)
	answer(w, `{"status":401,"code":"unauthorized","title":"wrong password"}`)
}

func (p *product) saveUser(w http.ResponseWriter, r *http.Request) {
	in := map[string]any{}
	_ = json.NewDecoder(r.Body).Decode(&in)
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.users, func(u map[string]any) bool { return u["id"] == r.PathValue("id") })
	if i < 0 {
		in["id"] = fmt.Sprintf("user-%d", len(p.users))
		p.users = append(p.users, in)
		i = len(p.users) - 1
	}
	maps.Copy(p.users[i], in)
	delete(p.users[i], "disabled_at")
	if in["disabled"] == true {
		p.users[i]["disabled_at"] = "2026-01-01T00:00:00Z"
	}
	answerJSON(w, p.users[i])
}

func (p *product) chats(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	items := []map[string]any{}
	if r.URL.Query().Get("view") == "waiting" {
		for _, from := range p.waiting {
			items = append(items, map[string]any{"id": from, "customer": map[string]string{"address": from}, "queue": map[string]string{"id": "support"}})
		}
		items = append(items, p.inLine()...)
	} else {
		for from := range p.open {
			if p.owner[from] == p.sessions[cookie(r)] {
				items = append(items, map[string]any{"id": from})
			}
		}
	}
	answerJSON(w, map[string]any{"items": items, "next": ""})
}

func (p *product) webhook(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Header.Get("X-Twilio-Signature") != sign(p.url+r.URL.Path, r) {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	from, text := r.PostForm.Get("From"), r.PostForm.Get("Body")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen[r.PostForm.Get("MessageSid")] {
		return
	}
	p.seen[r.PostForm.Get("MessageSid")] = true
	if !p.open[from] {
		p.arrive(from)
	}
	p.seq[from]++
	frames, seq := 1, p.seq[from]
	if p.misbehave != nil {
		frames, seq = p.misbehave(text, seq)
	}
	for range frames {
		p.tell("message.created", from, map[string]any{"id": fmt.Sprintf("%s-%d", from, seq), "seq": seq, "side": "customer", "text": text})
	}
	answer(w, "<Response/>")
}

func (p *product) tell(kind, from string, message map[string]any) {
	p.event++
	chat := map[string]any{"id": from, "phase": "active", "customer": map[string]string{"address": from}, "owner": map[string]string{"id": p.owner[from]}}
	data, _ := json.Marshal(map[string]any{
		"type": kind, "id": p.event, "cursor": fmt.Sprintf("1.%d", p.event), "chat_id": from,
		"data": map[string]any{"message": message, "chat": chat},
	})
	for conn, user := range p.sockets {
		if user == p.owner[from] {
			_ = conn.WriteMessage(websocket.TextMessage, data)
		}
	}
}

func (p *product) listen(c *websocket.Conn, user string) {
	p.mu.Lock()
	p.sockets[c] = user
	_ = c.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello","cursor":"1.0"}`))
	p.mu.Unlock()
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			p.mu.Lock()
			delete(p.sockets, c)
			p.mu.Unlock()
			return
		}
	}
}

func (p *product) userOf(session string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[session]
}

func cookie(r *http.Request) string {
	c, err := r.Cookie("tandem_session")
	if err != nil {
		return ""
	}
	return c.Value
}

func sign(url string, r *http.Request) string {
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte(token))
	_, _ = mac.Write([]byte(url))
	for _, name := range names {
		_, _ = mac.Write([]byte(name + r.PostForm.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func answer(w http.ResponseWriter, body string) { _, _ = w.Write([]byte(body)) }

func answerJSON(w http.ResponseWriter, body any) { _ = json.NewEncoder(w).Encode(body) }

func (p *product) enabledAgents() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	count := 0
	for _, u := range p.users {
		if strings.HasPrefix(u["email"].(string), "bench-") && u["disabled_at"] == nil {
			count++
		}
	}
	return count
}
