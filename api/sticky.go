package api

import (
	"context"

	"tandem/domain"
)

// StickyRequest names the agent a customer comes back to.
type StickyRequest struct {
	UserID string `json:"user_id" format:"uuid" doc:"An agent or supervisor of the account"`
}

// CustomerPath names a customer in an address.
type CustomerPath struct {
	ID string `path:"id" doc:"The customer's id"`
}

type stickyInput struct {
	CustomerPath
	Body StickyRequest
}

type stickyOutput struct {
	Body *domain.Pairing
}

// getSticky answers null for a customer without an agent of their own: having none is no mistake of who asks.
func (s *server) getSticky(ctx context.Context, in *CustomerPath) (*stickyOutput, error) {
	id, err := pathID[domain.CustomerID]("customer", in.ID)
	if err != nil {
		return nil, err
	}
	pairing, err := s.store.Sticky(ctx, actorOf(ctx), id)
	return &stickyOutput{Body: pairing}, err
}

func (s *server) setSticky(ctx context.Context, in *stickyInput) (*stickyOutput, error) {
	id, err := pathID[domain.CustomerID]("customer", in.ID)
	if err != nil {
		return nil, err
	}
	user, err := domain.ParseID[domain.UserID]("user_id", in.Body.UserID)
	if err != nil {
		return nil, err
	}
	pairing, err := s.store.SetSticky(ctx, actorOf(ctx), id, user)
	return &stickyOutput{Body: &pairing}, err
}

func (s *server) clearSticky(ctx context.Context, in *CustomerPath) (*struct{}, error) {
	id, err := pathID[domain.CustomerID]("customer", in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.store.ClearSticky(ctx, actorOf(ctx), id)
}
