package simulate

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// Rules are the settings and policies that a replay runs under.
type Rules struct {
	Settings routing.Settings
	Policies map[domain.QueueID]routing.Policy
	// Priorities of queues; a queue without one has the middle one.
	Priorities map[domain.QueueID]int
	// Names of queues, for sentences.
	Names map[domain.QueueID]string
}

// middlePriority is that of a queue for which none was set.
const middlePriority = 5

// Run replays arrivals and shifts under rules. within is the wait that still counts as good service.
func Run(name string, arrivals []routing.Arrival, shifts []routing.Shift, rules Rules, within time.Duration) Result {
	w := &world{
		rules: rules, agents: map[domain.UserID]*routing.Agent{}, pairings: map[string]pairing{},
		result: newResult(name, within),
	}
	arrivals = slices.Clone(arrivals)
	slices.SortStableFunc(arrivals, func(a, b routing.Arrival) int { return a.At.Compare(b.At) })
	for i := range arrivals {
		c := &chat{id: domain.ChatID(fmt.Sprintf("%09d", i)), arrival: arrivals[i]}
		w.push(event{at: c.arrival.At, kind: arrives, do: func() { w.arrive(c) }})
	}
	for _, s := range shifts {
		w.push(event{at: s.From, kind: begins, do: func() { w.begin(s) }})
		w.push(event{at: s.To, kind: ends, do: func() { w.end(s) }})
	}
	for w.queue.Len() > 0 {
		e := heap.Pop(&w.queue).(event)
		w.now = e.at
		e.do()
		w.dispatch()
	}
	for _, c := range w.line {
		w.result.add(c.arrival.At, w.now.Sub(c.arrival.At), Waiting)
	}
	w.result.finish()
	return w.result
}

// world is the state of a replay.
type world struct {
	rules    Rules
	now      time.Time
	queue    events
	pushed   int
	agents   map[domain.UserID]*routing.Agent
	order    []domain.UserID // of agents, sorted
	line     []*chat         // in order of arrival at the line; routing.Match sorts
	pairings map[string]pairing
	result   Result
}

// pairing is a customer's own agent.
type pairing struct {
	agent  domain.UserID
	keptAt time.Time
}

// chat is a chat in the replay.
type chat struct {
	id       domain.ChatID
	arrival  routing.Arrival
	standing routing.Standing
	queues   []domain.QueueID
	moves    int
	armed    int // counts the clocks set for it: only the latest counts
	waiting  bool
	wanted   bool // the customer has an own agent and the rules want them to meet
}

// eventKind orders what happens in the same moment: slots come free before they are wanted, and an agent who comes free at the
// last moment still saves the customer from leaving.
type eventKind int

const (
	ends eventKind = iota
	frees
	begins
	arrives
	fires
	leaves
)

type event struct {
	at     time.Time
	kind   eventKind
	pushed int
	do     func()
}

// events is a heap of what is to come.
type events []event

func (e events) Len() int { return len(e) }

func (e events) Less(i, j int) bool {
	a, b := e[i], e[j]
	return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.pushed, b.pushed)) < 0
}

func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push and Pop are container/heap's.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop takes the last.
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}

func (w *world) push(e event) {
	w.pushed++
	e.pushed = w.pushed
	heap.Push(&w.queue, e)
}

// begin makes an agent come, or start a break.
func (w *world) begin(s routing.Shift) {
	a := w.agents[s.Agent]
	if a == nil {
		a = &routing.Agent{ID: s.Agent, TakesChats: true, Slots: routing.Slots{PerChannel: map[domain.ChannelType]int{}}}
		w.agents[s.Agent] = a
		at, _ := slices.BinarySearch(w.order, s.Agent)
		w.order = slices.Insert(w.order, at, s.Agent)
	}
	served := a.Queues
	a.Name, a.Max, a.Types, a.Present = cmp.Or(s.Name, string(s.Agent)), s.Cap, s.Types, true
	a.Queues = make(map[domain.QueueID]routing.Member, len(s.Queues))
	for q, m := range s.Queues {
		if m.ServedAt.Before(served[q].ServedAt) {
			m.ServedAt = served[q].ServedAt
		}
		a.Queues[q] = m
	}
	a.Status, a.StatusSince = domain.Available, w.now
	if s.Break {
		a.Status = domain.OnBreak
	} else {
		a.IdleSince = w.now
	}
}

// end makes an agent leave; their chats go on. Who waits for them waits no longer, unless the agent is back in this very moment.
func (w *world) end(s routing.Shift) {
	a := w.agents[s.Agent]
	a.Status, a.StatusSince, a.Present = domain.Offline, w.now, false
	w.push(event{at: w.now, kind: begins, do: func() {
		if a.Status != domain.Offline {
			return
		}
		for _, c := range w.line {
			if c.standing.StickyAgent == a.ID {
				c.standing.StickyAgent, c.standing.StickyUntil = "", time.Time{}
				w.arm(c)
			}
		}
	}})
}

// dispatch hands out what can be handed out.
func (w *world) dispatch() {
	if len(w.line) == 0 {
		return
	}
	agents := make([]routing.Agent, 0, len(w.order))
	for _, id := range w.order {
		if a := w.agents[id]; a.Status == domain.Available {
			agents = append(agents, *a)
		}
	}
	if len(agents) == 0 {
		return
	}
	line := make([]routing.Entry, len(w.line))
	for i, c := range w.line {
		line[i] = c.entry(w.rules)
	}
	decisions := routing.Match(line, agents, w.rules.Policies, w.rules.Settings, w.now)
	served := make([]*chat, len(decisions))
	for i, d := range decisions {
		served[i] = w.line[d.Entry]
	}
	for i, d := range decisions {
		w.assign(served[i], d)
	}
}

func (c *chat) entry(rules Rules) routing.Entry {
	s := c.standing
	return routing.Entry{
		Chat: c.id, Queue: s.Queue, QueueName: s.QueueName, Queues: c.queues, Type: c.arrival.Type, QueuedAt: s.QueuedAt,
		Priority: cmp.Or(rules.Priorities[s.Queue], middlePriority), Barred: s.Barred,
		StickyAgent: s.StickyAgent, StickyName: s.StickyName, StickyUntil: s.StickyUntil,
	}
}

// assign gives a chat to an agent, who takes it at once and is busy with it for as long as it takes.
func (w *world) assign(c *chat, d routing.Decision) {
	w.leaveLine(c)
	a := w.agents[d.Agent]
	a.Slots.Total++
	a.Slots.PerChannel[c.arrival.Type]++
	a.IdleSince = d.IdleSince
	member := a.Queues[d.Via]
	member.ServedAt = d.IdleSince
	a.Queues[d.Via] = member
	w.result.add(c.arrival.At, w.now.Sub(c.arrival.At), Answered)
	if c.wanted && d.Agent == w.ownAgent(c) {
		w.result.Sticky.Hits++
	}
	w.pair(c, d.Agent)
	w.push(event{at: w.now.Add(c.arrival.Handle), kind: frees, do: func() {
		a.Slots.Total--
		a.Slots.PerChannel[c.arrival.Type]--
		a.IdleSince = w.now
	}})
}

// leaveLine takes a chat out of the line and stops its clocks.
func (w *world) leaveLine(c *chat) {
	c.waiting = false
	c.armed++
	w.line = slices.DeleteFunc(w.line, func(other *chat) bool { return other == c })
}
