package twilio_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/channels/twilio"
	"tandem/domain"
)

// answering starts a provider that gives one answer, and sends one message to it.
func answering(t *testing.T, status int, header http.Header, body string) (domain.Accepted, error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return channelAt(t, server.URL).Send(t.Context(), outgoing("+12025550142", "hello"), callbackURL)
}

func outgoing(to, text string) domain.Outgoing {
	now := time.Now()
	return domain.Outgoing{
		Account: "demo", Message: "0198c000-0000-7000-8000-00000000abcd", Channel: demoChannel(), To: to, Text: text,
		Attempt: 1, CreatedAt: now, FirstTriedAt: now,
	}
}

func TestProviderAnswersBecomeDomainErrors(t *testing.T) {
	t.Parallel()
	in7 := http.Header{"Retry-After": {"7"}}
	inAnHour := http.Header{"Retry-After": {time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}}
	for name, tc := range map[string]struct {
		status       int
		header       http.Header
		body         string
		code         domain.Code
		reason       string
		providerCode string
		atLeast      time.Duration
	}{
		"invalid number":        {400, nil, `{"code":21211,"message":"x","status":400}`, domain.CodeRefused, "recipient_unreachable", "21211", 0},
		"opted out":             {400, nil, `{"code":21610,"status":400}`, domain.CodeRefused, "opted_out", "21610", 0},
		"wrong credentials":     {401, nil, `{"code":20003,"status":401}`, domain.CodeRefused, "channel_setup", "20003", 0},
		"text too long":         {400, nil, `{"code":21617,"status":400}`, domain.CodeRefused, "content_refused", "21617", 0},
		"window closed":         {400, nil, `{"code":63016,"status":400}`, domain.CodeRefused, "window_closed", "63016", 0},
		"unknown 4xx code":      {400, nil, `{"code":29999,"status":400}`, domain.CodeRefused, "provider_refused", "29999", 0},
		"unknown 5xx code":      {500, nil, `{"code":29999,"status":500}`, domain.CodeAmbiguous, "ambiguous", "29999", 0},
		"20500":                 {500, nil, `{"code":20500,"status":500}`, domain.CodeAmbiguous, "ambiguous", "20500", 0},
		"429 with seconds":      {429, in7, `{"code":20429,"status":429}`, domain.CodeThrottled, "provider_throttled", "20429", 7 * time.Second},
		"429 with a date":       {429, inAnHour, `{"code":20429,"status":429}`, domain.CodeThrottled, "provider_throttled", "20429", 58 * time.Minute},
		"429 of a proxy":        {429, in7, `<html>`, domain.CodeThrottled, "provider_throttled", "429", 7 * time.Second},
		"full queue":            {400, in7, `{"code":21611,"status":400}`, domain.CodeThrottled, "provider_throttled", "21611", 7 * time.Second},
		"401 of a proxy":        {401, nil, `no`, domain.CodeRefused, "channel_setup", "401", 0},
		"404 without a body":    {404, nil, ``, domain.CodeRefused, "provider_refused", "404", 0},
		"503 of a proxy":        {503, nil, `<html>`, domain.CodeAmbiguous, "ambiguous", "503", 0},
		"408":                   {408, nil, ``, domain.CodeAmbiguous, "ambiguous", "408", 0},
		"a redirect":            {302, http.Header{"Location": {"/x"}}, ``, domain.CodeAmbiguous, "ambiguous", "302", 0},
		"201 that is cut off":   {201, nil, `{"sid":"SM1`, domain.CodeAmbiguous, "ambiguous", "201", 0},
		"201 with another type": {201, nil, `{"sid":"SM1","num_segments":1}`, domain.CodeAmbiguous, "ambiguous", "201", 0},
		"201 without an id":     {201, nil, `{}`, domain.CodeAmbiguous, "ambiguous", "201", 0},
		"accepted and failed":   {201, nil, `{"sid":"SM1","status":"failed","error_code":30006}`, domain.CodeRefused, "recipient_unreachable", "30006", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := answering(t, tc.status, tc.header, tc.body)
			var e *domain.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, tc.code, e.Code, "%v", err)
			require.Equal(t, tc.reason, domain.ReasonOf(err))
			require.Equal(t, tc.providerCode, e.ProviderCode)
			require.GreaterOrEqual(t, e.RetryAfter, tc.atLeast)
			require.NotContains(t, err.Error(), "2025550142", "errors are logged and must not name the customer")
		})
	}
}

func TestWhatTwilioIsAskedFor(t *testing.T) {
	t.Parallel()
	got := make(chan url.Values, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		_ = r.ParseForm()
		form := r.PostForm
		form.Set("user", user+":"+password)
		form.Set("path", r.URL.Path)
		got <- form
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"sid":"SM1","status":"queued","num_segments":"1"}`))
	}))
	t.Cleanup(server.Close)
	out := outgoing("+12025550142", " two\nlines  ")
	out.Attachments = []domain.Attachment{{URL: "https://media.example.test/1"}, {Name: "lost"}}
	accepted, err := channelAt(t, server.URL).Send(t.Context(), out, callbackURL)
	require.NoError(t, err)
	require.Equal(t, domain.Accepted{ProviderID: "SM1", Status: domain.StatusSent}, accepted)
	require.Equal(t, url.Values{
		"To": {"+12025550142"}, "From": {"+12025550100"}, "Body": {" two\nlines  "}, "MediaUrl": {"https://media.example.test/1"},
		"StatusCallback": {callbackURL + "?mid=" + string(out.Message)},
		"user":           {"ACdeadbeef000000000000000000000001:demo-twilio-token"},
		"path":           {"/2010-04-01/Accounts/ACdeadbeef000000000000000000000001/Messages.json"},
	}, <-got)

	out.Channel.Settings = map[string]string{"messaging_service_sid": "MG1"}
	_, err = channelAt(t, server.URL).Send(t.Context(), out, callbackURL+"?mid=given")
	require.NoError(t, err)
	form := <-got
	require.Equal(t, "MG1", form.Get("MessagingServiceSid"))
	require.Empty(t, form.Get("From"))
	require.Equal(t, callbackURL+"?mid=given", form.Get("StatusCallback"))
}

func TestAChannelWithoutCredentialsSendsNothing(t *testing.T) {
	t.Parallel()
	out := outgoing("+12025550142", "x")
	out.Channel.Secrets = nil
	_, err := channelAt(t, "http://127.0.0.1:1").Send(t.Context(), out, "")
	require.Equal(t, "channel_setup", domain.ReasonOf(err))
}

func TestACallThatIsCutOffAfterItsStartIsInDoubt(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := channelAt(t, server.URL).Send(ctx, outgoing("+12025550142", "x"), "")
	require.Equal(t, domain.CodeAmbiguous, domain.CodeOf(err))
	require.ErrorIs(t, err, context.Canceled)
}

func TestTheBaseURLMustBeAWebAddress(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"localhost:8090", "ftp://x", "http://", "::"} {
		_, err := twilio.New(twilio.Options{BaseURL: bad})
		require.Equal(t, domain.CodeInvalid, domain.CodeOf(err), bad)
	}
}
