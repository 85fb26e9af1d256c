package domain

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Side tells who speaks: the screen shows customers left, agents right, the system centred.
type Side string

// The sides.
const (
	SideCustomer Side = "customer"
	SideAgent    Side = "agent"
	SideSystem   Side = "system"
)

// Kind tells what a message is.
type Kind string

// The kinds of message. A note is seen by colleagues only; an event is a line of the system ("Ada joined").
const (
	KindText        Kind = "text"
	KindNote        Kind = "note"
	KindEvent       Kind = "event"
	KindPlaceholder Kind = "placeholder" // something arrived that can't be shown; the text says what
)

// Status is how far a message has come. Statuses are ranked and only move forward.
type Status string

// The statuses.
const (
	StatusReceived  Status = "received" // from a customer
	StatusQueued    Status = "queued"   // accepted from the agent, no provider called yet
	StatusSending   Status = "sending"  // a provider call is under way or its outcome is being looked up
	StatusSent      Status = "sent"     // the provider has it
	StatusDelivered Status = "delivered"
	StatusRead      Status = "read"
	StatusFailed    Status = "failed"  // with a reason
	StatusUnknown   Status = "unknown" // may or may not have been sent
)

// Rank orders statuses: queued < sending < unknown < sent < failed < delivered < read. Failed ranks below delivered:
// a receipt that proves delivery corrects a failure, never the reverse.
func (s Status) Rank() int {
	switch s {
	case StatusQueued:
		return 1
	case StatusSending:
		return 2
	case StatusUnknown:
		return 3
	case StatusSent:
		return 4
	case StatusFailed:
		return 5
	case StatusDelivered:
		return 6
	case StatusRead:
		return 7
	case StatusReceived:
		return 9
	default:
		return 0
	}
}

// Attachment is a file of a message.
type Attachment struct {
	ID          string `json:"id,omitempty"`
	Name        string `json:"name,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Size        int64  `json:"size,omitempty"` // bytes; 0 when unknown
	URL         string `json:"url,omitempty"`
}

// MessageError says why a message failed.
type MessageError struct {
	Code string `json:"code"` // the provider's code, or our own word
	Text string `json:"text"` // a sentence for the agent: what happened and what to do
}

// Message is one line of a chat.
type Message struct {
	ID          MessageID     `json:"id"`
	ChatID      ChatID        `json:"chat_id"`
	Seq         int64         `json:"seq"`
	Side        Side          `json:"side"`
	Kind        Kind          `json:"kind"`
	Text        string        `json:"text"`
	Status      Status        `json:"status"`
	Error       *MessageError `json:"error,omitempty"`
	Attachments []Attachment  `json:"attachments"`
	ClientID    string        `json:"client_id,omitempty"`
	Author      *UserRef      `json:"author,omitempty"` // set on the agent's side
	CreatedAt   time.Time     `json:"created_at"`
}

// MaxTextRunes is the longest text an agent or a widget may send, in characters. Twilio refuses more than 1,600
// (error 21617).
const MaxTextRunes = 1600

// MaxClientIDBytes bounds the id a client gives its message.
const MaxClientIDBytes = 100

// NewMessage is what an agent or a widget asks to send.
type NewMessage struct {
	ClientID    string
	Text        string
	Kind        Kind
	Attachments []Attachment
}

// Validate refuses a message that can't be sent: no client id, no content, too long, bytes no database text can hold.
func (m NewMessage) Validate() error {
	switch {
	case m.ClientID == "":
		return Invalid("client_id", "client_id is needed: an id that is the same when the message is sent again")
	case len(m.ClientID) > MaxClientIDBytes:
		return Invalid("client_id", "client_id may have at most %d bytes", MaxClientIDBytes)
	case strings.TrimSpace(m.Text) == "" && len(m.Attachments) == 0:
		return Invalid("text", "text is empty: write something or attach a file")
	case !utf8.ValidString(m.Text) || strings.ContainsRune(m.Text, 0):
		return Invalid("text", "text holds characters that can't be stored")
	case utf8.RuneCountInString(m.Text) > MaxTextRunes:
		return Invalid("text", "text has %d characters; at most %d can be sent", utf8.RuneCountInString(m.Text), MaxTextRunes)
	}
	return nil
}

// Inbound is one message from a customer, as a channel parsed it.
type Inbound struct {
	Channel    Channel
	ProviderID string // the provider's message id: the dedupe key with the channel
	Address    string // the customer's address on this channel, canonical
	Name       string // the name the channel tells; may be empty
	Kind       Kind
	Text       string
	// Attachments still point at the provider.
	Attachments []Attachment
	ProviderAt  *time.Time // when the provider says it was written
	ReceivedAt  time.Time
	Raw         []byte // the provider's payload, kept for support and for fields we don't know yet
}

// Received is what became of an inbound message.
type Received struct {
	Chat      ChatID
	Message   MessageID
	Duplicate bool // this provider id was stored before; nothing changed
	NewChat   bool
}

// DeliveryReport is a provider's word on how far a message has come.
type DeliveryReport struct {
	Channel    Channel
	MessageID  MessageID // our own id, from the callback's address; empty when the provider didn't say
	ProviderID string
	Status     Status // empty when the provider's word is unknown to us
	RawStatus  string
	Error      *MessageError
	At         time.Time
}

// Outgoing is a message a provider is to be called for.
type Outgoing struct {
	Account     AccountID
	Chat        ChatID
	Message     MessageID
	Seq         int64
	Channel     Channel
	To          string
	Text        string
	Attachments []Attachment
	// Attempt counts the provider calls begun for this message, this one included.
	Attempt   int
	CreatedAt time.Time
	// FirstTriedAt is when the first provider call began; zero on the first attempt.
	FirstTriedAt time.Time
	// LastTriedAt is when the provider call before this one began; zero on the first attempt.
	LastTriedAt time.Time
}

// Accepted is a provider's answer to a send.
type Accepted struct {
	ProviderID string
	Status     Status // usually sent
}
