package routing

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"tandem/domain"
)

// Considered is one agent a decision looked at, and why they got the chat or were passed over.
type Considered = domain.Considered

// maxNamed bounds the agents that a decision names; the others are counted.
const maxNamed = 10

// Decision gives one waiting chat to one agent.
type Decision struct {
	Entry int // index in the line
	Agent domain.UserID
	Name  string
	// Via is the queue through which the agent serves the chat: its own, or one it was widened to.
	Via domain.QueueID
	// Offer: the agent is asked first.
	Offer bool
	// Sticky: the agent is the customer's own.
	Sticky bool
	// IdleSince is the agent's from here on. Each decision gets a later one, so that chats handed out in the same moment go round.
	IdleSince time.Time
	// Why explains the choice in one sentence.
	Why string
	// Considered are the agents looked at, the chosen one first; at most ten are named, More counts the others.
	Considered []Considered
	More       int
}

// Verdict says whether an agent may get an entry's chat now, and if not, why, in words that follow the agent's name.
func Verdict(a Agent, e Entry, s Settings, policies map[domain.QueueID]Policy, now time.Time) (free bool, why string) {
	if e.Barred != "" {
		return false, e.barredWords()
	}
	if o := a.obstacle(&e, s, policies); o != none {
		return false, o.words(&a, &e, s)
	}
	if own := e.reserved(now); own != "" && own != a.ID {
		return false, "free, but the chat waits for " + orElse(e.StickyName, "the customer's own agent") + " until " +
			e.StickyUntil.In(ZoneOf(s.Zone)).Format("15:04:05")
	}
	return true, "free"
}

func (e *Entry) barredWords() string {
	if e.Barred == ClockClosed {
		return "the queue is closed"
	}
	return "the queue is full"
}

// Consider lists what keeps each agent from a chat that nobody gets now, for its story: members of its queues first. At most
// ten are named, more counts the others.
func Consider(e Entry, agents []Agent, s Settings, policies map[domain.QueueID]Policy, now time.Time) (named []Considered, more int) {
	m := matcher{settings: s, policies: policies, now: now, agents: agents}
	return m.considered(&e, -1)
}

// Match hands out what can be handed out: the line in its order, each chat to the best of the agents who may take it. The best
// is who hasn't let it pass, then who has the highest priority in the queue, then who comes first by the strategy of the chat's
// own queue. The line and the agents are left as they are; equal input gives equal output. It takes time in proportion to
// line × agents at worst, and ends as soon as nobody has room.
func Match(line []Entry, agents []Agent, policies map[domain.QueueID]Policy, s Settings, now time.Time) []Decision {
	m := matcher{settings: s, policies: policies, now: now, latest: now, agents: slices.Clone(agents)}
	byID := func(a, b Agent) int { return cmp.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(m.agents, byID) {
		slices.SortFunc(m.agents, byID)
	}
	for i := range m.agents {
		a := &m.agents[i]
		m.latest = later(m.latest, a.IdleSince)
		if a.accepts(s) {
			m.open = append(m.open, i)
		}
	}
	order := make([]int, len(line))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return line[a].compare(line[b]) })
	var decisions []Decision
	for _, i := range order {
		if len(m.open) == 0 {
			break
		}
		if d, found := m.decide(&line[i]); found {
			d.Entry = i
			decisions = append(decisions, d)
		}
	}
	return decisions
}

// matcher is the state of one round of handing out.
type matcher struct {
	settings Settings
	policies map[domain.QueueID]Policy
	now      time.Time
	latest   time.Time // the latest IdleSince given out
	agents   []Agent
	open     []int // agents who accept chats at all; shrinks as they fill
}

// candidate is an agent who may take a chat, with what decides among several.
type candidate struct {
	at       int // index in agents
	via      domain.QueueID
	passed   int
	priority int
}

func (m *matcher) decide(e *Entry) (Decision, bool) {
	if e.Barred != "" {
		return Decision{}, false
	}
	own := e.reserved(m.now)
	var best candidate
	free, level := 0, true // level: the free agents differ neither in priority nor in having passed
	for _, i := range m.open {
		a := &m.agents[i]
		if own != "" && own != a.ID || a.obstacle(e, m.settings, m.policies) != none {
			continue
		}
		c := candidate{at: i, via: a.via(e, m.policies), passed: e.passed(a.ID)}
		c.priority = cmp.Or(a.Queues[c.via].Priority, DefaultMemberPriority)
		if free++; free > 1 && (c.priority != best.priority || c.passed != best.passed) {
			level = false
		}
		if free == 1 || m.better(e, c, best) {
			best = c
		}
	}
	if free == 0 {
		return Decision{}, false
	}
	d := m.give(e, best)
	d.Why = m.why(e, best, d, free, level)
	return d, true
}

