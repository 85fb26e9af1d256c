package routing

import (
	"slices"
	"time"

	"tandem/domain"
)

// Clocks lists a chat's deadlines, the soonest first; those of the same moment keep a fixed order.
// names may be nil: then the standing's own names are used.
func Clocks(s Standing, names Names) []Clock {
	if names == nil {
		names = NameTable{Queues: s.QueueNames}
	}
	var clocks []Clock
	switch s.Phase {
	case domain.PhaseQueued:
		clocks = s.waitingClocks(names)
	case domain.PhaseActive:
		clocks = s.activeClocks()
	case domain.PhaseCustomerLeft:
		clocks = s.leftClocks(names)
	case domain.PhaseClosed:
	default:
	}
	slices.SortStableFunc(clocks, func(a, b Clock) int { return a.At.Compare(b.At) })
	return clocks
}

// after gives the moment so many seconds after t.
func after(t time.Time, seconds int) time.Time { return t.Add(time.Duration(seconds) * time.Second) }

func (s Standing) waitingClocks(names Names) []Clock {
	if !s.LeftAt.IsZero() { // it is about to be closed as abandoned
		return nil
	}
	if s.Barred != "" {
		return []Clock{{Kind: s.Barred, At: s.JoinedAt, What: s.barWords(names)}}
	}
	var clocks []Clock
	if s.Policy.TellPosition != "" && s.ChannelType != domain.ChannelWebchat && !s.Told && s.Offer == nil {
		clocks = append(clocks, Clock{Kind: ClockTellPlace, At: s.JoinedAt, What: "tells the customer their place in line"})
	}
	clocks = append(clocks, s.offerClocks()...)
	if s.StickyAgent != "" && !s.StickyUntil.IsZero() {
		what := "stops waiting for " + orElse(s.StickyName, "the customer's own agent")
		clocks = append(clocks, Clock{Kind: ClockSticky, At: s.StickyUntil, What: what})
	}
	if c, more := s.NextStep(names); more {
		clocks = append(clocks, c)
	}
	if s.Policy.MaxWaitSeconds > 0 {
		clocks = append(clocks, Clock{Kind: ClockMaxWait, At: after(s.JoinedAt, s.Policy.MaxWaitSeconds), What: "closes as timed out"})
	}
	return clocks
}

func (s Standing) activeClocks() []Clock {
	clocks := s.offerClocks()
	if !s.HeldUntil.IsZero() {
		return append(clocks, Clock{Kind: ClockHold, At: s.HeldUntil, What: "the hold ends"})
	}
	if s.RepliedAt.IsZero() && s.ReplySteps < len(s.Policy.FirstReply) {
		step := s.Policy.FirstReply[s.ReplySteps]
		clocks = append(clocks, Clock{
			Kind: ClockReply, Step: s.ReplySteps, At: after(s.AssignedAt, step.AfterSeconds), What: step.words(s.OwnerName),
		})
	}
	if !s.AnsweredAt.IsZero() && s.SilenceSteps < len(s.Policy.Silence) {
		step := s.Policy.Silence[s.SilenceSteps]
		clocks = append(clocks, Clock{
			Kind: ClockSilence, Step: s.SilenceSteps, At: after(s.AnsweredAt, step.AfterSeconds), What: step.words(),
		})
	}
	return clocks
}

func (s Standing) leftClocks(names Names) []Clock {
	clocks := s.offerClocks()
	if s.Policy.WrapUp.Seconds <= 0 {
		return clocks
	}
	what := "disposes of the chat"
	if name, known := names.Disposition(s.Policy.WrapUp.Disposition); known {
		what += " as " + name
	}
	return append(clocks, Clock{Kind: ClockWrapUp, At: after(s.LeftAt, s.Policy.WrapUp.Seconds), What: what})
}

func (s Standing) offerClocks() []Clock {
	if s.Offer == nil {
		return nil
	}
	agent := orElse(s.Offer.AgentName, "the agent")
	what := "to somebody else unless " + agent + " accepts"
	if s.Offer.From != "" {
		what = "returns to " + orElse(s.Offer.FromName, "the owner") + " unless " + agent + " accepts"
	}
	return []Clock{{Kind: ClockOffer, At: s.Offer.ExpiresAt, What: what}}
}

// NextStep gives the clock of the fallback step that a waiting chat takes next, whenever that is due; false when there is
// none left or the chat isn't waiting. names may be nil.
func (s Standing) NextStep(names Names) (Clock, bool) {
	if s.Phase != domain.PhaseQueued || s.Barred != "" || s.Steps >= len(s.Policy.Fallback) {
		return Clock{}, false
	}
	if names == nil {
		names = NameTable{Queues: s.QueueNames}
	}
	step := s.Policy.Fallback[s.Steps]
	return Clock{Kind: ClockStep, Step: s.Steps, At: after(s.JoinedAt, step.AfterSeconds), What: step.words(names)}, true
}

// StepOf gives the step that a clock of the kinds overflow, closed_hours and fallback_step takes; false for other kinds and
// for an index that the policy doesn't have.
func (s Standing) StepOf(c Clock) (Step, bool) {
	switch c.Kind {
	case ClockOverflow:
		return s.Policy.Overflow, true
	case ClockClosed:
		if s.Policy.Hours == nil {
			return Step{}, false
		}
		return s.Policy.Hours.WhenClosed(s.JoinedAt, s.Zone), true
	case ClockStep:
		if c.Step < 0 || c.Step >= len(s.Policy.Fallback) {
			return Step{}, false
		}
		return s.Policy.Fallback[c.Step], true
	default:
		return Step{}, false
	}
}

// barWords leaves open what happens on a holiday with a step of its own: to know whether it is one takes the zone's table,
// which workflow code mustn't read.
func (s Standing) barWords(names Names) string {
	if s.Barred != ClockClosed {
		return "queue full: " + s.Policy.Overflow.words(names)
	}
	h := s.Policy.Hours
	if h == nil || slices.ContainsFunc(h.Holidays, func(d Holiday) bool { return d.Closed.Action != ActionNone }) {
		return "queue closed: as its hours say"
	}
	return "queue closed: " + h.Closed.words(names)
}

// words says in a few words what a step does, for a countdown.
func (s Step) words(names Names) string {
	switch s.Action {
	case ActionWiden:
		return "to " + queueNames(names, s.Queues) + " as well"
	case ActionMove:
		return "to " + queueName(names, s.Queue)
	case ActionText:
		return "a text to the customer"
	case ActionNotify:
		return s.notifyWords(names)
	case ActionCallback:
		return "a callback is promised, the chat closes"
	case ActionClose:
		return "the chat closes"
	case ActionNone:
		return "the chat waits"
	default:
		return string(s.Action)
	}
}

func (s Step) notifyWords(names Names) string {
	told := userWords(names, s.Users)
	if s.URL != "" {
		told = append(told, "another system")
	}
	return "a notice to " + series("and", told)
}

func (s ReplyStep) words(owner string) string {
	switch s.Action {
	case ReplyRemind:
		return "reminds " + orElse(owner, "the agent")
	case ReplyNotify:
		return "tells the supervisors"
	case ReplyRequeue:
		return "back to the front of the queue"
	default:
		return string(s.Action)
	}
}

func (s SilenceStep) words() string {
	switch s.Action {
	case SilenceWarn:
		return "warns the silent customer"
	case SilenceEnd:
		return "counts the customer as gone"
	default:
		return string(s.Action)
	}
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
