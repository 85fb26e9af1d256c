package bench

import (
	"context"
	"sync"
	"time"
)

// given is one assignment as its owner's socket showed it.
type given struct {
	customer int
	chat     string
	agent    int
	event    int64
	at       time.Time
}

// desk follows who of the crew has which chat. An assignment is told to its owner alone, so what it knows is what the
// person at that socket sees.
type desk struct {
	users   []string    // ids by agent
	onGiven func(given) // may be nil; called for each new assignment, outside the lock

	mu       sync.Mutex
	most     int              // chats an agent may have at once
	chats    map[string]given // every assignment seen in the run
	customer map[int]given    // the newest of each customer
	released map[string]bool  // chats whose disposal has begun
	held     []int            // by agent: assigned, and no disposal begun
	counts   counts
	changed  chan struct{}
}

// counts are what a desk has seen so far.
type counts struct {
	given   int
	doubled int // a chat assigned twice, or a second chat of a customer whose first one lives
	overCap int // assignments to an agent who had as many as allowed
	repeats int // the same event again, which a client drops by its id
}

func (c counts) since(earlier counts) counts {
	return counts{
		given: c.given - earlier.given, doubled: c.doubled - earlier.doubled,
		overCap: c.overCap - earlier.overCap, repeats: c.repeats - earlier.repeats,
	}
}

func newDesk(users []string) *desk {
	return &desk{
		users: users, most: chatsPerAgent, chats: map[string]given{}, customer: map[int]given{}, released: map[string]bool{},
		held: make([]int, len(users)), changed: make(chan struct{}, 1),
	}
}

// show records what the socket of an agent showed.
func (d *desk) show(agent int, f frame, at time.Time) {
	chat := f.Data.Chat
	n, ours := customerOf(chat.Customer.Address)
	if f.Type != eventAssigned || !ours || chat.Owner == nil || chat.Owner.ID != d.users[agent] {
		return
	}
	g := given{customer: n, chat: chat.ID, agent: agent, event: f.ID, at: at}
	if d.record(g) && d.onGiven != nil {
		d.onGiven(g)
	}
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// record counts an assignment in; false when it was told before.
func (d *desk) record(g given) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, seen := d.chats[g.chat]; seen {
		if known.event == g.event {
			d.counts.repeats++
		} else {
			d.counts.doubled++
		}
		return false
	}
	if before, seen := d.customer[g.customer]; seen && !d.released[before.chat] {
		d.counts.doubled++
	}
	d.chats[g.chat], d.customer[g.customer] = g, g
	d.counts.given++
	d.held[g.agent]++
	if d.held[g.agent] > d.most {
		d.counts.overCap++
	}
	return true
}

// release notes that a chat's disposal begins: from now on its slot may be taken by another chat.
func (d *desk) release(g given) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.released[g.chat] {
		d.released[g.chat] = true
		d.held[g.agent]--
	}
}

// allow sets how many chats an agent may have from now on.
func (d *desk) allow(most int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.most = most
}

func (d *desk) count() counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.counts
}

// of gives the newest assignment of a customer since a moment.
func (d *desk) of(customer int, since time.Time) (given, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, ok := d.customer[customer]
	return g, ok && !g.at.Before(since)
}

// fullest is the largest number of chats an agent has.
func (d *desk) fullest() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	most := 0
	for _, n := range d.held {
		most = max(most, n)
	}
	return most
}

// one gives a chat that an agent has.
func (d *desk) one(agent int) (given, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var oldest given
	for _, g := range d.chats {
		if g.agent == agent && !d.released[g.chat] && (oldest.chat == "" || g.event < oldest.event) {
			oldest = g
		}
	}
	return oldest, oldest.chat != ""
}

// after gives the assignment that was shown first after an earlier count.
func (d *desk) after(since time.Time) (given, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var first given
	for _, g := range d.chats {
		if !g.at.Before(since) && (first.chat == "" || g.event < first.event) {
			first = g
		}
	}
	return first, first.chat != ""
}

// await waits until ok says so, which is asked again after every assignment and now and then, or limit has passed, or ctx
// has ended.
func (d *desk) await(ctx context.Context, limit time.Duration, ok func() bool) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for !ok() {
		select {
		case <-d.changed:
		case <-tick.C:
		case <-timeout.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// lookAgain is how often a condition is asked again that no frame may tell of.
const lookAgain = 100 * time.Millisecond
