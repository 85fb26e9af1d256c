// Package channeltest is the conformance suite that every channel with a provider passes: what the product relies on
// when it verifies, reads, sends and looks up.
package channeltest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/channels"
	"tandem/domain"
)

// Text is a customer's message as the suite wants it to come in.
type Text struct {
	ID, From, Body string
	Extra          map[string]string // parameters nobody knows
}

// Receipt is a status callback as the suite wants it to come in.
type Receipt struct {
	ProviderID string
	Message    domain.MessageID
	Word       string // the provider's own status word
}

// Words are the provider's status words.
type Words struct{ Sent, Delivered, Failed string }

// Destinations are addresses with a fate at the provider that the channel under test talks to.
type Destinations struct {
	Good        string
	Refused     string // never sent
	Throttled   string // refused once, with a time to wait
	FailsAfter  string // accepted, and answered with an error
	Silent      string // accepted, and never answered
	Unreadable  string // accepted, and answered with something that can't be read
	FailsBefore string // not accepted, and answered with an error
}

// Provider is what the suite needs to know about a channel and the provider behind it.
type Provider struct {
	Channel channels.Channel
	// Down is the same channel pointed at an address where nobody listens.
	Down    channels.Channel
	Config  domain.Channel
	Inbound func(t *testing.T, text Text) channels.Request // signed
	Report  func(t *testing.T, receipt Receipt) channels.Request
	// Callback is where receipts would go.
	Callback string
	To       Destinations
	Words    Words
	// MaxText is the longest text in characters that the provider takes.
	MaxText int
	// Accepted counts the messages that the provider made of this text.
	Accepted func(t *testing.T, to, text string) int
}

// Run runs the suite.
func Run(t *testing.T, p Provider) {
	t.Helper()
	t.Run("verify", func(t *testing.T) { t.Parallel(); verify(t, p) })
	t.Run("parse", func(t *testing.T) { t.Parallel(); parse(t, p) })
	t.Run("send", func(t *testing.T) { t.Parallel(); send(t, p) })
	t.Run("find", func(t *testing.T) { t.Parallel(); find(t, p) })
}

func verify(t *testing.T, p Provider) {
	good := p.Inbound(t, Text{ID: "SM-verify", From: "+12025550142", Body: "hello  \r\n"})
	require.NoError(t, p.Channel.Verify(p.Config, good))
	require.NoError(t, p.Channel.Verify(p.Config, good), "a repeat verifies as the first did")

	t.Run("a changed body is refused", func(t *testing.T) {
		t.Parallel()
		r := good
		r.Body = append([]byte("Extra=1&"), good.Body...)
		requireBadSignature(t, p.Channel.Verify(p.Config, r))
	})
	t.Run("another address is refused", func(t *testing.T) {
		t.Parallel()
		r := good
		r.URL = good.URL + "x"
		requireBadSignature(t, p.Channel.Verify(p.Config, r))
	})
	t.Run("a request without a signature is refused", func(t *testing.T) {
		t.Parallel()
		r := good
		r.Header = nil
		requireBadSignature(t, p.Channel.Verify(p.Config, r))
	})
	t.Run("a channel without secrets refuses everything", func(t *testing.T) {
		t.Parallel()
		bare := p.Config
		bare.Secrets = nil
		requireBadSignature(t, p.Channel.Verify(bare, good))
	})
}

func requireBadSignature(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, domain.CodeForbidden, domain.CodeOf(err))
	require.Equal(t, "bad_signature", domain.ReasonOf(err))
}

