package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/config"
)

// command runs the binary's whole way but for the process.
func command(t *testing.T, env config.Environment, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = run(t.Context(), args, env.LookupEnv, &out, &complaints)
	return code, out.String(), complaints.String()
}

func settings(more ...string) config.Environment {
	env := config.Environment{
		"TANDEM_DATABASE_URL":   "postgres://tandem:hunter2@127.0.0.1:1/tandem",
		"TANDEM_ENCRYPTION_KEY": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), config.KeyBytes)),
	}
	for i := 0; i < len(more); i += 2 {
		env[more[i]] = more[i+1]
	}
	return env
}

func TestHelpAndVersionSucceed(t *testing.T) {
	t.Parallel()
	code, out, _ := command(t, nil, "--help")
	require.Zero(t, code)
	for _, word := range []string{"api", "worker", "migrate", "seed", "config", "bench"} {
		require.Contains(t, out, word)
	}
	code, out, _ = command(t, nil, "version")
	require.Zero(t, code)
	require.Equal(t, "tandem dev\n", out)
	code, out, _ = command(t, nil, "bench", "--help")
	require.Zero(t, code)
	require.NotContains(t, out, "floor-server")
}

func TestWrongUsageIsTwoAndAFailureIsOne(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"fly"}, {"api", "--loud"}, {"config", "--doc", "--env-example"}} {
		code, _, said := command(t, nil, args...)
		require.Equal(t, 2, code, args)
		require.Contains(t, said, "tandem --help lists commands and flags")
	}
	code, _, said := command(t, config.Environment{}, "config")
	require.Equal(t, 1, code)
	require.Contains(t, said, "TANDEM_DATABASE_URL is not set")
	require.Contains(t, said, "TANDEM_ENCRYPTION_KEY is not set")
}

func TestConfigPrintsWhatAProcessWouldUseWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	code, out, _ := command(t, settings("TANDEM_LISTEN", "0.0.0.0:80"), "config")
	require.Zero(t, code)
	require.Contains(t, out, "TANDEM_LISTEN=0.0.0.0:80\n")
	require.Contains(t, out, "TANDEM_PUBLIC_URL=http://localhost:80\n")
	require.NotContains(t, out, "hunter2")

	code, out, _ = command(t, nil, "config", "--doc")
	require.Zero(t, code)
	require.Equal(t, config.MarkdownTable(), out)
	code, out, _ = command(t, nil, "config", "--env-example")
	require.Zero(t, code)
	require.Equal(t, config.EnvExample(), out)
}

func TestATakenPortIsSaidWithItsVariable(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	taken, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	code, _, said := command(t, settings("TANDEM_OPS_LISTEN", "127.0.0.1:0", "TANDEM_LISTEN", taken.Addr().String()), "api")
	require.Equal(t, 1, code)
	require.Contains(t, said, "TANDEM_LISTEN: ")
	require.Contains(t, said, "address already in use")
}

func TestNoDatabaseIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"migrate"}, {"seed"}, {"run"}} {
		code, _, said := command(t, settings("TANDEM_OPS_LISTEN", "127.0.0.1:0", "TANDEM_LISTEN", "127.0.0.1:0"), args...)
		require.Equal(t, 1, code, args)
		require.NotContains(t, said, "hunter2")
		require.Contains(t, said, "127.0.0.1:1", args)
	}
}

func TestHealthcheckAsksTheOperationsListener(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"postgres":"ok","temporal":"unreachable"}`))
		}
	}))
	defer server.Close()
	env := settings("TANDEM_OPS_LISTEN", strings.TrimPrefix(server.URL, "http://"))
	code, _, said := command(t, env, "healthcheck")
	require.Equal(t, 1, code)
	require.Contains(t, said, `not ready: {"postgres":"ok","temporal":"unreachable"}`)
	code, _, _ = command(t, env, "healthcheck", "--live")
	require.Zero(t, code)
}

func TestBenchSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	code, _, said := command(t, nil, "bench", "inbound", "--url", "http://127.0.0.1:1", "--no-floor", "--rate", "0")
	require.Equal(t, 1, code)
	require.Contains(t, said, "rate 0 must be between 0 and 20,000")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, complaints bytes.Buffer
	require.Equal(t, 1, run(ctx, []string{"bench", "inbound", "--no-floor"}, settings().LookupEnv, &out, &complaints))
	require.Contains(t, complaints.String(), "context canceled")
}

func TestBenchRoutingSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	code, _, said := command(t, nil, "bench", "routing", "--url", "http://127.0.0.1:1", "--rate", "0", "--cap", "21")
	require.Equal(t, 1, code)
	require.Contains(t, said, "rate 0 must be above 0")
	require.Contains(t, said, "cap must be between 1 and 20")
	code, _, said = command(t, nil, "bench", "routing", "--only", "some")
	require.Equal(t, 2, code)
	require.Contains(t, said, "--only")
	code, _, said = command(t, nil, "bench", "routing", "--only", "burst", "--burst", "0")
	require.Equal(t, 1, code)
	require.Contains(t, said, "neither a rate nor a burst is given")
}
