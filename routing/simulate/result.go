package simulate

import (
	"math"
	"slices"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// Outcome is what became of an arrival.
type Outcome string

// The outcomes. What a rule's step ended has the step's name: overflow, closed_hours, callback, close.
const (
	Answered  Outcome = "answered"
	Abandoned Outcome = "abandoned" // the customer's patience ended
	TimedOut  Outcome = "timed_out" // the queue's longest wait ended
	Waiting   Outcome = "waiting"   // still in line when nothing more came
)

// DefaultWithin is the wait that counts as good service when none is given.
const DefaultWithin = time.Minute

// Point is one arrival in a plot.
type Point struct {
	At      time.Time
	Wait    time.Duration
	Outcome Outcome
}

// Result is how one variant went.
type Result struct {
	Name      string `json:"name"`
	Chats     int    `json:"chats"`
	Answered  int    `json:"answered"`
	Abandoned int    `json:"abandoned"`
	TimedOut  int    `json:"timed_out"`
	// EndedByRule counts the chats that a step closed, by overflow, closed_hours, callback or close.
	EndedByRule map[string]int `json:"ended_by_rule"`
	Waiting     int            `json:"waiting"`
	Wait        Spread         `json:"wait"`
	Within      int            `json:"within_seconds"`
	// ServiceLevel is the share of all chats that were answered within that time, 0 to 1.
	ServiceLevel float64 `json:"service_level"`
	Sticky       Sticky  `json:"sticky"`
	// Steps counts what rules did: by the action of each step, and full (overflow) and closed (closed_hours) queues. Telling the
	// place in line is a text.
	Steps map[string]int `json:"steps"`
	// Points are in the order in which the chats' waits ended.
	Points []Point `json:"-"`

	waits  []time.Duration
	prompt int
}

// Spread are waits of the answered, in seconds: half of them waited no longer than P50, nine of ten no longer than P90.
type Spread struct {
	P50 float64 `json:"p50_seconds"`
	P90 float64 `json:"p90_seconds"`
	Max float64 `json:"max_seconds"`
}

// Sticky says how often customers met their own agent.
type Sticky struct {
	Wanted int `json:"wanted"` // had an own agent, and the rules want them to meet
	Hits   int `json:"hits"`   // met them
	Waited int `json:"waited"` // found them busy and waited in line for them
}

func newResult(name string, within time.Duration) Result {
	return Result{Name: name, Within: int(within / time.Second), EndedByRule: map[string]int{}, Steps: map[string]int{}}
}

// add counts the end of a chat's wait.
func (r *Result) add(at time.Time, wait time.Duration, o Outcome) {
	r.Points = append(r.Points, Point{At: at, Wait: wait, Outcome: o})
	switch o {
	case Answered:
		r.Answered++
		r.waits = append(r.waits, wait)
		if wait <= time.Duration(r.Within)*time.Second {
			r.prompt++
		}
	case Abandoned:
		r.Abandoned++
	case TimedOut:
		r.TimedOut++
	case Waiting:
		r.Waiting++
	default:
		r.EndedByRule[string(o)]++
	}
}

func (r *Result) finish() {
	slices.Sort(r.waits)
	r.Wait = Spread{P50: rank(r.waits, 0.5), P90: rank(r.waits, 0.9), Max: rank(r.waits, 1)}
	if r.Chats > 0 {
		r.ServiceLevel = float64(r.prompt) / float64(r.Chats)
	}
}

// rank gives the smallest wait that a share of the sorted waits doesn't exceed, in seconds.
func rank(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	n := int(math.Ceil(share * float64(len(sorted))))
	return sorted[max(n, 1)-1].Seconds()
}

// Recorded sums up what happened in a recorded period, in the terms of a replay.
func Recorded(name string, h routing.History, within time.Duration) Result {
	r := newResult(name, within)
	for _, c := range h.Chats {
		r.Chats++
		for _, kind := range c.Steps {
			if step, counts := stepOfStory[kind]; counts {
				r.Steps[step]++
			}
			if kind == domain.StoryStickyWait {
				r.Sticky.Waited++
			}
		}
		if c.Agent != "" && h.Settings.Sticky.For(c.Type) {
			r.Sticky.Wanted++
		}
		if c.StickyHit {
			r.Sticky.Hits++
		}
		r.countEnd(c)
		r.addRecorded(c, h.Until)
	}
	r.finish()
	return r
}

// stepOfStory tells which decisions of a story are steps of a rule, and the name a replay counts them by.
var stepOfStory = map[domain.StoryKind]string{
	domain.StoryOverflow: string(routing.ClockOverflow), domain.StoryClosedHours: string(routing.ClockClosed),
	domain.StoryWidened: string(routing.ActionWiden), domain.StoryMoved: string(routing.ActionMove),
	domain.StoryTold: string(routing.ActionText), domain.StoryNotified: string(routing.ActionNotify),
	domain.StoryCallback: string(routing.ActionCallback),
}

func (r *Result) addRecorded(c routing.Happened, end time.Time) {
	switch {
	case !c.AnsweredAt.IsZero():
		r.add(c.At, c.AnsweredAt.Sub(c.At), Answered)
	case c.EndedAt.IsZero():
		r.add(c.At, end.Sub(c.At), Waiting)
	default:
		r.add(c.At, c.EndedAt.Sub(c.At), recordedOutcome(c))
	}
}

// countEnd counts the steps that only the outcome tells: every chat's story ends with its closing, whoever closed it, and one that
// found its queue full or closed tells what was done, not why.
func (r *Result) countEnd(c routing.Happened) {
	switch c.Outcome {
	case domain.OutcomeOverflow:
		r.Steps[string(routing.ClockOverflow)]++
		r.Steps[string(routing.ActionClose)]++
	case domain.OutcomeOffline:
		r.Steps[string(routing.ClockClosed)]++
		r.Steps[string(routing.ActionClose)]++
	case domain.OutcomeTimedOut:
		if closedByStep(c) {
			r.Steps[string(routing.ActionClose)]++
		}
	default:
	}
}

// closedByStep reports whether a fallback step closed a chat that the ledger calls timed out; the longest wait has its own line in
// the story.
func closedByStep(c routing.Happened) bool { return !slices.Contains(c.Steps, domain.StoryTimedOut) }

// recordedOutcome speaks of what ended a wait in a replay's words.
func recordedOutcome(c routing.Happened) Outcome {
	switch c.Outcome {
	case domain.OutcomeTimedOut:
		if closedByStep(c) {
			return Outcome(routing.ActionClose)
		}
		return TimedOut
	case domain.OutcomeOverflow:
		return Outcome(routing.ClockOverflow)
	case domain.OutcomeOffline:
		return Outcome(routing.ClockClosed)
	case domain.OutcomeCallback:
		return Outcome(routing.ActionCallback)
	case domain.OutcomeAbandoned:
		return Abandoned
	default:
		return Outcome(c.Outcome)
	}
}
