package roles

import (
	"context"
	"fmt"

	"tandem/api"
	"tandem/config"
	"tandem/store"
)

// Migrate brings the database to this version's schema. Several processes may call it at once: one works, the others
// wait.
func Migrate(ctx context.Context, databaseURL string) error {
	if err := store.Migrate(ctx, databaseURL); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}

// SeedDemo fills an empty database with the demo account. seeded is false when there is an account already; nothing is
// changed then.
func SeedDemo(ctx context.Context, c config.Config) (seeded bool, err error) {
	sealer, err := newSealer(c.EncryptionKeys)
	if err != nil {
		return false, err
	}
	ledger, err := store.Open(ctx, store.Options{DatabaseURL: c.DatabaseURL.Reveal(), Sealer: sealer})
	if err != nil {
		return false, err
	}
	defer ledger.Close()
	if err := ledger.CheckSchema(ctx); err != nil {
		return false, err
	}
	seeded, err = ledger.SeedDemo(ctx, store.SeedOptions{PasswordHash: api.HashPassword})
	if err != nil {
		return false, fmt.Errorf("seeding the demo account: %w", err)
	}
	return seeded, nil
}
