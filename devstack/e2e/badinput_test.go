package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/devstack/e2e"
	"tandem/domain"
)

func TestBadInputIsRefusedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	agent := agentOn(t, in)
	webhook := in.Console + "/webhooks/twilio/demo-sms"
	good := e2e.SMS(e2e.NewSID(), "+12025550130", "hello")
	missing := e2e.SMS("", "+12025550130", "no id")
	const token = "demo-twilio-token"
	stranger := in.Console + "/webhooks/twilio/nobody"

	for _, c := range []struct {
		name   string
		answer func() e2e.Answer
		status []int
		code   string
	}{
		{
			"a wrong signature", func() e2e.Answer { return in.DeliverSigned(t, webhook, good, e2e.Signature("guess", webhook, good)) },
			[]int{http.StatusForbidden},
			"bad_signature",
		},
		{
			"no signature", func() e2e.Answer { return in.DeliverSigned(t, webhook, good, "") },
			[]int{http.StatusForbidden},
			"bad_signature",
		},
		{"an unknown channel", func() e2e.Answer {
			return in.DeliverSigned(t, stranger, good, e2e.Signature(token, stranger, good))
		}, []int{http.StatusNotFound}, "unknown_channel"},
		{"a form without the message's id", func() e2e.Answer {
			return in.DeliverSigned(t, webhook, missing, e2e.Signature(token, webhook, missing))
		}, []int{http.StatusBadRequest}, ""},
		{
			"an oversized body", func() e2e.Answer { return announced(t, in, "/webhooks/twilio/demo-sms", 64<<20) },
			[]int{http.StatusRequestEntityTooLarge},
			"",
		},
		{
			"broken JSON", func() e2e.Answer { return raw(t, in, agent, "/api/v1/auth/login", `{"email":`) },
			[]int{http.StatusBadRequest, http.StatusUnprocessableEntity},
			"",
		},
		{"an unknown chat", func() e2e.Answer {
			return agent.Send(t, http.MethodGet, "/api/v1/chats/"+uuid.Must(uuid.NewV7()).String(), nil)
		}, []int{http.StatusNotFound}, ""},
		{
			"an id that is none", func() e2e.Answer { return agent.Send(t, http.MethodGet, "/api/v1/chats/1%27%20or%201", nil) },
			[]int{http.StatusNotFound, http.StatusBadRequest, http.StatusUnprocessableEntity},
			"",
		},
		{
			"somebody who has not signed in", func() e2e.Answer { return in.Nobody(t).Send(t, http.MethodGet, "/api/v1/me", nil) },
			[]int{http.StatusUnauthorized},
			"",
		},
		{"a wrong password", func() e2e.Answer {
			return in.Nobody(t).Send(t, http.MethodPost, "/api/v1/auth/login", map[string]string{"email": "agent1@demo.test", "password": "guess"})
		}, []int{http.StatusUnauthorized}, ""},
		{"an unknown status", func() e2e.Answer {
			return agent.Send(t, http.MethodPut, "/api/v1/me/status", map[string]string{"status": "asleep"})
		}, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, ""},
		{
			"a page that does not exist", func() e2e.Answer { return agent.Send(t, http.MethodGet, "/api/v1/nothing", nil) },
			[]int{http.StatusNotFound},
			"",
		},
	} {
		answer := c.answer()
		require.Contains(t, c.status, answer.Status, "%s: %s", c.name, answer.Body)
		problem := answer.Problem(t)
		require.NotEmpty(t, problem.Code, c.name)
		if c.code != "" {
			require.Equal(t, c.code, problem.Code, c.name)
		}
	}
	require.Empty(t, agent.Mine(t))
	require.Zero(t, e2e.Get[domain.Summary](t, agent, "/api/v1/summary").Waiting)
	log, err := os.ReadFile(filepath.Join(in.DataDir, "logs", "tandem.log"))
	require.NoError(t, err)
	require.NotContains(t, string(log), "panic")
	require.NotContains(t, string(log), "5550130", "no phone numbers in the log")
}

// announced posts a form whose header promises a huge body, and sends only its beginning: a server that answers before
// it has read everything resets the connection of whoever is still writing.
func announced(t *testing.T, in *e2e.Instance, path string, size int) e2e.Answer {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(in.Console, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(e2e.Patience)))
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\nBody=x",
		path, conn.RemoteAddr(), size)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return e2e.Answer{Status: response.StatusCode, Header: response.Header, Body: body}
}

func raw(t *testing.T, in *e2e.Instance, p *e2e.Person, path, body string) e2e.Answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, in.Console+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	return p.Do(t, request)
}

func TestStatusCallbackWithAWrongSignatureIsRefused(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	address := in.Console + "/webhooks/twilio/demo-sms/status?mid=" + uuid.Must(uuid.NewV7()).String()
	form := url.Values{"MessageSid": {e2e.NewSID()}, "MessageStatus": {"delivered"}}
	answer := in.DeliverSigned(t, address, form, "guess")
	require.Equal(t, http.StatusForbidden, answer.Status)
	require.Equal(t, "bad_signature", answer.Problem(t).Code)
}

func TestHealthIsServed(t *testing.T) {
	t.Parallel()
	in := e2e.Start(t, e2e.Options{})
	for _, path := range []string{"/healthz", "/readyz", "/openapi.json", "/docs", "/", "/widget.js"} {
		answer := in.Nobody(t).Send(t, http.MethodGet, path, nil)
		require.Equal(t, http.StatusOK, answer.Status, path)
	}
}
