package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// load is one open loop: it posts the ledger's messages at a constant rate and records what became of the calls.
type load struct {
	rate     float64
	inFlight int
	first    int // the customer who writes message 0
	hooks    *webhooks
	ledger   *ledger
	progress func(done int)

	retried  atomic.Int64
	failures failures
}

// failures counts calls that got no 2xx, by cause.
type failures struct {
	mu     sync.Mutex
	causes map[string]int
}

func (f *failures) add(cause string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.causes == nil {
		f.causes = map[string]int{}
	}
	f.causes[cause]++
}

func (f *failures) snapshot() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.causes)
}

// job is a prepared message on its way to a free caller.
type job struct {
	n    int
	call call
}

// leadIn is how long before the first due time the loop is set up, so that message 0 isn't late.
const leadIn = 50 * time.Millisecond

// run posts everything and returns when each call has ended or ctx has. Message n is due at start + n/rate; one that
// finds no free caller waits its turn, and its latency goes on counting.
func (l *load) run(ctx context.Context) error {
	clock, err := newClock()
	if err != nil {
		return err
	}
	defer func() { _ = clock.close() }()
	total := len(l.ledger.sent)
	jobs := make(chan job, total)
	var callers sync.WaitGroup
	for range min(l.inFlight, total) {
		callers.Go(func() {
			for j := range jobs {
				l.post(ctx, j)
			}
		})
	}
	l.ledger.begin(time.Now().Add(leadIn))
	err = l.schedule(ctx, clock, jobs)
	close(jobs)
	callers.Wait()
	return err
}

func (l *load) schedule(ctx context.Context, clock *clock, jobs chan<- job) error {
	for n := range l.ledger.sent {
		due := time.Duration(float64(n) / l.rate * float64(time.Second))
		var sid [16]byte
		if _, err := rand.Read(sid[:]); err != nil {
			return fmt.Errorf("making a message id: %w", err)
		}
		l.ledger.sent[n].due = due.Nanoseconds()
		prepared := job{n: n, call: l.hooks.prepare(sid, customerNumber((l.first+n)%l.ledger.customers), l.ledger.text(n))}
		if err := clock.waitUntil(l.ledger.start.Add(due)); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		jobs <- prepared
		l.progress(n + 1)
	}
	return nil
}

func (l *load) post(ctx context.Context, j job) {
	record := &l.ledger.sent[j.n]
	if ctx.Err() != nil {
		l.failures.add("not sent: interrupted")
		return
	}
	record.began = time.Since(l.ledger.start).Nanoseconds()
	status, retried, err := l.hooks.post(j.call)
	record.answered = time.Since(l.ledger.start).Nanoseconds()
	if retried {
		l.retried.Add(1)
	}
	switch {
	case err != nil:
		l.failures.add(err.Error())
	case status/100 != 2:
		record.status = status
		l.failures.add(fmt.Sprintf("HTTP %d", status))
	default:
		record.status = status
	}
}

// accepted counts the calls that were answered 2xx.
func (l *load) accepted() int {
	count := 0
	for i := range l.ledger.sent {
		if l.ledger.sent[i].status/100 == 2 {
			count++
		}
	}
	return count
}

// waitSeen waits until as many messages were seen as accepted, or until limit has passed, or ctx ends.
func (l *load) waitSeen(ctx context.Context, limit time.Duration) {
	want := l.accepted()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for !l.ledger.seenAtLeast(want) {
		select {
		case <-l.ledger.changed:
		case <-timeout.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// loss says which accepted messages were never seen and how many refused ones were.
func (l *load) loss() (lost, unexpected int) {
	l.ledger.mu.Lock()
	defer l.ledger.mu.Unlock()
	for n := range l.ledger.sent {
		accepted, shown := l.ledger.sent[n].status/100 == 2, l.ledger.seen[n].at != 0
		if accepted && !shown {
			lost++
		}
		if !accepted && shown {
			unexpected++
		}
	}
	return lost, unexpected
}
