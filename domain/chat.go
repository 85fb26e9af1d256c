package domain

import "time"

// Phase is where a chat stands in its life.
type Phase string

// The phases, in order. A chat in customer_left still occupies its agent until it is disposed.
const (
	PhaseQueued       Phase = "queued"
	PhaseActive       Phase = "active"
	PhaseCustomerLeft Phase = "customer_left"
	PhaseClosed       Phase = "closed"
)

// Outcome says how a closed chat ended.
type Outcome string

// The outcomes of a closed chat.
const (
	OutcomeDisposed  Outcome = "disposed"
	OutcomeAbandoned Outcome = "abandoned" // the customer left before an agent had it
	OutcomeCancelled Outcome = "cancelled" // an operator cancelled the workflow
	OutcomeOverflow  Outcome = "overflow"  // its queue was full
	OutcomeOffline   Outcome = "offline"   // its queue was closed
	OutcomeTimedOut  Outcome = "timed_out" // nobody was free for too long
	OutcomeCallback  Outcome = "callback"  // a follow-up was promised instead
)

// Open reports whether the phase is before closed.
func (p Phase) Open() bool { return p != PhaseClosed }

// CanMoveTo is the transition table of a chat's phases. A queued chat whose customer leaves closes as abandoned;
// an owned one waits in customer_left for its disposition, and a customer who writes again returns it to active.
func (p Phase) CanMoveTo(next Phase) bool {
	switch p {
	case PhaseQueued:
		return next == PhaseActive || next == PhaseClosed
	case PhaseActive:
		return next == PhaseCustomerLeft || next == PhaseQueued || next == PhaseClosed
	case PhaseCustomerLeft:
		return next == PhaseActive || next == PhaseClosed
	case PhaseClosed:
		return false
	default:
		return false
	}
}

// FactKind names what happened in a chat, as its workflow learns it. The names are the workflow's signal names and
// stand in recorded histories: never rename one.
type FactKind string

// The facts a chat's workflow is told.
const (
	FactCustomerMessage FactKind = "CustomerMessage"
	FactAgentMessage    FactKind = "AgentMessage"
	FactAgentAssigned   FactKind = "AgentAssigned"
	FactAgentGone       FactKind = "AgentGone"
	FactCustomerLeft    FactKind = "CustomerLeft"
	FactDeliveryFailed  FactKind = "DeliveryFailed"
	FactChatClosed      FactKind = "ChatClosed"
	// FactSystemMessage is an automatic text to the customer; it carries a Send hint as an AgentMessage does.
	FactSystemMessage FactKind = "SystemMessage"
	// FactChatRequeued: the chat stands in line again, after a transfer to a queue, a requeue or a return.
	FactChatRequeued FactKind = "ChatRequeued"
	// FactOfferMade: the chat is held out to an agent; FactOfferEnded: declined, missed, withdrawn or returned.
	FactOfferMade  FactKind = "OfferMade"
	FactOfferEnded FactKind = "OfferEnded"
	// FactRoutingChanged: a rule or a supervisor moved the waiting chat.
	FactRoutingChanged FactKind = "RoutingChanged"
	FactChatHeld       FactKind = "ChatHeld"
	FactChatResumed    FactKind = "ChatResumed"
	// FactChatMembersChanged: a colleague joined or left beside the owner.
	FactChatMembersChanged FactKind = "ChatMembersChanged"
)

// FactKinds lists every kind, in the order in which a workflow drains its channels.
func FactKinds() []FactKind {
	return []FactKind{
		FactCustomerMessage, FactAgentMessage, FactAgentAssigned, FactAgentGone,
		FactCustomerLeft, FactDeliveryFailed, FactChatClosed,
		FactSystemMessage, FactChatRequeued, FactOfferMade, FactOfferEnded, FactRoutingChanged,
		FactChatHeld, FactChatResumed, FactChatMembersChanged,
	}
}

