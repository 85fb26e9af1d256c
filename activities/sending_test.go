package activities_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"tandem/activities"
	"tandem/domain"
)

func TestMessageIsSentOnce(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, accepts)
	a := &attempts{t: t, post: p}
	require.Equal(t, activities.SendResult{Status: domain.StatusSent}, a.run())
	require.Equal(t, activities.SendResult{Status: domain.StatusSent}, a.run(), "a repeat of the activity calls nobody")
	require.Equal(t, []string{"SM1"}, p.atProvider)
	require.Equal(t, []string{"https://tandem.test/webhooks/twilio/demo-sms/status?mid=m1"}, p.callbacks)
}

func TestRefusalIsAResultWithTheProvidersCode(t *testing.T) {
	t.Parallel()
	refusal := domain.E(domain.CodeRefused, "Not a mobile number.")
	refusal.ProviderCode = "21614"
	p := newPost(domain.StatusQueued, answers(refusal))
	r := (&attempts{t: t, post: p}).run()
	require.Equal(t, activities.SendResult{Status: domain.StatusFailed, Code: "21614"}, r)
	require.Equal(t, &domain.MessageError{Code: "21614", Text: "Not a mobile number."}, p.why)
	require.Len(t, p.callbacks, 1)
}

func TestWrongCredentialsFailTheMessage(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, answers(domain.E(domain.CodeUnauthorized, "The account's token is wrong.")))
	require.Equal(t, domain.StatusFailed, (&attempts{t: t, post: p}).run().Status)
}

func TestThrottledSendObeysRetryAfter(t *testing.T) {
	t.Parallel()
	slow := domain.E(domain.CodeThrottled, "too many")
	slow.RetryAfter = 17 * time.Second
	p := newPost(domain.StatusQueued, inTurn(answers(slow), accepts))
	a := &attempts{t: t, post: p, deadline: noon.Add(10 * time.Minute)}
	_, err := a.once()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, 17*time.Second, app.NextRetryDelay())
	require.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
	require.Equal(t, domain.StatusQueued, p.status)
	require.Equal(t, domain.StatusSent, a.run().Status)
}

func TestThrottledBeyondTheDeadlineFails(t *testing.T) {
	t.Parallel()
	slow := domain.E(domain.CodeThrottled, "too many")
	slow.RetryAfter = time.Hour
	p := newPost(domain.StatusQueued, answers(slow))
	require.Equal(t, activities.SendResult{Status: domain.StatusFailed, Code: "provider_throttled"}, (&attempts{t: t, post: p}).run())
}

func TestUnreachableProviderIsTriedUntilTheDeadline(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, answers(domain.E(domain.CodeUnavailable, "connection refused")))
	a := &attempts{t: t, post: p, deadline: noon.Add(20 * time.Second)}
	require.Equal(t, activities.SendResult{Status: domain.StatusFailed, Code: "provider_unreachable"}, a.run())
	require.Greater(t, len(p.callbacks), 10)
	require.Empty(t, p.atProvider)
}

func TestUnclearSendIsFoundAtTheProviderInsteadOfRepeated(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, swallows)
	a := &attempts{t: t, post: p, deadline: noon.Add(10 * time.Minute)}
	_, err := a.once()
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, reconcileAfter, app.NextRetryDelay())
	require.Equal(t, domain.StatusSending, p.status)
	require.Equal(t, domain.StatusSent, a.run().Status)
	require.Equal(t, []string{"SM1"}, p.atProvider)
	require.Equal(t, "SM1", p.providerID)
}

func TestUnclearSendThatIsProvablyAbsentIsRepeatedOnce(t *testing.T) {
	t.Parallel()
	unclear := answers(domain.E(domain.CodeAmbiguous, "500"))
	p := newPost(domain.StatusQueued, inTurn(unclear, accepts))
	require.Equal(t, domain.StatusSent, (&attempts{t: t, post: p}).run().Status)
	require.Len(t, p.callbacks, 2)

	p = newPost(domain.StatusQueued, inTurn(unclear, unclear))
	require.Equal(t, activities.SendResult{Status: domain.StatusUnknown, Code: "send_unclear"}, (&attempts{t: t, post: p}).run())
	require.Len(t, p.callbacks, 2)
}

