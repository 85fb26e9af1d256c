package activities

import (
	"context"
	"errors"
	"time"

	"tandem/domain"
)

// sendAttempt is one attempt of SendMessage. The message's status in the ledger tells what an earlier one left:
// queued means that surely nothing was sent, sending that a call may have been made.
type sendAttempt struct {
	*Sending
	req   SendRequest
	calls *openCalls
}

func (a *sendAttempt) run(ctx context.Context) (SendResult, error) {
	before, _, err := a.o.Ledger.Message(ctx, a.req.Account, a.req.Message)
	if err != nil {
		return SendResult{}, err
	}
	if before.Status == domain.StatusSending {
		a.calls.inherit()
	}
	if before.Status == domain.StatusQueued && a.overdue(0) {
		return a.end(ctx, domain.StatusFailed, errUnreached())
	}
	out, proceed, err := a.o.Ledger.BeginSend(ctx, a.req.Account, a.req.Message)
	if err != nil {
		return SendResult{}, err
	}
	if !proceed {
		return a.current(ctx)
	}
	sender, ok := a.o.Senders(out.Channel.Provider)
	if !ok {
		return a.end(ctx, domain.StatusFailed, &domain.MessageError{
			Code: "no_provider", Text: "Not sent: this installation has no connection to the channel's provider. Tell your administrator.",
		})
	}
	if before.Status == domain.StatusSending {
		if done, result, err := a.lookUp(ctx, sender, out); done {
			return result, err
		}
	}
	return a.call(ctx, sender, out)
}

// call makes the provider call and settles what it says.
func (a *sendAttempt) call(ctx context.Context, sender Sender, out domain.Outgoing) (SendResult, error) {
	// Should the worker die in the call, the next attempt must know that it was begun.
	a.calls.begin(ctx)
	callCtx, cancel := context.WithTimeout(ctx, providerCall)
	accepted, err := sender.Send(callCtx, out, a.callbackURL(out))
	cancel()
	switch domain.CodeOf(err) {
	case "":
		return a.accept(ctx, accepted)
	case domain.CodeRefused, domain.CodeInvalid, domain.CodeUnauthorized, domain.CodeForbidden, domain.CodeNotFound, domain.CodeConflict:
		a.calls.withdraw(ctx)
		return a.end(ctx, domain.StatusFailed, messageError(err))
	case domain.CodeThrottled, domain.CodeUnavailable:
		return a.later(ctx, err)
	case domain.CodeAmbiguous, domain.CodeInternal:
		// An error nobody classified may have come after the provider took the message.
		return a.unclearCall(ctx, sender, out, err)
	default:
		return a.unclearCall(ctx, sender, out, err)
	}
}

// later gives a message that was surely not sent back to the queue and asks for another attempt, or fails it when the
// attempt would come after the deadline.
func (a *sendAttempt) later(ctx context.Context, err error) (SendResult, error) {
	a.calls.withdraw(ctx)
	wait, why := minRetry, errUnreached()
	var e *domain.Error
	if errors.As(err, &e) && e.Code == domain.CodeThrottled {
		wait, why = max(wait, e.RetryAfter), errThrottled()
	}
	if a.overdue(wait) {
		return a.end(ctx, domain.StatusFailed, why)
	}
	if recErr := a.record(ctx, func(ctx context.Context) error {
		return a.o.Ledger.SendEnded(ctx, a.req.Account, a.req.Message, domain.StatusQueued, nil)
	}); recErr != nil {
		// The message stays in sending: the next attempt finds out at the provider that it isn't there.
		return SendResult{}, errors.Join(err, recErr)
	}
	return SendResult{}, err
}

// unclearCall leaves the message in sending for an attempt that looks it up, or looks it up itself when there is no
// time for another attempt.
func (a *sendAttempt) unclearCall(ctx context.Context, sender Sender, out domain.Outgoing, err error) (SendResult, error) {
	a.o.Log.Warn("send ended without a clear answer", "message", a.req.Message, "attempt", out.Attempt, "error", err)
	if ctx.Err() == nil && a.overdue(a.o.ReconcileAfter) {
		out.LastTriedAt = a.o.Now()
		return a.lastLook(ctx, sender, out)
	}
	unclear := domain.E(domain.CodeAmbiguous, "the provider gave no clear answer; it is asked later whether it has the message").
		Because("send_unclear").CausedBy(err)
	unclear.RetryAfter = a.o.ReconcileAfter
	return SendResult{}, unclear
}

