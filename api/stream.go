package api

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	fasthttpws "github.com/fasthttp/websocket"
	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"tandem/domain"
)

// Times of a socket.
const (
	pingEvery    = 20 * time.Second
	silenceLimit = 60 * time.Second
	writeLimit   = 5 * time.Second
	closeLimit   = time.Second
)

// largestClientFrame bounds what a client may send; it only ever sends a few words.
const largestClientFrame = 4 << 10

// mostCoalesced bounds the bytes of one write.
const mostCoalesced = 256 << 10

// streamLocal carries the prepared stream through the upgrade.
const streamLocal = "stream"

// isSocket reports whether the request asks for a WebSocket on a stream's address.
func isSocket(c *fiber.Ctx) bool {
	return strings.HasSuffix(c.Path(), "/stream") && websocket.IsWebSocketUpgrade(c)
}

// stream is the console's socket.
func (s *server) stream(c *fiber.Ctx) error {
	if !isSocket(c) {
		return fiber.ErrUpgradeRequired
	}
	if err := mayCall(c.UserContext(), signedIn); err != nil {
		return err
	}
	who := callerOf(c.UserContext())
	if who.session != nil {
		if origin := c.Get(fiber.HeaderOrigin); origin != "" && !s.ownOrigin(origin, string(c.Request().Host())) {
			return foreignOrigin()
		}
	}
	k := newSocket(consoleSocket, who.actor.Account)
	k.actor, k.session, k.check = who.actor, who.session, s.signInCheck(c, who)
	audiences := []string{accountAudience, userAudience(who.actor.User)}
	if who.actor.Role.Supervises() {
		audiences = append(audiences, everyQueue)
	}
	return s.open(c, k, audiences)
}

// signInCheck asks whether the credentials a socket was opened with still hold.
func (s *server) signInCheck(c *fiber.Ctx, who caller) func(context.Context) error {
	if who.session != nil {
		return func(ctx context.Context) error {
			_, err := s.store.ActorBySession(ctx, who.session, s.now())
			return err
		}
	}
	secret, _ := bearerToken(c.Get(fiber.HeaderAuthorization))
	hash := hashSecret(secret)
	return func(ctx context.Context) error {
		_, err := s.store.ActorByToken(ctx, hash, s.now())
		return err
	}
}

// widgetStream is a visitor's socket. A browser can't give a WebSocket a header, so the token is in the address; the
// access log never has it.
func (s *server) widgetStream(c *fiber.Ctx) error {
	if !isSocket(c) {
		return fiber.ErrUpgradeRequired
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), requestDeadline)
	defer cancel()
	in := VisitorPath{WidgetPath: WidgetPath{Key: c.Params("key")}, Authorization: "Bearer " + c.Query("token")}
	ch, visitor, err := s.visitor(ctx, in)
	if err != nil {
		return err
	}
	k := newSocket(widgetSocket, ch.Account)
	k.queueing = queueing{
		who: domain.PlaceAsk{Account: ch.Account, Channel: ch.ID, Identity: visitor.Identity}, ask: true,
	}
	return s.open(c, k, []string{visitorAudience(visitor.Identity)})
}

// open attaches the socket to the hub and upgrades the connection.
func (s *server) open(c *fiber.Ctx, k *socket, audiences []string) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), requestDeadline)
	defer cancel()
	var resume *domain.Cursor
	if text := c.Query("cursor"); text != "" {
		at, err := domain.ParseCursor(text)
		if err != nil {
			return err
		}
		resume = &at
	}
	first, err := s.hub.attach(ctx, k, audiences, resume)
	if err != nil {
		return err
	}
	c.Locals(streamLocal, &line{server: s, socket: k, first: first})
	if err := s.upgrade(c); err != nil {
		s.hub.detach(k)
		return err
	}
	return nil
}

// newUpgrade makes the handler that turns a request into a line.
func (s *server) newUpgrade() fiber.Handler {
	return websocket.New(func(conn *websocket.Conn) {
		l, ok := conn.Locals(streamLocal).(*line)
		if !ok {
			return
		}
		// The wrapper goes back to a pool when this returns; the connection inside it doesn't.
		l.conn = conn.Conn
		l.serve()
	}, websocket.Config{
		// Origins are checked before, against the configuration.
		HandshakeTimeout: requestDeadline,
		RecoverHandler: func(*websocket.Conn) {
			if r := recover(); r != nil {
				s.log.Error("socket panicked", "panic", fmt.Sprint(r))
			}
		},
	})
}

