package activities_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"tandem/activities"
	"tandem/domain"
)

var errCrash = domain.E(domain.CodeUnavailable, "the ledger is gone")

// post is a ledger with one message and a provider, both in memory, with a clock that stands still unless moved.
type post struct {
	mu         sync.Mutex
	now        time.Time
	status     domain.Status
	why        *domain.MessageError
	providerID string
	attempts   int
	lastTried  time.Time
	known      []string
	crashAt    string // the ledger call that fails, once
	crashes    int

	atProvider []string // ids of messages the provider has, one for each that the customer gets
	send       func(p *post, out domain.Outgoing) (domain.Accepted, error)
	find       func(p *post) (domain.Accepted, bool, error)
	callbacks  []string
}

func (p *post) crash(at string) error {
	if p.crashAt == at && p.crashes > 0 {
		p.crashes--
		return errCrash
	}
	return nil
}

func (p *post) Message(context.Context, domain.AccountID, domain.MessageID) (domain.Message, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return domain.Message{Status: p.status, Error: p.why}, p.providerID, p.crash("message")
}

func (p *post) BeginSend(context.Context, domain.AccountID, domain.MessageID) (domain.Outgoing, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.crash("begin"); err != nil {
		return domain.Outgoing{}, false, err
	}
	if p.status != domain.StatusQueued && p.status != domain.StatusSending || p.providerID != "" {
		return domain.Outgoing{}, false, nil
	}
	p.status = domain.StatusSending
	p.attempts++
	out := domain.Outgoing{
		Message: "m1", Channel: domain.Channel{Key: "demo-sms", Provider: "twilio"}, Attempt: p.attempts, LastTriedAt: p.lastTried,
	}
	p.lastTried = p.now
	return out, true, nil
}

func (p *post) SendAccepted(_ context.Context, _ domain.AccountID, _ domain.MessageID, a domain.Accepted) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.crash("accepted"); err != nil {
		return err
	}
	p.status, p.providerID = domain.StatusSent, a.ProviderID
	return nil
}

func (p *post) SendEnded(_ context.Context, _ domain.AccountID, _ domain.MessageID, s domain.Status, e *domain.MessageError) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.crash("ended"); err != nil {
		return err
	}
	p.status, p.why = s, e
	return nil
}

func (p *post) KnownProviderID(_ context.Context, _ domain.ChannelID, id string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.known, id), p.crash("known")
}

func (p *post) Send(_ context.Context, out domain.Outgoing, callbackURL string) (domain.Accepted, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.callbacks = append(p.callbacks, callbackURL)
	return p.send(p, out)
}

func (p *post) Find(_ context.Context, _ domain.Outgoing, known func(string) bool) (domain.Accepted, bool, error) {
	if p.find != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.find(p)
	}
	for _, id := range p.atProvider {
		if !known(id) {
			return domain.Accepted{ProviderID: id, Status: domain.StatusSent}, true, nil
		}
	}
	return domain.Accepted{}, false, nil
}

// accepts is a provider that works.
func accepts(p *post, _ domain.Outgoing) (domain.Accepted, error) {
	p.atProvider = append(p.atProvider, "SM1")
	return domain.Accepted{ProviderID: "SM1", Status: domain.StatusSent}, nil
}

// swallows is a provider that takes the message and never answers.
func swallows(p *post, o domain.Outgoing) (domain.Accepted, error) {
	_, _ = accepts(p, o)
	return domain.Accepted{}, domain.E(domain.CodeAmbiguous, "timed out")
}

// answers is a provider that doesn't take it.
func answers(err error) func(*post, domain.Outgoing) (domain.Accepted, error) {
	return func(*post, domain.Outgoing) (domain.Accepted, error) { return domain.Accepted{}, err }
}

// inTurn is a provider that answers differently each time.
func inTurn(sends ...func(*post, domain.Outgoing) (domain.Accepted, error)) func(*post, domain.Outgoing) (domain.Accepted, error) {
	return func(p *post, o domain.Outgoing) (domain.Accepted, error) {
		next := sends[0]
		sends = sends[1:]
		return next(p, o)
	}
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func newPost(status domain.Status, send func(*post, domain.Outgoing) (domain.Accepted, error)) *post {
	return &post{now: noon, status: status, send: send, lastTried: noon.Add(-time.Hour)}
}

const reconcileAfter = 30 * time.Second

func (p *post) sending(t *testing.T) *activities.Sending {
	t.Helper()
	s, err := activities.NewSending(activities.SendingOptions{
		Ledger: p,
		Senders: func(provider string) (activities.Sender, bool) {
			return p, provider == "twilio"
		},
		PublicURL: "https://tandem.test/", ReconcileAfter: reconcileAfter, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return p.now },
		Wait: func(_ context.Context, d time.Duration) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.now = p.now.Add(d)
			return nil
		},
	})
	require.NoError(t, err)
	return s
}

// attempts plays the engine: it runs attempts until one gives a result, moving the clock by the delay that the error
// asks for and handing on what the last heartbeat told.
type attempts struct {
	t        *testing.T
	post     *post
	deadline time.Time
	forget   bool // heartbeats get lost
	calls    int64
	n        int
}

func (a *attempts) once() (activities.SendResult, error) {
	a.t.Helper()
	a.n++
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	s := a.post.sending(a.t)
	env.RegisterActivity(s)
	if a.calls > 0 && !a.forget {
		env.SetHeartbeatDetails(a.calls)
	}
	env.SetOnActivityHeartbeatListener(a.beat)
	v, err := env.ExecuteActivity(s.SendMessage, activities.SendRequest{
		Account: "acme", Message: "m1", Provider: "twilio", Deadline: a.deadline,
	})
	var r activities.SendResult
	if err == nil {
		require.NoError(a.t, v.Get(&r))
	}
	return r, err
}

// beat keeps what the latest heartbeat told, as the engine does.
func (a *attempts) beat(_ *activity.Info, details converter.EncodedValues) {
	a.post.mu.Lock()
	defer a.post.mu.Unlock()
	_ = details.Get(&a.calls) // absent details leave it as it was
}

// run gives the end of the message.
func (a *attempts) run() activities.SendResult {
	a.t.Helper()
	if a.deadline.IsZero() {
		a.deadline = noon.Add(10 * time.Minute)
	}
	for a.n < 100 {
		r, err := a.once()
		if err == nil {
			return r
		}
		var app *temporal.ApplicationError
		require.ErrorAs(a.t, err, &app)
		require.False(a.t, app.NonRetryable(), "%v", err)
		wait := app.NextRetryDelay()
		if wait == 0 {
			wait = time.Second
		}
		a.post.mu.Lock()
		a.post.now = a.post.now.Add(wait)
		require.True(a.t, a.post.now.Before(a.deadline.Add(2*time.Minute)), "no end before the deadline")
		a.post.mu.Unlock()
	}
	require.FailNow(a.t, "too many attempts")
	return activities.SendResult{}
}
