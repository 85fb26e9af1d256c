package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tandem/domain"
)

// Agent is a user as routing sees them at one moment.
type Agent struct {
	ID           domain.UserID
	Name         string
	Status       domain.Availability
	StatusReason string
	StatusSince  time.Time
	// NextStatus is what is booked for when the agent's chats are done; empty when nothing is.
	NextStatus domain.Availability
	// Present: one of the agent's screens is connected, or was a moment ago (within the grace period).
	Present  bool
	Disabled bool
	// TakesChats: the agent's role may be given chats.
	TakesChats bool
	// Max is the agent's own cap.
	Max   int
	Slots Slots
	// Queues are those the agent is a member of.
	Queues map[domain.QueueID]Member
	// Types are the channel types the agent takes chats of; empty means all.
	Types []domain.ChannelType
	// IdleSince is when the agent last got or gave back a chat or became available.
	IdleSince time.Time
	// WrapUp: one of the agent's chats is in a wrap-up that wants them for itself.
	WrapUp bool
}

// Slots are the chats an agent has: open assignments that aren't held (and, by setting, those whose customer hasn't left) and
// open offers.
type Slots struct {
	Total      int
	PerChannel map[domain.ChannelType]int
}

// Member is an agent's place in a queue.
type Member struct {
	Priority int       // 1 is served first; 0 counts as DefaultMemberPriority
	ServedAt time.Time // when the agent last got a chat of the queue; zero when never
}

// DefaultMemberPriority is the priority of a member for whom none was set.
const DefaultMemberPriority = 5

// StickyAgentState is how a customer's own agent stands when the customer wants them.
type StickyAgentState string

// The states of a sticky agent. A customer waits for a busy agent, never for one who is gone.
const (
	StickyFree StickyAgentState = "free" // gets the chat now
	StickyBusy StickyAgentState = "busy" // there, but not now: full, in wrap-up, on a short break
	StickyGone StickyAgentState = "gone" // offline, disabled, on a long break, no longer serving such chats
)

// StickyState says whether the customer of an entry finds the agent free, should wait for them, or shouldn't. It looks at the
// entry's queues and channel type only, not at its place in line.
func StickyState(a Agent, e Entry, s Settings, policies map[domain.QueueID]Policy, now time.Time) StickyAgentState {
	switch a.obstacle(&e, s, policies) {
	case none:
		return StickyFree
	case full, wrapUp:
		return StickyBusy
	case leaving:
		if a.NextStatus == domain.Offline {
			return StickyGone
		}
		return StickyBusy
	case onBreak:
		// A leave of absence is a break without end in sight: only one that is still short is waited out.
		if now.Before(after(a.StatusSince, s.Sticky.BreakSeconds)) && a.via(&e, policies) != "" {
			return StickyBusy
		}
		return StickyGone
	default:
		return StickyGone
	}
}

// Cap gives the most chats of all channels the agent may have, the strictest of their own cap and the account's, and which of
// the two it is: "own cap" or "account cap".
func (a Agent) Cap(s Settings) (most int, which string) {
	if s.Caps.PerAgent > 0 && s.Caps.PerAgent < a.Max {
		return s.Caps.PerAgent, accountCap
	}
	return a.Max, ownCap
}

const (
	ownCap     = "own cap"
	accountCap = "account cap"
)

// Full names the caps that keep the agent from more chats, for screens: "own cap", "account cap", or the channels that are
// full while others aren't, as in "sms cap, x cap"; empty when none is reached.
func (a Agent) Full(s Settings) string {
	if most, which := a.Cap(s); a.Slots.Total >= most {
		return which
	}
	var reached []string
	for t, most := range s.Caps.PerChannel {
		if most > 0 && a.Slots.PerChannel[t] >= most {
			reached = append(reached, string(t)+" cap")
		}
	}
	slices.Sort(reached)
	return strings.Join(reached, ", ")
}

// hasRoom reports whether another chat of a type fits under every cap.
func (a *Agent) hasRoom(t domain.ChannelType, s Settings) bool {
	most, _ := a.Cap(s)
	if a.Slots.Total >= most {
		return false
	}
	most = s.Caps.PerChannel[t]
	return most <= 0 || a.Slots.PerChannel[t] < most
}

