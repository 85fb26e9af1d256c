package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"tandem/domain"
)

// Sealer encrypts and decrypts provider credentials at rest.
type Sealer interface {
	Seal(plain []byte) ([]byte, error)
	Open(sealed []byte) ([]byte, error)
}

// Options configure a Store.
type Options struct {
	DatabaseURL string
	// AccountConns and SystemConns bound the two pools; zero means the default (8 each).
	AccountConns int32
	SystemConns  int32
	// Warm opens every connection at the start and lets each plan the message path's statements, for a process that takes
	// messages in: opening them under load, one stall would beget the next.
	Warm   bool
	Sealer Sealer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Ring is called after every commit that wrote events. It must not block. May be nil.
	Ring func()
	// OnFacts gets the facts of every commit that wrote some. It must not block. May be nil.
	OnFacts func(domain.ChatFacts)
	// HandsOut makes the Store hand out waiting chats by itself as soon as one arrives or a slot comes free, without
	// waiting until the chat's workflow asks.
	HandsOut bool
	// OnFailure gets the errors of work that nobody waits for. May be nil.
	OnFailure func(error)
}

// Default pool sizes: the account pool carries the message path, the system pool look-ups, relay and event reader.
const (
	defaultAccountConns = 8
	defaultSystemConns  = 8
)

// warmFor is how long a warm connection serves before another takes its place.
const warmFor = 12 * time.Hour

// claimLease is how long the process that wrote an outbox row has to signal it before any relay may re-send it.
const claimLease = 15 * time.Second

// Store is the ledger on one database. It is safe for concurrent use; Close ends it.
type Store struct {
	account *pgxpool.Pool
	system  *pgxpool.Pool
	sealer  Sealer
	now     func() time.Time
	ring    func()
	onFacts func(domain.ChatFacts)
	// started is when this process began to watch presence.
	started time.Time
	soon    handingOut
}

// Open connects both pools. The schema must be migrated; see CheckSchema.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{sealer: o.Sealer, now: o.Now, ring: o.Ring, onFacts: o.OnFacts}
	if s.now == nil {
		s.now = time.Now
	}
	if s.ring == nil {
		s.ring = func() {}
	}
	if s.onFacts == nil {
		s.onFacts = func(domain.ChatFacts) {}
	}
	s.started = s.now()
	s.soon.start(o)
	var err error
	if s.system, err = openPool(ctx, o, cmp0(o.SystemConns, defaultSystemConns), nil); err != nil {
		return nil, fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	if s.account, err = openPool(ctx, o, cmp0(o.AccountConns, defaultAccountConns), func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "set role tandem_app")
		if err == nil && o.Warm {
			err = warm(ctx, c)
		}
		return err
	}); err != nil {
		s.system.Close()
		return nil, fmt.Errorf("connecting to PostgreSQL for accounts: %w", err)
	}
	return s, nil
}

func cmp0(n, otherwise int32) int32 {
	if n == 0 {
		return otherwise
	}
	return n
}

func openPool(ctx context.Context, o Options, size int32, setUp func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(o.DatabaseURL)
	if err != nil {
		return nil, fmt.Errorf("reading the database URL: %w", err)
	}
	cfg.MaxConns = size
	cfg.MinConns = min(2, size)
	if o.Warm {
		cfg.MinConns = size
		cfg.MaxConnLifetime = warmFor
		cfg.MaxConnLifetimeJitter = warmFor / 4
	}
	cfg.ConnConfig.RuntimeParams["application_name"] = "tandem"
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	// Each statement is written so that one plan fits all its arguments; planning the wide joins anew for every run costs
	// more than running them.
	cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		// Times leave the store in UTC, whatever zone the machine is in.
		c.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
		if setUp == nil {
			return nil
		}
		return setUp(ctx, c)
	}
	return pgxpool.NewWithConfig(ctx, cfg)
}

// Close waits for running statements and closes both pools.
func (s *Store) Close() {
	s.soon.stop()
	s.account.Close()
	s.system.Close()
}

// Ping reports whether PostgreSQL answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.system.Ping(ctx); err != nil {
		return domain.E(domain.CodeUnavailable, "PostgreSQL doesn't answer").CausedBy(err)
	}
	return nil
}

// tx is one transaction for one account, with what is to be written and told at its end. Statements queued with later,
// events and facts travel with the commit in one round trip.
type tx struct {
	pgx.Tx
	account domain.AccountID
	now     time.Time
	clock   func() time.Time
	last    pgx.Batch
	events  []eventRow
	told    []factRow
	stories []storyRow
	// touched are users whose load or state may have changed.
	touched map[domain.UserID]bool
	facts   []domain.ChatFacts // filled by the commit
}

// tick makes it now: at the begin, and again after a lock that may have taken long, lest what follows be dated before what
// others did meanwhile.
func (t *tx) tick() { t.now = t.clock().UTC().Truncate(time.Millisecond) }

// later queues a statement to be sent with the commit, in order. Use it for writes whose results don't matter: an
// error of one undoes the transaction.
func (t *tx) later(st statement, a args) { t.last.Queue(string(st), a) }

// maxSerialisationTries bounds the retries of a transaction that lost a race (deadlock, serialisation failure).
const maxSerialisationTries = 4

// inAccount runs f in a transaction that sees only the account's rows, commits, and then rings the bell and hands over
// the facts f recorded. f must be safe to run again: a lost race is retried.
func (s *Store) inAccount(ctx context.Context, account domain.AccountID, f func(*tx) error) error {
	for try := 1; ; try++ {
		t, err := s.runInAccount(ctx, account, f)
		if err == nil {
			if len(t.events) > 0 {
				s.ring()
			}
			for _, facts := range t.facts {
				s.onFacts(facts)
			}
			return nil
		}
		if try == maxSerialisationTries || !isLostRace(err) {
			return translate(err)
		}
	}
}

func (s *Store) runInAccount(ctx context.Context, account domain.AccountID, f func(*tx) error) (*tx, error) {
	conn, err := s.account.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	// BEGIN and the account's name travel in one round trip.
	begun, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: "begin; set local tandem.account = '" + quoteWord(account) + "'"})
	if err != nil {
		return nil, err
	}
	t := &tx{Tx: begun, account: account, clock: s.now}
	t.tick()
	if err = f(t); err == nil {
		err = t.end(ctx)
	}
	if err != nil {
		if rollbackErr := begun.Rollback(context.WithoutCancel(ctx)); rollbackErr != nil && !errors.Is(rollbackErr, pgx.ErrTxClosed) {
			return nil, errors.Join(err, rollbackErr)
		}
		return nil, err
	}
	return t, nil
}

// end sends what was queued together with the commit.
func (t *tx) end(ctx context.Context) error {
	if err := t.settleAgents(ctx); err != nil {
		return err
	}
	t.queueStories()
	t.queueEvents()
	t.queueFacts()
	if t.last.Len() == 0 {
		return t.Commit(ctx)
	}
	// An error of any statement makes PostgreSQL skip the rest of the batch, the commit included.
	t.last.Queue("commit")
	return t.SendBatch(ctx, &t.last).Close()
}

// quoteWord keeps an account id from ending the quoted literal it stands in. Account ids are words by the table's own
// check, so anything else names no account.
func quoteWord(account domain.AccountID) string {
	for _, r := range string(account) {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	return string(account)
}