func TestErrorNobodyClassifiedCountsAsUnclear(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, func(p *post, o domain.Outgoing) (domain.Accepted, error) {
		_, _ = accepts(p, o)
		return domain.Accepted{}, fmt.Errorf("something odd")
	})
	require.Equal(t, domain.StatusSent, (&attempts{t: t, post: p}).run().Status)
	require.Equal(t, []string{"SM1"}, p.atProvider)
}

func TestMessagesOfOthersAreNotTakenForOurs(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, inTurn(answers(domain.E(domain.CodeAmbiguous, "500")), accepts))
	p.atProvider, p.known = []string{"SM0"}, []string{"SM0"}
	require.Equal(t, domain.StatusSent, (&attempts{t: t, post: p}).run().Status)
	require.Equal(t, []string{"SM0", "SM1"}, p.atProvider)
}

func TestMessageFoundButFailedAtTheProvider(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, swallows)
	refusal := domain.E(domain.CodeRefused, "Unreachable handset.")
	refusal.ProviderCode = "30003"
	p.find = func(*post) (domain.Accepted, bool, error) { return domain.Accepted{}, true, refusal }
	require.Equal(t, activities.SendResult{Status: domain.StatusFailed, Code: "30003"}, (&attempts{t: t, post: p}).run())
}

func TestProviderThatCannotBeAskedLeavesTheMessageUnknown(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, swallows)
	p.find = func(*post) (domain.Accepted, bool, error) {
		return domain.Accepted{}, false, domain.E(domain.CodeUnavailable, "down")
	}
	a := &attempts{t: t, post: p, deadline: noon.Add(time.Minute)}
	require.Equal(t, activities.SendResult{Status: domain.StatusUnknown, Code: "send_unclear"}, a.run())
	require.Len(t, p.callbacks, 1, "without proof there is no second call")
}

func TestCallbackThatCameFirstSettlesTheMessage(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, func(p *post, o domain.Outgoing) (domain.Accepted, error) {
		p.providerID = "SM1" // the provider's callback told it
		return swallows(p, o)
	})
	p.find = func(*post) (domain.Accepted, bool, error) {
		return domain.Accepted{}, false, fmt.Errorf("the provider needn't be asked")
	}
	require.Equal(t, domain.StatusSent, (&attempts{t: t, post: p}).run().Status)
	require.Len(t, p.callbacks, 1)
}

func TestUnknownProviderFailsTheMessage(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, accepts)
	s, err := activities.NewSending(activities.SendingOptions{
		Ledger: p, Senders: func(string) (activities.Sender, bool) { return nil, false },
		PublicURL: "https://tandem.test", ReconcileAfter: time.Second,
	})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(s)
	v, err := env.ExecuteActivity(s.SendMessage, activities.SendRequest{Message: "m1", Deadline: time.Now().Add(time.Hour)})
	require.NoError(t, err)
	var r activities.SendResult
	require.NoError(t, v.Get(&r))
	require.Equal(t, activities.SendResult{Status: domain.StatusFailed, Code: "no_provider"}, r)
}

func TestMessageWhoseTurnCameTooLateFailsWithoutACall(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, accepts)
	a := &attempts{t: t, post: p, deadline: noon}
	require.Equal(t, activities.SendResult{Status: domain.StatusFailed, Code: "provider_unreachable"}, a.run())
	require.Empty(t, p.callbacks)
}

