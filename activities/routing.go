package activities

import (
	"context"
	"errors"

	"tandem/domain"
)

// Router assigns chats to agents in the ledger.
type Router interface {
	RequestAgent(ctx context.Context, account domain.AccountID, chat domain.ChatID) (domain.Assigned, error)
	ReleaseAndPickNext(ctx context.Context, account domain.AccountID, agent domain.UserID) ([]domain.ChatID, error)
}

// Routing brings chats and agents together.
type Routing struct{ router Router }

// NewRouting makes the routing activities on a router.
func NewRouting(router Router) (*Routing, error) {
	if router == nil {
		return nil, errors.New("routing needs a router")
	}
	return &Routing{router: router}, nil
}

// ChatRef names a chat.
type ChatRef struct {
	Account domain.AccountID `json:"account"`
	Chat    domain.ChatID    `json:"chat"`
}

// RequestAgent asks for an agent for a chat. Safe to run twice: a chat that has an owner answers with that owner, one
// that waits keeps its place. Nobody free is an answer, not an error.
func (r *Routing) RequestAgent(ctx context.Context, ref ChatRef) (domain.Assigned, error) {
	assigned, err := r.router.RequestAgent(ctx, ref.Account, ref.Chat)
	return assigned, ToTemporal(err)
}

// ReleaseRequest names the agent who has a slot again.
type ReleaseRequest struct {
	Account domain.AccountID `json:"account"`
	Agent   domain.UserID    `json:"agent"`
}

// Released lists the chats that the freed slot went to.
type Released struct {
	Chats []domain.ChatID `json:"chats"`
}

// ReleaseAndPickNext gives the agent's free slots to the oldest waiting chats they may serve. Safe to run twice: it
// assigns as many as there are slots, never more.
func (r *Routing) ReleaseAndPickNext(ctx context.Context, req ReleaseRequest) (Released, error) {
	chats, err := r.router.ReleaseAndPickNext(ctx, req.Account, req.Agent)
	return Released{Chats: chats}, ToTemporal(err)
}
