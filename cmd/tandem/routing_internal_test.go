package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/routing/simulate"
)

const dayFolder = "../../routing/simulate/testdata/"

func TestRoutingSimulateComparesFiles(t *testing.T) {
	t.Parallel()
	plot := filepath.Join(t.TempDir(), "waits.svg")
	files := []string{"routing", "simulate", "--arrivals", dayFolder + "arrivals.csv", "--shifts", dayFolder + "shifts.csv"}
	code, out, said := command(t, nil, append(files, "--policy", dayFolder+"changed.json", "--plot", plot)...)
	require.Zero(t, code, said)
	first, _, _ := strings.Cut(out, "\n")
	require.Equal(t, []string{"default", "rules", "changed"}, strings.Fields(first))
	require.Contains(t, out, "answered within 60 s")
	picture, err := os.ReadFile(plot)
	require.NoError(t, err)
	require.Contains(t, string(picture), "</svg>")

	code, out, said = command(t, nil, append(files, "--against", dayFolder+"changed.json", "--policy", dayFolder+"changed.json", "--json", "--within", "2m")...)
	require.Zero(t, code, said)
	var report struct{ Variants []simulate.Result }
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Len(t, report.Variants, 2)
	require.NotEqual(t, report.Variants[0].Name, report.Variants[1].Name)
	require.Equal(t, 120, report.Variants[0].Within)
}

func TestRoutingSimulateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.csv")
	require.NoError(t, os.WriteFile(bad, []byte("at,queue,channel,customer,patience_seconds,handle_seconds\nnoon,S,sms,c,,1\n"), 0o600))
	none := filepath.Join(t.TempDir(), "none.csv")
	require.NoError(t, os.WriteFile(none, []byte("at,queue,channel,customer,patience_seconds,handle_seconds\n"), 0o600))
	for want, args := range map[string][]string{
		"give --arrivals and --shifts to replay files, or --from and --to": nil,
		"--arrivals and --shifts go together":                              {"--arrivals", bad},
		"bad.csv:2:1: at \"noon\" isn't a time":                            {"--arrivals", bad, "--shifts", dayFolder + "shifts.csv"},
		"none.csv: holds no arrivals":                                      {"--arrivals", none, "--shifts", dayFolder + "shifts.csv"},
		"no such file":                                                     {"--arrivals", "nowhere.csv", "--shifts", dayFolder + "shifts.csv"},
		"--from: \"yesterday\" isn't a time":                               {"--from", "yesterday", "--to", "2026-11-25"},
		"--to must come after --from":                                      {"--from", "2026-11-25", "--to", "2026-11-25"},
		"TANDEM_DATABASE_URL must name the database":                       {"--from", "2026-11-24", "--to", "2026-11-25"},
		"must not be negative":                                             {"--within=-1s"},
	} {
		code, _, said := command(t, nil, append([]string{"routing", "simulate"}, args...)...)
		require.Equal(t, 1, code, want)
		require.Contains(t, said, want)
	}
	code, _, said := command(t, settings(), "routing", "simulate", "--from", "2026-11-24", "--to", "2026-11-25T00:00:00+01:00")
	require.Equal(t, 1, code)
	require.Contains(t, said, "127.0.0.1:1")
	require.NotContains(t, said, "hunter2")
}
