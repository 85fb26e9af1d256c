package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/channels"
	"tandem/channels/channeltest"
	"tandem/channels/twilio"
	"tandem/domain"
	"tandem/simulator"
)

const (
	publicURL   = "https://contact.example.test"
	inboundURL  = publicURL + "/webhooks/twilio/demo-sms"
	callbackURL = publicURL + "/webhooks/twilio/demo-sms/status"
)

func demoChannel() domain.Channel {
	return domain.Channel{
		ID: "0198c000-0000-7000-8000-000000000001", Account: "demo", Key: "demo-sms", Type: domain.ChannelSMS,
		Provider: domain.ProviderTwilio, Address: simulator.DemoNumber,
		Secrets: map[string]string{"account_sid": simulator.DemoAccountSID, "auth_token": simulator.DemoAuthToken},
	}
}

// signed makes a webhook as Twilio does; this is the test's own signer, apart from the one under test.
func signed(u string, form url.Values) channels.Request {
	text := u
	for _, key := range slices.Sorted(maps.Keys(form)) {
		text += key + form.Get(key)
	}
	mac := hmac.New(sha1.New, []byte(simulator.DemoAuthToken))
	mac.Write([]byte(text))
	return channels.Request{
		Method: http.MethodPost, URL: u, Body: []byte(form.Encode()), ReceivedAt: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC),
		Header: http.Header{
			"Content-Type":       {"application/x-www-form-urlencoded"},
			"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(mac.Sum(nil))},
		},
	}
}

// fakeTwilio starts a simulator whose receipts go nowhere.
func fakeTwilio(t *testing.T) string {
	t.Helper()
	s, err := simulator.New(simulator.Options{TandemURL: "http://127.0.0.1:1"})
	require.NoError(t, err)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		server.Close()
	})
	return server.URL
}

func channelAt(t *testing.T, base string) *twilio.Channel {
	t.Helper()
	c, err := twilio.New(twilio.Options{BaseURL: base})
	require.NoError(t, err)
	return c
}

func acceptedAt(base string) func(t *testing.T, to, text string) int {
	return func(t *testing.T, to, text string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/messages?to="+url.QueryEscape(to), nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		var got struct {
			Items []simulator.Message `json:"items"`
		}
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&got))
		n := 0
		for _, m := range got.Items {
			if m.Body == text {
				n++
			}
		}
		return n
	}
}

func TestTwilioPassesTheConformanceSuite(t *testing.T) {
	t.Parallel()
	base := fakeTwilio(t)
	channeltest.Run(t, channeltest.Provider{
		Channel:  channelAt(t, base),
		Down:     channelAt(t, "http://127.0.0.1:1"),
		Config:   demoChannel(),
		Callback: "http://127.0.0.1:1/status",
		Inbound: func(_ *testing.T, text channeltest.Text) channels.Request {
			form := url.Values{"MessageSid": {text.ID}, "From": {text.From}, "To": {simulator.DemoNumber}, "SmsStatus": {"received"}, "NumMedia": {"0"}}
			if text.Body != "" {
				form.Set("Body", text.Body)
			}
			for key, value := range text.Extra {
				form.Set(key, value)
			}
			return signed(inboundURL, form)
		},
		Report: func(_ *testing.T, r channeltest.Receipt) channels.Request {
			return signed(callbackURL+"?mid="+string(r.Message), url.Values{"MessageSid": {r.ProviderID}, "MessageStatus": {r.Word}})
		},
		To: channeltest.Destinations{
			Good: "+12025550142", Refused: "+15005550009", Throttled: "+15005550020", FailsBefore: "+15005550021",
			FailsAfter: "+15005550022", Silent: "+15005550023", Unreadable: "+15005550024",
		},
		Words:    channeltest.Words{Sent: "sent", Delivered: "delivered", Failed: "undelivered"},
		MaxText:  1600,
		Accepted: acceptedAt(base),
	})
}
