package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store/storetest"
)

func TestTwoHundredParallelFirstMessagesOfOneCustomerOpenOneChat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all sync.WaitGroup
	failed := make(chan string, 200)
	for n := range 200 {
		all.Go(func() {
			form := b.twilioForm(fmt.Sprintf("SM%032d", n), "+12025550142", fmt.Sprintf("text %d", n))
			r := httptest.NewRequest(http.MethodPost, b.smsPath(), strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Twilio-Signature", twilioSignature(b.Channel.Secrets["auth_token"], publicURL+b.smsPath(), form))
			got, err := b.app.Test(r, -1)
			if err != nil {
				failed <- err.Error()
				return
			}
			if err := got.Body.Close(); err != nil || got.StatusCode != http.StatusOK {
				failed <- got.Status
			}
		})
	}
	all.Wait()
	require.Empty(t, failed)
	require.Equal(t, 1, b.count(t, "chats"))
	require.Equal(t, 1, b.count(t, "customers"))
	require.Equal(t, 200, b.count(t, "messages"))
	require.Equal(t, 200, storetest.Value[int](t, b.Fixture, `select max(seq)::int from messages`))
}

func TestAWebhookIsAnsweredWithEmptyTwiMLAndARepeatLeavesOneMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	form := b.twilioForm("SM00000000000000000000000000000001", "+12025550142", "hello")
	for range 2 {
		got := b.webhook(t, b.smsPath(), form)
		require.Equal(t, 200, got.StatusCode, string(got.body))
		require.Contains(t, got.Header.Get("Content-Type"), "text/xml")
		require.Contains(t, string(got.body), "<Response/>")
	}
	require.Equal(t, 1, b.count(t, "messages"))
}

func TestBadWebhooksAreRefusedClearlyAndLeaveNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	good := b.twilioForm("SM00000000000000000000000000000001", "+12025550142", "hello")
	broken := "Body=%zz&MessageSid"
	for name, try := range map[string]struct {
		send   func(t *testing.T) answer
		status int
		code   string
	}{
		"wrong signature": {func(t *testing.T) answer {
			return b.webhook(t, b.smsPath(), good, header("X-Twilio-Signature", "AAAA"))
		}, 403, "bad_signature"},
		"no signature": {func(t *testing.T) answer {
			return b.webhook(t, b.smsPath(), good, header("X-Twilio-Signature", ""))
		}, 403, "bad_signature"},
		"signed for another address": {func(t *testing.T) answer {
			return b.webhook(t, b.smsPath()+"?x=1", good, header("X-Twilio-Signature",
				twilioSignature(b.Channel.Secrets["auth_token"], publicURL+b.smsPath(), good)))
		}, 403, "bad_signature"},
		"unknown channel key": {func(t *testing.T) answer {
			return b.webhook(t, "/webhooks/twilio/nobody", good)
		}, 404, "unknown_channel"},
		"key with strange bytes": {func(t *testing.T) answer {
			return b.webhook(t, "/webhooks/twilio/%00%ff", good)
		}, 404, "unknown_channel"},
		"another provider's key": {func(t *testing.T) answer {
			return b.webhook(t, "/webhooks/twilio/"+b.Webchat.Key, good)
		}, 404, "unknown_channel"},
		"unknown provider": {func(t *testing.T) answer {
			return b.webhook(t, "/webhooks/nobody/"+b.Channel.Key, good)
		}, 404, "unknown_channel"},
		"malformed form without signature": {func(t *testing.T) answer {
			return b.call(t, "POST", b.smsPath(), broken, header("Content-Type", "application/x-www-form-urlencoded"))
		}, 403, "bad_signature"},
		"no message id": {func(t *testing.T) answer {
			return b.webhook(t, b.smsPath(), url.Values{"From": {"+12025550142"}, "Body": {"x"}})
		}, 400, "invalid"},
		"wrong method": {func(t *testing.T) answer {
			return b.call(t, "GET", b.smsPath(), nil)
		}, 405, "method_not_allowed"},
	} {
		try.send(t).refused(t, try.status, try.code)
		require.Equal(t, 0, b.count(t, "messages"), name)
	}
	for _, table := range []string{"chats", "customers", "events", "outbox"} {
		require.Equal(t, 0, b.count(t, table), table)
	}
	require.NotContains(t, b.log.String(), "panicked")
}

func TestStrangeTextsAreStoredAndShownNeverFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for n, text := range []string{"nul \x00 inside", "\xff\xfe not UTF-8", "", strings.Repeat("long ", 2000), "👩‍👩‍👧‍👦 שלום"} {
		got := b.webhook(t, b.smsPath(), b.twilioForm(fmt.Sprintf("SM%032d", n), "+12025550142", text))
		require.Equal(t, 200, got.StatusCode, "%q: %s", text, got.body)
	}
	require.Equal(t, 5, b.count(t, "messages"))
}

func TestADeliveryReportMovesTheMessageOn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	chat := b.chatOf(t, ada, "+12025550142")
	msg, _, err := b.store.PostMessage(t.Context(), ada, chat, domain.NewMessage{ClientID: "c1", Text: "hi", Kind: domain.KindText})
	require.NoError(t, err)
	_, proceed, err := b.store.BeginSend(t.Context(), b.Account, msg.ID)
	require.NoError(t, err)
	require.True(t, proceed)
	require.NoError(t, b.store.SendAccepted(t.Context(), b.Account, msg.ID, domain.Accepted{ProviderID: "SM9", Status: domain.StatusSent}))
	form := url.Values{"MessageSid": {"SM9"}, "MessageStatus": {"delivered"}, "To": {"+12025550142"}, "From": {b.Channel.Address}}
	got := b.webhook(t, b.smsPath()+"/status?mid="+string(msg.ID), form)
	require.Equal(t, 204, got.StatusCode, string(got.body))
	stored, _, err := b.store.Message(t.Context(), b.Account, msg.ID)
	require.NoError(t, err)
	require.Equal(t, domain.StatusDelivered, stored.Status)
}

func TestAnOversizedBodyIsRefusedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	conn, err := net.Dial("tcp", b.serve(t))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: tandem.test\r\nContent-Length: 5000000\r\n\r\nBody=", b.smsPath())
	require.NoError(t, err)
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, got.Body.Close()) }()
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	answer{got, body}.refused(t, 413, "too_large")
}