// lookUp settles an earlier call that may have been made. It is done unless the provider provably doesn't have the
// message and one more call is allowed.
func (a *sendAttempt) lookUp(ctx context.Context, sender Sender, out domain.Outgoing) (done bool, r SendResult, err error) {
	if err := a.waitUntil(ctx, out.LastTriedAt.Add(a.o.ReconcileAfter)); err != nil {
		return true, SendResult{}, err
	}
	accepted, found, err := a.find(ctx, sender, out)
	switch {
	case found && domain.CodeOf(err) == domain.CodeRefused:
		r, err = a.end(ctx, domain.StatusFailed, messageError(err))
		return true, r, err
	case found && err == nil:
		r, err = a.accept(ctx, accepted)
		return true, r, err
	case err != nil && !a.overdue(minRetry):
		return true, SendResult{}, err
	case err != nil || a.calls.open() >= maxUnclear || a.overdue(0):
		r, err = a.end(ctx, domain.StatusUnknown, errUnclear())
		return true, r, err
	}
	return false, SendResult{}, nil
}

// lastLook asks the provider once more, as late as the deadline allows, and then ends the message.
func (a *sendAttempt) lastLook(ctx context.Context, sender Sender, out domain.Outgoing) (SendResult, error) {
	at := out.LastTriedAt.Add(a.o.ReconcileAfter)
	if a.req.Deadline.Before(at) {
		at = a.req.Deadline
	}
	if err := a.waitUntil(ctx, at); err != nil {
		return SendResult{}, err
	}
	accepted, found, err := a.find(ctx, sender, out)
	switch {
	case found && err == nil:
		return a.accept(ctx, accepted)
	case found && domain.CodeOf(err) == domain.CodeRefused:
		return a.end(ctx, domain.StatusFailed, messageError(err))
	default:
		return a.end(ctx, domain.StatusUnknown, errUnclear())
	}
}

// find asks our own ledger first, where the provider's callback may have left its id, then the provider.
func (a *sendAttempt) find(ctx context.Context, sender Sender, out domain.Outgoing) (domain.Accepted, bool, error) {
	m, providerID, err := a.o.Ledger.Message(ctx, a.req.Account, a.req.Message)
	if err != nil {
		return domain.Accepted{}, false, err
	}
	if providerID != "" {
		return domain.Accepted{ProviderID: providerID, Status: domain.StatusSent}, true, nil
	}
	if m.Status != domain.StatusSending {
		return domain.Accepted{Status: m.Status}, true, nil
	}
	callCtx, cancel := context.WithTimeout(ctx, providerCall)
	defer cancel()
	var ledgerErr error
	accepted, found, err := sender.Find(callCtx, out, func(id string) bool {
		known, err := a.o.Ledger.KnownProviderID(callCtx, out.Channel.ID, id)
		ledgerErr = errors.Join(ledgerErr, err)
		return known
	})
	if ledgerErr != nil {
		// Without the ledger's word a stranger's message could be taken for ours.
		return domain.Accepted{}, false, ledgerErr
	}
	return accepted, found, err
}

// accept records the provider's id. When that can't be done the message stays in sending and the next attempt finds it
// at the provider.
func (a *sendAttempt) accept(ctx context.Context, accepted domain.Accepted) (SendResult, error) {
	if accepted.ProviderID == "" {
		return a.current(ctx)
	}
	if err := a.record(ctx, func(ctx context.Context) error {
		return a.o.Ledger.SendAccepted(ctx, a.req.Account, a.req.Message, accepted)
	}); err != nil {
		return SendResult{}, err
	}
	status := accepted.Status
	if status == "" {
		status = domain.StatusSent
	}
	return SendResult{Status: status}, nil
}

func (a *sendAttempt) end(ctx context.Context, status domain.Status, why *domain.MessageError) (SendResult, error) {
	if err := a.record(ctx, func(ctx context.Context) error {
		return a.o.Ledger.SendEnded(ctx, a.req.Account, a.req.Message, status, why)
	}); err != nil {
		return SendResult{}, err
	}
	return SendResult{Status: status, Code: why.Code}, nil
}

// current answers for a message of which no call may begin: it has ended, or a callback has told the provider's id.
func (a *sendAttempt) current(ctx context.Context) (SendResult, error) {
	m, providerID, err := a.o.Ledger.Message(ctx, a.req.Account, a.req.Message)
	switch {
	case err != nil:
		return SendResult{}, err
	case m.Status != domain.StatusQueued && m.Status != domain.StatusSending:
		return resultOf(m), nil
	case providerID != "":
		return a.accept(ctx, domain.Accepted{ProviderID: providerID, Status: domain.StatusSent})
	default:
		return SendResult{}, domain.E(domain.CodeUnavailable, "the message is still on its way")
	}
}

// overdue reports whether the deadline has passed after another wait.
func (a *sendAttempt) overdue(wait time.Duration) bool {
	return !a.o.Now().Add(wait).Before(a.req.Deadline)
}
