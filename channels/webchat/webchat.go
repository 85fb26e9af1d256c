package webchat

import (
	"context"

	"tandem/channels"
	"tandem/domain"
)

// Channel is the widget's channel.
type Channel struct{}

var _ channels.Channel = Channel{}

// New makes the channel.
func New() Channel { return Channel{} }

// Verify refuses: a widget has no webhook that anyone could call.
func (Channel) Verify(domain.Channel, channels.Request) error {
	return channels.BadSignature("a webchat channel takes no webhooks")
}

// Parse refuses: messages of a widget come in through the API.
func (Channel) Parse(domain.Channel, channels.Request) (channels.Parsed, error) {
	return channels.Parsed{}, domain.Invalid("body", "a webchat channel takes no webhooks: use /api/v1/widget/{key}/messages")
}

// Send answers that the message is sent: it is on its way to the widget the moment it is committed.
func (Channel) Send(context.Context, domain.Outgoing, string) (domain.Accepted, error) {
	return domain.Accepted{Status: domain.StatusSent}, nil
}

// Find always finds the message, for the same reason.
func (Channel) Find(context.Context, domain.Outgoing, func(string) bool) (domain.Accepted, bool, error) {
	return domain.Accepted{Status: domain.StatusSent}, true, nil
}
