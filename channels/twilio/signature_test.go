package twilio_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/channels"
	"tandem/channels/twilio"
	"tandem/domain"
)

// readCase gives the raw body of a case: a form as it came over the wire.
func readCase(t testing.TB, name string) []byte {
	t.Helper()
	found, err := filepath.Glob("testdata/" + name + "*.form")
	require.NoError(t, err)
	require.Len(t, found, 1, name)
	raw, err := os.ReadFile(found[0])
	require.NoError(t, err)
	return raw
}

func newBare() (*twilio.Channel, error) { return twilio.New(twilio.Options{}) }

func bare(t *testing.T) *twilio.Channel {
	t.Helper()
	c, err := newBare()
	require.NoError(t, err)
	return c
}

func formRequest(u string, body []byte, signature string) channels.Request {
	return channels.Request{Method: http.MethodPost, URL: u, Body: body, Header: http.Header{
		"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}, "X-Twilio-Signature": {signature},
	}}
}

func withTokens(tokens ...string) domain.Channel {
	ch := domain.Channel{Secrets: map[string]string{}}
	for i, name := range []string{"auth_token", "auth_token_old"} {
		if i < len(tokens) {
			ch.Secrets[name] = tokens[i]
		}
	}
	return ch
}

func TestGoldenSignaturesVerify(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/signing-vectors.json")
	require.NoError(t, err)
	var vectors []struct {
		Case  string `json:"case"`
		Token string `json:"auth_token"`
		URL   string `json:"url"`
		Value string `json:"value"`
	}
	require.NoError(t, json.Unmarshal(raw, &vectors))
	require.Len(t, vectors, 4)
	for _, v := range vectors {
		t.Run(v.Case, func(t *testing.T) {
			t.Parallel()
			body := readCase(t, v.Case)
			require.NoError(t, bare(t).Verify(withTokens(v.Token), formRequest(v.URL, body, v.Value)))
			require.NoError(t, bare(t).Verify(withTokens("another", v.Token), formRequest(v.URL, body, v.Value)), "the previous token still counts")
			require.Error(t, bare(t).Verify(withTokens("another"), formRequest(v.URL, body, v.Value)))
			require.Error(t, bare(t).Verify(withTokens(v.Token), formRequest(strings.Replace(v.URL, "https", "http", 1), body, v.Value)))
			require.Error(t, bare(t).Verify(withTokens(v.Token), formRequest(v.URL, append(body, "&x="...), v.Value)))
		})
	}
}

func TestTheSignatureCoversTheRawForm(t *testing.T) {
	t.Parallel()
	// Signatures of the test's own signer over what each body means.
	plain := func(form url.Values) string { return signed(inboundURL, form).Header.Get("X-Twilio-Signature") }
	for name, tc := range map[string]struct {
		body string
		form url.Values
		ok   bool
	}{
		"trailing blanks count":             {"Body=hi++", url.Values{"Body": {"hi  "}}, true},
		"line ends count":                   {"Body=a%0D%0Ab", url.Values{"Body": {"a\r\nb"}}, true},
		"NUL counts":                        {"Body=a%00b", url.Values{"Body": {"a\x00b"}}, true},
		"an empty value counts as its key":  {"Body=&A=1", url.Values{"Body": {""}, "A": {"1"}}, true},
		"a key without a value":             {"Body&A=1", url.Values{"Body": {""}, "A": {"1"}}, true},
		"a raw semicolon is text":           {"Body=a;b", url.Values{"Body": {"a;b"}}, true},
		"a broken escape is text":           {"Body=100%&A=%zz", url.Values{"Body": {"100%"}, "A": {"%zz"}}, true},
		"a trimmed value is another value":  {"Body=hi", url.Values{"Body": {"hi "}}, false},
		"an equal pair twice counts once":   {"A=1&A=1", url.Values{"A": {"1"}}, true},
		"a second value can't be smuggled":  {"A=1&A=2", url.Values{"A": {"1"}}, false},
		"keys are sorted, not taken in row": {"b=2&a=1", url.Values{"a": {"1"}, "b": {"2"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := bare(t).Verify(demoChannel(), formRequest(inboundURL, []byte(tc.body), plain(tc.form)))
			require.Equal(t, tc.ok, err == nil, "%v", err)
		})
	}
}

func TestDuplicateKeysAreSignedValueByValueSorted(t *testing.T) {
	t.Parallel()
	// One key "A1A" with the value "2" gives the same text as A=1 and A=2 in order.
	one := signed(inboundURL, url.Values{"A1A": {"2"}}).Header.Get("X-Twilio-Signature")
	require.NoError(t, bare(t).Verify(demoChannel(), formRequest(inboundURL, []byte("A=2&A=1&A=2"), one)))
}

func TestThePortMayBeSpelledOutOrNot(t *testing.T) {
	t.Parallel()
	form := url.Values{"Body": {"x"}}
	for _, tc := range []struct{ signedFor, called string }{
		{"https://h.test/p?q=1", "https://h.test:443/p?q=1"},
		{"https://h.test:443/p?q=1", "https://h.test/p?q=1"},
		{"http://h.test:80/p", "http://h.test/p"},
		{"https://h.test/p", "https://h.test:8443/p"},
		{"https://u:pw@h.test/p", "https://u:pw@h.test:443/p"},
		{"https://[::1]:443/p", "https://[::1]/p"},
		{"https://h.test/p?a=%41+b", "https://h.test/p?a=%41+b"},
		{"https://h.test/p", "https://h.test/p#rc=5&rp=all"},
	} {
		r := signed(tc.signedFor, form)
		r.URL = tc.called
		require.NoError(t, bare(t).Verify(demoChannel(), r), "%s for %s", tc.signedFor, tc.called)
	}
	r := signed("https://h.test/p?a=%41+b", form)
	r.URL = "https://h.test/p?a=A+b"
	require.Error(t, bare(t).Verify(demoChannel(), r), "the query is never re-encoded")
}

func TestOtherBodiesAreCoveredByTheirHash(t *testing.T) {
	t.Parallel()
	body := []byte(`{"a":1}`)
	sum := sha256.Sum256(body)
	u := inboundURL + "?bodySHA256=" + hex.EncodeToString(sum[:])
	r := signed(u, nil)
	r.Header.Set("Content-Type", "application/json")
	r.Body = body
	require.NoError(t, bare(t).Verify(demoChannel(), r))

	changed := r
	changed.Body = []byte(`{"a":2}`)
	require.Error(t, bare(t).Verify(demoChannel(), changed))

	unhashed := signed(inboundURL, nil)
	unhashed.Header.Set("Content-Type", "application/json")
	unhashed.Body = body
	require.Error(t, bare(t).Verify(demoChannel(), unhashed), "a body that nothing covers is refused")
}
