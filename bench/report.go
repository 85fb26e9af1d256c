package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Report is what a run measured. Durations in JSON are milliseconds, or seconds where the name says so.
type Report struct {
	At        time.Time `json:"at"`
	URL       string    `json:"url"`
	Customers int       `json:"customers"`
	Agents    int       `json:"agents"`
	NewChats  NewChats  `json:"new_chats"`
	Steps     []Step    `json:"steps"`
	Notes     []string  `json:"notes,omitempty"`
	Interrupt bool      `json:"interrupted,omitempty"`
	CleanedUp bool      `json:"cleaned_up"`
	Machine   Machine   `json:"machine"`
}

// Machine is where the driver ran.
type Machine struct {
	CPUs int    `json:"cpus"`
	CPU  string `json:"cpu,omitempty"`
	OS   string `json:"os"`
	Go   string `json:"go"`
}

// NewChats is what the warm-up measured: a customer's first message due → chat assigned and shown on the owner's socket.
type NewChats struct {
	Rate     float64   `json:"rate"`
	Count    int       `json:"count"`
	Assigned Quantiles `json:"to_assigned_ms"`
}

// Quantiles summarise latencies, in milliseconds from the due time.
type Quantiles struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Step is one rate's result.
type Step struct {
	Rate    float64 `json:"rate"`
	Seconds float64 `json:"for_seconds"`
	Traffic
	Workflows *Workflows `json:"workflows,omitempty"`
	Use       *Use       `json:"use,omitempty"`
	Floors    []Floor    `json:"floors,omitempty"`
}

// Traffic is what became of a step's messages.
type Traffic struct {
	Sent       int            `json:"sent"`
	Accepted   int            `json:"accepted"` // answered 2xx
	Failures   map[string]int `json:"failures,omitempty"`
	Retried    int64          `json:"retried,omitempty"` // calls repeated because the server had closed an idle connection
	Webhook    Quantiles      `json:"webhook_ms"`
	Socket     Quantiles      `json:"to_socket_ms"`
	LateStart  Quantiles      `json:"late_start_ms"` // due → call begun: the driver's own delay, part of the others
	Lost       int            `json:"lost"`          // accepted and never on a socket
	Doubled    int            `json:"doubled"`       // on a socket as two messages or by two events
	OutOfOrder int            `json:"out_of_order"`
	Repeats    int            `json:"repeats"`    // one event told twice, which clients drop by its id
	Unexpected int            `json:"unexpected"` // not accepted and on a socket all the same
	Drops      int64          `json:"socket_drops"`
}

// Workflows says how far the workflows were behind.
type Workflows struct {
	LagMaxSeconds  float64 `json:"lag_max_seconds"`
	UnsentMax      float64 `json:"unsent_max"`
	CaughtUp       bool    `json:"caught_up"`
	CaughtUpInSecs float64 `json:"caught_up_after_seconds"`
}

// Use is CPU in percent of the whole machine over the step, and memory in MiB at its end, by part.
type Use struct {
	CPUPercent map[string]float64 `json:"cpu_percent"`
	MemoryMB   map[string]float64 `json:"memory_mb"`
	MessageCPU float64            `json:"cpu_ms_per_message"` // of all the product's parts
}

// Floor is the same load on a bare server.
type Floor struct {
	Name string `json:"name"`
	Traffic
}

// Clean reports whether nothing was lost, doubled, out of order or refused.
func (r Report) Clean() bool {
	for _, s := range r.Steps {
		if s.Lost+s.Doubled+s.OutOfOrder+s.Unexpected > 0 || len(s.Failures) > 0 {
			return false
		}
	}
	return true
}

// histogramTop is the longest latency that is told apart; longer ones count as this.
const histogramTop = 10 * time.Minute

type histogram struct{ h *hdrhistogram.Histogram }

func newHistogram() histogram {
	return histogram{hdrhistogram.New(1, histogramTop.Microseconds(), 3)}
}

func (h histogram) add(nanoseconds int64) {
	us := min(max(nanoseconds/1000, 1), histogramTop.Microseconds())
	_ = h.h.RecordValue(us) // in range by the line above
}

func (h histogram) quantiles() Quantiles {
	ms := func(q float64) float64 { return float64(h.h.ValueAtQuantile(q)) / 1000 }
	if h.h.TotalCount() == 0 {
		return Quantiles{}
	}
	return Quantiles{Count: h.h.TotalCount(), P50: ms(50), P95: ms(95), P99: ms(99), Max: float64(h.h.Max()) / 1000}
}

