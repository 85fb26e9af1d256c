package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/store"
	"tandem/store/storetest"
)

func TestEveryStatementPreparesAgainstTheMigratedSchema(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	pool := storetest.Pool(t, s)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	require.NotEmpty(t, store.StatementsForTest())
	for name, sql := range store.StatementsForTest() {
		_, err := conn.Conn().Prepare(t.Context(), name, sql)
		require.NoError(t, err, "statement %q", name)
	}
}
