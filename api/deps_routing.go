package api

import (
	"context"

	"tandem/domain"
	"tandem/routing"
)

// Ownership is who has a chat and how it changes hands. Each command gives the chat as it is afterwards, also to an agent
// who has just given it away.
type Ownership interface {
	AcceptOffer(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error)
	DeclineOffer(ctx context.Context, a domain.Actor, id domain.ChatID, reason string) (domain.ChatView, error)
	TransferChat(ctx context.Context, a domain.Actor, id domain.ChatID, t domain.Transfer) (domain.ChatView, error)
	RequeueChat(ctx context.Context, a domain.Actor, id domain.ChatID, note string) (domain.ChatView, error)
	TakeChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error)
	JoinChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error)
	LeaveChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error)
	HoldChat(ctx context.Context, a domain.Actor, id domain.ChatID, seconds int) (domain.ChatView, error)
	ResumeChat(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error)
	NextStep(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.ChatView, error)
	Routing(ctx context.Context, a domain.Actor, id domain.ChatID) (domain.RoutingStory, error)
}

// AgentStates is the agents with their states.
type AgentStates interface {
	SetStatus(ctx context.Context, a domain.Actor, user domain.UserID, c domain.StatusChange) (domain.User, error)
	Agents(ctx context.Context, a domain.Actor) ([]domain.User, error)
}

// RoutingRules is the account's rules of routing and each queue's policy.
type RoutingRules interface {
	RoutingSettings(ctx context.Context, a domain.Actor) (routing.Settings, int, error)
	// PutRoutingSettings and PutQueuePolicy refuse with the reason newer_version when expect isn't the version in force;
	// nil doesn't ask.
	PutRoutingSettings(ctx context.Context, a domain.Actor, r routing.Settings, expect *int) (routing.Settings, int, error)
	RoutingVersions(ctx context.Context, a domain.Actor) ([]domain.SettingsVersion, error)
	Queue(ctx context.Context, a domain.Actor, id domain.QueueID) (domain.Queue, error)
	QueuePolicy(ctx context.Context, a domain.Actor, id domain.QueueID) (routing.Policy, int, error)
	PutQueuePolicy(ctx context.Context, a domain.Actor, id domain.QueueID, p routing.Policy, expect *int) (routing.Policy, int, error)
	QueuePolicies(ctx context.Context, a domain.Actor, id domain.QueueID) ([]domain.PolicyVersion, error)
	PutMembers(ctx context.Context, a domain.Actor, id domain.QueueID, members []domain.Member) (domain.Queue, error)
}

// Dispositions is the results a chat may be given.
type Dispositions interface {
	// Dispositions gives those of a queue, or all of the account when queue is empty.
	Dispositions(ctx context.Context, a domain.Actor, queue domain.QueueID) ([]domain.Disposition, error)
	CreateDisposition(ctx context.Context, a domain.Actor, n domain.NewDisposition) (domain.Disposition, error)
	UpdateDisposition(ctx context.Context, a domain.Actor, id domain.DispositionID, p domain.DispositionPatch) (domain.Disposition, error)
	ChooseDisposition(ctx context.Context, a domain.Actor, id domain.ChatID, d domain.DispositionID, note string) (domain.ChatView, error)
}

// StickyAgents is which customer belongs to which agent.
type StickyAgents interface {
	// Sticky gives nil when the customer has no agent of their own.
	Sticky(ctx context.Context, a domain.Actor, id domain.CustomerID) (*domain.Pairing, error)
	SetSticky(ctx context.Context, a domain.Actor, id domain.CustomerID, user domain.UserID) (domain.Pairing, error)
	ClearSticky(ctx context.Context, a domain.Actor, id domain.CustomerID) error
}

// FollowUps is what was promised to customers for later.
type FollowUps interface {
	FollowUps(ctx context.Context, a domain.Actor, openOnly bool) ([]domain.FollowUp, error)
	FollowUpDone(ctx context.Context, a domain.Actor, id domain.FollowUpID) (domain.FollowUp, error)
}

// Presence is whose live connections there are. The hub keeps it; calls may come late, twice, and from several nodes.
type Presence interface {
	Connected(ctx context.Context, account domain.AccountID, user domain.UserID) error
	Disconnected(ctx context.Context, account domain.AccountID, user domain.UserID) error
	KeepPresence(ctx context.Context, users []domain.PresentUser) error
	// AgentsGone makes agents offline whose time without a connection is over and gives how many.
	AgentsGone(ctx context.Context) (int, error)
}

// Places tells visitors of web chats where they stand in line.
type Places interface {
	Places(ctx context.Context, asked []domain.PlaceAsk) ([]domain.Place, error)
}
