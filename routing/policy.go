package routing

import "tandem/domain"

// Strategy orders the free agents of a queue.
type Strategy string

// The strategies. Each breaks ties by longest idle, then by id.
const (
	LongestIdle Strategy = "longest_idle" // who has had nothing new for the longest time
	LeastBusy   Strategy = "least_busy"   // who holds the fewest chats
	RoundRobin  Strategy = "round_robin"  // in turn, by when the agent last got a chat of this queue
)

// Settings are an account's rules of routing that hold for all its queues.
type Settings struct {
	Caps     Caps     `json:"caps"`
	Sticky   Sticky   `json:"sticky"`
	Presence Presence `json:"presence"`
	Transfer Transfer `json:"transfer"`
	// LeftHoldsSlot: a chat whose customer has left counts against its agent's cap until it is disposed of.
	LeftHoldsSlot bool `json:"left_holds_slot"`
	// ResumeOverCap: an agent may take a held chat back when that puts them one over their cap.
	ResumeOverCap bool `json:"resume_over_cap"`
	// Zone is the account's time zone (IANA name), for callbacks and for queues without their own.
	Zone string `json:"zone"`
	// BreakReasons are what an agent chooses from, 1 to 20 of up to 60 characters.
	BreakReasons []string `json:"break_reasons"`
}

// Caps bound how many chats one agent holds, beside the agent's own cap; the strictest wins. 0 means no further bound.
type Caps struct {
	PerAgent   int                        `json:"per_agent"`
	PerChannel map[domain.ChannelType]int `json:"per_channel"`
}

// Sticky brings a customer back to the agent who knows them.
type Sticky struct {
	Enabled bool `json:"enabled"`
	// Channels overrides Enabled for chats of a channel type.
	Channels map[domain.ChannelType]bool `json:"channels"`
	// OnFirstReply: an agent's first reply to a customer starts a pairing too, not only a chat the agent started.
	OnFirstReply bool `json:"on_first_reply"`
	// ExpiresHours after the pairing was last kept by a chat; 0 means never.
	ExpiresHours int `json:"expires_hours"`
	// FollowsTransfer: a transfer pairs the customer with the agent who got the chat.
	FollowsTransfer bool `json:"follows_transfer"`
	// WaitSeconds is how long a customer waits for their agent while that agent is busy.
	WaitSeconds int `json:"wait_seconds"`
	// BreakSeconds is how long a break counts as busy; an agent on a longer one counts as gone.
	BreakSeconds int `json:"break_seconds"`
}

// For reports whether sticky agents are used on a channel type.
func (s Sticky) For(t domain.ChannelType) bool {
	if on, set := s.Channels[t]; set {
		return on
	}
	return s.Enabled
}

// Presence says when an agent who lost their connection counts as gone.
type Presence struct {
	GraceSeconds int `json:"grace_seconds"` // 10 to 3,600
}

// Transfer bounds how long a colleague may take to accept a transferred chat before it returns.
type Transfer struct {
	AcceptSeconds int `json:"accept_seconds"` // 5 to 600
}

// Policy is what a queue does with its chats. A chat keeps the version it arrived under.
type Policy struct {
	Strategy Strategy `json:"strategy"`
	// Channels are the types the queue serves; empty means all.
	Channels []domain.ChannelType `json:"channels"`
	// MaxWaiting is how many chats may wait; 0 means no limit. A chat beyond it goes to Overflow at once.
	MaxWaiting int  `json:"max_waiting"`
	Overflow   Step `json:"overflow"`
	// MaxWaitSeconds ends the wait with outcome timed_out after TimedOutText; 0 means wait for ever.
	MaxWaitSeconds int    `json:"max_wait_seconds"`
	TimedOutText   string `json:"timed_out_text"`
	// Fallback are the steps of a waiting chat, by ascending AfterSeconds since it joined the queue.
	Fallback []Step `json:"fallback"`
	// Hours are when the queue is open; nil means always.
	Hours *Hours `json:"hours"`
	// OfferSeconds is how long an agent has to accept a chat; 0 means that chats are assigned without asking.
	OfferSeconds int `json:"offer_seconds"`
	// TellPosition is sent once to a customer who has to wait, on channels without a live display; empty sends nothing.
	// {position} and {wait} are replaced.
	TellPosition string `json:"tell_position"`
	// FirstReply are the steps while an assigned agent hasn't answered, by ascending AfterSeconds since the assignment.
	FirstReply []ReplyStep `json:"first_reply"`
	// Silence are the steps while the customer doesn't answer, by ascending AfterSeconds since the agent's last message.
	Silence []SilenceStep `json:"silence"`
	// HoldSeconds is the longest hold; 0 means 24 hours.
	HoldSeconds int    `json:"hold_seconds"`
	WrapUp      WrapUp `json:"wrap_up"`
}

