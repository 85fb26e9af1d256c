package orchestrator

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/serviceerror"

	"tandem/domain"
)

// Signaler tells a chat's workflow facts of one kind. Errors are the engine's own.
type Signaler interface {
	SignalChat(ctx context.Context, account domain.AccountID, chat domain.ChatID, kind domain.FactKind, facts []domain.Fact) error
}

// Outbox is the ledger's list of facts that workflows must be told.
type Outbox interface {
	ClaimFacts(ctx context.Context, limit int, lease time.Duration) ([]domain.ChatFacts, error)
	FactsSent(ctx context.Context, outboxIDs []int64) error
	OutboxLag(ctx context.Context) (unsent int, oldest time.Time, err error)
}

// RelayOptions tune a relay. Only Signaler is required.
type RelayOptions struct {
	Signaler Signaler
	// Workers is how many signals are under way at once, LazyWorkers how many of them may be for chats that just go on: few,
	// so that they come to the engine evenly and the message path finds a free processor.
	Workers     int
	LazyWorkers int
	// LazyRate is how many signals per second go out for chats that just go on, while workflows keep up. TargetLag is how
	// old their oldest fact is to become (at the worst a third more): the rate rises to hold it, and no further.
	// Settle is how long such a fact rests before it is told, so that its message reaches the screen first.
	LazyRate  float64
	TargetLag time.Duration
	Settle    time.Duration
	// MaxChats bounds the memory: facts of more chats wait in the ledger.
	MaxChats int
	// ScanEvery is how often the ledger is asked for facts whose claim has run out, Lease how long a claim holds.
	ScanEvery time.Duration
	Lease     time.Duration
	// AckEvery is how often acknowledgements are written, FlushWithin how long Run goes on when it is told to stop.
	AckEvery    time.Duration
	FlushWithin time.Duration
	Log         *slog.Logger
	Metrics     prometheus.Registerer
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

func (o RelayOptions) withDefaults() RelayOptions {
	o.Workers = orDefault(o.Workers, 8)
	o.LazyWorkers = min(orDefault(o.LazyWorkers, 3), o.Workers)
	o.LazyRate = orDefault(o.LazyRate, 15)
	o.TargetLag = orDefault(o.TargetLag, 7*time.Second)
	o.Settle = orDefault(o.Settle, 40*time.Millisecond)
	o.MaxChats = orDefault(o.MaxChats, 20_000)
	o.ScanEvery = orDefault(o.ScanEvery, 2*time.Second)
	o.Lease = orDefault(o.Lease, 15*time.Second)
	o.AckEvery = orDefault(o.AckEvery, 50*time.Millisecond)
	o.FlushWithin = orDefault(o.FlushWithin, 3*time.Second)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Relay tells workflows what the ledger recorded: at once what changes what a workflow does next, merged and paced what
// only tells it that a chat goes on, so that the engine never takes the machine from the message path. What it can't
// deliver stays in the ledger; nothing is lost with the process.
type Relay struct {
	o       RelayOptions
	metrics *relayMetrics
	wake    chan struct{}

	mu       sync.Mutex
	queue    *relayQueue
	engine   engineState
	lazyNow  int // lazy chats being told
	flying   int
	stopping bool
	acks     []int64
}

// NewRelay makes a relay. Offer works at once; Run delivers.
func NewRelay(o RelayOptions) (*Relay, error) {
	if o.Signaler == nil {
		return nil, errors.New("a relay needs a signaler")
	}
	o = o.withDefaults()
	return &Relay{
		o: o, metrics: newRelayMetrics(o.Metrics), wake: make(chan struct{}, o.Workers),
		queue: newRelayQueue(pace{settle: o.Settle, rate: o.LazyRate, lag: o.TargetLag}, o.MaxChats),
	}, nil
}

// Offer hands over what a transaction has just told about a chat. It never blocks.
func (r *Relay) Offer(f domain.ChatFacts) {
	r.mu.Lock()
	taken := r.queue.offer(f)
	r.mu.Unlock()
	if !taken {
		r.metrics.overflow.Inc()
		return
	}
	r.nudge()
}

// nudge wakes one worker; a token that finds no room means that all of them are awake.
func (r *Relay) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run delivers until ctx is done, then goes on for FlushWithin at most to deliver what is pending, and acknowledges.
func (r *Relay) Run(ctx context.Context, outbox Outbox) {
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	var workers, watchers sync.WaitGroup
	for range r.o.Workers {
		workers.Go(func() { r.work(working) })
	}
	watchers.Go(func() { r.scan(ctx, outbox) })
	acking, stopAcking := context.WithCancel(context.WithoutCancel(ctx))
	watchers.Go(func() { r.acknowledge(acking, outbox) })

	<-ctx.Done()
	r.flush()
	stopWorking()
	workers.Wait()
	stopAcking()
	watchers.Wait()
}

// flush waits until nothing is pending, as long as it may.
func (r *Relay) flush() {
	r.mu.Lock()
	r.stopping = true
	r.mu.Unlock()
	end := time.NewTimer(r.o.FlushWithin)
	defer end.Stop()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		for range r.o.Workers {
			r.nudge()
		}
		r.mu.Lock()
		idle := len(r.queue.chats) == 0 || r.engine.down
		r.mu.Unlock()
		if idle {
			return
		}
		select {
		case <-end.C:
			return
		case <-look.C:
		}
	}
}

// work tells chats, one at a time, until ctx is done.
func (r *Relay) work(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		chat, lazy, wait := r.next()
		if chat != nil {
			untold, acked, err := r.tell(ctx, chat)
			r.done(chat, lazy, untold, acked, err)
			continue
		}
		var due <-chan time.Time
		if wait > 0 {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-due:
		}
	}
}

