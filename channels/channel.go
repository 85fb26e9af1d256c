package channels

import (
	"context"
	"net/http"
	"time"

	"tandem/domain"
)

// Request is a provider's call as it came in. Signatures are checked on it, so nothing in it may be normalised.
type Request struct {
	Method     string
	URL        string // the full public URL as the provider called it, query included
	Header     http.Header
	Body       []byte    // the raw bytes; the channel keeps its own copy of what it needs
	ReceivedAt time.Time // when it arrived, by our clock
}

// Parsed is what a request told: messages of customers, reports on our own messages, or both.
type Parsed struct {
	Messages []domain.Inbound
	Reports  []domain.DeliveryReport
}

// Channel is one provider. Implementations keep no state between calls that a crash may lose and are safe for
// concurrent use.
type Channel interface {
	// Verify checks that the provider itself sent the request. It refuses with CodeForbidden and the reason
	// "bad_signature", also when the channel holds no secret to check with.
	Verify(ch domain.Channel, r Request) error

	// Parse reads inbound messages and status reports, told apart by their shape. Malformed input gives
	// CodeInvalid with the provider's field; unknown fields never fail. It doesn't panic on any bytes.
	Parse(ch domain.Channel, r Request) (Parsed, error)

	// Send makes one call to the provider and never repeats it. callbackURL is where the provider reports the
	// message's fate. Errors tell what is known about the message: CodeRefused (never sent, and never will be),
	// CodeThrottled (not sent, try after RetryAfter), CodeUnavailable (surely not sent), CodeAmbiguous (may or may
	// not have been sent: use Find before any other try).
	Send(ctx context.Context, out domain.Outgoing, callbackURL string) (domain.Accepted, error)

	// Find looks at the provider for a message whose Send ended ambiguous. known tells which provider ids already
	// belong to other messages. It gives false only when the message is provably not there; when that can't be
	// said it fails with CodeUnavailable, CodeThrottled or CodeAmbiguous. A message that is there but has failed
	// gives true with CodeRefused and the provider's reason.
	Find(ctx context.Context, out domain.Outgoing, known func(providerID string) bool) (domain.Accepted, bool, error)
}

// Registry holds the channels by the provider's name (domain.Channel.Provider).
type Registry map[string]Channel

// For gives the channel that serves ch; CodeInternal when none is registered for its provider.
func (r Registry) For(ch domain.Channel) (Channel, error) {
	c, ok := r[ch.Provider]
	if !ok {
		return nil, domain.E(domain.CodeInternal, "no channel is registered for the provider %q", ch.Provider)
	}
	return c, nil
}

// BadSignature makes the one refusal of Verify.
func BadSignature(text string) error {
	return domain.E(domain.CodeForbidden, "%s", text).Because("bad_signature")
}
