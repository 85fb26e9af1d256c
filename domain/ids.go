package domain

import (
	"github.com/google/uuid"
)

// Ids are UUIDv7 in text form: sortable by birth, unguessable (74 random bits). Account ids are short words chosen
// when the account is made ("demo").
type (
	AccountID     string
	UserID        string
	ChannelID     string
	QueueID       string
	CustomerID    string
	IdentityID    string
	ChatID        string
	MessageID     string
	AssignmentID  string
	DispositionID string
	TokenID       string
)

// NewID mints an id of any of the id types.
func NewID[T ~string]() T { return T(uuid.Must(uuid.NewV7()).String()) }

// ParseID checks that text is a UUID and gives it in canonical form; field names it in the error.
func ParseID[T ~string](field, text string) (T, error) {
	id, err := uuid.Parse(text)
	if err != nil {
		return "", Invalid(field, "%s must be a UUID", field)
	}
	return T(id.String()), nil
}
