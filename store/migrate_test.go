package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
	"tandem/store/storetest"
)

func TestManyNodesMigrateAnEmptyDatabaseAtOnce(t *testing.T) {
	t.Parallel()
	address := storetest.EmptyDatabase(t)
	s, err := store.Open(t.Context(), store.Options{DatabaseURL: address})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	requireReason(t, s.CheckSchema(t.Context()), domain.CodeUnavailable, "schema_mismatch")
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { errs[i] = store.Migrate(t.Context(), address) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.NoError(t, s.CheckSchema(t.Context()))
	require.NoError(t, store.Migrate(t.Context(), address))
}

func TestAnotherReleasesSchemaIsRefused(t *testing.T) {
	t.Parallel()
	s := storetest.New(t)
	require.NoError(t, s.CheckSchema(t.Context()))
	_, err := storetest.Pool(t, s).Exec(t.Context(), `insert into goose_db_version (version_id, is_applied) values (9999, true)`)
	require.NoError(t, err)
	requireReason(t, s.CheckSchema(t.Context()), domain.CodeUnavailable, "schema_mismatch")
}
