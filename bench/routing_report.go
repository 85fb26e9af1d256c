package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// RoutingReport is what a run of routing measured. Durations in JSON are milliseconds, or seconds where the name says so.
type RoutingReport struct {
	At        time.Time     `json:"at"`
	URL       string        `json:"url"`
	Agents    int           `json:"agents"` // made for the run; the burst has its own number
	Steps     []RoutingStep `json:"steps"`
	Burst     *Burst        `json:"burst,omitempty"`
	Notes     []string      `json:"notes,omitempty"`
	Interrupt bool          `json:"interrupted,omitempty"`
	CleanedUp bool          `json:"cleaned_up"`
	Machine   Machine       `json:"machine"`
}

// RoutingStep is the result of one rate of new chats.
type RoutingStep struct {
	Rate    float64 `json:"rate"`
	Seconds float64 `json:"for_seconds"`
	Arrivals
	Disposals Disposals  `json:"disposals"`
	Workflows *Workflows `json:"workflows,omitempty"`
	Use       *Use       `json:"use,omitempty"`
}

// Arrivals is what became of new customers.
type Arrivals struct {
	Sent       int            `json:"sent"`
	Accepted   int            `json:"accepted"` // answered 2xx
	Assigned   int            `json:"assigned"`
	Failures   map[string]int `json:"failures,omitempty"`
	Retried    int64          `json:"retried,omitempty"` // calls repeated because the server had closed an idle connection
	Webhook    Quantiles      `json:"webhook_ms"`
	ToOwner    Quantiles      `json:"to_assigned_ms"` // due → assigned and shown on the owner's socket
	LateStart  Quantiles      `json:"late_start_ms"`  // due → call begun: the driver's own delay, part of the others
	Lost       int            `json:"lost"`           // accepted, and neither assigned nor in line
	Doubled    int            `json:"doubled"`        // a chat assigned twice, or a customer with two chats at once
	OverCap    int            `json:"over_cap"`       // assignments to an agent who had as many chats as allowed
	OutOfOrder int            `json:"out_of_order"`   // served before somebody who had surely come earlier
	Unexpected int            `json:"unexpected"`     // not accepted and assigned all the same
	Repeats    int            `json:"repeats"`        // one event told twice, which clients drop by its id
	Drops      int64          `json:"socket_drops"`
}

// Disposals is how the driver's agents ended their chats.
type Disposals struct {
	Took    Quantiles      `json:"took_ms"` // shown on the socket → disposal answered
	Refused map[string]int `json:"refused,omitempty"`
	Left    int            `json:"left"` // not disposed after several tries
}

// Burst is what became of many customers who came at once.
type Burst struct {
	Customers int `json:"customers"`
	Agents    int `json:"agents"`
	Cap       int `json:"cap"`
	Arrivals
	WantAssigned   int     `json:"want_assigned"`
	Waiting        int     `json:"waiting"`
	WantWaiting    int     `json:"want_waiting"`
	MostPerAgent   int     `json:"most_per_agent"`
	LineOutOfOrder int     `json:"line_out_of_order"` // listed behind somebody who queued later
	SettledSeconds float64 `json:"settled_seconds"`   // start → the last of those with a slot shown to their agent
	// Workflows is how long after that every workflow had been told and the product was at rest, which is waited for before
	// anything is disposed.
	Workflows *Workflows `json:"workflows,omitempty"`

	Served    int       `json:"served"` // disposals that served the next customer
	ToNext    Quantiles `json:"dispose_to_next_ms"`
	Disposed  Quantiles `json:"dispose_answered_ms"`
	NotOldest int       `json:"not_oldest"` // disposals that served somebody else than the oldest in line
	NotServed int       `json:"not_served"` // disposals that served nobody
}

// Clean reports whether routing kept its promises: nobody lost, doubled or overtaken, no agent over their cap, the burst
// served and queued as its slots allow, the oldest served by each disposal. How fast it was is for the reader to judge.
func (r RoutingReport) Clean() bool {
	for _, s := range r.Steps {
		if !s.clean() || s.Disposals.Left > 0 {
			return false
		}
	}
	return r.Burst == nil || r.Burst.clean()
}

