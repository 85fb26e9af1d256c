package e2e

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // Twilio signs with HMAC-SHA1.
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
)

// The demo's SMS channel as the provider knows it.
const (
	smsAccount = "ACdeadbeef000000000000000000000001"
	smsToken   = "demo-twilio-token" //nolint:gosec // opens nothing but the simulator
	smsNumber  = "+12025550100"
	smsKey     = "demo-sms"
)

// NewSID mints a message id in the provider's form.
func NewSID() string {
	raw := make([]byte, 16)
	// Never fails: the runtime ends the process when the system has no randomness.
	_, _ = rand.Read(raw)
	return "SM" + hex.EncodeToString(raw)
}

// SMS is the form of an inbound message.
func SMS(sid, from, text string) url.Values {
	return url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "AccountSid": {smsAccount}, "From": {from}, "To": {smsNumber},
		"Body": {text}, "NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"},
	}
}

// Signature is the provider's over a form that goes to an address.
func Signature(token, address string, form url.Values) string {
	var text strings.Builder
	text.WriteString(address)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range form[name] {
			text.WriteString(name + value)
		}
	}
	mac := hmac.New(sha1.New, []byte(token))
	// A hash never refuses.
	_, _ = io.WriteString(mac, text.String())
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Deliver posts a signed webhook to the demo's SMS channel.
func (in *Instance) Deliver(t *testing.T, form url.Values) Answer {
	t.Helper()
	address := in.Console + "/webhooks/twilio/" + smsKey
	return in.DeliverSigned(t, address, form, Signature(smsToken, address, form))
}

// DeliverSigned posts a form with any signature to any webhook.
func (in *Instance) DeliverSigned(t *testing.T, address string, form url.Values, signature string) Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Twilio-Signature", signature)
	return in.Nobody(t).Do(t, request)
}

// Text is a customer's SMS, which must be accepted.
func (in *Instance) Text(t *testing.T, from, text string) {
	t.Helper()
	answer := in.Deliver(t, SMS(NewSID(), from, text))
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
}

// Sent is a message that the provider was asked to send.
type Sent struct {
	SID    string `json:"sid"`
	To     string `json:"to"`
	Body   string `json:"body"`
	Status string `json:"status"`
}

// SentTo lists what the simulated provider sent to a customer, by the provider's own API.
func (in *Instance) SentTo(t *testing.T, number string) []Sent {
	t.Helper()
	address := in.Simulator + "/2010-04-01/Accounts/" + smsAccount + "/Messages.json?PageSize=200&To=" + url.QueryEscape(number)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	request.SetBasicAuth(smsAccount, smsToken)
	answer := in.Nobody(t).Do(t, request)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	var list struct {
		Messages []Sent `json:"messages"`
	}
	answer.Into(t, &list)
	return list.Messages
}

// AwaitSent waits until the customer has got exactly these texts, in any order.
func (in *Instance) AwaitSent(t *testing.T, number string, texts ...string) {
	t.Helper()
	want := slices.Sorted(slices.Values(texts))
	var got []string
	require.Eventually(t, func() bool {
		got = nil
		for _, m := range in.SentTo(t, number) {
			got = append(got, m.Body)
		}
		slices.Sort(got)
		return slices.Equal(want, got)
	}, 2*Patience, 100*time.Millisecond, "sent: %v", &got)
}

// Visitor is a customer in the chat widget of a web page.
type Visitor struct {
	in    *Instance
	token string
}

// OpenWidget begins a visit on the demo's page.
func (in *Instance) OpenWidget(t *testing.T) *Visitor {
	t.Helper()
	answer := in.Nobody(t).Send(t, http.MethodPost, "/api/v1/widget/demo-webchat/sessions", map[string]string{})
	require.Less(t, answer.Status, 300, string(answer.Body))
	var session struct {
		Token string `json:"token"`
	}
	answer.Into(t, &session)
	require.NotEmpty(t, session.Token)
	return &Visitor{in: in, token: session.Token}
}

// Send calls the widget's API with the visitor's token.
func (v *Visitor) Send(t *testing.T, method, path string, body any) Answer {
	t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, v.in.Console+"/api/v1/widget/demo-webchat"+path,
		strings.NewReader(string(encoded)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+v.token)
	return v.in.Nobody(t).Do(t, request)
}

// Write is a visitor's message, which must be accepted.
func (v *Visitor) Write(t *testing.T, clientID, text string) {
	t.Helper()
	answer := v.Send(t, http.MethodPost, "/messages", map[string]string{"client_id": clientID, "text": text})
	require.Equal(t, http.StatusCreated, answer.Status, string(answer.Body))
}

// Messages lists what the visitor sees of their latest chat.
func (v *Visitor) Messages(t *testing.T) []domain.Message {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, v.in.Console+"/api/v1/widget/demo-webchat/messages", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+v.token)
	answer := v.in.Nobody(t).Do(t, request)
	require.Equal(t, http.StatusOK, answer.Status, string(answer.Body))
	var list domain.Page[domain.Message]
	answer.Into(t, &list)
	return list.Items
}

// End is the visitor's "end chat".
func (v *Visitor) End(t *testing.T) {
	t.Helper()
	answer := v.Send(t, http.MethodPost, "/end", map[string]string{})
	require.Equal(t, http.StatusNoContent, answer.Status, string(answer.Body))
}
