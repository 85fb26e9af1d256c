package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/channels"
	"tandem/channels/twilio"
	"tandem/domain"
)

// memoryIntake is a ledger that takes everything: the fuzzer is after the way to it.
type memoryIntake struct{ api.Store }

func (memoryIntake) ChannelByKey(_ context.Context, key string) (domain.Channel, error) {
	return domain.Channel{
		Account: "demo", Key: key, Type: domain.ChannelSMS, Provider: domain.ProviderTwilio, Address: "+12025550100", Enabled: true,
		Secrets: map[string]string{"auth_token": "t", "account_sid": "AC1"},
	}, nil
}

func (memoryIntake) ReceiveMessage(context.Context, domain.Inbound) (domain.Received, error) {
	return domain.Received{}, nil
}

func (memoryIntake) RecordDelivery(context.Context, domain.DeliveryReport) error { return nil }

func FuzzNoWebhookIsEverAFaultOfOurs(f *testing.F) {
	sms, err := twilio.New(twilio.Options{})
	require.NoError(f, err)
	app, err := api.New(api.Deps{
		Store: memoryIntake{}, Channels: channels.Registry{domain.ProviderTwilio: sms}, PublicURL: publicURL,
		Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(f, err)
	f.Add("MessageSid=SM1&From=%2B12025550142&Body=hello", "application/x-www-form-urlencoded", "")
	f.Add("MessageSid=SM1&MessageStatus=delivered", "application/x-www-form-urlencoded", "/status?mid=x")
	f.Add("Body=%00%ff&NumMedia=999999999999&MessageSid=%zz", "application/x-www-form-urlencoded; charset=latin1", "?a=b")
	f.Add("{}", "application/json", "?bodySHA256=x")
	f.Fuzz(func(t *testing.T, body, contentType, tail string) {
		path := "/webhooks/twilio/k"
		if strings.HasPrefix(tail, "/status") {
			path += "/status"
		}
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		if strings.IndexFunc(contentType, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
			t.Skip("no client can send this header")
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Twilio-Signature", twilioSignature("t", publicURL+path, pairs(body)))
		got, err := app.Test(r, -1)
		require.NoError(t, err)
		defer func() { require.NoError(t, got.Body.Close()) }()
		require.Less(t, got.StatusCode, 500)
	})
}

// pairs reads a form as the provider would have written it, so that many of the fuzzer's bodies are signed rightly.
func pairs(body string) map[string][]string {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil
	}
	return form
}