func parse(t *testing.T, p Provider) {
	t.Run("a message, the same when it comes twice", func(t *testing.T) {
		t.Parallel()
		r := p.Inbound(t, Text{ID: "SM-parse", From: "+12025550142", Body: "two\nlines "})
		first, err := p.Channel.Parse(p.Config, r)
		require.NoError(t, err)
		again, err := p.Channel.Parse(p.Config, r)
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Empty(t, first.Reports)
		require.Len(t, first.Messages, 1)
		m := first.Messages[0]
		require.Equal(t, "SM-parse", m.ProviderID)
		require.Equal(t, "+12025550142", m.Address)
		require.Equal(t, "two\nlines ", m.Text)
		require.Equal(t, domain.KindText, m.Kind)
		require.Equal(t, r.Body, m.Raw)
		require.Equal(t, r.ReceivedAt, m.ReceivedAt)
	})
	t.Run("unknown fields change nothing", func(t *testing.T) {
		t.Parallel()
		r := p.Inbound(t, Text{ID: "SM-unknown", From: "+12025550142", Body: "hi", Extra: map[string]string{"SomeFutureParam": "x", "Empty": ""}})
		require.NoError(t, p.Channel.Verify(p.Config, r))
		got, err := p.Channel.Parse(p.Config, r)
		require.NoError(t, err)
		require.Len(t, got.Messages, 1)
		require.Equal(t, "hi", got.Messages[0].Text)
	})
	t.Run("nothing to show becomes a placeholder", func(t *testing.T) {
		t.Parallel()
		got, err := p.Channel.Parse(p.Config, p.Inbound(t, Text{ID: "SM-empty", From: "+12025550142"}))
		require.NoError(t, err)
		require.Len(t, got.Messages, 1)
		require.Equal(t, domain.KindPlaceholder, got.Messages[0].Kind)
		require.NotEmpty(t, got.Messages[0].Text)
	})
	t.Run("rubbish is refused, not fatal", func(t *testing.T) {
		t.Parallel()
		r := p.Inbound(t, Text{ID: "SM-x", From: "+12025550142", Body: "hi"})
		for _, body := range []string{"", "\x00", "%%%", "a=b;c", "{", "MessageSid"} {
			r.Body = []byte(body)
			_, err := p.Channel.Parse(p.Config, r)
			require.Equal(t, domain.CodeInvalid, domain.CodeOf(err), "body %q", body)
		}
	})
	t.Run("receipts", func(t *testing.T) {
		t.Parallel()
		mid := domain.NewID[domain.MessageID]()
		for word, want := range map[string]domain.Status{
			p.Words.Sent: domain.StatusSent, p.Words.Delivered: domain.StatusDelivered, p.Words.Failed: domain.StatusFailed, "in-orbit": "",
		} {
			r := p.Report(t, Receipt{ProviderID: "SM-1", Message: mid, Word: word})
			require.NoError(t, p.Channel.Verify(p.Config, r))
			got, err := p.Channel.Parse(p.Config, r)
			require.NoError(t, err)
			require.Empty(t, got.Messages)
			require.Len(t, got.Reports, 1)
			d := got.Reports[0]
			require.Equal(t, want, d.Status)
			require.Equal(t, word, d.RawStatus)
			require.Equal(t, mid, d.MessageID)
			require.Equal(t, "SM-1", d.ProviderID)
			require.Equal(t, want == domain.StatusFailed, d.Error != nil, "a failure has a reason, nothing else has")
		}
	})
}

// Outgoing makes a message to send on the provider's channel.
func (p Provider) Outgoing(to, text string) domain.Outgoing {
	now := time.Now()
	return domain.Outgoing{
		Account: "demo", Chat: domain.NewID[domain.ChatID](), Message: domain.NewID[domain.MessageID](), Channel: p.Config,
		To: to, Text: text, Attempt: 1, CreatedAt: now, FirstTriedAt: now,
	}
}

