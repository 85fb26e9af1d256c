package api

import (
	"context"

	"tandem/domain"
)

// Me is the signed-in user with what their account has.
type Me struct {
	User     domain.User    `json:"user"`
	Account  domain.Account `json:"account"`
	Features []string       `json:"features" doc:"What the account's instance has switched on"`
}

// StatusRequest is the state an agent chooses.
type StatusRequest struct {
	Status domain.Availability `json:"status" enum:"available,break,offline"`
	Reason string              `json:"reason,omitempty" maxLength:"200" doc:"Why: lunch, training, …"`
}

type meOutput struct {
	Body Me
}

type statusInput struct {
	Body StatusRequest
}

type userOutput struct {
	Body domain.User
}

func (s *server) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	user, account, err := s.store.Me(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	if account.Features == nil {
		account.Features = []string{}
	}
	return &meOutput{Body: Me{User: user, Account: account, Features: account.Features}}, nil
}

func (s *server) setStatus(ctx context.Context, in *statusInput) (*userOutput, error) {
	if err := storable("reason", in.Body.Reason); err != nil {
		return nil, err
	}
	user, err := s.store.SetStatus(ctx, actorOf(ctx), in.Body.Status, in.Body.Reason)
	return &userOutput{Body: user}, err
}
