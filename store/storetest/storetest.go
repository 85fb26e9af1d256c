// Package storetest gives tests a Store on a real PostgreSQL with a database of its own, and the rows every test needs.
// The server is named by TANDEM_TEST_DATABASE_URL; its user must be allowed to create databases and roles.
package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"tandem/store"
)

// Variable names the environment variable with the server's address.
const Variable = "TANDEM_TEST_DATABASE_URL"

// Option changes how the Store under test is opened.
type Option func(*store.Options)

// setUpTimeout bounds everything done before and after a test's own work.
const setUpTimeout = 2 * time.Minute

// beneath is the database of a Store: its address, and a pool of the tables' owner.
type beneath struct {
	address string
	pool    *pgxpool.Pool
}

// opened remembers the database of each Store, so that a test can look beneath it.
var opened sync.Map // *store.Store → beneath

// New gives a Store on a fresh, migrated database that is dropped when the test ends. Credentials aren't encrypted
// unless an option sets a Sealer. The test fails with a clear message when there is no server to use.
func New(t testing.TB, opts ...Option) *store.Store {
	t.Helper()
	address := Database(t)
	o := store.Options{DatabaseURL: address, AccountConns: 8, SystemConns: 4, Sealer: plain{}}
	for _, opt := range opts {
		opt(&o)
	}
	s, err := store.Open(t.Context(), o)
	require.NoError(t, err)
	cfg, err := pgxpool.ParseConfig(address)
	require.NoError(t, err)
	cfg.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	opened.Store(s, beneath{address: address, pool: pool})
	t.Cleanup(func() {
		opened.Delete(s)
		pool.Close()
		s.Close()
	})
	return s
}

// Pool gives a pool of the tables' owner on the Store's database, which row-level security doesn't bind. It is closed
// with the Store.
func Pool(t testing.TB, s *store.Store) *pgxpool.Pool {
	t.Helper()
	return databaseOf(t, s).pool
}

// URL gives the address of the Store's database.
func URL(t testing.TB, s *store.Store) string {
	t.Helper()
	return databaseOf(t, s).address
}

func databaseOf(t testing.TB, s *store.Store) beneath {
	t.Helper()
	found, ok := opened.Load(s)
	require.True(t, ok, "the store wasn't made by storetest.New")
	return found.(beneath)
}

// Database makes a fresh, migrated database, dropped when the test ends, and gives its address: for tests that start
// whole programs.
func Database(t testing.TB) string {
	t.Helper()
	return create(t, func(conn *pgx.Conn) string { return template(t, conn) })
}

// EmptyDatabase makes a database without a schema, dropped when the test ends: for tests of migrations.
func EmptyDatabase(t testing.TB) string {
	t.Helper()
	return create(t, func(*pgx.Conn) string { return "template0" })
}

func create(t testing.TB, from func(*pgx.Conn) string) string {
	t.Helper()
	server := os.Getenv(Variable)
	require.NotEmpty(t, server, Variable+" is not set: it must name a PostgreSQL server for tests, "+
		"e.g. postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable (make test starts one by itself)")
	ctx, cancel := context.WithTimeout(t.Context(), setUpTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	require.NoError(t, err, "connecting to the server in "+Variable)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	name := "tandem_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	_, err = conn.Exec(ctx, fmt.Sprintf("create database %s template %s", name, from(conn)))
	require.NoError(t, err)
	t.Cleanup(func() { drop(t, server, name) })
	return addressOf(t, server, name)
}

func drop(t testing.TB, server, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), setUpTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "drop database if exists "+name+" with (force)")
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
}

// template gives the name of a migrated database to copy, and makes it when this schema has none yet. Copying takes a
// fraction of migrating, and the name carries a hash of the migrations, so that every test process shares it.
func template(t testing.TB, conn *pgx.Conn) string {
	t.Helper()
	ctx := t.Context()
	name := "tandem_template_" + migrationsHash(t)
	_, err := conn.Exec(ctx, "select pg_advisory_lock(hashtext('tandem test template'))")
	require.NoError(t, err)
	defer func() {
		_, err := conn.Exec(ctx, "select pg_advisory_unlock(hashtext('tandem test template'))")
		require.NoError(t, err)
	}()
	var exists bool
	require.NoError(t, conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists))
	if exists {
		return name
	}
	// Renamed only when complete: a process killed half-way leaves nothing that looks usable.
	draft := name + "_draft"
	_, err = conn.Exec(ctx, "drop database if exists "+draft+" with (force)")
	require.NoError(t, err)
	_, err = conn.Exec(ctx, "create database "+draft+" template template0")
	require.NoError(t, err)
	require.NoError(t, store.Migrate(ctx, addressOf(t, os.Getenv(Variable), draft)))
	_, err = conn.Exec(ctx, "alter database "+draft+" rename to "+name)
	require.NoError(t, err)
	return name
}

func migrationsHash(t testing.TB) string {
	t.Helper()
	hash := sha256.New()
	names, err := fs.Glob(store.Migrations(), "*.sql")
	require.NoError(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(store.Migrations(), name)
		require.NoError(t, err)
		hash.Write([]byte(name))
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}

func addressOf(t testing.TB, server, database string) string {
	t.Helper()
	address, err := url.Parse(server)
	require.NoError(t, err, Variable+" must be a postgres:// URL")
	address.Path = "/" + database
	return address.String()
}

// plain keeps credentials readable: a test of the ledger needs no cipher.
type plain struct{}

func (plain) Seal(b []byte) ([]byte, error) { return b, nil }
func (plain) Open(b []byte) ([]byte, error) { return b, nil }
