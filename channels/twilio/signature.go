package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with HMAC-SHA1; there is no other choice.
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"mime"
	"net/http"
	"slices"
	"strings"

	"tandem/channels"
	"tandem/domain"
)

// SignatureHeader is the header in which Twilio signs its requests.
const SignatureHeader = "X-Twilio-Signature"

// The names of a Twilio channel's secrets. Two tokens are live while one is being replaced.
const (
	secretAccountSID   = "account_sid"
	secretAuthToken    = "auth_token"
	secretAuthTokenOld = "auth_token_old" //nolint:gosec // a name, not a token
)

// Verify checks X-Twilio-Signature over the URL and the raw body, with the current and the previous auth token. It
// fails closed: no token, no header or a body nobody signed is refused like a wrong signature.
func (*Channel) Verify(ch domain.Channel, r channels.Request) error {
	given := r.Header.Get(SignatureHeader)
	if given == "" {
		return channels.BadSignature("the request carries no " + SignatureHeader)
	}
	params, ok := signedParams(r)
	if !ok {
		return channels.BadSignature("the body is not covered by the signature")
	}
	// Every candidate is computed before the verdict, so the time taken tells nothing about which one was near.
	match := false
	for _, name := range []string{secretAuthToken, secretAuthTokenOld} {
		token := ch.Secrets[name]
		if token == "" {
			continue
		}
		for _, u := range signedURLs(r.URL) {
			if hmac.Equal([]byte(sign(token, u, params)), []byte(given)) {
				match = true
			}
		}
	}
	if !match {
		return channels.BadSignature("the signature does not match: check the public URL and the auth token of this channel")
	}
	return nil
}

// signedParams gives the pairs that the signature covers. A form is covered pair by pair; any other body only by
// its hash in the query, which is compared here because the signature covers just the URL then.
func signedParams(r channels.Request) (form, bool) {
	if len(r.Body) == 0 {
		return nil, true
	}
	if isForm(r.Header) {
		return parseForm(r.Body), true
	}
	_, query, _ := strings.Cut(withoutFragment(r.URL), "?")
	want, ok := parseForm([]byte(query)).get("bodySHA256")
	if !ok {
		return nil, false
	}
	sum := sha256.Sum256(r.Body)
	return nil, hmac.Equal([]byte(hex.EncodeToString(sum[:])), []byte(strings.ToLower(want)))
}

func isForm(h http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && mediaType == "application/x-www-form-urlencoded"
}

// sign computes Twilio's signature: the URL, then every key followed by each of its distinct values, keys and
// values sorted, nothing in between.
func sign(token, u string, params form) string {
	byKey := make(map[string][]string, len(params))
	keys := make([]string, 0, len(params))
	for _, p := range params {
		values, seen := byKey[p.key]
		if !seen {
			keys = append(keys, p.key)
		}
		if !slices.Contains(values, p.value) {
			byKey[p.key] = append(values, p.value)
		}
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(u))
	for _, key := range keys {
		values := byKey[key]
		slices.Sort(values)
		for _, value := range values {
			mac.Write([]byte(key))
			mac.Write([]byte(value))
		}
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedURLs gives the forms in which Twilio may have signed this URL: as it is, and with the port left out or
// spelled out, in which Twilio is not consistent. The text is cut, never re-encoded: the query counts byte by byte.
func signedURLs(raw string) []string {
	u := withoutFragment(raw)
	scheme, rest, ok := strings.Cut(u, "://")
	if !ok {
		return []string{u}
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	if colon := portColon(authority); colon >= 0 {
		return []string{u, scheme + "://" + authority[:colon] + tail}
	}
	port := ":443"
	if strings.EqualFold(scheme, "http") {
		port = ":80"
	}
	return []string{u, scheme + "://" + authority + port + tail}
}

// withoutFragment drops Twilio's connection overrides ("#rc=5"), which are not part of what is signed.
func withoutFragment(u string) string {
	u, _, _ = strings.Cut(u, "#")
	return u
}

// portColon gives the index of the colon before the port in user:password@host:port, -1 when there is no port.
func portColon(authority string) int {
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || strings.HasSuffix(host, "]") {
		return -1
	}
	return len(authority) - len(host) + colon
}
