package simulator_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/simulator"
)

func TestAPhonesTextReachesTheProductSigned(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	s := start(t, simulator.Options{TandemURL: p.URL + "/"})
	got := s.fromPhone(t, maria, simulator.NewPhoneMessage{Text: "  Hi,\nwhere? 😊 "})
	require.Equal(t, simulator.Webhook{Status: http.StatusNoContent, Attempts: 1}, got.Webhook)
	h := p.next(t)
	require.Equal(t, "/webhooks/twilio/demo-sms", h.path)
	require.Equal(t, "  Hi,\nwhere? 😊 ", h.form.Get("Body"))
	require.Equal(t, maria, h.form.Get("From"))
	require.Equal(t, simulator.DemoNumber, h.form.Get("To"))
	require.Equal(t, got.SID, h.form.Get("MessageSid"))
	require.Equal(t, "received", h.form.Get("SmsStatus"))

	again := s.fromPhone(t, maria, simulator.NewPhoneMessage{Text: "  Hi,\nwhere? 😊 ", MessageSID: got.SID})
	require.Equal(t, got.SID, again.SID)
	require.Equal(t, got.SID, p.next(t).form.Get("MessageSid"), "a provider's repeat has the same id")
	require.Len(t, s.phone(t, maria), 1)
}

func TestAWebhookIsRepeatedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	p.answer = func(n int) int {
		if n == 1 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	s := start(t, simulator.Options{TandemURL: p.URL})
	got := s.fromPhone(t, maria, simulator.NewPhoneMessage{Text: "hi"})
	require.Equal(t, simulator.Webhook{Status: http.StatusOK, Attempts: 2}, got.Webhook)
	first, second := p.next(t), p.next(t)
	require.Equal(t, first.form, second.form)
	require.Equal(t, first.token, second.token)
}

func TestAMessageNobodyTookCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	p.answer = func(n int) int {
		if n == 1 {
			return http.StatusForbidden
		}
		return http.StatusOK
	}
	s := start(t, simulator.Options{TandemURL: p.URL})
	got := s.fromPhone(t, maria, simulator.NewPhoneMessage{Text: "hi"})
	require.Equal(t, http.StatusForbidden, got.Webhook.Status)
	require.Equal(t, 1, got.Webhook.Attempts, "a refusal is not repeated")
	require.Equal(t, http.StatusForbidden, s.phone(t, maria)[0].Webhook.Status)
	require.Equal(t, http.StatusOK, s.call(t, http.MethodPost, "/api/phones/"+maria+"/messages/"+got.SID+"/retry", nil, nil))
	require.Equal(t, http.StatusOK, s.phone(t, maria)[0].Webhook.Status)
	require.Equal(t, http.StatusNotFound, s.call(t, http.MethodPost, "/api/phones/+12025550143/messages/"+got.SID+"/retry", nil, nil))
}

func TestStopAndStartAreAnsweredByTheProvider(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	s := start(t, simulator.Options{TandemURL: p.URL})
	s.fromPhone(t, maria, simulator.NewPhoneMessage{Text: " stop "})
	require.Equal(t, " stop ", p.next(t).form.Get("Body"), "the product hears of it all the same")
	status, got := s.text(t, maria, "offer", "")
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, 21610, got.Code)
	s.fromPhone(t, maria, simulator.NewPhoneMessage{Text: "START"})
	status, _ = s.text(t, maria, "offer", "")
	require.Equal(t, http.StatusCreated, status)
	s.fromPhone(t, maria, simulator.NewPhoneMessage{Text: "Please stop by"})
	status, _ = s.text(t, maria, "offer two", "")
	require.Equal(t, http.StatusCreated, status)
	require.Eventually(t, func() bool {
		texts := ""
		for _, m := range s.phone(t, maria) {
			texts += m.Direction + ": " + m.Text + "\n"
		}
		return strings.Contains(texts, "received: You have been unsubscribed") && strings.Contains(texts, "received: You are subscribed again")
	}, patience, tick)
}

func TestPicturesGoAsMediaThatOnlyTheAccountCanFetch(t *testing.T) {
	t.Parallel()
	p := startProduct(t)
	s := start(t, simulator.Options{TandemURL: p.URL})
	got := s.fromPhone(t, maria, simulator.NewPhoneMessage{Media: []simulator.NewPhoneFile{{ContentType: "image/png", Data: []byte("PNG")}}})
	require.True(t, strings.HasPrefix(got.SID, "MM"))
	f := p.next(t).form
	require.Equal(t, "1", f.Get("NumMedia"))
	require.Equal(t, "image/png", f.Get("MediaContentType0"))
	for _, authorised := range []bool{false, true} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.Get("MediaUrl0"), nil)
		require.NoError(t, err)
		if authorised {
			req.SetBasicAuth(simulator.DemoAccountSID, simulator.DemoAuthToken)
		}
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		raw, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, authorised, resp.StatusCode == http.StatusOK)
		require.Equal(t, authorised, string(raw) == "PNG")
	}
	require.Equal(t, "/api/media/"+got.SID+"/", s.phone(t, maria)[0].Media[0].URL[:len("/api/media/"+got.SID+"/")])
}

func TestBadPhoneRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{TandemURL: "http://127.0.0.1:1"})
	minus := -1
	for _, n := range []simulator.NewPhoneMessage{
		{}, {Text: " \n"}, {Text: strings.Repeat("x", 1601)}, {Text: "x", To: "us"}, {Text: "x", Retries: &minus},
	} {
		require.Equal(t, http.StatusBadRequest, s.call(t, http.MethodPost, "/api/phones/"+maria+"/messages", n, nil))
	}
	require.Equal(t, http.StatusBadRequest, s.call(t, http.MethodPost, "/api/phones/maria/messages", simulator.NewPhoneMessage{Text: "x"}, nil))
	resp, err := http.Post(s.url+"/api/phones/"+maria+"/messages", "text/plain", strings.NewReader(`{"text":"x"}`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusUnsupportedMediaType, resp.StatusCode, "a foreign page can't send from here")
	require.Empty(t, s.traffic(t, "").Items)
}

func TestAPhoneHearsOfItsMessagesAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/phones/"+maria+"/events", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	data := func() string {
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return rest
			}
		}
		return ""
	}
	require.Equal(t, "{}", data())
	s.text(t, "+12025550143", "not for Maria", "")
	s.text(t, maria, "for Maria", "")
	var m simulator.PhoneMessage
	require.NoError(t, json.Unmarshal([]byte(data()), &m))
	require.Equal(t, "for Maria", m.Text)
	require.Equal(t, "received", m.Direction)
}

func TestEverythingSurvivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deep", "state.jsonl")
	p := startProduct(t)
	first := start(t, simulator.Options{TandemURL: p.URL, StateFile: file, ReceiptDelay: patience})
	sent := first.fromPhone(t, maria, simulator.NewPhoneMessage{Text: "hi"})
	require.Equal(t, sent.SID, p.next(t).form.Get("MessageSid"))
	first.fromPhone(t, "+12025550144", simulator.NewPhoneMessage{Text: "STOP"})
	p.next(t)
	status, accepted := first.text(t, maria, "hello", p.URL+"/status")
	require.Equal(t, http.StatusCreated, status)
	require.NoError(t, first.Close())
	torn, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	_, err = torn.WriteString(`{"message":{"sid":"SMtorn"`)
	require.NoError(t, err)
	require.NoError(t, torn.Close())

	second := start(t, simulator.Options{TandemURL: p.URL, StateFile: file})
	require.Equal(t, "sent", p.next(t).form.Get("MessageStatus"), "owed receipts go out again")
	require.Equal(t, "delivered", p.next(t).form.Get("MessageStatus"))
	require.Equal(t, sent.SID, second.phone(t, maria)[0].SID)
	got := second.traffic(t, maria)
	require.Len(t, got.Items, 1)
	require.Equal(t, accepted.SID, got.Items[0].SID)
	require.Equal(t, []simulator.Calls{{To: maria, Body: "hello", Calls: 1, Accepted: 1}}, got.Calls)
	status, _ = second.text(t, "+12025550144", "offer", "")
	require.Equal(t, http.StatusBadRequest, status, "opted out before, opted out after")
}

func TestPagesAreServedWithAStrictPolicy(t *testing.T) {
	t.Parallel()
	s := start(t, simulator.Options{TandemURL: "http://127.0.0.1:18080"})
	for path, want := range map[string]string{
		"/": "/assets/index.js", "/phone?number=%2B12025550142": `data-testid="phone-input"`, "/assets/phone.js": "EventSource",
		"/webchat": `<script src="http://127.0.0.1:18080/widget.js" data-channel="demo-webchat" async>`,
	} {
		resp, err := http.Get(s.url + path)
		require.NoError(t, err)
		raw, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, path)
		require.Contains(t, string(raw), want)
		policy := resp.Header.Get("Content-Security-Policy")
		require.Contains(t, policy, "script-src 'self' http://127.0.0.1:18080;")
		require.Contains(t, policy, "ws://127.0.0.1:18080")
		require.NotContains(t, policy, "unsafe")
	}
}

func TestRunStopsWithHangingAnswersAndStreamsOpen(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- simulator.Run(ctx, simulator.Options{Listener: listener, TandemURL: "http://127.0.0.1:1"})
	}()
	resp, err := http.Get("http://" + listener.Addr().String() + "/api/phones/" + maria + "/events")
	require.NoError(t, err)
	defer resp.Body.Close()
	cancel()
	require.NoError(t, <-done)
}
