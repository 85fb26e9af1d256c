package bench

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio's signature is HMAC-SHA1 by its documentation.
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// webhooks posts signed SMS webhooks over kept-alive connections.
type webhooks struct {
	client    *fasthttp.HostClient
	path      string
	host      string
	signedURL string
	token     []byte
	account   string
	to        string
}

// webhookTimeout is what Twilio itself gives an application to answer.
const webhookTimeout = 15 * time.Second

// idleConnection must be shorter than the server's own idle limit, else a call now and then meets a closing connection.
const idleConnection = 4 * time.Second

func newWebhooks(target, signedURL string, token, account, to string, conns int) (*webhooks, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("reading the webhook's address: %w", err)
	}
	addr := u.Host
	if u.Port() == "" {
		addr += map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	}
	return &webhooks{
		client: &fasthttp.HostClient{
			Addr: addr, IsTLS: u.Scheme == "https", MaxConns: conns,
			ReadTimeout: webhookTimeout, WriteTimeout: webhookTimeout, MaxIdleConnDuration: idleConnection,
			NoDefaultUserAgentHeader: true, MaxIdemponentCallAttempts: 1,
			RetryIfErr: func(*fasthttp.Request, int, error) (bool, bool) { return false, false },
		},
		path: u.RequestURI(), host: u.Host, signedURL: signedURL, token: []byte(token), account: account, to: to,
	}, nil
}

// call is one prepared webhook.
type call struct {
	body      string
	signature string
}

// prepare builds the form of one message and signs it.
func (w *webhooks) prepare(sid [16]byte, from, text string) call {
	form := url.Values{
		"MessageSid": {"SM" + hex.EncodeToString(sid[:])}, "SmsSid": {"SM" + hex.EncodeToString(sid[:])},
		"AccountSid": {w.account}, "From": {from}, "To": {w.to}, "Body": {text},
		"NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	signed := strings.Builder{}
	signed.WriteString(w.signedURL)
	for _, name := range names {
		signed.WriteString(name + form.Get(name))
	}
	mac := hmac.New(sha1.New, w.token)
	mac.Write([]byte(signed.String()))
	return call{body: form.Encode(), signature: base64.StdEncoding.EncodeToString(mac.Sum(nil))}
}

// post sends a webhook and gives the HTTP status. A connection that the server closed while it was idle is tried once
// more, as providers do; the message id is the same, so nothing can be doubled by it.
func (w *webhooks) post(c call) (status int, retried bool, err error) {
	status, err = w.postOnce(c)
	if errors.Is(err, fasthttp.ErrConnectionClosed) || errors.Is(err, io.EOF) {
		status, err = w.postOnce(c)
		return status, true, err
	}
	return status, false, err
}

func (w *webhooks) postOnce(c call) (int, error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.SetRequestURI(w.path)
	req.Header.SetHost(w.host)
	req.Header.SetContentType("application/x-www-form-urlencoded; charset=utf-8")
	req.Header.Set("X-Twilio-Signature", c.signature)
	req.SetBodyString(c.body)
	if err := w.client.Do(req, res); err != nil {
		return 0, err
	}
	return res.StatusCode(), nil
}
