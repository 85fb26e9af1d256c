package simulator_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/simulator"
)

const (
	maria    = "+12025550142"
	patience = 5 * time.Second
	tick     = 5 * time.Millisecond
)

// hook is one call that the product got.
type hook struct {
	path   string
	query  string
	form   url.Values
	signed bool
	token  string
}

// product plays Tandem: it notes webhooks, checks their signatures and answers as it is told to.
type product struct {
	*httptest.Server
	hooks  chan hook
	answer func(n int) int // the status for the n-th call
}

func startProduct(t *testing.T) *product {
	t.Helper()
	p := &product{hooks: make(chan hook, 100), answer: func(int) int { return http.StatusNoContent }}
	n := 0
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		n++
		p.hooks <- hook{
			path: r.URL.Path, query: r.URL.RawQuery, form: r.PostForm, token: r.Header.Get("I-Twilio-Idempotency-Token"),
			signed: r.Header.Get("X-Twilio-Signature") == sign(p.URL+r.URL.RequestURI(), r.PostForm),
		}
		w.WriteHeader(p.answer(n))
	}))
	t.Cleanup(p.Close)
	return p
}

func sign(u string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(simulator.DemoAuthToken))
	mac.Write([]byte(u))
	for _, key := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(key + form.Get(key)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (p *product) next(t *testing.T) hook {
	t.Helper()
	select {
	case h := <-p.hooks:
		require.True(t, h.signed, "every webhook is signed")
		return h
	case <-time.After(patience):
		require.FailNow(t, "no webhook came")
		return hook{}
	}
}

// sim is a running simulator.
type sim struct {
	*simulator.Simulator
	url string
}

func start(t *testing.T, o simulator.Options) *sim {
	t.Helper()
	if o.ReceiptDelay == 0 {
		o.ReceiptDelay = -1
	}
	s, err := simulator.New(o)
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		server.Close()
	})
	return &sim{Simulator: s, url: server.URL}
}

// call makes a request and decodes a JSON answer into out unless it is nil.
func (s *sim) call(t *testing.T, method, path string, body, out any) int {
	t.Helper()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, reader)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	if out != nil {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(out))
	}
	return resp.StatusCode
}

// resource is what the REST API answers, errors included.
type resource struct {
	SID         string `json:"sid"`
	Status      any    `json:"status"`
	Code        int    `json:"code"`
	NumSegments string `json:"num_segments"`
	Direction   string `json:"direction"`
	Body        string `json:"body"`
}

// reply is what of an answer is of interest beside its body.
type reply struct {
	StatusCode int
	Header     http.Header
}

func (s *sim) rest(t *testing.T, ctx context.Context, method, path string, form url.Values, out any) (reply, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/2010-04-01/Accounts/"+simulator.DemoAccountSID+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	req.SetBasicAuth(simulator.DemoAccountSID, simulator.DemoAuthToken)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	if out != nil {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(out))
	}
	return reply{StatusCode: resp.StatusCode, Header: resp.Header}, nil
}

// text sends a message from the business and gives the HTTP status and the answer.
func (s *sim) text(t *testing.T, to, body, callback string) (int, resource) {
	t.Helper()
	form := url.Values{"To": {to}, "From": {simulator.DemoNumber}, "Body": {body}}
	if callback != "" {
		form.Set("StatusCallback", callback)
	}
	var got resource
	resp, err := s.rest(t, t.Context(), http.MethodPost, "/Messages.json", form, &got)
	require.NoError(t, err)
	return resp.StatusCode, got
}

type traffic struct {
	Items []simulator.Message `json:"items"`
	Calls []simulator.Calls   `json:"calls"`
}

func (s *sim) traffic(t *testing.T, to string) traffic {
	t.Helper()
	var got traffic
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, "/api/messages?to="+url.QueryEscape(to), nil, &got))
	return got
}

func (s *sim) phone(t *testing.T, number string) []simulator.PhoneMessage {
	t.Helper()
	var got struct {
		Items []simulator.PhoneMessage `json:"items"`
	}
	require.Equal(t, http.StatusOK, s.call(t, http.MethodGet, "/api/phones/"+number+"/messages", nil, &got))
	return got.Items
}

func (s *sim) fromPhone(t *testing.T, number string, n simulator.NewPhoneMessage) simulator.SentFromPhone {
	t.Helper()
	var got simulator.SentFromPhone
	require.Equal(t, http.StatusOK, s.call(t, http.MethodPost, "/api/phones/"+number+"/messages", n, &got))
	return got
}