// better reports whether c comes before the best so far. Agents are looked at in the order of their ids, so that a tie keeps
// the smaller one.
func (m *matcher) better(e *Entry, c, best candidate) bool {
	a, b := &m.agents[c.at], &m.agents[best.at]
	if own := e.StickyAgent; own != "" && c.passed == 0 && best.passed == 0 && (a.ID == own) != (b.ID == own) {
		return a.ID == own
	}
	order := cmp.Or(cmp.Compare(c.passed, best.passed), cmp.Compare(c.priority, best.priority))
	if order == 0 {
		switch m.policies[e.Queue].Strategy {
		case LeastBusy:
			order = cmp.Compare(a.Slots.Total, b.Slots.Total)
		case RoundRobin:
			order = a.Queues[c.via].ServedAt.Compare(b.Queues[best.via].ServedAt)
		case LongestIdle:
		default:
		}
	}
	return cmp.Or(order, a.IdleSince.Compare(b.IdleSince)) < 0
}

// give records a decision and what it changes for the next ones.
func (m *matcher) give(e *Entry, c candidate) Decision {
	a := &m.agents[c.at]
	considered, more := m.considered(e, c.at)
	// The caller's maps stay as they are.
	a.Slots.PerChannel, a.Queues = maps.Clone(a.Slots.PerChannel), maps.Clone(a.Queues)
	if a.Slots.PerChannel == nil {
		a.Slots.PerChannel = map[domain.ChannelType]int{}
	}
	a.Slots.Total++
	a.Slots.PerChannel[e.Type]++
	m.latest = m.latest.Add(time.Microsecond)
	a.IdleSince = m.latest
	member := a.Queues[c.via]
	member.ServedAt = m.latest
	a.Queues[c.via] = member
	if !a.accepts(m.settings) {
		m.open = slices.DeleteFunc(m.open, func(i int) bool { return i == c.at })
	}
	return Decision{
		Agent: a.ID, Name: a.Name, Via: c.via, Sticky: e.StickyAgent == a.ID && c.passed == 0,
		Offer: m.policies[e.Queue].OfferSeconds > 0, IdleSince: a.IdleSince, Considered: considered, More: more,
	}
}

func (m *matcher) why(e *Entry, c candidate, d Decision, free int, level bool) string {
	a := &m.agents[c.at]
	most, _ := a.Cap(m.settings)
	load := fmt.Sprintf("holds %d of %d chats.", a.Slots.Total, most)
	queue := orElse(e.QueueName, "the queue")
	switch {
	case d.Sticky:
		return fmt.Sprintf("%s is the customer's own agent, was free, and now %s", a.Name, load)
	case free == 1 && c.passed > 0:
		return fmt.Sprintf("%s had let the chat pass, but nobody else was free for %s, and now %s", a.Name, queue, load)
	case free == 1:
		return fmt.Sprintf("%s was the only free agent for %s and now %s", a.Name, queue, load)
	case c.passed > 0:
		return fmt.Sprintf("%s had let the chat pass, but so had all %d free agents for %s, and now %s", a.Name, free, queue, load)
	}
	return fmt.Sprintf("%s %s of %d free agents for %s and now %s", a.Name, m.firstBy(e, level), free, queue, load)
}

// firstBy says what put an agent before the others.
func (m *matcher) firstBy(e *Entry, level bool) string {
	if !level {
		return "came first by priority and turn"
	}
	switch m.policies[e.Queue].Strategy {
	case LeastBusy:
		return "had the fewest chats"
	case RoundRobin:
		return "was next in turn"
	case LongestIdle:
		return "was idle longest"
	default:
		return "was idle longest"
	}
}

// considered says about the agents what made them get the chat or not: the chosen one first (chosen < 0: nobody), then those
// who were free, then members who weren't, each in the order of their ids. Agents with nothing to do with the chat's queues
// are neither named nor counted.
func (m *matcher) considered(e *Entry, chosen int) (named []Considered, more int) {
	var busy []Considered
	own := e.reserved(m.now)
	add := func(list *[]Considered, a *Agent, verdict func() string) {
		if len(*list) < maxNamed {
			*list = append(*list, Considered{UserID: a.ID, Name: a.Name, Verdict: verdict()})
			return
		}
		more++
	}
	if chosen >= 0 {
		add(&named, &m.agents[chosen], func() string { return "chosen" })
	}
	for i := range m.agents {
		a := &m.agents[i]
		if i == chosen || a.through(e, nil) == "" && a.ID != e.StickyAgent {
			continue
		}
		switch o := a.obstacle(e, m.settings, m.policies); {
		case o != none:
			add(&busy, a, func() string { return o.words(a, e, m.settings) })
		case own != "" && own != a.ID || e.Barred != "":
			add(&busy, a, func() string { _, why := Verdict(*a, *e, m.settings, m.policies, m.now); return why })
		case e.passed(a.ID) > 0:
			add(&named, a, func() string { return "has just passed this chat over" })
		default:
			add(&named, a, func() string { return "free, but comes later in turn" })
		}
	}
	room := min(maxNamed-len(named), len(busy))
	return append(named, busy[:room]...), more + len(busy) - room
}
