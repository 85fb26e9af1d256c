package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// StatementsForTest gives every statement as PostgreSQL gets it.
func StatementsForTest() map[string]string {
	all := make(map[string]string, len(statements))
	for name, st := range statements {
		given := pgx.NamedArgs{} //nolint:forbidigo // a name without a value is null, and only the text matters here
		text, _, err := given.RewriteQuery(context.Background(), nil, string(st), nil)
		if err != nil {
			text = err.Error()
		}
		all[name] = text
	}
	return all
}

// InAccountForTest runs statements as the store does for an account.
func (s *Store) InAccountForTest(ctx context.Context, account domain.AccountID, f func(query func(sql string) int)) error {
	return s.inAccount(ctx, account, func(t *tx) error {
		var failed error
		f(func(sql string) int {
			n, err := value[int](ctx, t, statement(sql), nil)
			failed = errors.Join(failed, err)
			return n
		})
		return failed
	})
}

// HandOutSoonForTest hands out an account's chats as an arrival does.
func (s *Store) HandOutSoonForTest(account domain.AccountID) { s.handOutSoon(account) }