func send(t *testing.T, p Provider) {
	t.Run("a good message is accepted once", func(t *testing.T) {
		t.Parallel()
		got, err := p.Channel.Send(t.Context(), p.Outgoing(p.To.Good, "good"), p.Callback)
		require.NoError(t, err)
		require.NotEmpty(t, got.ProviderID)
		require.Equal(t, domain.StatusSent, got.Status)
		require.Equal(t, 1, p.Accepted(t, p.To.Good, "good"))
	})
	t.Run("a refusal tells why", func(t *testing.T) {
		t.Parallel()
		_, err := p.Channel.Send(t.Context(), p.Outgoing(p.To.Refused, "refused"), p.Callback)
		e := refusal(t, domain.CodeRefused, err)
		require.NotEmpty(t, e.ProviderCode)
		require.NotEmpty(t, e.Text)
		require.Zero(t, p.Accepted(t, p.To.Refused, "refused"))
	})
	t.Run("a text too long is refused", func(t *testing.T) {
		t.Parallel()
		long := make([]byte, p.MaxText+1)
		for i := range long {
			long[i] = 'x'
		}
		_, err := p.Channel.Send(t.Context(), p.Outgoing(p.To.Good, string(long)), p.Callback)
		requireCode(t, domain.CodeRefused, err)
	})
	t.Run("throttling tells how long", func(t *testing.T) {
		t.Parallel()
		out := p.Outgoing(p.To.Throttled, "slow down")
		_, err := p.Channel.Send(t.Context(), out, p.Callback)
		e := refusal(t, domain.CodeThrottled, err)
		require.Positive(t, e.RetryAfter)
		_, err = p.Channel.Send(t.Context(), out, p.Callback)
		require.NoError(t, err)
		require.Equal(t, 1, p.Accepted(t, p.To.Throttled, "slow down"))
	})
	t.Run("nobody listens: surely not sent", func(t *testing.T) {
		t.Parallel()
		_, err := p.Down.Send(t.Context(), p.Outgoing(p.To.Good, "down"), p.Callback)
		requireCode(t, domain.CodeUnavailable, err)
	})
	t.Run("a call given up before it began: surely not sent", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := p.Channel.Send(ctx, p.Outgoing(p.To.Good, "cancelled"), p.Callback)
		requireCode(t, domain.CodeUnavailable, err)
		require.Zero(t, p.Accepted(t, p.To.Good, "cancelled"))
	})
}

func requireCode(t *testing.T, want domain.Code, err error) {
	t.Helper()
	require.NotNil(t, refusal(t, want, err))
}

// refusal gives the error of the wanted code that err is or holds.
func refusal(t *testing.T, want domain.Code, err error) *domain.Error {
	t.Helper()
	var e *domain.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Code, "%v", err)
	return e
}

// find sends into every kind of doubt and looks what became of it.
func find(t *testing.T, p Provider) {
	none := func(string) bool { return false }
	for name, to := range map[string]string{"error": p.To.FailsAfter, "silence": p.To.Silent, "unreadable": p.To.Unreadable} {
		t.Run("accepted behind "+name+" is found", func(t *testing.T) {
			t.Parallel()
			out := p.Outgoing(to, "doubt about "+name)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := p.Channel.Send(ctx, out, p.Callback)
			requireCode(t, domain.CodeAmbiguous, err)
			require.Equal(t, 1, p.Accepted(t, to, out.Text), "one Send is one call")

			got, found, err := p.Channel.Find(t.Context(), out, none)
			require.NoError(t, err)
			require.True(t, found)
			require.NotEmpty(t, got.ProviderID)

			_, found, err = p.Channel.Find(t.Context(), out, func(id string) bool { return id == got.ProviderID })
			require.NoError(t, err)
			require.False(t, found, "a message that belongs to another of ours is not taken")
		})
	}
	t.Run("not accepted is provably absent", func(t *testing.T) {
		t.Parallel()
		out := p.Outgoing(p.To.FailsBefore, "lost")
		_, err := p.Channel.Send(t.Context(), out, p.Callback)
		requireCode(t, domain.CodeAmbiguous, err)
		_, found, err := p.Channel.Find(t.Context(), out, none)
		require.NoError(t, err)
		require.False(t, found)
	})
	t.Run("an equal text of earlier days is not taken for this one", func(t *testing.T) {
		t.Parallel()
		_, err := p.Channel.Send(t.Context(), p.Outgoing(p.To.Good, "good morning"), p.Callback)
		require.NoError(t, err)
		later := p.Outgoing(p.To.Good, "good morning")
		later.FirstTriedAt = time.Now().Add(time.Hour)
		_, found, err := p.Channel.Find(t.Context(), later, none)
		require.NoError(t, err)
		require.False(t, found)
	})
	t.Run("a provider that can't be asked leaves the doubt", func(t *testing.T) {
		t.Parallel()
		_, _, err := p.Down.Find(t.Context(), p.Outgoing(p.To.Good, "x"), none)
		requireCode(t, domain.CodeUnavailable, err)
	})
}
