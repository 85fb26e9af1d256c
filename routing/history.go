package routing

import (
	"time"

	"tandem/domain"
)

// Arrival is one customer who wrote: what a what-if replays.
type Arrival struct {
	At       time.Time
	Queue    domain.QueueID
	Type     domain.ChannelType
	Customer string // the same word for the same customer
	// Patience is how long the customer waits for an agent before leaving; 0 means for ever.
	Patience time.Duration
	// Handle is how long an agent is busy with the chat, from assignment to disposition.
	Handle time.Duration
	// Agent is the customer's own agent when they came; empty when they had none.
	Agent domain.UserID
}

// Shift is a time during which an agent was there.
type Shift struct {
	Agent    domain.UserID
	Name     string
	From, To time.Time
	Queues   map[domain.QueueID]Member
	Types    []domain.ChannelType // that the agent takes; empty means all
	Cap      int
	// Break: the agent was on a break all that time.
	Break bool
}

// Happened is a recorded arrival with what became of it.
type Happened struct {
	Arrival
	AnsweredAt time.Time // the first assignment; zero when there was none
	EndedAt    time.Time // zero while it is open
	Outcome    domain.Outcome
	StickyHit  bool // the customer's own agent got it
	// Steps are the decisions of rules about it.
	Steps []domain.StoryKind
}

// HistoryQueue is a queue with the rules it has today.
type HistoryQueue struct {
	ID       domain.QueueID
	Name     string
	Priority int
	Policy   Policy
}

// History is a recorded period of an account: what came, who was there, what happened, and the rules of today.
//
// Chats came within From and To; what became of them, and who was there, is known until Until.
type History struct {
	From, To, Until time.Time

	Chats    []Happened
	Shifts   []Shift
	Queues   []HistoryQueue
	Settings Settings
}
