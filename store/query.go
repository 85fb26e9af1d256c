package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// statement is a named piece of SQL. The name leads the text as a comment, so that PostgreSQL's own activity view
// speaks our language.
type statement string

// statements lists everything define made, for the test that prepares each one against the migrated schema.
var statements = map[string]statement{}

// define names a statement. It is called from package-level variables only.
func define(name, sql string) statement {
	st := statement("-- " + name + "\n" + strings.TrimSpace(sql))
	statements[name] = st
	return st
}

// args are the named arguments of a statement; a missing or an extra one is an error.
type args = pgx.StrictNamedArgs

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// many collects all rows into T by column name.
func many[T any](ctx context.Context, q querier, st statement, a args) ([]T, error) {
	rows, err := q.Query(ctx, string(st), a)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[T])
}

// one collects exactly one row into T by column name; pgx.ErrNoRows when there is none.
func one[T any](ctx context.Context, q querier, st statement, a args) (T, error) {
	rows, err := q.Query(ctx, string(st), a)
	if err != nil {
		var none T
		return none, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
}

// value collects the single column of exactly one row.
func value[T any](ctx context.Context, q querier, st statement, a args) (T, error) {
	rows, err := q.Query(ctx, string(st), a)
	if err != nil {
		var none T
		return none, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
}

// exec runs a statement and gives the number of rows it touched.
func exec(ctx context.Context, q querier, st statement, a args) (int64, error) {
	tag, err := q.Exec(ctx, string(st), a)
	return tag.RowsAffected(), err
}

// queueMany adds a statement to a batch and collects its rows into dst when the batch's results are read.
func queueMany[T any](b *pgx.Batch, dst *[]T, st statement, a args) {
	b.Queue(string(st), a).Query(func(rows pgx.Rows) error {
		var err error
		*dst, err = pgx.CollectRows(rows, pgx.RowToStructByName[T])
		return err
	})
}

// queueValues adds a statement to a batch and collects its single column into dst when the batch's results are read.
func queueValues[T any](b *pgx.Batch, dst *[]T, st statement, a args) {
	b.Queue(string(st), a).Query(func(rows pgx.Rows) error {
		var err error
		*dst, err = pgx.CollectRows(rows, pgx.RowTo[T])
		return err
	})
}

// send runs a batch in one round trip.
func (t *tx) send(ctx context.Context, b *pgx.Batch) error { return t.SendBatch(ctx, b).Close() }
