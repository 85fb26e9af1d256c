package simulate_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
	"tandem/routing/simulate"
)

const (
	arrivalsHeader = "at,queue,channel,customer,patience_seconds,handle_seconds\n"
	shiftsHeader   = "agent,from,to,queues,cap\n"
)

func TestBadArrivalsNameTheLineAndColumn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                 `a.csv: is empty; its first line names the columns`,
		"at,queue\n":                       `a.csv:1:1: column "channel" is missing`,
		"at,when,queue\n":                  `a.csv:1:4: column "when" is unknown; there are at, queue,`,
		"at,at\n":                          `a.csv:1:4: column "at" is there twice`,
		arrivalsHeader + "x\n":             `a.csv:2:1: has another number of fields than the first line`,
		arrivalsHeader + "noon,S,sms,c,,1": `a.csv:2:1: at "noon" isn't a time such as 2026-11-25T09:00:00Z`,
		arrivalsHeader + "\n2026-11-25T09:00:00Z,S,sms,c,,1\n2026-11-25T09:00:00Z,S,fax,c,,1": `a.csv:4:24: channel "fax" isn't a channel type`,
		arrivalsHeader + "2026-11-25 09:00, ,sms,c,,1":                                        `a.csv:2:19: queue is empty`,
		arrivalsHeader + "2026-11-25 09:00,S,sms,c,-1,1":                                      `a.csv:2:26: patience_seconds "-1" isn't a number of seconds between 0 and 2592000`,
		arrivalsHeader + "2026-11-25 09:00,S,sms,c,,NaN":                                      `a.csv:2:27: handle_seconds "NaN" isn't`,
		arrivalsHeader + "2026-11-25 09:00,S,sms,c,,":                                         `a.csv:2:27: handle_seconds is empty`,
		arrivalsHeader + "2026-11-25 09:00,\"S,sms,c,,1":                                      `a.csv:`,
	} {
		_, err := simulate.ReadArrivals("a.csv", strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
		var where *simulate.FileError
		require.ErrorAs(t, err, &where)
	}
}

