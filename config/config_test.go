package config_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/config"
)

const databaseURL = "postgres://tandem:hunter2@db:5432/tandem"

func key(fill byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(fill)), config.KeyBytes)))
}

func environment(pairs ...string) config.Lookup {
	env := config.Environment{"TANDEM_DATABASE_URL": databaseURL, "TANDEM_ENCRYPTION_KEY": key('a')}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return env.LookupEnv
}

func TestDefaultsAreComplete(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment())
	require.NoError(t, err)
	require.Equal(t, databaseURL, c.DatabaseURL.Reveal())
	require.Equal(t, "127.0.0.1:8080", c.Listen)
	require.Equal(t, "127.0.0.1:9090", c.OpsListen)
	require.Equal(t, "http://127.0.0.1:8080", c.PublicURL)
	require.Equal(t, "https://api.twilio.com", c.TwilioBaseURL)
	require.Equal(t, slog.LevelInfo, c.LogLevel)
	require.Equal(t, config.LogJSON, c.LogFormat)
	require.Equal(t, 30*time.Second, c.ReconcileAfter)
	require.Equal(t, "127.0.0.1:7233", c.Temporal.Address)
	require.Equal(t, "default", c.Temporal.Namespace)
	require.Empty(t, c.Temporal.Environment, "defaults must not override a Temporal profile")
}

func TestEveryMistakeIsReportedAtOnceWithItsVariableAndTheWayOut(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Environment{
		"TANDEM_ENCRYPTION_KEY":  "c2hvcnQ=",
		"TANDEM_LISTEN":          "8080",
		"TANDEM_OPS_LISTEN":      "127.0.0.1:99999",
		"TANDEM_PUBLIC_URL":      "chat.example.com",
		"TANDEM_LOG_LEVEL":       "loud",
		"TANDEM_LOG_FORMAT":      "xml",
		"TANDEM_RECONCILE_AFTER": "1h",
		"TEMPORAL_ADDRESS":       "temporal",
	}.LookupEnv)
	require.Error(t, err)
	for _, want := range []string{
		"TANDEM_DATABASE_URL is not set: give a postgres:// address",
		"TANDEM_ENCRYPTION_KEY: key 1 has 5 bytes instead of 32; make one with `openssl rand -base64 32`",
		`TANDEM_LISTEN: "8080" is not host:port; give host:port`,
		`TANDEM_OPS_LISTEN: "99999" is no port`,
		"TANDEM_PUBLIC_URL: not an address that starts with http://",
		"TANDEM_LOG_LEVEL: ",
		`TANDEM_LOG_FORMAT: "xml" is no log format; use json or text`,
		"TANDEM_RECONCILE_AFTER: 1h0m0s is out of range",
		`TEMPORAL_ADDRESS: "temporal" is not host:port`,
	} {
		require.Contains(t, err.Error(), want)
	}
	require.Len(t, strings.Split(err.Error(), "\n"), 9)
}

func TestAWrongDatabaseAddressIsNotRepeatedInTheError(t *testing.T) {
	t.Parallel()
	_, err := config.Load(environment("TANDEM_DATABASE_URL", "mysql://root:hunter2@db/tandem"))
	require.ErrorContains(t, err, "TANDEM_DATABASE_URL")
	require.NotContains(t, err.Error(), "hunter2")
}

func TestPublicURLFollowsTheListener(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080",
		"0.0.0.0:80":     "http://localhost:80",
		":8080":          "http://localhost:8080",
		"[::1]:8080":     "http://[::1]:8080",
		"127.0.0.1:0":    "",
	} {
		c, err := config.Load(environment("TANDEM_LISTEN", listen))
		require.NoError(t, err)
		require.Equal(t, want, c.PublicURL, listen)
	}
	c, err := config.Load(environment("TANDEM_PUBLIC_URL", "https://chat.example.com/"))
	require.NoError(t, err)
	require.Equal(t, "https://chat.example.com", c.PublicURL)
}

func TestTemporalVariablesArePassedOnToTheSDK(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment("TEMPORAL_ADDRESS", "cloud:7233", "TEMPORAL_API_KEY", "s3cret"))
	require.NoError(t, err)
	require.Equal(t, config.Environment{"TEMPORAL_ADDRESS": "cloud:7233", "TEMPORAL_API_KEY": "s3cret"}, c.Temporal.Environment)
}

func TestMigrationNeedsOnlyTheDatabase(t *testing.T) {
	t.Parallel()
	c, err := config.LoadDatabase(config.Environment{"TANDEM_DATABASE_URL": databaseURL}.LookupEnv)
	require.NoError(t, err)
	require.Equal(t, databaseURL, c.DatabaseURL.Reveal())
}

func TestSecretsNeverPrint(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment("TEMPORAL_API_KEY", "s3cret"))
	require.NoError(t, err)
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("started", "config", c, "url", c.DatabaseURL, "key", c.EncryptionKeys[0])
	asJSON, err := json.Marshal(c.DatabaseURL)
	require.NoError(t, err)
	raw := string(c.EncryptionKeys[0].Bytes())
	for _, text := range []string{
		fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c.DatabaseURL), fmt.Sprintf("%#v", c.EncryptionKeys),
		c.Describe(), string(asJSON), logged.String(),
	} {
		require.NotContains(t, text, "hunter2")
		require.NotContains(t, text, "s3cret")
		require.NotContains(t, text, raw)
	}
}

func TestKeysRotate(t *testing.T) {
	t.Parallel()
	keys, err := config.ParseKeys(key('n') + ", " + key('o'))
	require.NoError(t, err)
	require.Len(t, keys, 2)
	require.NotEqual(t, keys[0].ID, keys[1].ID)
	require.Equal(t, []byte(strings.Repeat("n", config.KeyBytes)), keys[0].Bytes())
	again, err := config.ParseKeys(key('o'))
	require.NoError(t, err)
	require.Equal(t, keys[1].ID, again[0].ID, "a key keeps its id wherever it stands")

	for text, want := range map[string]string{
		"":                        "key 1 has 0 bytes",
		"not base64!":             "key 1 is not base64",
		key('a') + ",":            "key 2 has 0 bytes",
		key('a') + "," + key('a'): "key 2 stands in the list twice",
		key('a') + ",YWJj":        "key 2 has 3 bytes",
	} {
		_, err := config.ParseKeys(text)
		require.ErrorContains(t, err, want)
	}
}

func TestDocumentsListEveryVariable(t *testing.T) {
	t.Parallel()
	c, err := config.Load(environment())
	require.NoError(t, err)
	for _, v := range config.Variables() {
		require.Contains(t, config.MarkdownTable(), "`"+v.Name+"`")
		require.Contains(t, config.EnvExample(), v.Name+"=")
		require.Contains(t, c.Describe(), v.Name+"=")
		require.NotEmpty(t, v.About)
	}
}
