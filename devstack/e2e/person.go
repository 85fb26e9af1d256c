package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"tandem/domain"
)

// DemoPassword opens every account of the demo.
const DemoPassword = "tandem-demo"

// Answer is what the API said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Problem is the document of a refusal.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// Into decodes the answer's JSON.
func (a Answer) Into(t *testing.T, target any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.Body, target), string(a.Body))
}

// Problem decodes the answer as a problem document, whose status must be that of the answer.
func (a Answer) Problem(t *testing.T) Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", strings.Split(a.Header.Get("Content-Type"), ";")[0], string(a.Body))
	var p Problem
	a.Into(t, &p)
	require.Equal(t, a.Status, p.Status)
	return p
}

// Person is somebody with a browser: cookies, and sockets that carry them.
type Person struct {
	in   *Instance
	http *http.Client
}

// Nobody is a person who has not signed in.
func (in *Instance) Nobody(t *testing.T) *Person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &Person{in: in, http: &http.Client{Jar: jar, Timeout: Patience}}
}

// SignIn signs in a user of the demo, such as agent1@demo.test.
func (in *Instance) SignIn(t *testing.T, email string) *Person {
	t.Helper()
	p := in.Nobody(t)
	answer := p.Send(t, http.MethodPost, "/api/v1/auth/login", map[string]string{"email": email, "password": DemoPassword})
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	return p
}

// Send makes a request with a JSON body (nil: none).
func (p *Person) Send(t *testing.T, method, path string, body any) Answer {
	t.Helper()
	var reader io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(t, err)
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, p.in.Console+path, reader)
	require.NoError(t, err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return p.Do(t, request)
}

// Do makes any request.
func (p *Person) Do(t *testing.T, request *http.Request) Answer {
	t.Helper()
	response, err := p.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return Answer{Status: response.StatusCode, Header: response.Header, Body: body}
}