func TestBadShiftsNameTheLineAndColumn(t *testing.T) {
	t.Parallel()
	const day = "2026-11-25T09:00:00Z,2026-11-25T17:00:00Z"
	for text, want := range map[string]string{
		shiftsHeader + "," + day + ",S,3":                                  `s.csv:2:1: agent is empty`,
		shiftsHeader + "Ada," + day + ",;,3":                               `s.csv:2:47: queues is empty`,
		shiftsHeader + "Ada," + day + ",S,0":                               `s.csv:2:49: cap "0" isn't a whole number between 1 and 20`,
		shiftsHeader + "Ada,2026-11-25T17:00:00Z,2026-11-25T17:00:00Z,S,3": `s.csv:2:26: to isn't after from`,
		shiftsHeader + "Ada," + day + ",S,3\nBen," + day + ",S,3\nAda,2026-11-25T16:00:00Z,2026-11-25T18:00:00Z,S,3": `s.csv:4:5: from overlaps another shift of Ada`,
		"agent,from,to,queues,cap,state\nAda," + day + ",S,3,asleep":                                                 `s.csv:2:51: state "asleep" must be available or break`,
		"agent,from,to,queues,cap,priority\nAda," + day + ",S,3,10":                                                  `s.csv:2:51: priority "10" isn't a whole number between 1 and 9`,
		"agent,from,to,queues,cap,channels\nAda," + day + ",S,3,sms;fax":                                             `s.csv:2:51: channels "fax" isn't a channel type`,
	} {
		_, err := simulate.ReadShifts("s.csv", strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestFilesMayOrderTheirColumnsAndLeaveOutWhatHasADefault(t *testing.T) {
	t.Parallel()
	shifts, err := simulate.ReadShifts("s.csv", strings.NewReader(
		"\ufeffCap, agent, queues, channels, priority, state, to, from\n,Ada,Support; Sales,sms;X,2,break,2026-11-25T10:00:00+01:00,2026-11-25T09:00:00+01:00\n"))
	require.NoError(t, err)
	require.Equal(t, []routing.Shift{{
		Agent: "Ada", Name: "Ada", From: time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC),
		Queues: map[domain.QueueID]routing.Member{"Support": {Priority: 2}, "Sales": {Priority: 2}},
		Types:  []domain.ChannelType{domain.ChannelSMS, domain.ChannelX}, Cap: domain.DefaultMaxChats, Break: true,
	}}, shifts)
}

func ground() simulate.Ground {
	queue := func(id domain.QueueID, name string) routing.HistoryQueue {
		return routing.HistoryQueue{ID: id, Name: name, Priority: 5, Policy: routing.DefaultPolicy()}
	}
	g := simulate.Ground{Settings: routing.DefaultSettings(), Queues: []routing.HistoryQueue{queue("q-1", "Support"), queue("q-2", "Sales")}}
	g.Queues[1].Policy.OfferSeconds = 20
	return g
}

func TestRulesFilesChangeWhatTheyName(t *testing.T) {
	t.Parallel()
	rules, err := simulate.ReadRules("r.json", []byte(`{
		"settings": {"caps": {"per_agent": 3}, "sticky": {"channels": {"sms": true}}},
		"queues": {"Support": {"priority": 2, "policy": {"fallback": [{"after_seconds": 60, "action": "widen", "queues": ["Sales"]}]}}}
	}`), ground())
	require.NoError(t, err)
	require.Equal(t, 3, rules.Settings.Caps.PerAgent)
	require.Equal(t, 120, rules.Settings.Sticky.WaitSeconds, "left as it was")
	require.Equal(t, map[domain.ChannelType]bool{domain.ChannelSMS: true}, rules.Settings.Sticky.Channels)
	require.Equal(t, []domain.QueueID{"q-2"}, rules.Policies["q-1"].Fallback[0].Queues, "names become ids")
	require.Equal(t, 20, rules.Policies["q-2"].OfferSeconds, "another queue is left as it was")
	require.Equal(t, map[domain.QueueID]int{"q-1": 2, "q-2": 5}, rules.Priorities)
	require.Equal(t, map[domain.ChannelType]bool{domain.ChannelWhatsApp: true}, ground().Settings.Sticky.Channels)
}

func TestBadRulesNameTheLineAndColumnOrTheField(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                        `r.json:1:1: EOF`,
		"{\n  \"settings\": {,}\n}":               `r.json:2:16: invalid character ','`,
		"{} {}":                                   `r.json:1:4: something follows the end of the JSON object`,
		"{\n \"polices\": {}}":                    `unknown field "polices"`,
		"{\"settings\": {\n\"zone\": 5}}":         `r.json:2:9: zone must be of another kind: found a number`,
		"{\"settings\": {\n\"zome\": \"\"}}":      `unknown field "zome"`,
		`{"settings": {"zone": "Atlantis"}}`:      `r.json: settings.zone: "Atlantis" isn't a time zone`,
		`{"queues": {"Moon": {}}}`:                `r.json: queues.Moon: there is no such queue`,
		`{"queues": {"Sales": {"priority": 10}}}`: `r.json: queues.Sales.priority: must be between 1 and 9`,
		`{"queues": {"Sales": {"policy": {"offer_seconds": 1, "max_waiting": -1}}}}`:                                    `max_waiting: must be between 0 and 100000 chats (0 means no limit); queues.Sales.policy.offer_seconds:`,
		`{"queues": {"Sales": {"policy": {"fallback": [{"after_seconds": 1, "action": "move", "queue": "Sales"}]}}}}`:   `queues.Sales.policy.fallback[0].queue: this is the queue itself`,
		`{"queues": {"Sales": {"policy": {"fallback": [{"after_seconds": 1, "action": "move", "queue": "Nowhere"}]}}}}`: `queues.Sales.policy.fallback[0].queue: there is no such queue`,
		"{\"queues\": {\"Sales\": {\"policy\":\n {\"offer_seconds\": \"soon\"}}}}":                                      `r.json:2:25: offer_seconds must be of another kind: found a string`,
	} {
		_, err := simulate.ReadRules("r.json", []byte(text), ground())
		require.ErrorContains(t, err, want, text)
		var where *simulate.FileError
		require.ErrorAs(t, err, &where, text)
	}
}

func TestTheTablePutsVariantsSideBySide(t *testing.T) {
	t.Parallel()
	results := bothResults(t)
	var out strings.Builder
	require.NoError(t, simulate.Print(&out, results))
	golden(t, "testdata/table.txt", out.String())
}

func TestThePlotIsAPictureWithWords(t *testing.T) {
	t.Parallel()
	results := bothResults(t)
	results[0].Name = `<default> & "co"`
	var out strings.Builder
	require.NoError(t, simulate.Plot(&out, results, time.UTC))
	golden(t, "testdata/plot.svg", out.String())
	for _, word := range []string{"&lt;default&gt; &amp;", "time of arrival (UTC), from Wed 25 Nov 2026", "wait (minutes:seconds)", "09:30", "10:00"} {
		require.Contains(t, out.String(), word)
	}
}

func bothResults(t *testing.T) []simulate.Result {
	t.Helper()
	arrivals, shifts := day(t)
	data, err := os.ReadFile("testdata/changed.json")
	require.NoError(t, err)
	g := simulate.GroundOf(arrivals, shifts)
	rules, err := simulate.ReadRules("changed.json", data, g)
	require.NoError(t, err)
	return []simulate.Result{
		simulate.Run("default", arrivals, shifts, g.Rules(), time.Minute), simulate.Run("changed", arrivals, shifts, rules, time.Minute),
	}
}
