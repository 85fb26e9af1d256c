package domain

import "time"

// StoryKind names a decision of routing. The words are stored; never rename one.
type StoryKind string

// The decisions, in the order of a chat's life.
const (
	StoryArrived      StoryKind = "arrived"
	StoryStickyWait   StoryKind = "sticky_wait"  // waits for the customer's own agent
	StoryStickyHit    StoryKind = "sticky_hit"   // the customer's own agent got it
	StoryStickyEnded  StoryKind = "sticky_ended" // it waits for that agent no longer
	StoryOverflow     StoryKind = "overflow"
	StoryClosedHours  StoryKind = "closed_hours"
	StoryOffered      StoryKind = "offered"
	StoryDeclined     StoryKind = "declined"
	StoryMissed       StoryKind = "missed"
	StoryWithdrawn    StoryKind = "withdrawn"
	StoryAssigned     StoryKind = "assigned"
	StoryWidened      StoryKind = "widened"
	StoryMoved        StoryKind = "moved"
	StoryTold         StoryKind = "told"     // the customer got an automatic text
	StoryNotified     StoryKind = "notified" // people or another system were told
	StoryCallback     StoryKind = "callback"
	StoryTimedOut     StoryKind = "timed_out"
	StoryClosed       StoryKind = "closed"
	StoryRequeued     StoryKind = "requeued"
	StoryTransferred  StoryKind = "transferred"
	StoryReturned     StoryKind = "returned" // a transfer wasn't accepted
	StoryTaken        StoryKind = "taken"
	StoryJoined       StoryKind = "joined"
	StoryLeft         StoryKind = "left"
	StoryAgentGone    StoryKind = "agent_gone"
	StoryHeld         StoryKind = "held"
	StoryResumed      StoryKind = "resumed"
	StoryStepForced   StoryKind = "next_step_forced"
	StoryReminded     StoryKind = "reply_reminded"
	StorySilenceWarn  StoryKind = "silence_warned"
	StorySilenceEnd   StoryKind = "silence_ended"
	StoryWrapUpEnded  StoryKind = "wrap_up_ended"
	StoryStickySet    StoryKind = "sticky_set" // a pairing began, moved or was cleared
	StoryCustomerLeft StoryKind = "customer_left"
)

// Considered is one agent a decision looked at, and why they got the chat or were passed over.
type Considered struct {
	UserID  UserID `json:"user_id"`
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
}

// StoryLine is one decision of routing about a chat, as recorded when it was taken.
type StoryLine struct {
	At    time.Time `json:"at"`
	Kind  StoryKind `json:"kind"`
	Text  string    `json:"text"`
	User  *UserRef  `json:"user,omitempty"`  // the agent it is about
	Actor *UserRef  `json:"actor,omitempty"` // the person who decided; absent when a rule did
	Queue *QueueRef `json:"queue,omitempty"`
	// PolicyVersion is the version of the queue's policy that held; 0 when the queue has only defaults.
	PolicyVersion int          `json:"policy_version"`
	Considered    []Considered `json:"considered"`
	// More counts the agents considered beyond those named.
	More int `json:"more"`
}

// OfferView is a chat held out to an agent.
type OfferView struct {
	ID        OfferID   `json:"id"`
	Agent     UserRef   `json:"agent"`
	ExpiresAt time.Time `json:"expires_at"`
	From      *UserRef  `json:"from,omitempty"` // the owner who transfers; absent for an offer out of the line
	Note      string    `json:"note,omitempty"`
}

// StickyView tells that a chat waits for the customer's own agent.
type StickyView struct {
	User  UserRef   `json:"user"`
	Until time.Time `json:"until"`
}

// RoutingStory is how a chat stands with routing, and how it came there.
type RoutingStory struct {
	Phase Phase     `json:"phase"`
	Queue *QueueRef `json:"queue,omitempty"`
	// PolicyQueue and PolicyVersion name the rules the chat lives under: those of its queue when it arrived there.
	PolicyQueue   QueueID     `json:"policy_queue,omitempty"`
	PolicyVersion int         `json:"policy_version"`
	Clocks        []Deadline  `json:"clocks"`
	Sticky        *StickyView `json:"sticky,omitempty"`
	Offer         *OfferView  `json:"offer,omitempty"`
	Story         []StoryLine `json:"story"`
}

// FireRequest asks to do what a clock of a chat is for.
type FireRequest struct {
	Account AccountID `json:"account"`
	Chat    ChatID    `json:"chat"`
	Clock   Deadline  `json:"clock"`
	// ExpectSeq is the chat's newest seq that the caller knows: a clock about the conversation does nothing when the ledger
	// has gone on.
	ExpectSeq int64 `json:"expect_seq"`
}

// NoticeData is the data of the event notice: something a person should know about a chat.
type NoticeData struct {
	Text   string `json:"text"`
	ChatID ChatID `json:"chat_id,omitempty"`
}

// The events of routing.
const (
	EventChatOffered EventType = "chat.offered" // to the agent a chat is held out to
	EventNotice      EventType = "notice"       // to one user
)