// accepts reports whether the agent could be given a chat of some queue and type at all right now.
func (a *Agent) accepts(s Settings) bool {
	most, _ := a.Cap(s)
	return a.TakesChats && !a.Disabled && a.Status == domain.Available && a.Present && a.NextStatus == "" && !a.WrapUp &&
		a.Slots.Total < most
}

// obstacle is what keeps an agent from a chat.
type obstacle int

const (
	none obstacle = iota
	disabled
	wrongRole
	notMember
	wrongType
	offline
	onBreak
	absent
	leaving
	wrapUp
	full
)

// obstacle finds the first thing that keeps the agent from an entry's chat; who is for whom first, what will pass later.
func (a *Agent) obstacle(e *Entry, s Settings, policies map[domain.QueueID]Policy) obstacle {
	switch {
	case a.Disabled:
		return disabled
	case !a.TakesChats:
		return wrongRole
	case a.Status == domain.OnBreak:
		return onBreak
	case a.Status != domain.Available: // an allow-list: a state nobody thought of takes no chats
		return offline
	case !a.Present:
		return absent
	case a.through(e, nil) == "":
		return notMember
	case a.via(e, policies) == "":
		return wrongType
	case a.NextStatus != "":
		return leaving
	case a.WrapUp:
		return wrapUp
	case !a.hasRoom(e.Type, s):
		return full
	}
	return none
}

// through gives the queue through which the agent may get an entry's chat, its own queue before others; empty when none.
// allowed narrows the queues; nil allows all.
func (a *Agent) through(e *Entry, allowed func(domain.QueueID) bool) domain.QueueID {
	right := func(q domain.QueueID) bool {
		_, member := a.Queues[q]
		return member && (allowed == nil || allowed(q))
	}
	if e.opensTo(e.Queue) && right(e.Queue) {
		return e.Queue
	}
	if i := slices.IndexFunc(e.Queues, right); i >= 0 {
		return e.Queues[i]
	}
	return ""
}

// via gives the queue through which the agent serves an entry: a member, and agent and queue take the channel type.
func (a *Agent) via(e *Entry, policies map[domain.QueueID]Policy) domain.QueueID {
	if len(a.Types) > 0 && !slices.Contains(a.Types, e.Type) {
		return ""
	}
	return a.through(e, func(q domain.QueueID) bool { return policies[q].Serves(e.Type) })
}

// Serves reports whether the queue serves a channel type.
func (p Policy) Serves(t domain.ChannelType) bool {
	return len(p.Channels) == 0 || slices.Contains(p.Channels, t)
}

// words says an obstacle in words for people.
func (o obstacle) words(a *Agent, e *Entry, s Settings) string {
	switch o {
	case none:
		return "free"
	case disabled:
		return "disabled"
	case wrongRole:
		return "has a role that takes no chats"
	case notMember:
		return "not a member of " + e.queueWords()
	case wrongType:
		return a.typeWords(e)
	case offline:
		return sinceWords("offline", a, s)
	case onBreak:
		return sinceWords("on a break", a, s)
	case absent:
		return "not connected"
	case leaving:
		if a.NextStatus == domain.OnBreak {
			return "goes on a break after the current chats"
		}
		return "goes offline after the current chats"
	case wrapUp:
		return "in wrap-up"
	case full:
		return a.fullWords(e.Type, s)
	default:
		return "not free"
	}
}

func (a *Agent) typeWords(e *Entry) string {
	if len(a.Types) > 0 && !slices.Contains(a.Types, e.Type) {
		return fmt.Sprintf("takes no %s chats", e.Type)
	}
	return fmt.Sprintf("the queue serves no %s chats", e.Type)
}

func (a *Agent) fullWords(t domain.ChannelType, s Settings) string {
	if most, which := a.Cap(s); a.Slots.Total >= most {
		return fmt.Sprintf("holds %d of %d chats (%s)", a.Slots.Total, most, which)
	}
	return fmt.Sprintf("%s cap of %d reached", t, s.Caps.PerChannel[t])
}

func sinceWords(state string, a *Agent, s Settings) string {
	if !a.StatusSince.IsZero() {
		state += " since " + a.StatusSince.In(ZoneOf(s.Zone)).Format("15:04")
	}
	if a.StatusReason != "" {
		state += " (" + a.StatusReason + ")"
	}
	return state
}
