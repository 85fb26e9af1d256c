package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fasthttp/websocket"
)

// frame is what the stream sends, as far as the driver reads it.
type frame struct {
	Type   string `json:"type"`
	ID     int64  `json:"id"`
	Cursor string `json:"cursor"`
	ChatID string `json:"chat_id"`
	Data   struct {
		Message struct {
			ID   string `json:"id"`
			Seq  int64  `json:"seq"`
			Side string `json:"side"`
			Text string `json:"text"`
		} `json:"message"`
		Chat struct {
			ID       string `json:"id"`
			Phase    string `json:"phase"`
			Customer struct {
				Address string `json:"address"`
			} `json:"customer"`
			Owner *struct {
				ID string `json:"id"`
			} `json:"owner"`
		} `json:"chat"`
	} `json:"data"`
}

// socket is one agent's open stream. It reconnects and resumes by cursor as the console does.
type socket struct {
	url     string
	header  http.Header
	onFrame func(frame, time.Time)
	drops   *atomic.Int64
	// only names the one type of event that is read, empty all: decoding what nobody looks at would take CPU from the product.
	only string

	hello  chan struct{}
	once   sync.Once
	cursor string
}

const (
	dialTimeout    = 10 * time.Second
	reconnectAfter = 200 * time.Millisecond
	silenceLimit   = 75 * time.Second // the server pings every 20 s
)

func streamURL(base string) string {
	return "ws" + strings.TrimPrefix(base, "http") + "/api/v1/stream"
}

func newSocket(address string, header http.Header, drops *atomic.Int64, onFrame func(frame, time.Time)) *socket {
	return &socket{url: address, header: header, onFrame: onFrame, drops: drops, hello: make(chan struct{})}
}

// run keeps the socket open until ctx ends.
func (s *socket) run(ctx context.Context) {
	for {
		err := s.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.drops.Add(1)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(reconnectAfter):
		}
	}
}

func (s *socket) session(ctx context.Context) error {
	address := s.url
	if s.cursor != "" {
		address += "?cursor=" + url.QueryEscape(s.cursor)
	}
	dialer := websocket.Dialer{HandshakeTimeout: dialTimeout, ReadBufferSize: 16 << 10, WriteBufferSize: 1 << 10}
	conn, res, err := dialer.DialContext(ctx, address, s.header)
	if err != nil {
		return fmt.Errorf("opening a socket: %w", err)
	}
	_ = res.Body.Close() // the handshake's answer has none
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() { stop(); _ = conn.Close() }()
	for {
		if err := conn.SetReadDeadline(time.Now().Add(silenceLimit)); err != nil {
			return fmt.Errorf("setting the socket's limit: %w", err)
		}
		_, data, err := conn.ReadMessage()
		at := time.Now()
		if err != nil {
			return fmt.Errorf("reading a socket: %w", err)
		}
		if s.skips(data) {
			continue
		}
		var f frame
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("decoding a frame: %w", err)
		}
		if f.Cursor != "" {
			s.cursor = f.Cursor
		}
		switch f.Type {
		case "hello":
			s.once.Do(func() { close(s.hello) })
		case "ping":
			if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"pong"}`)); err != nil {
				return fmt.Errorf("answering a ping: %w", err)
			}
		default:
			s.onFrame(f, at)
		}
	}
}

// skips reports whether a frame is of no interest, and keeps its cursor all the same: without it a resumed socket would be
// told everything since the last frame of interest once more. A frame begins with its type and its cursor.
func (s *socket) skips(data []byte) bool {
	if s.only == "" {
		return false
	}
	rest, ok := bytes.CutPrefix(data, []byte(`{"type":"`))
	if !ok {
		return false
	}
	kind, rest, _ := bytes.Cut(rest, []byte(`"`))
	if !bytes.ContainsRune(kind, '.') || string(kind) == s.only {
		return false
	}
	if _, cursor, ok := bytes.Cut(rest, []byte(`"cursor":"`)); ok {
		cursor, _, _ = bytes.Cut(cursor, []byte(`"`))
		s.cursor = string(cursor)
	}
	return true
}

// ready waits for the first hello.
func (s *socket) ready(ctx context.Context) error {
	select {
	case <-s.hello:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for a socket's hello: %w", ctx.Err())
	}
}
