package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/fasthttp/websocket"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/valyala/fasthttp"
)

// FloorListening starts the line a floor server prints when it serves; its address follows.
const FloorListening = "floor listening on "

// floorConns is the size of the floor's database pool.
const floorConns = 8

// ServeFloor runs the bare server that the product is compared with: POST /hook takes a form and pushes its text to
// every socket on /api/v1/stream, after one transaction (dedupe, insert, update) when databaseURL is given. It prints
// its address on stdout and serves until ctx ends, then drops the schema it made.
func ServeFloor(ctx context.Context, stdout io.Writer, databaseURL string) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("opening the floor's listener: %w", err)
	}
	f := &floor{sockets: map[*websocket.Conn]*sync.Mutex{}, upgrader: websocket.FastHTTPUpgrader{}}
	if databaseURL != "" {
		if err := f.open(ctx, databaseURL); err != nil {
			return err
		}
		defer f.drop(context.WithoutCancel(ctx))
	}
	server := &fasthttp.Server{Handler: f.handle, NoDefaultServerHeader: true, CloseOnShutdown: true}
	stop := context.AfterFunc(ctx, func() {
		f.closeSockets()
		_ = server.Shutdown() // Serve returns whatever this says
	})
	defer stop()
	if _, err := fmt.Fprintln(stdout, FloorListening+listener.Addr().String()); err != nil {
		return fmt.Errorf("telling the floor's address: %w", err)
	}
	if err := server.Serve(listener); err != nil && ctx.Err() == nil {
		return fmt.Errorf("serving the floor: %w", err)
	}
	return nil
}

type floor struct {
	pool     *pgxpool.Pool
	upgrader websocket.FastHTTPUpgrader
	event    atomic.Int64

	mu      sync.Mutex
	sockets map[*websocket.Conn]*sync.Mutex
}

const floorSchema = `
	drop schema if exists tandem_bench_floor cascade;
	create schema tandem_bench_floor;
	create table tandem_bench_floor.dedupe (id text primary key);
	create table tandem_bench_floor.chats (address text primary key, last_seq bigint not null, last_text text not null);
	create table tandem_bench_floor.messages (id bigint generated always as identity primary key, address text not null,
		seq bigint not null, text text not null, at timestamptz not null default now(), unique (address, seq))`

func (f *floor) open(ctx context.Context, databaseURL string) error {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return fmt.Errorf("reading the database address: %w", err)
	}
	config.MaxConns = floorConns
	if f.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	if _, err := f.pool.Exec(ctx, floorSchema); err != nil {
		f.pool.Close()
		return fmt.Errorf("making the floor's tables: %w", err)
	}
	return nil
}

func (f *floor) drop(ctx context.Context) {
	_, _ = f.pool.Exec(ctx, "drop schema if exists tandem_bench_floor cascade") // made anew by the next run anyway
	f.pool.Close()
}

func (f *floor) handle(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/hook":
		f.hook(ctx)
	case "/api/v1/stream":
		if err := f.upgrader.Upgrade(ctx, f.keep); err != nil {
			ctx.Error(err.Error(), fasthttp.StatusBadRequest)
		}
	default:
		ctx.Error("no such page", fasthttp.StatusNotFound)
	}
}

func (f *floor) keep(conn *websocket.Conn) {
	lock := &sync.Mutex{}
	lock.Lock()
	f.mu.Lock()
	f.sockets[conn] = lock
	f.mu.Unlock()
	err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"hello"}`))
	lock.Unlock()
	for err == nil {
		_, _, err = conn.ReadMessage()
	}
	f.mu.Lock()
	delete(f.sockets, conn)
	f.mu.Unlock()
}

func (f *floor) closeSockets() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.sockets {
		_ = conn.Close()
	}
}

func (f *floor) hook(ctx *fasthttp.RequestCtx) {
	form := ctx.PostArgs()
	sid, from, text := string(form.Peek("MessageSid")), string(form.Peek("From")), string(form.Peek("Body"))
	seq := f.event.Add(1)
	if f.pool != nil {
		var err error
		if seq, err = f.record(ctx, sid, from, text); err != nil {
			ctx.Error(err.Error(), fasthttp.StatusInternalServerError)
			return
		}
	}
	var out frame
	out.Type, out.ID, out.ChatID = "message.created", f.event.Load(), from
	out.Data.Message.ID, out.Data.Message.Seq, out.Data.Message.Side, out.Data.Message.Text = sid, seq, "customer", text
	if err := f.push(out); err != nil {
		ctx.Error(err.Error(), fasthttp.StatusInternalServerError)
		return
	}
	ctx.SetContentType("text/xml")
	ctx.SetBodyString("<Response/>")
}

func (f *floor) push(out frame) error {
	data, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encoding a frame: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn, lock := range f.sockets {
		lock.Lock()
		err := conn.WriteMessage(websocket.TextMessage, data)
		lock.Unlock()
		if err != nil {
			return fmt.Errorf("writing a frame: %w", err)
		}
	}
	return nil
}

// record is the least a product must do for a message in a database: notice a repeat, count it into its chat, keep it.
func (f *floor) record(ctx context.Context, sid, from, text string) (seq int64, err error) {
	tx, err := f.pool.Begin(ctx)
	if err != nil {
		return 0, fmt.Errorf("beginning: %w", err)
	}
	defer func() {
		if err != nil {
			_ = tx.Rollback(context.WithoutCancel(ctx)) // the first error is the one to report
		}
	}()
	if _, err = tx.Exec(ctx, "insert into tandem_bench_floor.dedupe (id) values ($1)", sid); err != nil {
		return 0, fmt.Errorf("noting the id: %w", err)
	}
	err = tx.QueryRow(ctx, `insert into tandem_bench_floor.chats as c (address, last_seq, last_text) values ($1, 1, $2)
		on conflict (address) do update set last_seq = c.last_seq + 1, last_text = excluded.last_text returning last_seq`, from, text).Scan(&seq)
	if err != nil {
		return 0, fmt.Errorf("updating the chat: %w", err)
	}
	if _, err = tx.Exec(ctx, "insert into tandem_bench_floor.messages (address, seq, text) values ($1, $2, $3)", from, seq, text); err != nil {
		return 0, fmt.Errorf("keeping the message: %w", err)
	}
	if err = tx.Commit(ctx); err != nil {
		return 0, fmt.Errorf("committing: %w", err)
	}
	return seq, nil
}