// Fact is one thing that happened in a chat: the envelope a workflow gets by signal. It carries ids and small
// facts, never a text or a customer's address.
type Fact struct {
	Seq  int64     `json:"seq"` // position in the chat, from 1, without gaps
	Kind FactKind  `json:"kind"`
	ID   string    `json:"id"` // the message, assignment or other row this is about
	At   time.Time `json:"at"`
	// Send is set on an AgentMessage or a SystemMessage that a provider must carry; absent when the channel needs no provider.
	Send *SendHint `json:"send,omitempty"`
	// Agent is the user who was assigned, or who wrote.
	Agent UserID `json:"agent,omitempty"`
	// AgentName is the display name of Agent, for the operators' card.
	AgentName string `json:"agent_name,omitempty"`
	// Detail is a short machine word: a failure's code, a reason.
	Detail string `json:"detail,omitempty"`
}

// SendHint tells a workflow which task queue carries a message, without loading it.
type SendHint struct {
	Provider    string      `json:"provider"`     // "twilio"
	ChannelType ChannelType `json:"channel_type"` // "sms"
}

// ChatFacts is what one transaction told about one chat: the relay's unit of work.
type ChatFacts struct {
	Account AccountID
	Chat    ChatID
	Facts   []OutboxFact
}

// OutboxFact is a fact with the outbox row that carries it.
type OutboxFact struct {
	OutboxID int64
	Fact     Fact
	// Urgent facts change what the workflow does next; the others only tell it that an owned chat goes on.
	Urgent bool
	// RecordedAt is when the row was written, for the lag.
	RecordedAt time.Time
}

// ChatState is what a workflow loads when it starts: the chat as PostgreSQL has it.
type ChatState struct {
	Account     AccountID   `json:"account"`
	Chat        ChatID      `json:"chat"`
	Phase       Phase       `json:"phase"`
	Outcome     Outcome     `json:"outcome,omitempty"`
	ChannelType ChannelType `json:"channel_type"`
	ChannelKey  string      `json:"channel_key"`
	Queue       QueueID     `json:"queue"`
	QueueName   string      `json:"queue_name"`
	Priority    int         `json:"priority"`
	Owner       UserID      `json:"owner,omitempty"`
	OwnerName   string      `json:"owner_name,omitempty"`
	QueuedAt    time.Time   `json:"queued_at"`
	AssignedAt  *time.Time  `json:"assigned_at,omitempty"`
	LastSeq     int64       `json:"last_seq"`
	// Unsent are messages of agents and automatic texts that no provider has accepted yet, oldest first: what a restarted run must send.
	Unsent []Fact `json:"unsent,omitempty"`
}

// Assigned is the answer of RequestAgent: the owner, or none while the chat waits.
type Assigned struct {
	Phase    Phase  `json:"phase"`
	Agent    UserID `json:"agent,omitempty"`
	Name     string `json:"name,omitempty"`
	Position int    `json:"position,omitempty"` // 1 is next; 0 when assigned
	// Why explains the choice in one sentence for operators and supervisors.
	Why string `json:"why,omitempty"`
}

// CloseRequest asks to close a chat if nothing newer than ExpectSeq has happened in it.
type CloseRequest struct {
	Account     AccountID     `json:"account"`
	Chat        ChatID        `json:"chat"`
	ExpectSeq   int64         `json:"expect_seq"`
	Outcome     Outcome       `json:"outcome"`
	Actor       UserID        `json:"actor,omitempty"`
	Disposition DispositionID `json:"disposition,omitempty"`
	Note        string        `json:"note,omitempty"`
	// CallbackAt is when the customer was promised to be called back, in CallbackZone; zero for no promise.
	CallbackAt   time.Time `json:"callback_at,omitzero"`
	CallbackZone string    `json:"callback_zone,omitempty"`
	// BreakAfter books a break with this reason for when the agent's chats are done; empty books none.
	BreakAfter string `json:"break_after,omitempty"`
}

// CloseResult says whether the chat is closed now. When Newer is set nothing was changed: the chat has gone on to
// LastSeq and the workflow must read on first.
type CloseResult struct {
	Closed  bool      `json:"closed"`
	Newer   bool      `json:"newer"`
	LastSeq int64     `json:"last_seq"`
	Agent   UserID    `json:"agent,omitempty"` // whose slot is to be released
	At      time.Time `json:"at"`
}
