package roles_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/cmd/roles"
	"tandem/config"
	"tandem/store/storetest"
)

// noEngine is an address at which no Temporal listens.
const noEngine = "127.0.0.1:1"

func settings(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Load(config.Environment{
		"TANDEM_DATABASE_URL":   storetest.Database(t),
		"TANDEM_ENCRYPTION_KEY": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), config.KeyBytes)),
		"TANDEM_LISTEN":         "127.0.0.1:0",
		"TANDEM_OPS_LISTEN":     "127.0.0.1:0",
		"TEMPORAL_ADDRESS":      noEngine,
	}.LookupEnv)
	require.NoError(t, err)
	return c
}

// running is a process in this one.
type running struct {
	url, ops string
	stop     func() error
	log      *syncedBuffer
}

type syncedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncedBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncedBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l
}

func start(t *testing.T, c config.Config, wanted ...roles.Role) running {
	t.Helper()
	public, ops, log := listen(t), listen(t), &syncedBuffer{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, done := make(chan struct{}), make(chan error, 1)
	o := roles.Options{Config: c, Logger: slog.New(slog.NewJSONHandler(log, nil)), HTTP: public, Ops: ops, Ready: func() { close(ready) }, Version: "test"}
	go func() { done <- roles.Run(ctx, o, wanted...) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() }) // the test that cares has looked at it
	select {
	case <-ready:
	case err := <-done:
		require.NoError(t, err)
		t.Fatal("it ended before it was ready")
	case <-time.After(30 * time.Second):
		t.Fatal("it was not ready in time")
	}
	return running{url: "http://" + public.Addr().String(), ops: "http://" + ops.Addr().String(), stop: stop, log: log}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

func TestWithoutTheEngineItServesAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := settings(t)
	seeded, err := roles.SeedDemo(t.Context(), c)
	require.NoError(t, err)
	require.True(t, seeded)
	seeded, err = roles.SeedDemo(t.Context(), c)
	require.NoError(t, err)
	require.False(t, seeded, "a database with an account is left alone")

	p := start(t, c, roles.API, roles.Worker)
	status, _ := get(t, p.url+"/healthz")
	require.Equal(t, http.StatusOK, status)
	for _, base := range []string{p.url, p.ops} {
		status, body := get(t, base+"/readyz")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Contains(t, body, `"postgres":"ok"`)
		require.NotContains(t, body, `"temporal":"ok"`)
	}
	_, metrics := get(t, p.ops+"/metrics")
	require.Contains(t, metrics, `tandem_build_info{pid="`)
	require.Contains(t, metrics, "tandem_outbox_lag_seconds")

	status, _ = signIn(t, p.url, "agent1@demo.test", "tandem-demo")
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, p.stop())
	require.NotContains(t, p.log.String(), "panic")
}

func signIn(t *testing.T, base, email, password string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/api/v1/auth/login",
		strings.NewReader(`{"email":"`+email+`","password":"`+password+`"}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

func TestAWorkerAloneServesOnlyItsOperationsListener(t *testing.T) {
	t.Parallel()
	p := start(t, settings(t), roles.Worker)
	status, _ := get(t, p.ops+"/healthz")
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, p.stop())
}

func TestTwoProcessesStandOnOneDatabase(t *testing.T) {
	t.Parallel()
	c := settings(t)
	one, two := start(t, c, roles.API), start(t, c, roles.API)
	require.NoError(t, one.stop())
	status, _ := get(t, two.url+"/healthz")
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, two.stop())
}

func TestAMistakeInTheOptionsStartsNothing(t *testing.T) {
	t.Parallel()
	l := listen(t)
	defer func() { require.NoError(t, l.Close()) }()
	log := slog.New(slog.DiscardHandler)
	for want, run := range map[string]func() error{
		"no role was given":     func() error { return roles.Run(t.Context(), roles.Options{Logger: log, Ops: l}) },
		"there is no role":      func() error { return roles.Run(t.Context(), roles.Options{Logger: log, Ops: l}, "cook") },
		"needs a public listen": func() error { return roles.Run(t.Context(), roles.Options{Logger: log, Ops: l}, roles.API) },
		"operations listener":   func() error { return roles.Run(t.Context(), roles.Options{Logger: log}, roles.Worker) },
	} {
		require.ErrorContains(t, run(), want)
	}
}
