package simulate

import (
	"slices"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// arrive puts a new chat in line.
func (w *world) arrive(c *chat) {
	w.result.Chats++
	c.waiting = true
	c.standing = routing.Standing{
		Phase: domain.PhaseQueued, ChannelType: c.arrival.Type, QueuedAt: w.now, Zone: w.rules.Settings.Zone,
	}
	w.join(c, c.arrival.Queue)
	c.standing.Barred = w.barred(c)
	w.line = append(w.line, c)
	w.seekOwnAgent(c)
	if c.arrival.Patience > 0 {
		w.push(event{at: w.now.Add(c.arrival.Patience), kind: leaves, do: func() {
			if c.waiting {
				w.finish(c, Abandoned)
			}
		}})
	}
	w.arm(c)
}

// join makes a chat live by a queue's rules.
func (w *world) join(c *chat, q domain.QueueID) {
	c.queues = []domain.QueueID{q}
	s := &c.standing
	s.Queue, s.QueueName, s.Policy = q, w.rules.Names[q], w.rules.Policies[q]
	s.JoinedAt, s.Steps, s.Told = w.now, 0, false
}

// barred says whether the queue is closed or full for a new chat and has something to do about it.
func (w *world) barred(c *chat) routing.ClockKind {
	p := c.standing.Policy
	if open, _, _ := p.Hours.Open(w.now, w.rules.Settings.Zone); !open && p.Hours.WhenClosed(w.now, w.rules.Settings.Zone).Action != routing.ActionNone {
		return routing.ClockClosed
	}
	if p.MaxWaiting <= 0 {
		return ""
	}
	ahead := 0
	for _, other := range w.line {
		if other.standing.Queue == c.standing.Queue {
			ahead++
		}
	}
	if ahead >= p.MaxWaiting {
		return routing.ClockOverflow
	}
	return ""
}

// seekOwnAgent makes a customer wait for their own agent, if the rules say so and the agent is there.
func (w *world) seekOwnAgent(c *chat) {
	rules := w.rules.Settings.Sticky
	own := w.ownAgent(c)
	if own == "" || !rules.For(c.arrival.Type) {
		return
	}
	c.wanted = true
	w.result.Sticky.Wanted++
	a, known := w.agents[own]
	if !known {
		return
	}
	switch routing.StickyState(*a, c.entry(w.rules), w.rules.Settings, w.rules.Policies, w.now) {
	case routing.StickyBusy:
		w.result.Sticky.Waited++
	case routing.StickyFree:
	case routing.StickyGone:
		return
	default:
		return
	}
	c.standing.StickyAgent, c.standing.StickyName = own, a.Name
	c.standing.StickyUntil = w.now.Add(time.Duration(rules.WaitSeconds) * time.Second)
}

// ownAgent gives the agent a customer had when they came: the recorded one, else the one from earlier in the replay.
func (w *world) ownAgent(c *chat) domain.UserID {
	if c.arrival.Agent != "" {
		return c.arrival.Agent
	}
	p, known := w.pairings[c.arrival.Customer]
	hours := w.rules.Settings.Sticky.ExpiresHours
	if !known || hours > 0 && c.arrival.At.After(p.keptAt.Add(time.Duration(hours)*time.Hour)) {
		return ""
	}
	return p.agent
}

// pair keeps or starts the pairing of a customer with the agent who got their chat.
func (w *world) pair(c *chat, agent domain.UserID) {
	own := w.ownAgent(c)
	if c.arrival.Customer == "" || own != agent && (own != "" || !w.rules.Settings.Sticky.OnFirstReply) {
		return
	}
	w.pairings[c.arrival.Customer] = pairing{agent: agent, keptAt: w.now}
}

// arm sets a waiting chat's soonest clock.
func (w *world) arm(c *chat) {
	c.armed++
	clocks := routing.Clocks(c.standing, nil)
	if len(clocks) == 0 || !c.waiting {
		return
	}
	armed, clock := c.armed, clocks[0]
	at := clock.At
	if at.Before(w.now) {
		at = w.now
	}
	w.push(event{at: at, kind: fires, do: func() {
		if c.armed == armed {
			w.fire(c, clock)
		}
	}})
}

// maxMoves ends the wandering of a chat between queues that move their chats to each other.
const maxMoves = 50

// fire does what a clock of a waiting chat is for.
func (w *world) fire(c *chat, clock routing.Clock) {
	s := &c.standing
	switch clock.Kind {
	case routing.ClockOverflow, routing.ClockClosed:
		step, _ := s.StepOf(clock)
		s.Barred = ""
		w.result.Steps[string(clock.Kind)]++
		w.result.Steps[string(step.Action)]++
		w.take(c, step, Outcome(clock.Kind))
	case routing.ClockStep:
		step, _ := s.StepOf(clock)
		s.Steps++
		w.result.Steps[string(step.Action)]++
		w.take(c, step, Outcome(step.Action))
	case routing.ClockMaxWait:
		w.finish(c, TimedOut)
	case routing.ClockSticky:
		s.StickyAgent, s.StickyUntil = "", time.Time{}
	case routing.ClockTellPlace:
		s.Told = true
		w.result.Steps[string(routing.ActionText)]++
	default:
	}
	if c.waiting {
		w.arm(c)
	}
}

// take does a step; a step that closes the chat gives it the outcome.
func (w *world) take(c *chat, step routing.Step, closed Outcome) {
	switch step.Action {
	case routing.ActionWiden:
		for _, q := range step.Queues {
			if !slices.Contains(c.queues, q) {
				c.queues = append(c.queues, q)
			}
		}
	case routing.ActionMove:
		w.join(c, step.Queue)
		if c.moves++; c.moves > maxMoves {
			c.standing.Policy.Fallback = nil
		}
	case routing.ActionCallback, routing.ActionClose:
		w.finish(c, closed)
	case routing.ActionText, routing.ActionNotify, routing.ActionNone:
	default:
	}
}

// finish ends a chat that no agent got.
func (w *world) finish(c *chat, o Outcome) {
	w.leaveLine(c)
	w.result.add(c.arrival.At, w.now.Sub(c.arrival.At), o)
}
