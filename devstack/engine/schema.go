package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/iancoleman/strcase"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jmoiron/sqlx"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql/driver"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
	"golang.org/x/sync/errgroup"
)

// schemaLock is the advisory lock under which databases and schemas are made: two engines that start on an empty
// PostgreSQL at once take turns. The number has no meaning but must not change.
const schemaLock = 0x74656d706f72616c // "temporal"

// Sizes of the connection pools. Each of the engine's four services opens its own, so that the total is four times the
// sum: 88. Idle connections are kept, since opening one costs more than a statement.
const (
	storePool      = 16
	visibilityPool = 6
)

// setUpSchema makes both databases and brings their schemas to the version of this server.
func setUpSchema(ctx context.Context, c Config, logger log.Logger) error {
	conn, err := pgx.Connect(ctx, c.DatabaseURL)
	if err != nil {
		return fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	// Closing the connection frees the lock, whatever happens in between.
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", int64(schemaLock)); err != nil {
		return fmt.Errorf("waiting for the schema lock: %w", err)
	}
	for _, name := range []string{c.Database, c.VisibilityDatabase} {
		if err := createDatabase(ctx, conn, name); err != nil {
			return err
		}
	}
	var both errgroup.Group
	both.Go(func() error { return migrate(storeConfig(c), "postgresql/v12/temporal", logger) })
	both.Go(func() error { return migrate(visibilityConfig(c), "postgresql/v12/visibility", logger) })
	return both.Wait()
}

func createDatabase(ctx context.Context, conn *pgx.Conn, name string) error {
	const duplicateDatabase = "42P04"
	_, err := conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == duplicateDatabase {
		return nil
	}
	if err != nil {
		return fmt.Errorf("creating database %s: %w", name, err)
	}
	return nil
}

func migrate(c config.SQL, schemaName string, logger log.Logger) error {
	conn, err := sql.NewConnection(&c, logger)
	if err != nil {
		return fmt.Errorf("connecting to database %s: %w", c.DatabaseName, err)
	}
	defer conn.Close()
	if _, err := conn.ReadSchemaVersion(); err != nil {
		// No version means an empty database: only then are the version tables made.
		setup := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, logger)
		if err := setup.Run(); err != nil {
			return fmt.Errorf("preparing database %s: %w", c.DatabaseName, err)
		}
	}
	update := schema.NewUpdateSchemaTask(conn, &schema.UpdateConfig{DBName: c.DatabaseName, SchemaName: schemaName}, logger)
	if err := update.Run(); err != nil {
		return fmt.Errorf("updating the schema of database %s: %w", c.DatabaseName, err)
	}
	return nil
}

func storeConfig(c Config) config.SQL      { return sqlConfig(c, c.Database, storePool) }
func visibilityConfig(c Config) config.SQL { return sqlConfig(c, c.VisibilityDatabase, visibilityPool) }

// sqlConfig connects through DatabaseURL as it is (with a Unix socket, say, or TLS), only to another database.
func sqlConfig(c Config, database string, pool int) config.SQL {
	return config.SQL{
		PluginName:   postgresql.PluginNamePGX,
		DatabaseName: database,
		// The fields that follow are demanded by the server's validation and unused beside Connect.
		ConnectAddr:     "connect",
		ConnectProtocol: "tcp",
		Connect: func(cfg *config.SQL) (*sqlx.DB, error) {
			dsn, err := withDatabase(c.DatabaseURL, cfg.DatabaseName)
			if err != nil {
				return nil, err
			}
			db, err := new(driver.PGXDriver).CreateConnection(dsn)
			if err != nil {
				return nil, fmt.Errorf("connecting to database %s: %w", cfg.DatabaseName, err)
			}
			db.SetMaxOpenConns(pool)
			db.SetMaxIdleConns(pool)
			// The engine's rows are Go structs without tags.
			db.MapperFunc(strcase.ToSnake)
			return db, nil
		},
	}
}

func withDatabase(databaseURL, database string) (string, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "", fmt.Errorf("reading the database URL: %w", err)
	}
	u.Path = "/" + database
	// The engine doesn't wait for the disk. A crash of PostgreSQL may then undo its last transactions, but never one that
	// came before a commit of the ledger, which does wait: both write one log, and it is kept up to a point, not in parts. What
	// the ledger knows as told or done, the engine still has; what the engine forgets, the outbox tells again.
	query := u.Query()
	query.Set("synchronous_commit", "off")
	u.RawQuery = query.Encode()
	return u.String(), nil
}
