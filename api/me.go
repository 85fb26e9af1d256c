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
	// BreakReasons and Zone are of the account's rules of routing.
	BreakReasons []string `json:"break_reasons" doc:"What to choose from when going on a break" example:"Lunch"`
	Zone         string   `json:"zone" doc:"The account's time zone, for promised callbacks" example:"Europe/Vienna"`
}

type meOutput struct {
	Body Me
}

type userOutput struct {
	Body domain.User
}

func (s *server) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	user, account, err := s.store.Me(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	rules, _, err := s.store.RoutingSettings(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	if account.Features == nil {
		account.Features = []string{}
	}
	rules = rules.Filled()
	return &meOutput{Body: Me{
		User: user, Account: account, Features: account.Features, BreakReasons: rules.BreakReasons, Zone: rules.Zone,
	}}, nil
}