// A worker may die between any two steps, and the ledger may fail at each of its calls: the customer gets the message
// once at most, and the ledger knows the end.
func TestCrashBetweenEveryTwoSteps(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"message", "begin", "accepted", "ended", "known"} {
		for name, send := range map[string]func(*post, domain.Outgoing) (domain.Accepted, error){
			"accepted": accepts,
			"swallowed then silent": func(p *post, o domain.Outgoing) (domain.Accepted, error) {
				if len(p.atProvider) > 0 {
					return domain.Accepted{}, domain.E(domain.CodeInternal, "a second call")
				}
				return swallows(p, o)
			},
			"refused":     answers(domain.E(domain.CodeRefused, "no")),
			"unreachable": nil, // see freshTurns
			"unclear":     nil,
		} {
			for _, crashes := range []int{1, 2, 3, 4, 7} {
				for _, forget := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s %s x%d forget=%v", at, name, crashes, forget), func(t *testing.T) {
						t.Parallel()
						p := newPost(domain.StatusQueued, send)
						if name == "unreachable" || name == "unclear" {
							p.send = freshTurns(name)
						}
						p.crashAt, p.crashes = at, crashes
						r := (&attempts{t: t, post: p, forget: forget}).run()
						require.LessOrEqual(t, len(p.atProvider), 1, "the customer gets it once")
						require.Equal(t, r.Status, p.status)
						want := domain.StatusSent
						if name == "refused" {
							want = domain.StatusFailed
						}
						require.Equal(t, want, r.Status)
					})
				}
			}
		}
	}
}

func freshTurns(name string) func(*post, domain.Outgoing) (domain.Accepted, error) {
	first := domain.E(domain.CodeUnavailable, "refused")
	if name == "unclear" {
		first = domain.E(domain.CodeAmbiguous, "500")
	}
	n := 0
	return func(p *post, o domain.Outgoing) (domain.Accepted, error) {
		if n++; n == 1 {
			return domain.Accepted{}, first
		}
		return accepts(p, o)
	}
}

func TestAttemptThatFindsADeadWorkersCallLooksItUp(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusSending, accepts)
	p.atProvider = []string{"SM1"} // the worker died between the provider's answer and the ledger
	require.Equal(t, domain.StatusSent, (&attempts{t: t, post: p}).run().Status)
	require.Empty(t, p.callbacks)
	require.Equal(t, "SM1", p.providerID)
}

func TestEndSend(t *testing.T) {
	t.Parallel()
	for status, want := range map[domain.Status]activities.SendResult{
		domain.StatusQueued:    {Status: domain.StatusFailed, Code: "provider_unreachable"},
		domain.StatusSending:   {Status: domain.StatusUnknown, Code: "send_unclear"},
		domain.StatusSent:      {Status: domain.StatusSent},
		domain.StatusDelivered: {Status: domain.StatusDelivered},
	} {
		p := newPost(status, accepts)
		r, err := p.sending(t).EndSend(t.Context(), activities.SendRequest{Message: "m1"})
		require.NoError(t, err)
		require.Equal(t, want, r)
		require.Equal(t, want.Status, p.status)
	}
	p := newPost(domain.StatusSending, accepts)
	p.providerID = "SM1"
	r, err := p.sending(t).EndSend(t.Context(), activities.SendRequest{Message: "m1"})
	require.NoError(t, err)
	require.Equal(t, domain.StatusSent, r.Status)
}

func TestSendingChecksItsOptions(t *testing.T) {
	t.Parallel()
	p := newPost(domain.StatusQueued, accepts)
	senders := func(string) (activities.Sender, bool) { return p, true }
	for name, o := range map[string]activities.SendingOptions{
		"no ledger":  {Senders: senders, PublicURL: "x", ReconcileAfter: time.Second},
		"no senders": {Ledger: p, PublicURL: "x", ReconcileAfter: time.Second},
		"no address": {Ledger: p, Senders: senders, ReconcileAfter: time.Second},
		"no wait":    {Ledger: p, Senders: senders, PublicURL: "x"},
		"long wait":  {Ledger: p, Senders: senders, PublicURL: "x", ReconcileAfter: time.Hour},
	} {
		_, err := activities.NewSending(o)
		require.Error(t, err, name)
	}
}
