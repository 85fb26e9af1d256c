package simulate_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/routing/simulate"
)

// FuzzFilesAreReadOrRefusedWithTheirPlace holds the readers to their promise: whatever a file holds, it is read, or the error says
// where it is wrong; and what was read can be replayed.
func FuzzFilesAreReadOrRefusedWithTheirPlace(f *testing.F) {
	for _, name := range []string{"arrivals.csv", "shifts.csv", "changed.json"} {
		text, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("at,queue\n\"")
	f.Add(`{"queues": {"Support": {"policy": {"fallback": [{"after_seconds": 1e99}]}}}}`)
	f.Add(`{"settings": {"sticky": {"channels": {"sms": "yes"}}}}`)
	f.Add("{\"settings\": null, \"queues\": {\"Support\": {\"policy\": null}}} x")
	f.Fuzz(func(t *testing.T, text string) {
		placed := func(err error) {
			t.Helper()
			var where *simulate.FileError
			if err != nil && !errors.As(err, &where) {
				t.Fatalf("an error without its place: %v", err)
			}
		}
		arrivals, err := simulate.ReadArrivals("f", strings.NewReader(text))
		placed(err)
		shifts, err := simulate.ReadShifts("f", strings.NewReader(text))
		placed(err)
		rules, err := simulate.ReadRules("f", []byte(text), ground())
		placed(err)
		if err == nil && len(arrivals) < 50 && len(shifts) < 50 {
			r := simulate.Run("f", arrivals, shifts, rules, time.Minute)
			require.Len(t, r.Points, len(arrivals))
		}
	})
}
