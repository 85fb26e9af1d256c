package simulate

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// barWidth is the length of a bar that stands for the whole.
const barWidth = 12

// line is one figure over all variants.
type line struct {
	label string
	cells []string
}

// Print writes results side by side, one column each, with bars.
func Print(w io.Writer, results []Result) error {
	lines := []line{{label: ""}}
	for _, r := range results {
		lines[0].cells = append(lines[0].cells, r.Name)
	}
	add := func(label string, cell func(Result) string) {
		l := line{label: label}
		for _, r := range results {
			l.cells = append(l.cells, cell(r))
		}
		lines = append(lines, l)
	}
	share := func(n func(Result) int) func(Result) string {
		return func(r Result) string { return shareCell(n(r), r.Chats) }
	}
	add("chats", func(r Result) string { return fmt.Sprint(r.Chats) })
	add("answered", share(func(r Result) int { return r.Answered }))
	add("abandoned by the customer", share(func(r Result) int { return r.Abandoned }))
	add("timed out", share(func(r Result) int { return r.TimedOut }))
	for _, rule := range keys(results, func(r Result) map[string]int { return r.EndedByRule }) {
		add("ended by "+ruleWord(rule), share(func(r Result) int { return r.EndedByRule[rule] }))
	}
	add("still waiting at the end", share(func(r Result) int { return r.Waiting }))
	longest := 0.0
	for _, r := range results {
		longest = max(longest, r.Wait.Max)
	}
	wait := func(seconds func(Spread) float64) func(Result) string {
		return func(r Result) string { return waitCell(seconds(r.Wait), longest, r.Answered) }
	}
	add("wait, half of them within", wait(func(s Spread) float64 { return s.P50 }))
	add("wait, nine of ten within", wait(func(s Spread) float64 { return s.P90 }))
	add("longest wait", wait(func(s Spread) float64 { return s.Max }))
	if len(results) > 0 {
		add(fmt.Sprintf("answered within %d s", results[0].Within), func(r Result) string {
			return fmt.Sprintf("%3.0f %% %s", math.Floor(r.ServiceLevel*100), bar(r.ServiceLevel))
		})
	}
	add("have an own agent", func(r Result) string { return fmt.Sprint(r.Sticky.Wanted) })
	add("  waited for them", func(r Result) string { return shareCell(r.Sticky.Waited, r.Sticky.Wanted) })
	add("  met them", func(r Result) string { return shareCell(r.Sticky.Hits, r.Sticky.Wanted) })
	for _, step := range keys(results, func(r Result) map[string]int { return r.Steps }) {
		add("steps: "+ruleWord(step), func(r Result) string { return fmt.Sprint(r.Steps[step]) })
	}
	return printLines(w, lines)
}

func printLines(w io.Writer, lines []line) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		// Cells may end in spaces of an empty bar; trailing ones would only make copies of the table differ.
		row := strings.TrimRight(l.label+"\t"+strings.Join(l.cells, "\t"), " ")
		if _, err := fmt.Fprintln(table, row); err != nil {
			return fmt.Errorf("printing the comparison: %w", err)
		}
	}
	return table.Flush()
}

func keys(results []Result, of func(Result) map[string]int) []string {
	all := map[string]bool{}
	for _, r := range results {
		for k := range of(r) {
			all[k] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func ruleWord(key string) string {
	switch key {
	case "closed_hours":
		return "closed hours"
	case "overflow":
		return "a full queue"
	default:
		return key
	}
}

func shareCell(n, of int) string {
	if of == 0 {
		return fmt.Sprint(n)
	}
	share := float64(n) / float64(of)
	return fmt.Sprintf("%d  %3.0f %% %s", n, share*100, bar(share))
}

func waitCell(seconds, longest float64, answered int) string {
	if answered == 0 {
		return "–"
	}
	if longest == 0 {
		return clockWords(seconds)
	}
	return clockWords(seconds) + " " + bar(seconds/longest)
}

// bar draws a share of the whole; anything above nothing shows.
func bar(share float64) string {
	n := int(math.Round(share * barWidth))
	if n == 0 && share > 0 {
		return "▏"
	}
	return strings.Repeat("█", min(n, barWidth))
}

// clockWords says a wait as 0:42, 12:05 or 1:02:03.
func clockWords(seconds float64) string {
	d := time.Duration(math.Round(seconds)) * time.Second
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, s)
	}
	return fmt.Sprintf("%d:%02d", m, s)
}
