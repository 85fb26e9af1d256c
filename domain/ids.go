package domain

import (
	"github.com/google/uuid"
)

// Ids are UUIDv7 in text form: sortable by birth, unguessable (74 random bits). Only account ids are short words chosen
// when the account is made ("demo").
type (
	// AccountID names a business that uses the product.
	AccountID string
	// UserID names a person who signs in.
	UserID string
	// ChannelID names a way to reach an account: a number, a page, a widget.
	ChannelID string
	// QueueID names a line in which chats wait for agents.
	QueueID string
	// CustomerID names a person who writes to an account, over all their identities.
	CustomerID string
	// IdentityID names one address of a customer on one kind of channel.
	IdentityID string
	// ChatID names a chat.
	ChatID string
	// MessageID names a message.
	MessageID string
	// AssignmentID names the time that one agent owned one chat.
	AssignmentID string
	// DispositionID names a reason for closing a chat.
	DispositionID string
	// OfferID names a chat held out to an agent for acceptance.
	OfferID string
	// FollowUpID names something promised to a customer for later: a callback.
	FollowUpID string
	// TokenID names an API token; it is not the token.
	TokenID string
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
