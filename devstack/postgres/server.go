package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/devstack/child"
)

// stopSteps: a fast shutdown (sessions are ended, everything is written), then an immediate one (the next start
// recovers from the log), then the end.
var stopSteps = []child.Step{
	{Signal: syscall.SIGINT, Wait: 10 * time.Second},
	{Signal: syscall.SIGQUIT, Wait: 5 * time.Second},
	{Signal: syscall.SIGKILL, Wait: 2 * time.Second},
}

// startTimeout covers the recovery of a cluster that was killed under load.
const startTimeout = 60 * time.Second

// Options says which cluster to run and how.
type Options struct {
	// Dir is the folder of the cluster. The caller makes sure that only one process at a time uses it.
	Dir string
	// Throwaway trades durability for speed (nothing is synced to disk) and has no TCP port; for tests.
	Throwaway bool
	// BinariesDir names a folder with PostgreSQL's programs; by default they are searched for.
	BinariesDir string
	// AlwaysDownload skips the search for PostgreSQL on this machine.
	AlwaysDownload bool
	// Repository is where the programs are downloaded from when the machine has none; empty means the default of the
	// embedded-postgres library.
	Repository string
	// Log receives what the server prints; nil discards it.
	Log *os.File
	// Progress receives sentences for a person who waits; may be nil.
	Progress func(sentence string)
	// Logger tells about crashes and restarts; nil means the default logger.
	Logger *slog.Logger
}

func (o Options) progress(sentence string) {
	if o.Progress != nil {
		o.Progress(sentence)
	}
}

// Server is a running cluster. It is started again by itself when it crashes, on the same port, until Stop.
type Server struct {
	options  Options
	home     home
	binaries Binaries
	password string
	port     int
	sockets  string // folder of the Unix socket, "" when its path would be too long

	life context.Context // ends when Stop is called
	quit context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	current *run
}

// run is one life of the server process.
type run struct {
	process *os.Process
	exited  chan struct{}
}

// Start runs the cluster in o.Dir, making it first when the folder is new, and returns when it takes connections.
// A server that an earlier run left in the folder is stopped before.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("resolving the folder of the cluster: %w", err)
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	h, err := openHome(dir, account)
	if err != nil {
		return nil, err
	}
	if err := h.stopLeftover(ctx, o); err != nil {
		return nil, err
	}
	s := &Server{options: o, home: h, done: make(chan struct{})}
	s.life, s.quit = context.WithCancel(context.Background())
	if s.binaries, err = h.binaries(ctx, o); err != nil {
		return nil, err
	}
	if err := h.initialise(ctx, s.binaries, o); err != nil {
		return nil, err
	}
	if s.password, err = h.readPassword(); err != nil {
		return nil, err
	}
	if err := s.openSockets(); err != nil {
		return nil, err
	}
	o.progress("starting PostgreSQL " + s.binaries.Version)
	if err := s.startOnFreePort(ctx); err != nil {
		return nil, errors.Join(err, s.removeSockets())
	}
	go s.supervise(s.current) //nolint:contextcheck // ctx bounds the start; the server lives until Stop
	return s, nil
}

// openSockets makes the folder of the Unix socket: the paths of sockets are limited to about 100 bytes, so that it
// can't be inside a data folder of any depth. Only the server's account and root get in. The name comes from the path of
// the cluster, so that a killed run leaves no more than one folder, which the next start uses again.
func (s *Server) openSockets() error {
	sum := sha256.Sum256([]byte(s.home.data()))
	dir := filepath.Join(os.TempDir(), "tandem-pg-"+hex.EncodeToString(sum[:6]))
	const longest = 100
	if len(filepath.Join(dir, ".s.PGSQL.65535")) > longest {
		return nil
	}
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		s.sockets = dir
		if err := s.home.account.own(dir); err != nil {
			return errors.Join(err, s.removeSockets())
		}
	case errors.Is(err, fs.ErrExist) && s.home.account.owns(dir):
		s.sockets = dir
	case errors.Is(err, fs.ErrExist):
		// Somebody else's folder is in the way: the server does without a socket.
	default:
		return fmt.Errorf("making the folder of the socket: %w", err)
	}
	return nil
}

func (s *Server) removeSockets() error {
	dir := s.sockets
	if dir == "" {
		return nil
	}
	s.sockets = ""
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("removing the folder of the socket: %w", err)
	}
	return nil
}

// startOnFreePort tries a few times: between looking for a free port and taking it another program may be faster.
func (s *Server) startOnFreePort(ctx context.Context) error {
	var failures []error
	for range 3 {
		port, err := freePort(ctx)
		if err != nil {
			return err
		}
		s.port = port
		r, err := s.launch(ctx)
		if err == nil {
			s.current = r
			return nil
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failures...)
}

// URL is the connection string for a database of the cluster: by the Unix socket where there is one, since it
// saves some tens of microseconds on every statement.
func (s *Server) URL(database string) string {
	if s.sockets == "" {
		return s.TCPURL(database)
	}
	query := url.Values{"host": {s.sockets}, "port": {strconv.Itoa(s.port)}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, s.password), Path: "/" + database, RawQuery: query.Encode()}
	return u.String()
}

// TCPURL is the connection string by the loopback address. A throw-away cluster has no such port.
func (s *Server) TCPURL(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, s.password),
		Host: net.JoinHostPort(loopback, strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Version is the version of the running server, such as "15.18".
func (s *Server) Version() string { return s.binaries.Version }

// Pid is the process number of the running server, 0 while it is down.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return 0
	}
	return s.current.process.Pid
}

// CreateDatabase makes a database unless it exists.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	defer conn.Close(ctx)
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select 1 from pg_database where datname = $1)", name).Scan(&exists); err != nil {
		return fmt.Errorf("looking for database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	if _, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("creating database %s: %w", name, err)
	}
	return nil
}
