package api

import (
	"context"

	"tandem/domain"
)

// When a state begins.
const (
	whenNow        = "now"
	whenAfterChats = "after_chats"
)

// StatusRequest is the state an agent chooses, or a supervisor chooses for them.
type StatusRequest struct {
	Status   domain.Availability `json:"status" enum:"available,break,offline"`
	Reason   string              `json:"reason,omitempty" maxLength:"200" doc:"Why; on a break one of the account's reasons" example:"Lunch"`
	When     string              `json:"when,omitempty" enum:"now,after_chats" default:"now" doc:"after_chats: no new chats from now on, and the state begins when the last open chat is done; being available cancels it"`
	HandOver bool                `json:"hand_over,omitempty" doc:"With offline and now: all my open chats go back to the front of their lines"`
}

// change checks what no ledger is needed for.
func (r StatusRequest) change() (domain.StatusChange, error) {
	c := domain.StatusChange{Status: r.Status, Reason: r.Reason, AfterChats: r.When == whenAfterChats, HandOver: r.HandOver}
	switch {
	case c.AfterChats && c.Status == domain.Available:
		return c, domain.Invalid("when", "being available begins now; only a break or going offline can wait for the open chats")
	case c.HandOver && c.Status != domain.Offline:
		return c, domain.Invalid("hand_over", "chats are handed over when going offline only; on a break they stay with the agent")
	case c.HandOver && c.AfterChats:
		return c, domain.Invalid("hand_over", "either the open chats are handed over now, or going offline waits for them")
	}
	return c, storable("reason", r.Reason)
}

type statusInput struct {
	Body StatusRequest
}

type agentStatusInput struct {
	ID   string `path:"id" doc:"The agent's id"`
	Body StatusRequest
}

// setStatus changes my own state.
func (s *server) setStatus(ctx context.Context, in *statusInput) (*userOutput, error) {
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	actor := actorOf(ctx)
	user, err := s.store.SetStatus(ctx, actor, actor.User, change)
	return &userOutput{Body: shownUser(user)}, err
}

// setAgentStatus is a supervisor changing an agent's state: one who has forgotten to sign out, one whose shift ends.
func (s *server) setAgentStatus(ctx context.Context, in *agentStatusInput) (*userOutput, error) {
	id, err := pathID[domain.UserID]("user", in.ID)
	if err != nil {
		return nil, err
	}
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	user, err := s.store.SetStatus(ctx, actorOf(ctx), id, change)
	return &userOutput{Body: shownUser(user)}, err
}

// listAgents is the board: everybody who takes chats, with their state since when and how full they are.
func (s *server) listAgents(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	agents, err := s.store.Agents(ctx, actorOf(ctx))
	return &usersOutput{Body: wholeList(shownUsers(agents))}, err
}

// shownUser makes sure that lists of a user are lists, never null.
func shownUser(u domain.User) domain.User {
	if u.QueueIDs == nil {
		u.QueueIDs = []domain.QueueID{}
	}
	if u.ChannelTypes == nil {
		u.ChannelTypes = []domain.ChannelType{}
	}
	return u
}

func shownUsers(users []domain.User) []domain.User {
	for i := range users {
		users[i] = shownUser(users[i])
	}
	return users
}
