package bench

import (
	"errors"
	"fmt"
	"time"
)

// RoutingOptions say how to measure routing. Target's fields about customers and rates are not read.
type RoutingOptions struct {
	// Target says what to drive and who does it.
	Target Options
	// Rates are new chats per second, one measured step each of length Target.For. Empty leaves the steps out.
	Rates []float64
	// Burst customers arrive at once for Agents agents with Cap chats each. 0 leaves the burst out.
	Burst  int
	Agents int
	Cap    int
	// Served is how many chats are then disposed, one at a time, to see the oldest in line served.
	Served int
}

const (
	// mostRateAgents bounds the agents of the steps: each has a socket that is told of every change of the queue.
	mostRateAgents = 150
	// burstCallers is how many customers of a burst call at the same time; the others follow at once.
	burstCallers = 50
	// ServedAim is the aim for the time from a disposal to the next customer on the agent's screen.
	ServedAim = 200 * time.Millisecond
)

// Validate reports every mistake at once.
func (o RoutingOptions) Validate() error {
	var mistakes []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			mistakes = append(mistakes, fmt.Errorf(format, args...))
		}
	}
	need(len(o.Rates) > 0 || o.Burst > 0, "neither a rate nor a burst is given")
	for _, rate := range o.Rates {
		most := float64(mostCustomers)
		need(rate > 0, "rate %v must be above 0", rate)
		need(rate*o.Target.For.Seconds() <= most, "rate %v for %s are more new chats than the %d customers there are", rate, o.Target.For, mostCustomers)
	}
	need(o.Burst >= 0 && o.Burst <= mostCustomers, "burst must be between 0 and %d", mostCustomers)
	need(o.Agents >= 1 && o.Agents <= 500, "agents must be between 1 and 500")
	need(o.Cap >= 1 && o.Cap <= chatsPerAgent, "cap must be between 1 and %d", chatsPerAgent)
	need(o.Served >= 0, "served must not be negative")
	return errors.Join(append(mistakes, o.target().Validate())...)
}

// target gives the options of the shared parts of a run.
func (o RoutingOptions) target() Options {
	t := o.Target
	t.Customers, t.WarmupRate, t.crewSize = mostCustomers, 1, o.crewSize()
	if t.Rates = o.Rates; len(t.Rates) == 0 {
		t.Rates = []float64{1}
	}
	return t
}

// crewSize is enough agents for the burst, and so many that the chats of a step have slots even if no disposal ends.
func (o RoutingOptions) crewSize() int {
	size := 0
	if o.Burst > 0 {
		size = o.Agents
	}
	for _, rate := range o.Rates {
		chats := int(rate * o.Target.For.Seconds())
		size = max(size, min((chats+chatsPerAgent-1)/chatsPerAgent+spareAgents, mostRateAgents))
	}
	return size
}

// slots is how many customers of the burst are served at once.
func (o RoutingOptions) slots() int { return min(o.Burst, o.Agents*o.Cap) }
