package twilio

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	twilioclient "github.com/twilio/twilio-go/client"
	twilioapi "github.com/twilio/twilio-go/rest/api/v2010"

	"tandem/domain"
)

// DefaultTimeout bounds a call whose context has no deadline.
const DefaultTimeout = 15 * time.Second

// Options configure the channel.
type Options struct {
	// BaseURL replaces scheme and host of Twilio's API, e.g. http://127.0.0.1:8090; empty means Twilio itself.
	BaseURL string
	// Transport carries the calls; nil means a pooled one of our own.
	Transport http.RoundTripper
	// Timeout bounds a call whose context has no deadline; 0 means DefaultTimeout.
	Timeout time.Duration
}

// Channel carries messages through Twilio. It is safe for concurrent use; credentials come with each call.
type Channel struct {
	base      *url.URL
	transport http.RoundTripper
	timeout   time.Duration
}

// New makes the channel. It fails with CodeInvalid when the base URL is no web address.
func New(o Options) (*Channel, error) {
	c := &Channel{transport: o.Transport, timeout: o.Timeout}
	if o.BaseURL != "" {
		base, err := url.Parse(o.BaseURL)
		if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
			return nil, domain.Invalid("twilio_base_url", "Twilio's base URL must look like https://host, not %q", o.BaseURL)
		}
		c.base = base
	}
	if c.transport == nil {
		c.transport = pooledTransport()
	}
	if c.timeout <= 0 {
		c.timeout = DefaultTimeout
	}
	return c, nil
}

// pooledTransport keeps enough idle connections for the sends that run at once; the library's default of two per
// host would open a connection for nearly every message.
func pooledTransport() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = 32
	t.IdleConnTimeout = 60 * time.Second
	return t
}

// call is one request to Twilio: it carries the context, which the SDK doesn't, points the request at the
// configured host, and notes what the SDK hides, namely how far the request came and what the answer's status was.
type call struct {
	ctx       context.Context
	base      *url.URL
	transport http.RoundTripper
	sid       string
	token     string
	begun     bool

	written    bool // the request's head has gone out: the provider may have acted on it
	answered   bool
	status     int
	retryAfter time.Duration
}

// errSecondTry stops the SDK, which repeats a request when it can't decode an error answer. A send is never
// repeated behind our back.
var errSecondTry = errors.New("the call was already made once")

// RoundTrip implements http.RoundTripper for this one call.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.begun {
		return nil, errSecondTry
	}
	c.begun = true
	var written atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }}
	req = req.Clone(httptrace.WithClientTrace(c.ctx, trace))
	if c.base != nil {
		req.URL.Scheme, req.URL.Host = c.base.Scheme, c.base.Host
		req.Host = c.base.Host
	}
	req.SetBasicAuth(c.sid, c.token)
	resp, err := c.transport.RoundTrip(req)
	c.written = written.Load()
	if err != nil {
		return nil, err
	}
	c.answered, c.status = true, resp.StatusCode
	c.retryAfter = retryAfter(resp.Header.Get("Retry-After"), time.Now())
	return resp, nil
}

// api gives Twilio's client for one call with the channel's credentials, and the call's notes.
func (c *Channel) api(ctx context.Context, ch domain.Channel) (*twilioapi.ApiService, *call, error) {
	sid, token := ch.Secrets[secretAccountSID], ch.Secrets[secretAuthToken]
	if sid == "" || token == "" {
		return nil, nil, domain.E(domain.CodeRefused, "The channel has no credentials. An administrator must enter them.").Because(reasonSetup)
	}
	one := &call{ctx: ctx, base: c.base, transport: c.transport, sid: sid, token: token}
	// The SDK refuses credentials with anything but letters and digits before it calls, which is the provider's to
	// judge. It gets none, and the call adds them.
	client := &twilioclient.Client{
		Credentials: twilioclient.NewCredentials("", ""),
		HTTPClient: &http.Client{
			Transport:     one,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	client.SetAccountSid(sid)
	return twilioapi.NewApiServiceWithClient(client), one, nil
}

// bounded gives ctx a deadline when it has none: a call never hangs for ever.
func (c *Channel) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, c.timeout)
}