func (a Arrivals) clean() bool {
	return a.Lost+a.Doubled+a.OverCap+a.OutOfOrder+a.Unexpected == 0 && len(a.Failures) == 0
}

func (b Burst) clean() bool {
	return b.Arrivals.clean() && b.Assigned == b.WantAssigned && b.Waiting == b.WantWaiting && b.MostPerAgent <= b.Cap &&
		b.LineOutOfOrder+b.NotOldest+b.NotServed == 0
}

// Print writes the report for people.
func (r RoutingReport) Print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d agents, %s (%d CPUs)\n", r.URL, r.Agents, r.Machine.CPU, r.Machine.CPUs)
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "\n%g new chats/s for %gs, each disposed at once\n", s.Rate, s.Seconds)
		s.print(&b)
		fmt.Fprintf(&b, "  disposed:             %s; %d left\n", s.Disposals.Took, s.Disposals.Left)
		printCauses(&b, s.Disposals.Refused)
		if wf := s.Workflows; wf != nil {
			fmt.Fprintf(&b, "  workflows             at most %.1f s and %.0f facts behind, caught up %s\n", wf.LagMaxSeconds, wf.UnsentMax, wf.when())
		}
		if s.Use != nil {
			fmt.Fprintf(&b, "  CPU, %% of the machine %s; %.2f ms a chat\n", list(s.Use.CPUPercent), s.Use.MessageCPU)
			fmt.Fprintf(&b, "  memory, MiB           %s\n", list(s.Use.MemoryMB))
		}
	}
	if r.Burst != nil {
		r.Burst.print(&b)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "\nnote: %s", note)
	}
	verdict := "nobody lost, doubled or overtaken, no agent over their cap"
	if !r.Clean() {
		verdict = "NOT CLEAN: see the counts above"
	}
	fmt.Fprintf(&b, "\n%s\n", verdict)
	_, err := io.WriteString(w, b.String())
	return err
}

func (a Arrivals) print(b *strings.Builder) {
	fmt.Fprintf(b, "  webhook answered:     %s\n", a.Webhook)
	fmt.Fprintf(b, "  assigned and shown:   %s\n", a.ToOwner)
	fmt.Fprintf(b, "  driver late:          %s\n", a.LateStart)
	fmt.Fprintf(b, "  sent %d, accepted %d, assigned %d, lost %d, doubled %d, over cap %d, out of order %d, unexpected %d, repeats %d, socket drops %d\n",
		a.Sent, a.Accepted, a.Assigned, a.Lost, a.Doubled, a.OverCap, a.OutOfOrder, a.Unexpected, a.Repeats, a.Drops)
	printCauses(b, a.Failures)
}

func (b Burst) print(out *strings.Builder) {
	fmt.Fprintf(out, "\n%d customers at once for %d agents with %d chats each\n", b.Customers, b.Agents, b.Cap)
	b.Arrivals.print(out)
	fmt.Fprintf(out, "  assigned %d of %d after %.2f s, waiting %d of %d, at most %d per agent, %d out of order in line\n",
		b.Assigned, b.WantAssigned, b.SettledSeconds, b.Waiting, b.WantWaiting, b.MostPerAgent, b.LineOutOfOrder)
	if b.Workflows != nil {
		fmt.Fprintf(out, "  product at rest       %s\n", b.Workflows.when())
	}
	if b.Served+b.NotServed == 0 {
		return
	}
	aim := fmt.Sprintf("within the aim of %d ms", ServedAim.Milliseconds())
	if b.ToNext.Max > float64(ServedAim.Milliseconds()) {
		aim = fmt.Sprintf("the aim is %d ms", ServedAim.Milliseconds())
	}
	fmt.Fprintf(out, "  disposing one at a time, %d times: %d served, %d of them not the oldest, %d served nobody\n",
		b.Served+b.NotServed, b.Served, b.NotOldest, b.NotServed)
	fmt.Fprintf(out, "  dispose → next shown: %s (%s)\n", b.ToNext, aim)
	fmt.Fprintf(out, "  dispose answered:     %s\n", b.Disposed)
}

func printCauses(b *strings.Builder, causes map[string]int) {
	for _, cause := range slices.Sorted(maps.Keys(causes)) {
		fmt.Fprintf(b, "  %d × %s\n", causes[cause], cause)
	}
}
