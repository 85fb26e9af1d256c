package domain

import (
	"strconv"
	"strings"
)

// Views of the list of chats.
const (
	ViewMine    = "mine"    // open chats the actor owns
	ViewWaiting = "waiting" // chats in line, oldest first
	ViewAll     = "all"
)

// Bounds of a page.
const (
	DefaultPage = 50
	LargestPage = 200
)

// ChatFilter chooses a page of chats.
type ChatFilter struct {
	View   string // mine, waiting or all
	Cursor string // Next of the page before; empty for the first page
	Limit  int    // at most LargestPage; 0 means DefaultPage
	Phase  Phase  // with all: only chats in this phase; empty means any
}

// MessageQuery chooses a page of a chat's messages; without Before and After it is the newest page. Items are in
// ascending order of seq either way.
type MessageQuery struct {
	Before int64 // only messages with a smaller seq; 0 means no bound
	After  int64 // only messages with a larger seq; 0 means no bound
	Limit  int   // at most LargestPage; 0 means DefaultPage
}

// Visitor is a customer of a web chat, as their browser's token names them.
type Visitor struct {
	Account  AccountID
	Identity IdentityID
	Name     string
}

// Cursor is a place in the event log: the transaction that wrote an event and the event's id, in this order.
type Cursor struct {
	XID uint64
	ID  int64
}

// String gives the cursor's text form, "xid.id".
func (c Cursor) String() string {
	return strconv.FormatUint(c.XID, 10) + "." + strconv.FormatInt(c.ID, 10)
}

// Less reports whether the cursor comes before another.
func (c Cursor) Less(other Cursor) bool {
	return c.XID < other.XID || (c.XID == other.XID && c.ID < other.ID)
}

// ParseCursor reads the text form; CodeInvalid with the field "cursor" when it isn't one.
func ParseCursor(text string) (Cursor, error) {
	xid, id, found := strings.Cut(text, ".")
	c := Cursor{}
	var errXID, errID error
	c.XID, errXID = strconv.ParseUint(xid, 10, 64)
	c.ID, errID = strconv.ParseInt(id, 10, 64)
	if !found || errXID != nil || errID != nil || c.ID < 0 {
		return Cursor{}, Invalid("cursor", "cursor must be one that the server gave")
	}
	return c, nil
}

// NewUser is what an administrator asks for.
type NewUser struct {
	Email        string
	Name         string
	Role         Role
	PasswordHash string
	MaxChats     int // 0 means DefaultMaxChats
	QueueIDs     []QueueID
	ChannelTypes []ChannelType // the channels the user takes chats of; empty means all
}

// UserPatch changes a user; a nil field stays as it is.
type UserPatch struct {
	Name         *string
	Role         *Role
	PasswordHash *string
	MaxChats     *int
	QueueIDs     *[]QueueID
	ChannelTypes *[]ChannelType // empty means all
	Disabled     *bool
}

// NewQueue is a queue to be made.
type NewQueue struct {
	Name     string
	Priority int // 1 to 9; 0 means 5
}

// QueuePatch changes a queue; a nil field stays as it is.
type QueuePatch struct {
	Name     *string
	Priority *int
}

// NewDisposition is a disposition to be made.
type NewDisposition struct {
	Name     string
	Position int
	Parent   DispositionID // empty for one at the top
	Queues   []QueueID     // the queues it is offered in; empty means all
	Callback bool          // asks for the time of a callback
}

// StoredAnswer is the first answer to a mutation with an Idempotency-Key, given again when the same key comes back.
type StoredAnswer struct {
	Status      int
	ContentType string
	Body        []byte
}