// Action is what a step does.
type Action string

// The actions of fallback, overflow and closed hours.
const (
	ActionNone     Action = ""         // nothing: the chat waits
	ActionWiden    Action = "widen"    // agents of Queues may take the chat too
	ActionMove     Action = "move"     // the chat joins Queue, keeping its arrival time
	ActionText     Action = "text"     // the customer gets Text
	ActionNotify   Action = "notify"   // Users get a notice, URL a POST
	ActionCallback Action = "callback" // a follow-up is made, the customer gets Text, the chat closes
	ActionClose    Action = "close"    // the customer gets Text, the chat closes
)

// Step is one link of a fallback chain.
type Step struct {
	AfterSeconds int              `json:"after_seconds"`
	Action       Action           `json:"action"`
	Queue        domain.QueueID   `json:"queue,omitempty"`
	Queues       []domain.QueueID `json:"queues,omitempty"`
	Text         string           `json:"text,omitempty"`
	Users        []domain.UserID  `json:"users,omitempty"`
	URL          string           `json:"url,omitempty"`
	// CallbackMinutes is when the follow-up of ActionCallback is due, counted from the step.
	CallbackMinutes int `json:"callback_minutes,omitempty"`
}

// ReplyStep acts when an assigned agent hasn't answered.
type ReplyStep struct {
	AfterSeconds int         `json:"after_seconds"`
	Action       ReplyAction `json:"action"`
}

// ReplyAction is what a first-reply step does.
type ReplyAction string

// The first-reply actions.
const (
	ReplyRemind  ReplyAction = "remind"  // the agent is reminded
	ReplyNotify  ReplyAction = "notify"  // supervisors are told
	ReplyRequeue ReplyAction = "requeue" // the chat returns to the front of its queue, this agent last in turn
)

// SilenceStep acts when the customer doesn't answer.
type SilenceStep struct {
	AfterSeconds int           `json:"after_seconds"`
	Action       SilenceAction `json:"action"`
	Text         string        `json:"text"`
}

// SilenceAction is what a silence step does.
type SilenceAction string

// The silence actions.
const (
	SilenceWarn SilenceAction = "warn" // the customer gets Text
	SilenceEnd  SilenceAction = "end"  // the customer gets Text (if any) and counts as gone: wrap-up begins
)

// WrapUp bounds the time after the customer has left.
type WrapUp struct {
	// Seconds until the chat is disposed with Disposition; 0 means no limit.
	Seconds     int                  `json:"seconds"`
	Disposition domain.DispositionID `json:"disposition,omitempty"`
	// Exclusive: the agent gets no new chat while one is in wrap-up.
	Exclusive bool `json:"exclusive"`
}

// Hours are a queue's opening hours.
type Hours struct {
	Zone string `json:"zone"` // IANA name; empty means the account's
	// Week has seven days, Sunday first; a day without spans is closed.
	Week     [7][]Span `json:"week"`
	Holidays []Holiday `json:"holidays"`
	// Closed is what happens to a chat that arrives while the queue is closed. ActionNone: it waits until someone is there.
	Closed Step `json:"closed"`
}

// Span is a part of a day, "09:00" to "17:30" ("24:00" is the day's end).
type Span struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Holiday replaces the weekday's hours on one date.
type Holiday struct {
	Date  string `json:"date"` // 2026-12-25
	Name  string `json:"name"`
	Spans []Span `json:"spans"`
	// Closed overrides what happens to arrivals on that day; ActionNone means Hours.Closed.
	Closed Step `json:"closed"`
}
