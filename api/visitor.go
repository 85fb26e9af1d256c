package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"tandem/domain"
)

// visitorTokenLife is how long a browser that never returns is remembered; every return renews it.
const visitorTokenLife = 180 * 24 * time.Hour

// visitorClaims is what a visitor's token says. It is signed, not secret: it names the browser's own identity only.
type visitorClaims struct {
	Channel  string            `json:"c"`
	Identity domain.IdentityID `json:"i"`
	Address  string            `json:"a"`
	Expires  int64             `json:"e"` // Unix seconds
}

// visitorTokens signs and checks visitors' tokens. The first key signs, all of them check, so that keys can be changed
// without signing every visitor out.
type visitorTokens struct {
	keys [][]byte
	now  func() time.Time
}

// newVisitorTokens derives signing keys from the installation's keys: the same bytes never serve two purposes.
func newVisitorTokens(keys [][]byte, now func() time.Time) visitorTokens {
	v := visitorTokens{now: now}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte("tandem visitor token"))
		v.keys = append(v.keys, mac.Sum(nil))
	}
	return v
}

func (v visitorTokens) sign(channel string, identity domain.IdentityID, address string) (string, error) {
	payload, err := json.Marshal(visitorClaims{
		Channel: channel, Identity: identity, Address: address, Expires: v.now().Add(visitorTokenLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	body := base64.RawURLEncoding.EncodeToString(payload)
	return body + "." + base64.RawURLEncoding.EncodeToString(mac(v.keys[0], body)), nil
}

// read gives the token's claims if we signed it, for this channel, and it hasn't run out.
func (v visitorTokens) read(channel, token string) (visitorClaims, error) {
	body, signature, _ := strings.Cut(token, ".")
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !v.signed(body, given) {
		return visitorClaims{}, unknownVisitor()
	}
	var claims visitorClaims
	payload, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return visitorClaims{}, unknownVisitor()
	}
	if claims.Channel != channel || claims.Expires < v.now().Unix() {
		return visitorClaims{}, unknownVisitor()
	}
	return claims, nil
}

func (v visitorTokens) signed(body string, given []byte) bool {
	valid := false
	for _, key := range v.keys {
		valid = hmac.Equal(mac(key, body), given) || valid
	}
	return valid
}

func mac(key []byte, body string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(body))
	return m.Sum(nil)
}

func unknownVisitor() error {
	return domain.E(domain.CodeUnauthorized, "this visitor token isn't valid; start again without it").Because("unknown_visitor")
}
