package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"tandem/domain"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations gives the SQL files that make the schema, in the order of their names.
func Migrations() fs.FS {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		// The folder is embedded above: it can't be missing in a binary that compiled.
		return migrationFiles
	}
	return files
}

// A node waits up to lockTries times lockPeriod seconds for another node that is migrating.
const (
	lockPeriod = 1
	lockTries  = 300
)

// Migrate brings the database at the URL to the newest schema. Several nodes may call it at once: a session advisory
// lock lets one work and the others wait. On a database that is up to date it changes nothing.
func Migrate(ctx context.Context, databaseURL string) error {
	cfg, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return fmt.Errorf("reading the database URL: %w", err)
	}
	db := stdlib.OpenDB(*cfg)
	provider, err := newProvider(db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if _, err = provider.Up(ctx); err != nil {
		err = fmt.Errorf("migrating the database: %w", err)
	}
	return errors.Join(err, db.Close())
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockPeriod, lockTries))
	if err != nil {
		return nil, fmt.Errorf("preparing the migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, Migrations(), goose.WithSessionLocker(locker))
	if err != nil {
		return nil, fmt.Errorf("reading the migrations: %w", err)
	}
	return provider, nil
}

var schemaVersion = define("schema version",
	`select coalesce(max(version_id), 0)::bigint as version from goose_db_version where is_applied`)

// CheckSchema reports whether the database has exactly the schema this binary was built for: an unavailable error with
// the way out when it hasn't.
func (s *Store) CheckSchema(ctx context.Context) error {
	want, err := newestMigration()
	if err != nil {
		return err
	}
	have, err := value[int64](ctx, s.system, schemaVersion, nil)
	if isUndefinedTable(err) {
		return domain.E(domain.CodeUnavailable, "the database is empty; run tandem migrate").Because("schema_mismatch")
	}
	if err != nil {
		return fmt.Errorf("reading the schema version: %w", translate(err))
	}
	if have != want {
		return domain.E(domain.CodeUnavailable, "the database has schema version %d and this binary needs %d; run tandem migrate with the same release as api and worker", have, want).
			Because("schema_mismatch")
	}
	return nil
}

func newestMigration() (int64, error) {
	names, err := fs.Glob(Migrations(), "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("listing the migrations: %w", errors.Join(err, fs.ErrNotExist))
	}
	version, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		return 0, fmt.Errorf("reading a migration's number: %w", err)
	}
	return version, nil
}
