package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Options say what to drive, how hard and for how long.
type Options struct {
	// URL is where the product is reached, PublicURL the address its webhook signatures are checked against; empty
	// means the same.
	URL       string
	PublicURL string
	// OpsURL is the product's operations listener; empty means that lag, CPU and memory are not reported.
	OpsURL string
	// Rates are messages per second, one measured step each; For is the length of a step.
	Rates []float64
	For   time.Duration
	// Customers write in turn. Each one's first message, sent at WarmupRate per second before the first step, opens
	// the chat.
	Customers  int
	WarmupRate float64
	// MaxInFlight bounds the webhook calls under way; what is due beyond it waits, and the wait counts.
	MaxInFlight int
	// Drain bounds how long after a step stragglers are waited for, on sockets and in workflows each.
	Drain time.Duration
	// AdminEmail and AdminPassword sign in the user who makes the agents.
	AdminEmail    string
	AdminPassword string
	// ChannelKey, Token and AccountSID belong to the SMS channel the customers write to.
	ChannelKey string
	Token      string
	AccountSID string
	// FloorCommand starts a floor server (see ServeFloor) as a process of its own; empty means no floor is measured.
	// With DatabaseURL set, a second floor with one transaction per message is measured on that database.
	FloorCommand []string
	DatabaseURL  string
	FloorFor     time.Duration
	// PID is the product's main process when it runs on this machine and its operations listener doesn't tell.
	PID int
	// Keep leaves the chats open and the agents enabled.
	Keep bool
	// Progress gets a progress bar, or a line now and then when it isn't a terminal. Nil means silence.
	Progress io.Writer
	// Terminal says that Progress is a terminal.
	Terminal bool

	// crewSize is how many agents are made when that doesn't follow from Customers; check is asked before they are.
	crewSize int
	check    func(context.Context, *crew) error
}

// chatsPerAgent is the largest cap a user may have.
const chatsPerAgent = 20

// spareAgents keep routing from waiting for the very last slot.
const spareAgents = 2

// mostMessages bounds a step: the driver keeps a record of each message in memory.
const mostMessages = 5_000_000

// Validate reports every mistake at once.
func (o Options) Validate() error {
	var mistakes []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			mistakes = append(mistakes, fmt.Errorf(format, args...))
		}
	}
	need(o.URL != "", "url is empty")
	need(len(o.Rates) > 0, "no rate given")
	for _, rate := range o.Rates {
		need(rate > 0 && rate <= 20_000, "rate %v must be between 0 and 20,000 messages per second", rate)
		need(rate*o.For.Seconds() <= mostMessages, "rate %v for %s are more than %d messages", rate, o.For, mostMessages)
	}
	need(o.For >= time.Second, "for %s is shorter than a second", o.For)
	need(o.Customers >= 1 && o.Customers <= mostCustomers, "customers must be between 1 and %d", mostCustomers)
	need(o.WarmupRate > 0, "warm-up rate must be above 0")
	need(o.MaxInFlight >= 1, "in flight must be at least 1")
	need(o.ChannelKey != "" && o.Token != "", "channel key and token are needed to sign webhooks")
	return errors.Join(mistakes...)
}

func (o Options) agents() int {
	if o.crewSize > 0 {
		return o.crewSize
	}
	return (o.Customers+chatsPerAgent-1)/chatsPerAgent + spareAgents
}

func (o Options) publicURL() string {
	if o.PublicURL != "" {
		return o.PublicURL
	}
	return o.URL
}
