package domain

import (
	"encoding/json"
	"time"
)

// MaxDispositionNoteRunes bounds the note that goes with a disposition, in characters.
const MaxDispositionNoteRunes = 250

// Slots says how full an agent is.
type Slots struct {
	Used int `json:"used"` // chats that count against the cap: open ones that aren't held, and open offers
	Cap  int `json:"cap"`  // the strictest of the agent's own cap and the account's
	// Full names the cap that is reached: "own cap", "account cap", or full channels as in "sms cap"; empty while there is room.
	Full string `json:"full"`
}

// Member is an agent's place in a queue.
type Member struct {
	User     UserID `json:"user_id"`
	Priority int    `json:"priority"` // 1 is served first, 9 last; 0 counts as 5
}

// StatusChange asks for another state of an agent.
type StatusChange struct {
	Status Availability
	Reason string // at most 200 characters
	// AfterChats books a break or leave for when the agent's open chats are done; no new ones come meanwhile.
	AfterChats bool
	// HandOver gives all the agent's open chats back to their lines. With Offline and at once only.
	HandOver bool
}

// Transfer asks to give a chat to a colleague or to a queue; exactly one of User and Queue is set.
type Transfer struct {
	User  UserID
	Queue QueueID
	// Ask keeps the chat with its owner until the colleague accepts; otherwise the owner is free of it at once.
	Ask  bool
	Note string // for colleagues, at most 250 characters
	// Force gives it to a colleague who isn't free, too; for supervisors.
	Force bool
}

// PresentUser is a user with a live connection.
type PresentUser struct {
	Account AccountID
	User    UserID
}

// PolicyVersion is one version of a queue's policy.
type PolicyVersion struct {
	Version int             `json:"version"`
	At      time.Time       `json:"at"`
	Actor   *UserRef        `json:"actor,omitempty"` // absent when no person wrote it
	Policy  json.RawMessage `json:"policy"`
}

// SettingsVersion is one version of an account's rules of routing.
type SettingsVersion struct {
	Version  int             `json:"version"`
	At       time.Time       `json:"at"`
	Actor    *UserRef        `json:"actor,omitempty"` // absent when no person wrote it
	Settings json.RawMessage `json:"settings"`
}

// PairingOrigin says how a customer got an agent of their own. The words are stored; never rename one.
type PairingOrigin string

// The ways to become a customer's own agent.
const (
	PairingOutbound   PairingOrigin = "outbound"    // the agent wrote first
	PairingFirstReply PairingOrigin = "first_reply" // the agent answered
	PairingTransfer   PairingOrigin = "transfer"    // the agent got the chat by a transfer
	PairingSet        PairingOrigin = "set"         // a supervisor chose the agent
)

// Pairing is a customer's own agent.
type Pairing struct {
	User      UserRef       `json:"user"`
	Origin    PairingOrigin `json:"origin"`
	SetBy     *UserRef      `json:"set_by,omitempty"` // the supervisor who chose the agent
	StartedAt time.Time     `json:"started_at"`
	KeptAt    time.Time     `json:"kept_at"`              // when a chat last kept it alive
	ExpiresAt *time.Time    `json:"expires_at,omitempty"` // absent means never
}

// FollowUp is something promised to a customer for later: a callback.
type FollowUp struct {
	ID       FollowUpID  `json:"id"`
	Customer CustomerRef `json:"customer"`
	ChatID   ChatID      `json:"chat_id"` // the chat in which it was promised
	Queue    *QueueRef   `json:"queue,omitempty"`
	// User is the agent who promised it; absent when a rule did.
	User      *UserRef   `json:"user,omitempty"`
	DueAt     time.Time  `json:"due_at"`
	Zone      string     `json:"zone"` // the time zone it was promised in
	Note      string     `json:"note,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	DoneAt    *time.Time `json:"done_at,omitempty"`
	DoneBy    *UserRef   `json:"done_by,omitempty"`
}

// DispositionPatch changes a disposition; a nil field stays as it is.
type DispositionPatch struct {
	Name     *string
	Position *int
	Parent   *DispositionID // empty moves it to the top
	Queues   *[]QueueID     // empty means all queues
	Callback *bool
	Disabled *bool
}