// traffic sums up a finished load.
func (l *load) traffic(drops int64) Traffic {
	hook, socket, late := newHistogram(), newHistogram(), newHistogram()
	t := Traffic{Failures: l.failures.snapshot(), Retried: l.retried.Load(), Accepted: l.accepted(), Drops: drops}
	t.Lost, t.Unexpected = l.loss()
	t.OutOfOrder = l.ledger.misordered()
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	t.Doubled, t.Repeats = l.ledger.doubled, l.ledger.repeats
	for n, s := range l.ledger.sent {
		if s.began != 0 {
			t.Sent++
			late.add(s.began - s.due)
		}
		if s.status/100 == 2 {
			hook.add(s.answered - s.due)
		}
		if at := l.ledger.seen[n].at; at != 0 {
			socket.add(at - s.due)
		}
	}
	t.Webhook, t.Socket, t.LateStart = hook.quantiles(), socket.quantiles(), late.quantiles()
	return t
}

// Print writes the report for people.
func (r Report) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d customers, %d agents, %s (%d CPUs)\n", r.URL, r.Customers, r.Agents, r.Machine.CPU, r.Machine.CPUs)
	if r.NewChats.Count > 0 {
		fmt.Fprintf(&b, "new chats: %d at %g/s, first message due → assigned and shown: %s\n", r.NewChats.Count, r.NewChats.Rate, r.NewChats.Assigned)
	}
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "\n%g messages/s for %gs\n", s.Rate, s.Seconds)
		s.print(&b, "tandem")
		for _, f := range s.Floors {
			f.print(&b, f.Name)
			if f.Socket.P99 > 0 {
				fmt.Fprintf(&b, "  %-22s p50 ×%.1f, p99 ×%.1f of this floor\n", "", s.Socket.P50/f.Socket.P50, s.Socket.P99/f.Socket.P99)
			}
		}
		if wf := s.Workflows; wf != nil {
			fmt.Fprintf(&b, "  workflows              at most %.1f s and %.0f facts behind, caught up %s\n", wf.LagMaxSeconds, wf.UnsentMax, wf.when())
		}
		if s.Use != nil {
			fmt.Fprintf(&b, "  CPU, %% of the machine  %s; %.2f ms a message\n", list(s.Use.CPUPercent), s.Use.MessageCPU)
			fmt.Fprintf(&b, "  memory, MiB            %s\n", list(s.Use.MemoryMB))
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\nnote: %s", note)
	}
	verdict := "nothing lost, doubled, out of order or refused"
	if !r.Clean() {
		verdict = "NOT CLEAN: see the counts above"
	}
	fmt.Fprintf(&b, "\n%s\n", verdict)
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Traffic) print(b *strings.Builder, name string) {
	fmt.Fprintf(b, "  %-22s webhook answered: %s\n", name, t.Webhook)
	fmt.Fprintf(b, "  %-22s on the socket:    %s\n", "", t.Socket)
	fmt.Fprintf(b, "  %-22s driver late:      %s\n", "", t.LateStart)
	fmt.Fprintf(b, "  %-22s sent %d, accepted %d, lost %d, doubled %d, out of order %d, unexpected %d, repeats %d, socket drops %d\n",
		"", t.Sent, t.Accepted, t.Lost, t.Doubled, t.OutOfOrder, t.Unexpected, t.Repeats, t.Drops)
	for _, cause := range slices.Sorted(maps.Keys(t.Failures)) {
		fmt.Fprintf(b, "  %-22s %d × %s\n", "", t.Failures[cause], cause)
	}
}

// String gives the quantiles in one line.
func (q Quantiles) String() string {
	if q.Count == 0 {
		return "none"
	}
	return fmt.Sprintf("p50 %.2f, p95 %.2f, p99 %.2f, max %.2f ms", q.P50, q.P95, q.P99, q.Max)
}

func (w Workflows) when() string {
	if !w.CaughtUp {
		return fmt.Sprintf("NOT within %.0f s", w.CaughtUpInSecs)
	}
	return fmt.Sprintf("%.1f s after the last message", w.CaughtUpInSecs)
}

func list(values map[string]float64) string {
	words := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		words = append(words, fmt.Sprintf("%s %.1f", name, values[name]))
	}
	return strings.Join(words, ", ")
}
