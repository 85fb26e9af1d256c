package roles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"tandem/activities"
	"tandem/domain"
)

// poster calls the webhooks that rules of routing name. Whoever may edit rules chooses the address, so it must not become
// a way into the network the process stands in: every address is checked when it is dialled, after its name was resolved.
type poster struct {
	client *http.Client
	agent  string
}

// errPrivate is why an address isn't dialled.
var errPrivate = errors.New("this address is on this machine or in a private network")

// longestAnswer is how much of an answer is read, so that the connection can be used again.
const longestAnswer = 64 << 10

func newPoster(private bool, version string) *poster {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !private {
		dialer.Control = publicOnly
	}
	return &poster{agent: "Tandem/" + version, client: &http.Client{
		Transport: &http.Transport{
			// No proxy: it would dial in our place, unchecked.
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ForceAttemptHTTP2: true,
			ResponseHeaderTimeout: activities.NotifyWithin, MaxIdleConns: 20, IdleConnTimeout: 30 * time.Second,
		},
		Timeout: activities.NotifyWithin,
		// A moved webhook is to be corrected where it is set; following would turn the POST into something else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func publicOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(to.Addr().Unmap()) {
		return errPrivate
	}
	return nil
}

// reserved are ranges that lead nowhere public, beside those netip knows.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	// IPv6 ways of writing an IPv4 address.
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"),
}

func isPublic(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// Post sends a notice once.
func (p *poster) Post(ctx context.Context, n activities.Posting) error {
	u, err := url.Parse(n.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return domain.Invalid("url", "the webhook's address isn't one of http or https")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, bytes.NewReader(n.Body))
	if err != nil {
		return domain.Invalid("url", "the webhook's address can't be called")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", p.agent)
	request.Header.Set("Idempotency-Key", n.Key)
	answer, err := p.client.Do(request)
	if err != nil {
		return callFailed(err)
	}
	defer func() { _ = answer.Body.Close() }()                             // what matters has been read
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, longestAnswer)) // only so that the connection is free again
	return judge(answer)
}

// callFailed leaves the address out of the error: its path and query often hold a secret.
func callFailed(err error) error {
	if errors.Is(err, errPrivate) {
		return domain.E(domain.CodeRefused, "%s; TANDEM_PRIVATE_WEBHOOKS allows it", errPrivate).Because("webhook_private")
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return domain.E(domain.CodeUnavailable, "the webhook doesn't answer").Because("webhook_unreachable").CausedBy(err)
}

// judge reads an answer's status: taken, try again, or not like this.
func judge(answer *http.Response) error {
	status := answer.StatusCode
	text := fmt.Sprintf("the webhook answered %d", status)
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusTooManyRequests:
		e := domain.E(domain.CodeThrottled, "%s", text).Because("webhook_throttled")
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			e.RetryAfter = min(time.Duration(seconds)*time.Second, time.Minute)
		}
		return e
	case status >= 500 || status == http.StatusRequestTimeout:
		return domain.E(domain.CodeUnavailable, "%s", text).Because("webhook_failed")
	default:
		return domain.E(domain.CodeRefused, "%s", text).Because("webhook_refused")
	}
}
