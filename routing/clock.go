package routing

import (
	"encoding/json"
	"time"

	"tandem/domain"
)

// ClockKind names a deadline of a chat.
type ClockKind = domain.DeadlineKind

// The clocks. Each has a durable timer in the chat's workflow and a countdown on screens.
const (
	ClockOverflow  ClockKind = "overflow"      // the queue was full on arrival: due at once
	ClockClosed    ClockKind = "closed_hours"  // the queue was closed on arrival: due at once
	ClockSticky    ClockKind = "sticky_wait"   // the customer's own agent has been busy for long enough
	ClockStep      ClockKind = "fallback_step" // Step is the index in Policy.Fallback
	ClockMaxWait   ClockKind = "max_wait"      // the queue's longest wait
	ClockOffer     ClockKind = "offer"         // an offered or transferred chat wasn't accepted
	ClockReply     ClockKind = "first_reply"   // Step is the index in Policy.FirstReply
	ClockSilence   ClockKind = "silence"       // Step is the index in Policy.Silence
	ClockHold      ClockKind = "hold"          // a held chat returns
	ClockWrapUp    ClockKind = "wrap_up"       // the wrap-up's limit
	ClockTellPlace ClockKind = "tell_position" // the customer learns their place in line: due at once
)

// Clock is one deadline of a chat.
type Clock = domain.Deadline

// AboutConversation reports whether a clock runs on who said what last, so that it may act only if nothing newer has been
// said than whoever armed it knew.
func AboutConversation(k ClockKind) bool {
	return k == ClockReply || k == ClockSilence || k == ClockWrapUp || k == ClockHold
}

// Standing is all that a chat's deadlines depend on.
type Standing struct {
	Phase       domain.Phase       `json:"phase"`
	ChannelType domain.ChannelType `json:"channel_type"`
	Queue       domain.QueueID     `json:"queue"`
	QueueName   string             `json:"queue_name"`
	// Policy is the queue's at the version the chat arrived under.
	Policy        Policy `json:"policy"`
	PolicyVersion int    `json:"policy_version"`
	// Zone is the account's time zone, for a policy whose hours name none.
	Zone string `json:"zone,omitempty"`
	// QueueNames are the names of the queues that Policy speaks of, for those who have no other source of names.
	QueueNames map[domain.QueueID]string `json:"queue_names,omitempty"`
	// QueuedAt orders the line; JoinedAt is when the chat joined this queue and starts its steps.
	QueuedAt time.Time `json:"queued_at"`
	JoinedAt time.Time `json:"joined_at"`
	// Barred is set while a full or closed queue's step is still to be taken: nobody gets the chat meanwhile.
	Barred ClockKind `json:"barred,omitempty"`
	// Steps counts the fallback steps taken.
	Steps int `json:"steps"`
	// Told: the customer has learned their place in line.
	Told        bool          `json:"told,omitempty"`
	StickyAgent domain.UserID `json:"sticky_agent,omitempty"`
	StickyName  string        `json:"sticky_name,omitempty"`
	StickyUntil time.Time     `json:"sticky_until,omitzero"`
	Offer       *Offer        `json:"offer,omitempty"`
	Owner       domain.UserID `json:"owner,omitempty"`
	OwnerName   string        `json:"owner_name,omitempty"`
	AssignedAt  time.Time     `json:"assigned_at,omitzero"`
	// RepliedAt is the owner's first public message of this assignment; ReplySteps counts first-reply steps taken.
	RepliedAt  time.Time `json:"replied_at,omitzero"`
	ReplySteps int       `json:"reply_steps,omitempty"`
	// AnsweredAt is the agent's latest public message while it is the newest word; zero when the customer spoke last.
	AnsweredAt   time.Time `json:"answered_at,omitzero"`
	SilenceSteps int       `json:"silence_steps,omitempty"`
	HeldUntil    time.Time `json:"held_until,omitzero"`
	LeftAt       time.Time `json:"left_at,omitzero"`
}

// Offer is a chat held out to an agent, or a transfer that a colleague must accept.
type Offer struct {
	ID        domain.OfferID `json:"id"`
	Agent     domain.UserID  `json:"agent"`
	AgentName string         `json:"agent_name"`
	ExpiresAt time.Time      `json:"expires_at"`
	// From is the owner who transfers, to whom the chat returns; empty for an offer out of the line.
	From     domain.UserID `json:"from,omitempty"`
	FromName string        `json:"from_name,omitempty"`
}

// DefaultHold is the longest hold of a queue that sets none.
const DefaultHold = 24 * time.Hour

// CustomerWrote gives the standing after a message of the customer: the silence ladder starts over with the agent's next
// message, and a customer who had left is back. A hold goes on: lifting it is a decision of its own.
func (s Standing) CustomerWrote(_ time.Time) Standing {
	s.AnsweredAt, s.SilenceSteps = time.Time{}, 0
	if s.Phase == domain.PhaseCustomerLeft {
		s.Phase, s.LeftAt = domain.PhaseActive, time.Time{}
	}
	return s
}

// AgentWrote gives the standing after a public message of an agent: the silence ladder starts from its first step, and when
// the owner wrote, the first-reply clock is done. A colleague who joined answers the customer, but the owner still owes their
// own first reply. Notes aren't public.
func (s Standing) AgentWrote(by domain.UserID, at time.Time) Standing {
	if s.RepliedAt.IsZero() && s.Owner != "" && by == s.Owner {
		s.RepliedAt = at
	}
	s.AnsweredAt, s.SilenceSteps = at, 0
	return s
}

// Fired is the answer to a clock that was reported due.
type Fired struct {
	// Newer: the clock was no longer right, or the chat has gone on to LastSeq; nothing was changed. Read on first.
	Newer    bool     `json:"newer,omitempty"`
	LastSeq  int64    `json:"last_seq"`
	Standing Standing `json:"standing"`
	// Effects are what remains to be done outside the ledger.
	Effects []Effect `json:"effects,omitempty"`
}

// EffectPost sends Body to URL as an HTTP POST of JSON.
const EffectPost = "post"

// Effect is work outside the ledger that a clock causes.
type Effect struct {
	Kind string          `json:"kind"` // EffectPost
	URL  string          `json:"url"`
	Body json.RawMessage `json:"body"`
}
