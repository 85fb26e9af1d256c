package roles

import (
	"context"
	"time"

	"tandem/domain"
	"tandem/routing"
	"tandem/store"
)

// RoutingHistory reads a recorded period of an account, for a what-if. It changes nothing.
func RoutingHistory(ctx context.Context, databaseURL string, account domain.AccountID, from, to time.Time) (routing.History, error) {
	s, err := store.Open(ctx, store.Options{DatabaseURL: databaseURL, AccountConns: 1, SystemConns: 1})
	if err != nil {
		return routing.History{}, err
	}
	defer s.Close()
	if err := s.CheckSchema(ctx); err != nil {
		return routing.History{}, err
	}
	return s.RoutingHistory(ctx, account, from, to)
}
