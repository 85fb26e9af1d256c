package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// StatementsForTest gives every statement as PostgreSQL gets it.
func StatementsForTest() map[string]string {
	all := make(map[string]string, len(statements))
	for name, st := range statements {
		given := pgx.NamedArgs{} // a name without a value is sent as null; only the text matters here
		text, _, err := given.RewriteQuery(context.Background(), nil, string(st), nil)
		if err != nil {
			text = err.Error()
		}
		all[name] = text
	}
	return all
}
