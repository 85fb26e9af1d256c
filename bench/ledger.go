package bench

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

// sent is what the driver knows of one message on its way in. Times are nanoseconds since the step's start.
type sent struct {
	due, began, answered int64
	status               int // HTTP status; 0 while under way or when the call failed
}

// seen is what an agent's socket showed of one message.
type seen struct {
	at      int64 // 0 until seen
	seq     int64
	message string
	event   int64
}

// ledger follows every message of one step. Workers write the sent side, sockets the seen side.
type ledger struct {
	mark      string // stands in every text before the message's number
	start     time.Time
	customers int
	sent      []sent

	mu      sync.Mutex
	seen    []seen
	count   int // of messages seen at least once
	doubled int // stored twice, or told twice by different events
	repeats int // the same event again, which a client drops by its id
	foreign int // frames of messages of other steps
	lastSeq map[string]int64
	// disorder counts frames that showed an older message of a chat after a newer one.
	disorder int
	changed  chan struct{}
}

func newLedger(mark string, total, customers int) *ledger {
	return &ledger{
		mark: mark, customers: customers, sent: make([]sent, total), seen: make([]seen, total),
		lastSeq: make(map[string]int64, customers), changed: make(chan struct{}, 1),
	}
}

// begin sets the moment from which times count.
func (l *ledger) begin(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.start = at
}

// textBytes is the length of a message, near what people write.
const textBytes = 90

const filler = "and could you please tell me when my order is going to arrive, I would like to be at home"

// text gives message n its words: a mark that is unique over all runs, then filler.
func (l *ledger) text(n int) string {
	head := fmt.Sprintf("%s-%d ", l.mark, n)
	return head + filler[:max(0, textBytes-len(head))]
}

// number reads a message's number from its text.
func (l *ledger) number(text string) (int, bool) {
	rest, ok := strings.CutPrefix(text, l.mark+"-")
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 0 && n < len(l.sent)
}

// show records that a socket showed a message. After a socket has resumed, the server may repeat what was under way.
func (l *ledger) show(f frame, at time.Time) {
	if f.Data.Message.Side != "customer" {
		return
	}
	n, ok := l.number(f.Data.Message.Text)
	l.mu.Lock()
	defer l.mu.Unlock()
	if !ok {
		l.foreign++
		return
	}
	s := &l.seen[n]
	switch {
	case s.at == 0:
		*s = seen{at: at.Sub(l.start).Nanoseconds(), seq: f.Data.Message.Seq, message: f.Data.Message.ID, event: f.ID}
		l.count++
	case s.event == f.ID:
		l.repeats++
		return
	default:
		l.doubled++
		return
	}
	if f.Data.Message.Seq < l.lastSeq[f.ChatID] {
		l.disorder++
	}
	l.lastSeq[f.ChatID] = max(l.lastSeq[f.ChatID], f.Data.Message.Seq)
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// seenAtLeast reports whether so many messages were seen.
func (l *ledger) seenAtLeast(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count >= n
}

// misordered counts customers' messages whose place in the chat contradicts the order of the calls: one was begun after
// another of the same customer had been answered, and stands before it. Calls that overlapped may land either way.
func (l *ledger) misordered() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	wrong := l.disorder
	for n := l.customers; n < len(l.sent); n++ {
		earlier := n - l.customers
		a, b := l.seen[earlier], l.seen[n]
		if a.at == 0 || b.at == 0 || l.sent[earlier].status == 0 {
			continue
		}
		if l.sent[n].began > l.sent[earlier].answered && b.seq < a.seq {
			wrong++
		}
	}
	return wrong
}
