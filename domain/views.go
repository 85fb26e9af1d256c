package domain

import "time"

// ChannelRef names a channel beside a chat.
type ChannelRef struct {
	ID   ChannelID   `json:"id"`
	Key  string      `json:"key"`
	Type ChannelType `json:"type"`
	Name string      `json:"name"`
}

// QueueRef names a queue.
type QueueRef struct {
	ID   QueueID `json:"id"`
	Name string  `json:"name"`
}

// DispositionRef names a disposition.
type DispositionRef struct {
	ID   DispositionID `json:"id"`
	Name string        `json:"name"`
}

// CustomerRef is a customer as a chat shows them.
type CustomerRef struct {
	ID      CustomerID `json:"id"`
	Name    string     `json:"name"`    // the best name known; the address when there is none
	Initial string     `json:"initial"` // the mark in lists
	Address string     `json:"address"` // on this chat's channel
}

// LastMessage is the preview in a list of chats.
type LastMessage struct {
	Side Side      `json:"side"`
	Text string    `json:"text"` // at most 160 characters
	At   time.Time `json:"at"`
}

// ChatView is a chat as screens list it.
type ChatView struct {
	ID          ChatID       `json:"id"`
	Phase       Phase        `json:"phase"`
	Outcome     Outcome      `json:"outcome,omitempty"`
	Channel     ChannelRef   `json:"channel"`
	Customer    CustomerRef  `json:"customer"`
	Queue       *QueueRef    `json:"queue,omitempty"`
	Owner       *UserRef     `json:"owner,omitempty"`
	Unread      int          `json:"unread"` // customer messages the owner hasn't read
	LastMessage *LastMessage `json:"last_message,omitempty"`
	LastSeq     int64        `json:"last_seq"`
	ReadSeq     int64        `json:"read_seq"` // the owner has read up to here
	// WaitingSince is when the customer's oldest unanswered message came; absent when it's the customer's turn.
	WaitingSince   *time.Time      `json:"waiting_since,omitempty"`
	CreatedAt      time.Time       `json:"created_at"`
	QueuedAt       time.Time       `json:"queued_at"`
	AssignedAt     *time.Time      `json:"assigned_at,omitempty"`
	CustomerLeftAt *time.Time      `json:"customer_left_at,omitempty"`
	ClosedAt       *time.Time      `json:"closed_at,omitempty"`
	Disposition    *DispositionRef `json:"disposition,omitempty"`
	Note           string          `json:"note,omitempty"` // written with the disposition
	// Clocks are the chat's deadlines, the soonest first; never nil.
	Clocks []Deadline `json:"clocks"`
	// Sticky is set while the chat waits for the customer's own agent.
	Sticky *StickyView `json:"sticky,omitempty"`
	// Offer is set while the chat is held out to an agent.
	Offer *OfferView `json:"offer,omitempty"`
	// HeldUntil is when a held chat returns; a held chat takes no slot of its owner.
	HeldUntil *time.Time `json:"held_until,omitempty"`
	// Members are colleagues who joined beside the owner and may write; never nil.
	Members []UserRef `json:"members"`
	// Position is the place in the queue's line, 1 is next. Only lists of waiting chats and a single waiting chat tell it.
	Position int `json:"position,omitempty"`
	// NextDisposition and NextNote were chosen early and are applied when the chat ends.
	NextDisposition *DispositionRef `json:"next_disposition,omitempty"`
	NextNote        string          `json:"next_note,omitempty"`
}

// Queue is a line customers wait in.
type Queue struct {
	ID        QueueID  `json:"id"`
	Name      string   `json:"name"`
	Priority  int      `json:"priority"` // 1 is served first, 9 last
	MemberIDs []UserID `json:"member_ids"`
	Members   []Member `json:"members"` // the same people with their priorities; never nil
	Waiting   int      `json:"waiting"`
	// PolicyVersion counts the queue's saved policies; 0 means that it has only the defaults.
	PolicyVersion int       `json:"policy_version"`
	CreatedAt     time.Time `json:"created_at"`
}

// Disposition is a result an agent gives a chat when it is done.
type Disposition struct {
	ID       DispositionID `json:"id"`
	Name     string        `json:"name"`
	Position int           `json:"position"`
	Disabled bool          `json:"disabled"`
	// ParentID is the disposition it stands below; the tree has at most three levels.
	ParentID *DispositionID `json:"parent_id,omitempty"`
	// QueueIDs are the queues it is offered in; empty means all.
	QueueIDs []QueueID `json:"queue_ids"`
	// Callback asks for the time of a callback.
	Callback bool `json:"callback"`
}

// CannedReply is a ready text an agent inserts by its shortcut.
type CannedReply struct {
	ID       string `json:"id"`
	Shortcut string `json:"shortcut"`
	Title    string `json:"title"`
	Text     string `json:"text"`
}

// ChannelView is a channel as settings show it: never with secrets.
type ChannelView struct {
	ID         ChannelID   `json:"id"`
	Key        string      `json:"key"`
	Type       ChannelType `json:"type"`
	Provider   string      `json:"provider"`
	Name       string      `json:"name"`
	Address    string      `json:"address,omitempty"`
	QueueID    QueueID     `json:"queue_id"`
	Enabled    bool        `json:"enabled"`
	WebhookURL string      `json:"webhook_url,omitempty"`
}

// Summary is the top bar: how many wait and how full the agent is.
type Summary struct {
	Waiting             int        `json:"waiting"`
	LongestWaitingSince *time.Time `json:"longest_waiting_since,omitempty"`
	MyOpen              int        `json:"my_open"`
	MaxChats            int        `json:"max_chats"`
}

// Token is a bearer token for a program; its secret is shown once, when it is made.
type Token struct {
	ID         TokenID    `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

// Page is a slice of a list with the cursor of the next slice; Next is empty at the end.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// EventType names what happened, for screens.
type EventType string

// The types of event on the stream.
const (
	EventMessageCreated EventType = "message.created"
	EventMessageUpdated EventType = "message.updated"
	EventChatQueued     EventType = "chat.queued"
	EventChatAssigned   EventType = "chat.assigned"
	EventChatUpdated    EventType = "chat.updated"
	EventChatClosed     EventType = "chat.closed"
	EventAgentStatus    EventType = "agent.status"
)

// Event is one row of the event log.
type Event struct {
	XID      uint64
	ID       int64
	Account  AccountID
	Audience string
	Chat     ChatID // empty when it isn't about a chat
	Type     EventType
	At       time.Time
	Data     []byte // JSON
}

// MessageEventData is the data of message.created and message.updated.
type MessageEventData struct {
	Message Message   `json:"message"`
	Chat    *ChatView `json:"chat,omitempty"`
}

// ChatEventData is the data of chat.* events.
type ChatEventData struct {
	Chat ChatView `json:"chat"`
}

// AgentEventData is the data of agent.status.
type AgentEventData struct {
	User User `json:"user"`
}
