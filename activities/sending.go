package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"tandem/domain"
)

// SendLedger records how far an outgoing message has come.
type SendLedger interface {
	BeginSend(ctx context.Context, account domain.AccountID, msg domain.MessageID) (out domain.Outgoing, proceed bool, err error)
	SendAccepted(ctx context.Context, account domain.AccountID, msg domain.MessageID, a domain.Accepted) error
	SendEnded(ctx context.Context, account domain.AccountID, msg domain.MessageID, status domain.Status, e *domain.MessageError) error
	Message(ctx context.Context, account domain.AccountID, msg domain.MessageID) (m domain.Message, providerID string, err error)
	KnownProviderID(ctx context.Context, channel domain.ChannelID, providerID string) (bool, error)
}

// Sender is a provider: Send makes one call, Find looks for a message whose Send ended without a clear answer. Their
// errors are those of channels.Channel.
type Sender interface {
	Send(ctx context.Context, out domain.Outgoing, callbackURL string) (domain.Accepted, error)
	Find(ctx context.Context, out domain.Outgoing, known func(providerID string) bool) (domain.Accepted, bool, error)
}

// SendingOptions are what Sending needs. All but Now, Wait and Log are required.
type SendingOptions struct {
	Ledger SendLedger
	// Senders looks a provider up by its name.
	Senders func(provider string) (Sender, bool)
	// PublicURL is the product's own address: providers report back to it.
	PublicURL string
	// ReconcileAfter is how long after an unclear call the provider is asked whether it has the message: time for
	// its callback, and for its list to be up to date. At most a minute, so that an attempt fits into its time-out.
	ReconcileAfter time.Duration
	// Now is the clock; nil means time.Now. Wait sleeps on it and fails when ctx is done; nil means a timer.
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error
	Log  *slog.Logger
}

// Sending calls providers.
type Sending struct{ o SendingOptions }

const (
	maxReconcileAfter = time.Minute
	// providerCall bounds one call of a provider; recording bounds one write of what came of it, also when the
	// attempt itself is being stopped.
	providerCall = 15 * time.Second
	recording    = 5 * time.Second
	// maxUnclear is how many calls may end without a clear answer, each but the last followed by proof that the
	// provider doesn't have the message.
	maxUnclear = 2
)

// NewSending makes the sending activities.
func NewSending(o SendingOptions) (*Sending, error) {
	switch {
	case o.Ledger == nil || o.Senders == nil:
		return nil, errors.New("sending needs a ledger and senders")
	case o.PublicURL == "":
		return nil, errors.New("sending needs the public URL: providers report back to it")
	case o.ReconcileAfter <= 0 || o.ReconcileAfter > maxReconcileAfter:
		return nil, fmt.Errorf("a send is looked up after more than 0 and at most %s, not %s", maxReconcileAfter, o.ReconcileAfter)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	return &Sending{o: o}, nil
}

// SendRequest names a message to send and until when it must have reached an end.
type SendRequest struct {
	Account  domain.AccountID `json:"account"`
	Message  domain.MessageID `json:"message"`
	Provider string           `json:"provider"`
	Deadline time.Time        `json:"deadline"`
}

// SendResult is where a message ended for now: sent or beyond, failed, unknown. Code says why it failed.
type SendResult struct {
	Status domain.Status `json:"status"`
	Code   string        `json:"code,omitempty"`
}

// SendMessage brings one message to its provider. Safe to run twice: the ledger's compare-and-set lets an attempt
// begin only while the message is on its way, and an attempt that finds an earlier one unfinished asks the provider
// whether it has the message before it calls again. What fails for good, or is unclear at the deadline, is a result;
// an error is returned only while there is time for another attempt.
func (s *Sending) SendMessage(ctx context.Context, req SendRequest) (SendResult, error) {
	a := &sendAttempt{Sending: s, req: req, calls: countCalls(ctx)}
	defer a.calls.end()
	result, err := a.run(ctx)
	return result, ToTemporal(err)
}

// EndSend brings a message to an end that SendMessage could not, because no worker took it in time: failed when no
// call was begun, unknown when one was. Safe to run twice: a message that has ended is left as it is.
func (s *Sending) EndSend(ctx context.Context, req SendRequest) (SendResult, error) {
	m, providerID, err := s.o.Ledger.Message(ctx, req.Account, req.Message)
	if err != nil {
		return SendResult{}, ToTemporal(err)
	}
	if providerID != "" && m.Status.Rank() < domain.StatusSent.Rank() {
		err := s.o.Ledger.SendAccepted(ctx, req.Account, req.Message, domain.Accepted{ProviderID: providerID, Status: domain.StatusSent})
		return SendResult{Status: domain.StatusSent}, ToTemporal(err)
	}
	status, why := domain.StatusUnknown, errUnclear()
	switch m.Status {
	case domain.StatusQueued:
		status, why = domain.StatusFailed, errUnreached()
	case domain.StatusSending:
	default:
		return resultOf(m), nil
	}
	if err := s.o.Ledger.SendEnded(ctx, req.Account, req.Message, status, why); err != nil {
		return SendResult{}, ToTemporal(err)
	}
	return SendResult{Status: status, Code: why.Code}, nil
}

func resultOf(m domain.Message) SendResult {
	r := SendResult{Status: m.Status}
	if m.Error != nil {
		r.Code = m.Error.Code
	}
	return r
}

// callbackURL is where the provider reports on the message. It names our own id, so a report can be placed even when
// the provider's answer to the call was lost.
func (s *Sending) callbackURL(out domain.Outgoing) string {
	return s.o.PublicURL + "/webhooks/" + url.PathEscape(out.Channel.Provider) + "/" + url.PathEscape(out.Channel.Key) +
		"/status?mid=" + url.QueryEscape(string(out.Message))
}

func errUnreached() *domain.MessageError {
	return &domain.MessageError{
		Code: "provider_unreachable",
		Text: "Not sent: the provider could not be reached in time. Send it again.",
	}
}

func errThrottled() *domain.MessageError {
	return &domain.MessageError{
		Code: "provider_throttled",
		Text: "Not sent: the provider accepts no more messages at the moment. Send it again later.",
	}
}

func errUnclear() *domain.MessageError {
	return &domain.MessageError{
		Code: "send_unclear",
		Text: "The provider gave no clear answer, so the message may or may not have been sent. Ask the customer before you send it again.",
	}
}