// Get reads a JSON answer that must be a 200.
func Get[T any](t *testing.T, p *Person, path string) T {
	t.Helper()
	answer := p.Send(t, http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	var value T
	answer.Into(t, &value)
	return value
}

// SetStatus makes an agent available, on break or offline. A break needs a reason, of which every account has one so named.
func (p *Person) SetStatus(t *testing.T, status string) {
	t.Helper()
	body := map[string]string{"status": status}
	if status == string(domain.OnBreak) {
		body["reason"] = "Break"
	}
	answer := p.Send(t, http.MethodPut, "/api/v1/me/status", body)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
}

// Me tells who signed in.
func (p *Person) Me(t *testing.T) domain.User {
	t.Helper()
	return Get[struct{ User domain.User }](t, p, "/api/v1/me").User
}

// Chat reads a chat.
func (p *Person) Chat(t *testing.T, chat domain.ChatID) domain.ChatView {
	t.Helper()
	return Get[domain.ChatView](t, p, "/api/v1/chats/"+string(chat))
}

// Line lists who waits, the next to be served first.
func (p *Person) Line(t *testing.T) []domain.ChatView {
	t.Helper()
	return all[domain.ChatView](t, p, "/api/v1/chats?view=waiting&limit=200")
}

// Everything lists all the chats of the account.
func (p *Person) Everything(t *testing.T) []domain.ChatView {
	t.Helper()
	return all[domain.ChatView](t, p, "/api/v1/chats?view=all&limit=200")
}

// Story tells why a chat went where it went.
func (p *Person) Story(t *testing.T, chat domain.ChatID) domain.RoutingStory {
	t.Helper()
	return Get[domain.RoutingStory](t, p, "/api/v1/chats/"+string(chat)+"/routing")
}

// all reads a list page by page.
func all[T any](t *testing.T, p *Person, path string) []T {
	t.Helper()
	var items []T
	for cursor := ""; ; {
		page := Get[domain.Page[T]](t, p, path+"&cursor="+url.QueryEscape(cursor))
		items = append(items, page.Items...)
		if cursor = page.Next; cursor == "" {
			return items
		}
	}
}

// Mine lists the open chats of an agent.
func (p *Person) Mine(t *testing.T) []domain.ChatView {
	t.Helper()
	return Get[domain.Page[domain.ChatView]](t, p, "/api/v1/chats?view=mine").Items
}

// Messages lists the newest messages of a chat, oldest first.
func (p *Person) Messages(t *testing.T, chat domain.ChatID) []domain.Message {
	t.Helper()
	return Get[domain.Page[domain.Message]](t, p, "/api/v1/chats/"+string(chat)+"/messages?limit=200").Items
}

// Reply sends a message to the customer and returns it as stored.
func (p *Person) Reply(t *testing.T, chat domain.ChatID, clientID, text string) domain.Message {
	t.Helper()
	answer := p.Send(t, http.MethodPost, "/api/v1/chats/"+string(chat)+"/messages", map[string]string{"client_id": clientID, "text": text})
	require.Equal(t, http.StatusCreated, answer.Status, string(answer.Body))
	var m domain.Message
	answer.Into(t, &m)
	return m
}

// Frame is one message of the live stream.
type Frame struct {
	Type   string          `json:"type"`
	ID     int64           `json:"id"`
	Cursor string          `json:"cursor"`
	ChatID domain.ChatID   `json:"chat_id"`
	Data   json.RawMessage `json:"data"`
}

// Message decodes the message of a message.* event.
func (f Frame) Message(t *testing.T) domain.Message {
	t.Helper()
	var data domain.MessageEventData
	require.NoError(t, json.Unmarshal(f.Data, &data))
	return data.Message
}

// Stream is an open live stream; it collects what arrives.
type Stream struct {
	conn *websocket.Conn

	mu     sync.Mutex
	frames []Frame
}

// Watch opens the live stream, from a cursor or (with "") from now, and waits for its greeting.
func (p *Person) Watch(t *testing.T, cursor string) *Stream {
	t.Helper()
	address := "ws" + strings.TrimPrefix(p.in.Console, "http") + "/api/v1/stream?cursor=" + url.QueryEscape(cursor)
	dialer := websocket.Dialer{Jar: p.http.Jar, HandshakeTimeout: Patience}
	conn, response, err := dialer.DialContext(t.Context(), address, nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	s := &Stream{conn: conn}
	t.Cleanup(func() { _ = conn.Close() })
	go s.read()
	s.Await(t, func(f Frame) bool { return f.Type == "hello" })
	return s
}

// Close hangs up, as a browser does whose tab is closed or whose network is gone.
func (s *Stream) Close(t *testing.T) {
	t.Helper()
	require.NoError(t, s.conn.Close())
}

// read ends with the connection, be it closed by the test or by a killed instance.
func (s *Stream) read() {
	for {
		var f Frame
		if err := s.conn.ReadJSON(&f); err != nil {
			return
		}
		s.mu.Lock()
		s.frames = append(s.frames, f)
		s.mu.Unlock()
	}
}

// Frames are all that have arrived.
func (s *Stream) Frames() []Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Frame(nil), s.frames...)
}

// Await returns the first frame, of those that came and will come, that matches.
func (s *Stream) Await(t *testing.T, matches func(Frame) bool) Frame {
	t.Helper()
	var found Frame
	require.Eventually(t, func() bool {
		for _, f := range s.Frames() {
			if matches(f) {
				found = f
				return true
			}
		}
		return false
	}, Patience, 5*time.Millisecond)
	return found
}

// AwaitText waits for the event of a new message with this text.
func (s *Stream) AwaitText(t *testing.T, text string) domain.Message {
	t.Helper()
	return s.Await(t, func(f Frame) bool {
		return f.Type == string(domain.EventMessageCreated) && f.Message(t).Text == text
	}).Message(t)
}
