package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"tandem/domain"
)

// wait bounds how long a test waits for something that should happen at once.
const wait = 20 * time.Second

// serverFrame is a frame as a client sees it.
type serverFrame struct {
	Type   string          `json:"type"`
	ID     int64           `json:"id"`
	Cursor string          `json:"cursor"`
	ChatID string          `json:"chat_id"`
	At     time.Time       `json:"at"`
	Data   json.RawMessage `json:"data"`
}

func (f serverFrame) message(t *testing.T) domain.Message {
	t.Helper()
	var d struct{ Message domain.Message }
	require.NoError(t, json.Unmarshal(f.Data, &d))
	return d.Message
}

// client is a test's WebSocket.
type client struct {
	conn   *websocket.Conn
	frames chan serverFrame
	closed chan error // gets the reason when the server ends the connection
	once   sync.Once
}

// headersOf collects what with functions put into a request.
func headersOf(changes ...with) http.Header {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, change := range changes {
		change(r)
	}
	return r.Header
}

// dial opens a socket; it fails the test when the server refuses.
func dial(t *testing.T, address string, changes ...with) *client {
	t.Helper()
	c, status := tryDial(t, address, changes...)
	require.Equal(t, 101, status)
	return c
}

func tryDial(t *testing.T, address string, changes ...with) (*client, int) {
	t.Helper()
	dialer := websocket.Dialer{HandshakeTimeout: wait}
	conn, answer, err := dialer.DialContext(t.Context(), address, headersOf(changes...))
	require.NotNil(t, answer, err)
	require.NoError(t, answer.Body.Close())
	if err != nil {
		return nil, answer.StatusCode
	}
	c := &client{conn: conn, frames: make(chan serverFrame, 100_000), closed: make(chan error, 1)}
	go c.read()
	t.Cleanup(c.hangUp)
	return c, answer.StatusCode
}

func (c *client) read() {
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			c.closed <- err
			close(c.frames)
			return
		}
		var f serverFrame
		if json.Unmarshal(text, &f) == nil {
			c.frames <- f
		}
	}
}

// hangUp ends the connection without a goodbye, as a lost network does.
func (c *client) hangUp() { c.once.Do(func() { _ = c.conn.Close() }) }

// next gives the next frame that isn't a ping.
func (c *client) next(t *testing.T) serverFrame {
	t.Helper()
	for {
		select {
		case f, open := <-c.frames:
			if !open {
				require.NoError(t, <-c.closed, "the server closed the socket")
			}
			if f.Type != "ping" {
				return f
			}
		case <-time.After(wait):
			require.FailNow(t, "no frame came")
		}
	}
}

// nextOf gives the next frame of a type, passing over others.
func (c *client) nextOf(t *testing.T, kind string) serverFrame {
	t.Helper()
	for {
		if f := c.next(t); f.Type == kind {
			return f
		}
	}
}

// closeCode waits until the server ends the connection and gives its code.
func (c *client) closeCode(t *testing.T) int {
	t.Helper()
	select {
	case err := <-c.closed:
		var ended *websocket.CloseError
		require.ErrorAs(t, err, &ended)
		return ended.Code
	case <-time.After(wait):
		require.FailNow(t, "the socket stayed open")
		return 0
	}
}

func streamAt(host string) string { return "ws://" + host + "/api/v1/stream" }
