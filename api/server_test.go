package api_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/domain"
)

func TestEveryAnswerHasItsHeadersAndItsName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/", "/healthz", "/api/v1/me", "/nothing.png", "/docs"} {
		got := b.call(t, "GET", path, nil)
		require.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"), path)
		require.Contains(t, got.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.NotEmpty(t, got.Header.Get("X-Request-Id"), path)
		require.Empty(t, got.Header.Get("Server"), path)
		require.NotEmpty(t, got.Header.Get("Strict-Transport-Security"), path)
	}
	got := b.call(t, "GET", "/healthz", nil, header("X-Request-Id", "mine-1"))
	require.Equal(t, "mine-1", got.Header.Get("X-Request-Id"))
	got = b.call(t, "GET", "/healthz", nil, header("X-Request-Id", "a b\"c"))
	require.NotEqual(t, "a b\"c", got.Header.Get("X-Request-Id"))
}

func TestTheConsoleIsServedForEveryAddressThatIsNotSomebodyElses(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *api.Deps) {
		d.Console = fstest.MapFS{
			"index.html":         {Data: []byte("<html>console</html>")},
			"assets/app-1a2b.js": {Data: []byte("1")},
			"assets/big.js":      {Data: []byte(strings.Repeat("const x = 1;\n", 1000))},
			"favicon.svg":        {Data: []byte("<svg/>")},
		}
	})
	for path, want := range map[string]struct {
		status       int
		cache, begin string
	}{
		"/":                        {200, "no-cache", "<html>console"},
		"/chats/0198":              {200, "no-cache", "<html>console"},
		"/index.html":              {200, "no-cache", "<html>console"},
		"/assets/app-1a2b.js":      {200, "public, max-age=31536000, immutable", "1"},
		"/favicon.svg":             {200, "no-cache", "<svg/>"},
		"/assets/old.js":           {404, "", "{"},
		"/api/v1/nothing":          {404, "no-store", "{"},
		"/assets/../../etc/passwd": {200, "no-cache", "<html>console"},
	} {
		got := b.call(t, "GET", path, nil)
		require.Equal(t, want.status, got.StatusCode, path)
		require.Equal(t, want.cache, got.Header.Get("Cache-Control"), path)
		require.Contains(t, string(got.body), want.begin, path)
	}
	plain := b.call(t, "GET", "/assets/big.js", nil, header("Accept-Encoding", "identity"))
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	small := b.call(t, "GET", "/assets/big.js", nil, header("Accept-Encoding", "gzip, br"))
	require.Equal(t, "gzip", small.Header.Get("Content-Encoding"))
	require.Contains(t, small.Header.Get("Vary"), "Accept-Encoding")
	require.Less(t, len(small.body), len(plain.body))
	b.call(t, "POST", "/chats/0198", nil).refused(t, 404, "not_found")
	bare := setup(t)
	require.Contains(t, string(bare.call(t, "GET", "/", nil).body), "has not been built")
}

func TestReadinessNamesThePartThatIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *api.Deps) {
		d.Temporal = func(context.Context) error { return errors.New("dial tcp 10.0.0.1: refused") }
	})
	require.Equal(t, 200, b.call(t, "GET", "/healthz", nil).StatusCode)
	got := b.call(t, "GET", "/readyz", nil)
	require.Equal(t, 503, got.StatusCode)
	require.JSONEq(t, `{"postgres":"ok","temporal":"unreachable"}`, string(got.body))
}

func TestTheOperationsListenerShowsMetricsAndHealth(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	metrics := api.NewMetrics(registry)
	b := setup(t, func(d *api.Deps) { d.Metrics = metrics })
	b.call(t, "GET", "/healthz", nil)
	b.webhook(t, "/webhooks/twilio/nobody", nil)
	ops := api.NewOps(api.OpsDeps{Gatherer: registry, Postgres: b.store.Ping, Temporal: func(context.Context) error { return nil }})
	for path, want := range map[string]string{
		"/metrics": `tandem_webhooks_total{outcome="unknown_channel",provider="unknown"} 1`,
		"/healthz": `{"status":"ok"}`, "/readyz": `{"postgres":"ok","temporal":"ok"}`, "/debug/pprof/": "goroutine",
	} {
		w := httptest.NewRecorder()
		ops.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, 200, w.Code, path)
		require.Contains(t, w.Body.String(), want, path)
	}
	require.Equal(t, 404, b.call(t, "GET", "/metrics", nil).StatusCode, "never on the public listener")
	require.Equal(t, 404, b.call(t, "GET", "/debug/pprof/", nil).StatusCode)
}

func TestTheCodecAnswersTheTemporalUIOnlyAndOnlyWhoMaySee(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *api.Deps) {
		d.Codec = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"payloads":[]}`)) })
	})
	decode := "/api/v1/temporal/codec/decode"
	ask := b.call(t, "OPTIONS", decode, nil, header("Origin", temporalUI))
	require.Equal(t, 204, ask.StatusCode)
	require.Equal(t, temporalUI, ask.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "true", ask.Header.Get("Access-Control-Allow-Credentials"))
	b.call(t, "OPTIONS", decode, nil, header("Origin", "https://evil.test")).refused(t, 403, "foreign_origin")

	operator, agent := b.signIn(t, b.Operator), b.signIn(t, b.Agents[0])
	got := b.call(t, "POST", decode, `{"payloads":[]}`, operator, header("Origin", temporalUI))
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.JSONEq(t, `{"payloads":[]}`, string(got.body))
	b.call(t, "POST", decode, `{}`, agent, header("Origin", temporalUI)).refused(t, 403, "forbidden")
	b.call(t, "POST", decode, `{}`, operator, header("Origin", "https://evil.test")).refused(t, 403, "foreign_origin")
	b.call(t, "POST", decode, `{}`).refused(t, 401, "unauthorized")
}

// buggy is a ledger whose every method panics: there is nothing inside.
type buggy struct{ api.Store }

func TestAPanicIsAnOpaqueProblemAndALineInTheLog(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *api.Deps) { d.Store = buggy{} })
	got := b.call(t, "POST", "/webhooks/twilio/x", nil)
	p := got.refused(t, 500, "internal")
	require.NotContains(t, string(got.body), "nil pointer")
	require.Contains(t, b.log.String(), "request panicked")
	require.Contains(t, b.log.String(), p.RequestID)
}

// away is a ledger whose database doesn't answer.
type away struct{ api.Store }

func (away) ReceiveMessage(context.Context, domain.Inbound) (domain.Received, error) {
	return domain.Received{}, domain.E(domain.CodeUnavailable, "the database can't be reached; try again")
}

func TestAWebhookIsAskedForAgainWhileTheLedgerIsAway(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *api.Deps) { d.Store = away{d.Store} })
	b.webhook(t, b.smsPath(), b.twilioForm("SM1", "+12025550142", "hello")).refused(t, 503, "unavailable")
}