// line is one open connection: a reader and a writer around a socket of the hub.
type line struct {
	server *server
	socket *socket
	first  welcome
	conn   *fasthttpws.Conn
	buffer []byte
}

// serve runs until either side ends the connection.
func (l *line) serve() {
	defer l.server.hub.detach(l.socket)
	ctx, cancel := context.WithCancel(context.Background())
	written := make(chan struct{})
	go func() {
		defer close(written)
		l.writeAll(ctx)
	}()
	l.readAll(ctx)
	l.socket.close(closeGoingAway, "")
	cancel()
	<-written
}

// clientFrame is what a client may say.
type clientFrame struct {
	Type   string `json:"type"`
	ChatID string `json:"chat_id"`
}

// readAll listens to the client. Any sign of life, a pong of the protocol included, keeps the line open.
func (l *line) readAll(ctx context.Context) {
	alive := func() error { return l.conn.SetReadDeadline(time.Now().Add(silenceLimit)) }
	l.conn.SetReadLimit(largestClientFrame)
	l.conn.SetPongHandler(func(string) error { return alive() })
	for {
		if alive() != nil {
			return
		}
		_, message, err := l.conn.ReadMessage()
		if err != nil {
			return
		}
		var f clientFrame
		if json.Unmarshal(message, &f) != nil {
			l.socket.close(closePolicy, "frames are JSON objects with a type")
			return
		}
		l.obey(ctx, f)
	}
}

// obey does what a client asks. What it may not watch is not watched; unknown words of newer clients are passed over.
func (l *line) obey(ctx context.Context, f clientFrame) {
	if l.socket.kind != consoleSocket || (f.Type != "watch" && f.Type != "unwatch") {
		return
	}
	chat, err := domain.ParseID[domain.ChatID]("chat_id", f.ChatID)
	if err != nil {
		return
	}
	if f.Type == "unwatch" {
		l.server.hub.unwatch(l.socket, chat)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, requestDeadline)
	defer cancel()
	if _, err := l.server.store.Chat(ctx, l.socket.actor, chat); err != nil {
		return
	}
	l.server.hub.watch(l.socket, chat)
	l.socket.put(watchingFrame(chat))
}

// writeAll tells the client what it missed and then everything new, until the socket closes or a write fails.
func (l *line) writeAll(ctx context.Context) {
	defer l.hangUp()
	if l.write(l.first.frames) != nil {
		return
	}
	if l.first.from != nil {
		if err := l.server.hub.catchUp(ctx, l.socket, *l.first.from, l.write); err != nil {
			l.socket.close(closeTryLater, "what you missed can't be read; resume from your cursor")
			return
		}
	}
	l.socket.live()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	var spare []frame
	for {
		var last frame
		select {
		case <-l.socket.done:
			return
		case <-l.socket.wake:
		case <-ping.C:
			// Read before the queue is emptied: all that lies before this cursor is then written before it.
			last = pingFrames(l.server.hub.safeCursor())
		}
		frames := l.socket.take(spare)
		if last != nil {
			frames = append(frames, last)
		}
		if l.write(frames) != nil {
			return
		}
		clear(frames)
		spare = frames
	}
}

// write sends several frames in as few system calls as possible. They go straight to the connection, whole and in
// order; the library's own control frames are single writes as well, so neither can fall into the middle of the other.
func (l *line) write(frames []frame) error {
	l.buffer = l.buffer[:0]
	for i, f := range frames {
		l.buffer = append(l.buffer, f...)
		if len(l.buffer) < mostCoalesced && i < len(frames)-1 {
			continue
		}
		if err := l.flush(); err != nil {
			return err
		}
	}
	if cap(l.buffer) > mostCoalesced {
		l.buffer = nil // a burst is over; don't hold its memory for each socket
	}
	return nil
}

func (l *line) flush() error {
	conn := l.conn.NetConn()
	if err := conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	_, err := conn.Write(l.buffer)
	l.buffer = l.buffer[:0]
	return err
}

// hangUp says why, if the other side still listens, and ends the connection, which ends the reader.
func (l *line) hangUp() {
	l.socket.close(closeGoingAway, "")
	message := fasthttpws.FormatCloseMessage(l.socket.code, l.socket.reason)
	// The other side may be gone already, and then there is nobody to tell.
	_ = l.conn.WriteControl(fasthttpws.CloseMessage, message, time.Now().Add(closeLimit))
	_ = l.conn.Close()
}