// next takes a chat unless the engine is down or, for a lazy one, enough of them are under way.
func (r *Relay) next() (chat *pendingChat, lazy bool, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.o.Now()
	if r.engine.down {
		// One signal at a time finds out whether the engine is back.
		if r.flying > 0 {
			return nil, false, 0
		}
		if wait := r.engine.until.Sub(now); wait > 0 {
			return nil, false, wait
		}
	}
	chat, wait = r.queue.next(now, r.lazyNow < r.o.LazyWorkers, r.stopping)
	if chat == nil {
		return nil, false, wait
	}
	r.flying++
	lazy = !slices.ContainsFunc(chat.flying, func(f domain.OutboxFact) bool { return f.Urgent })
	if lazy {
		r.lazyNow++
	}
	return chat, lazy, 0
}

// tell sends a chat's facts in order, one signal for each run of one kind. After a failure it sends no more: what
// follows would only open a gap.
func (r *Relay) tell(ctx context.Context, chat *pendingChat) (untold []domain.OutboxFact, acked []int64, err error) {
	rest := chat.flying
	for len(rest) > 0 {
		n := 1
		for n < len(rest) && rest[n].Fact.Kind == rest[0].Fact.Kind {
			n++
		}
		facts := make([]domain.Fact, n)
		for i, f := range rest[:n] {
			facts[i] = f.Fact
		}
		err := r.o.Signaler.SignalChat(ctx, chat.ref.Account, chat.ref.Chat, facts[0].Kind, facts)
		var closed *serviceerror.WorkflowExecutionAlreadyStarted
		switch {
		case err == nil:
			r.metrics.signals.WithLabelValues(signalTold).Inc()
		case errors.As(err, &closed):
			// The workflow has ended because its chat is closed, and nothing more can happen in it.
			r.metrics.signals.WithLabelValues(signalClosed).Inc()
		default:
			r.metrics.signals.WithLabelValues(signalFailed).Inc()
			return rest, acked, err
		}
		for _, f := range rest[:n] {
			acked = append(acked, f.OutboxID)
		}
		rest = rest[n:]
	}
	return nil, acked, nil
}

// retryAfter is the pause of a chat whose signal failed, beside what the engine's state imposes on all.
const retryAfter = time.Second

// done puts a chat back and learns from how it went.
func (r *Relay) done(chat *pendingChat, lazy bool, untold []domain.OutboxFact, acked []int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.o.Now()
	r.flying--
	if lazy {
		r.lazyNow--
	}
	r.acks = append(r.acks, acked...)
	r.queue.told(chat, untold, now.Add(retryAfter))
	switch r.engine.learn(now, err) {
	case engineWent:
		r.o.Log.Warn("workflow engine doesn't take signals; facts wait in the ledger", "error", err)
	case engineCame:
		r.o.Log.Info("workflow engine answers again")
	case engineSame:
		if err != nil && !r.engine.down && r.engine.complain(now) {
			r.o.Log.Warn("workflow could not be told", "chat", chat.ref.Chat, "error", err)
		}
	}
	r.nudge()
}

// Pending gives how many chats have facts that their workflows haven't been told by this process.
func (r *Relay) Pending() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue.chats)
}
