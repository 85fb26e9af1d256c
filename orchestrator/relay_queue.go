package orchestrator

import (
	"cmp"
	"slices"
	"time"

	"tandem/activities"
	"tandem/domain"
)

// lane is where a chat with untold facts stands.
type lane int

const (
	laneNone   lane = iota // nothing to tell, or it is being told
	laneLazy               // paced, merged under load
	laneUrgent             // at once
	laneLater              // its last signal failed
)

// pendingChat is a chat with facts its workflow hasn't been told.
type pendingChat struct {
	ref    activities.ChatRef
	facts  []domain.OutboxFact // by seq, none twice
	flying []domain.OutboxFact // being told just now
	lane   lane
	ticket int       // tells the chat's valid place in a lane from places it has left
	since  time.Time // when the oldest of facts was recorded
	after  time.Time // in laneLater: not before
}

// place is a chat's position in a lane; it is void once the chat has got another ticket.
type place struct {
	chat   *pendingChat
	ticket int
}

// relayQueue orders chats: urgent ones first, then the lazy ones, oldest first, at a pace that follows the lag. It has
// no clock and no lock of its own.
type relayQueue struct {
	pace     pace
	maxChats int
	chats    map[activities.ChatRef]*pendingChat
	lanes    [laneLater + 1][]place
	lazy     int       // chats in laneLazy
	lastIn   time.Time // when the oldest fact was recorded of the chat that entered laneLazy last
	tickets  int
	nextLazy time.Time
}

// pace says how fast lazy chats are told.
type pace struct {
	// settle is how long a lazy fact rests: the engine's work for a message then doesn't fall into the very milliseconds in
	// which the message is on its way to a screen.
	settle time.Duration
	// rate is signals per second while workflows keep up; above it, just enough go out to tell each chat within lag: the
	// later a chat is told, the more of its facts go in one signal.
	rate float64
	lag  time.Duration
}

// at gives the rate for so many lazy chats of which the last in line has waited for so long: it is to be told within the lag,
// and everybody before it. Of the time left a fifth of the lag is always granted, lest a hold-up be followed by a flood.
func (p pace) at(chats int, last time.Duration) float64 {
	left := max(p.lag-last, p.lag/5)
	return max(p.rate, float64(chats)/left.Seconds())
}

func newRelayQueue(p pace, maxChats int) *relayQueue {
	return &relayQueue{pace: p, maxChats: maxChats, chats: map[activities.ChatRef]*pendingChat{}}
}

// offer takes facts in. It refuses a chat beyond the limit: its facts stay in the ledger, whose claim brings them back.
func (q *relayQueue) offer(f domain.ChatFacts) bool {
	ref := activities.ChatRef{Account: f.Account, Chat: f.Chat}
	chat, ok := q.chats[ref]
	if !ok {
		if len(q.chats) >= q.maxChats {
			return false
		}
		chat = &pendingChat{ref: ref}
		q.chats[ref] = chat
	}
	for _, fact := range f.Facts {
		chat.add(fact)
	}
	if len(chat.flying) == 0 {
		q.stand(chat)
	}
	return true
}

func (c *pendingChat) add(f domain.OutboxFact) {
	same := func(o domain.OutboxFact) bool { return o.OutboxID == f.OutboxID }
	if slices.ContainsFunc(c.facts, same) || slices.ContainsFunc(c.flying, same) {
		return
	}
	bySeq := func(o domain.OutboxFact, seq int64) int { return cmp.Compare(o.Fact.Seq, seq) }
	i, _ := slices.BinarySearchFunc(c.facts, f.Fact.Seq, bySeq)
	c.facts = slices.Insert(c.facts, i, f)
	if c.since.IsZero() || f.RecordedAt.Before(c.since) {
		c.since = f.RecordedAt
	}
}

// stand gives a chat its place: at the end of the lane that its facts ask for, or where it stands already.
func (q *relayQueue) stand(c *pendingChat) {
	want := laneLazy
	if slices.ContainsFunc(c.facts, func(f domain.OutboxFact) bool { return f.Urgent }) {
		want = laneUrgent
	}
	switch {
	case len(c.facts) == 0:
		q.leave(c)
		delete(q.chats, c.ref)
	case c.lane == laneLater || c.lane == want || c.lane == laneUrgent:
	default:
		q.enter(c, want)
	}
}

func (q *relayQueue) enter(c *pendingChat, l lane) {
	q.leave(c)
	q.tickets++
	c.lane, c.ticket = l, q.tickets
	q.lanes[l] = append(q.lanes[l], place{chat: c, ticket: c.ticket})
	if l == laneLazy {
		q.lazy++
		q.lastIn = c.since
	}
}

func (q *relayQueue) leave(c *pendingChat) {
	if c.lane == laneLazy {
		q.lazy--
	}
	c.lane, c.ticket = laneNone, 0
}

// first gives the chat at the head of a lane without removing it, nil when the lane is empty.
func (q *relayQueue) first(l lane) *pendingChat {
	for len(q.lanes[l]) > 0 {
		head := q.lanes[l][0]
		if head.chat.ticket == head.ticket {
			return head.chat
		}
		q.lanes[l][0] = place{}
		q.lanes[l] = q.lanes[l][1:]
	}
	q.lanes[l] = nil
	return nil
}

// next takes the chat to tell now. When there is none it says when to look again; zero means not before something is
// offered. lazyToo is false while enough lazy chats are being told, hurry lifts their pace.
func (q *relayQueue) next(now time.Time, lazyToo, hurry bool) (*pendingChat, time.Duration) {
	wait := q.recall(now, hurry)
	if c := q.first(laneUrgent); c != nil {
		return q.take(c), 0
	}
	c := q.first(laneLazy)
	if c == nil || !lazyToo {
		return nil, wait
	}
	if due := max(q.nextLazy.Sub(now), c.since.Add(q.pace.settle).Sub(now)); due > 0 && !hurry {
		return nil, sooner(wait, due)
	}
	gap := time.Duration(float64(time.Second) / q.pace.at(q.lazy, now.Sub(q.lastIn)))
	if q.nextLazy = q.nextLazy.Add(gap); q.nextLazy.Before(now) {
		q.nextLazy = now.Add(gap)
	}
	return q.take(c), 0
}

// recall lets chats whose signal failed stand in line again when their time has come. Few are ever there.
func (q *relayQueue) recall(now time.Time, hurry bool) time.Duration {
	var wait time.Duration
	var still []place
	for _, p := range q.lanes[laneLater] {
		switch due := p.chat.after.Sub(now); {
		case p.chat.ticket != p.ticket:
		case due > 0 && !hurry:
			still = append(still, p)
			wait = sooner(wait, due)
		default:
			q.leave(p.chat)
			q.stand(p.chat)
		}
	}
	q.lanes[laneLater] = still
	return wait
}

func sooner(a, b time.Duration) time.Duration {
	if a == 0 {
		return b
	}
	return min(a, b)
}

func (q *relayQueue) take(c *pendingChat) *pendingChat {
	q.leave(c)
	c.flying, c.facts, c.since = c.facts, nil, time.Time{}
	return c
}

// told ends a chat's turn. untold are the facts that didn't get through; again is when to try them once more.
func (q *relayQueue) told(c *pendingChat, untold []domain.OutboxFact, again time.Time) {
	c.flying = nil
	for _, f := range untold {
		c.add(f)
	}
	if len(untold) == 0 {
		q.stand(c)
		return
	}
	c.after = again
	q.enter(c, laneLater)
}
