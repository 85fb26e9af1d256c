package store

import "tandem/domain"

// The parameters and results that api's interfaces name live in domain, so that api never imports this package; these
// aliases let the store's own code speak of them by short names.
type (
	// ChatFilter chooses a page of chats.
	ChatFilter = domain.ChatFilter
	// MessageQuery chooses a page of messages.
	MessageQuery = domain.MessageQuery
	// Visitor is a customer of a web chat.
	Visitor = domain.Visitor
	// Cursor is a place in the event log.
	Cursor = domain.Cursor
	// StoredAnswer is the first answer to a mutation with an Idempotency-Key.
	StoredAnswer = domain.StoredAnswer
	// NewUser is what an administrator asks for.
	NewUser = domain.NewUser
	// UserPatch changes a user.
	UserPatch = domain.UserPatch
	// NewQueue is a queue to be made.
	NewQueue = domain.NewQueue
	// QueuePatch changes a queue.
	QueuePatch = domain.QueuePatch
	// NewDisposition is a disposition to be made.
	NewDisposition = domain.NewDisposition
)

// ParseCursor reads a cursor's text form.
func ParseCursor(text string) (Cursor, error) { return domain.ParseCursor(text) }
