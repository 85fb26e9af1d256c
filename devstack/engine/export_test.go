package engine

import (
	"context"

	"go.temporal.io/server/common/log"
)

// SetUpSchema opens the making of databases to the tests.
func SetUpSchema(ctx context.Context, c Config) error {
	return setUpSchema(ctx, c, log.NewNoopLogger())
}
