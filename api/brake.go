package api

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How many sign-ins may fail in which time, per e-mail address and network address.
const (
	loginFailures = 10
	loginWindow   = 5 * time.Minute
)

// How fast one visitor may call, per second and in a burst.
const (
	visitorRate  = 5
	visitorBurst = 20
)

// mostTracked bounds the memory of a brake or a pacer; beyond it the stalest entries are forgotten.
const mostTracked = 50_000

// brake slows down guessing. It lives in this process only: with more nodes an attacker gets that many more tries,
// which changes nothing about how hopeless guessing is.
type brake struct {
	mu     sync.Mutex
	most   int
	window time.Duration
	tries  map[string]failures
}

type failures struct {
	count int
	since time.Time
}

func newBrake(most int, window time.Duration) *brake {
	return &brake{most: most, window: window, tries: map[string]failures{}}
}

// blocked gives how long this key must wait; zero when it may try.
func (b *brake) blocked(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.tries[key]
	ends := f.since.Add(b.window)
	if f.count < b.most || !now.Before(ends) {
		return 0
	}
	return ends.Sub(now)
}

func (b *brake) failed(key string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.tries) >= mostTracked {
		for k, f := range b.tries {
			if len(b.tries) < mostTracked/2 && now.Sub(f.since) < b.window {
				continue
			}
			delete(b.tries, k)
		}
	}
	f := b.tries[key]
	if now.Sub(f.since) >= b.window {
		f = failures{since: now}
	}
	f.count++
	b.tries[key] = f
}

func (b *brake) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tries, key)
}

// pacer holds one token bucket per caller.
type pacer struct {
	mu      sync.Mutex
	rate    rate.Limit
	burst   int
	buckets map[string]*bucket
}

type bucket struct {
	*rate.Limiter
	seen time.Time
}

func newPacer(perSecond float64, burst int) *pacer {
	return &pacer{rate: rate.Limit(perSecond), burst: burst, buckets: map[string]*bucket{}}
}

// allow takes one token of the caller's bucket, if there is one.
func (p *pacer) allow(who string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.buckets) >= mostTracked {
		p.forgetFull(now)
	}
	b := p.buckets[who]
	if b == nil {
		b = &bucket{Limiter: rate.NewLimiter(p.rate, p.burst)}
		p.buckets[who] = b
	}
	b.seen = now
	return b.AllowN(now, 1)
}

// forgetFull drops the buckets that have had time to fill up again: a new one would be the same.
func (p *pacer) forgetFull(now time.Time) {
	fill := time.Duration(float64(p.burst) / float64(p.rate) * float64(time.Second))
	for who, b := range p.buckets {
		if now.Sub(b.seen) >= fill {
			delete(p.buckets, who)
		}
	}
}
