package api

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tandem/domain"
)

// How the hub reads the log.
const (
	// pollEvery is how often it looks unasked: a lost bell delays an event by this much, never for ever.
	pollEvery = time.Second
	// readPage is how many events one statement gives.
	readPage = 500
	// wideWindow is how many delivered events may lie beyond the safe cursor before re-reading them at each ring costs
	// more than it gains: one transaction stays open long. Then late ones are looked for every wideEvery only.
	wideWindow = 1000
	wideEvery  = 100 * time.Millisecond
	// notifyEvery is the least time between two notices to other nodes.
	notifyEvery = 20 * time.Millisecond
	// retryEvery paces everything that failed because the database didn't answer.
	retryEvery = time.Second
	// checkEvery is how often sockets' sign-ins are looked at again.
	checkEvery = time.Minute
)

// HubOptions is what NewHub needs.
type HubOptions struct {
	Log     EventLog
	Bell    *Bell
	Metrics *Metrics // optional
	Logger  *slog.Logger
	// Presence learns who is connected; optional: without it nobody is ever taken for gone.
	Presence Presence
	// Settle is how long presence must have been kept without trouble before anybody counts as gone; 0 means 20 s.
	Settle time.Duration
	// Places tells waiting visitors their place in line; optional.
	Places Places
}

// Hub brings events to sockets. Each node has one: it reads the log once, builds each frame once and queues it for every
// socket that may see it. It delivers what it reads at once, and moves its cursor only over what can have no late
// neighbour, so nothing is late and nothing is missed; what was delivered beyond the cursor is remembered by id.
type Hub struct {
	log     EventLog
	bell    *Bell
	metrics *Metrics
	logger  *slog.Logger
	// catchUps bounds how many sockets read old events from the ledger at once.
	catchUps chan struct{}
	recheck  chan struct{}
	members  chan domain.UserID
	presence *presenceKeeper
	places   Places

	mu      sync.Mutex
	sockets map[*socket]struct{}
	// visitors are the widgets' among the sockets.
	visitors map[*socket]struct{}
	topics   map[string]map[*socket]struct{}
	recent   recentEvents
	// safe is the cursor up to which every event has been queued; ready is closed when it is first known.
	safe   domain.Cursor
	ready  chan struct{}
	closed bool

	// Only the reader touches these.
	high      domain.Cursor // the greatest cursor delivered
	delivered map[int64]domain.Cursor
	widened   time.Time
}

// NewHub makes a hub; Run makes it work.
func NewHub(o HubOptions) *Hub {
	h := &Hub{
		log: o.Log, bell: o.Bell, metrics: o.Metrics, logger: o.Logger,
		catchUps: make(chan struct{}, 4), recheck: make(chan struct{}, 1), members: make(chan domain.UserID, 1024),
		places:  o.Places,
		sockets: map[*socket]struct{}{}, visitors: map[*socket]struct{}{}, topics: map[string]map[*socket]struct{}{},
		ready: make(chan struct{}), delivered: map[int64]domain.Cursor{},
	}
	if h.logger == nil {
		h.logger = slog.Default()
	}
	h.presence = newPresenceKeeper(o.Presence, o.Settle, h.logger)
	return h
}

// Run reads and delivers until ctx ends, then closes every socket. It outlives a lost database.
func (h *Hub) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for _, part := range []func(context.Context){h.read, h.listen, h.notify, h.checkSignIns, h.refreshMembers, h.presence.run, h.tellPlaces} {
		all.Go(func() { part(ctx) })
	}
	<-ctx.Done()
	h.mu.Lock()
	h.closed = true
	for k := range h.sockets {
		k.close(closeGoingAway, "the server is stopping; come back")
	}
	h.mu.Unlock()
	all.Wait()
	return nil
}

// read is the reader: from the current end of the log on.
func (h *Hub) read(ctx context.Context) {
	if !h.start(ctx) {
		return
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	healthy := true
	for {
		err := h.pass(ctx)
		if ctx.Err() != nil {
			return
		}
		if (err == nil) != healthy {
			healthy = err == nil
			h.logHealth(err)
		}
		if err != nil && !pause(ctx, retryEvery) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-h.bell.reader:
		case <-poll.C:
		}
	}
}

func (h *Hub) logHealth(err error) {
	if err != nil {
		h.logger.Error("events can't be read", "error", err.Error())
		return
	}
	h.logger.Info("events are read again")
}

func (h *Hub) start(ctx context.Context) bool {
	for logged := false; ; logged = true {
		at, err := h.log.CurrentCursor(ctx)
		if err == nil {
			h.mu.Lock()
			h.safe, h.high, h.recent.since = at, at, at
			h.mu.Unlock()
			close(h.ready)
			return true
		}
		if !logged {
			h.logger.Error("event log can't be read", "error", err.Error())
		}
		if !pause(ctx, retryEvery) {
			return false
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// pass delivers everything that is visible and new.
func (h *Hub) pass(ctx context.Context) error {
	from := h.safe
	if len(h.delivered) > wideWindow {
		if now := time.Now(); now.Sub(h.widened) < wideEvery {
			from = h.high
		} else {
			h.widened = now
		}
	}
	// Only pages that follow each other from the safe cursor on may move it.
	moves := from == h.safe
	for {
		events, safe, err := h.log.EventsAfter(ctx, from, readPage)
		if err != nil {
			return err
		}
		h.deliver(events)
		last := from
		if len(events) > 0 {
			last = domain.Cursor{XID: events[len(events)-1].XID, ID: events[len(events)-1].ID}
		}
		if moves {
			h.moveTo(safe)
			moves = safe == last
		}
		if len(events) < readPage {
			return nil
		}
		from = last
	}
}

// moveTo advances the safe cursor and forgets what it has passed.
func (h *Hub) moveTo(safe domain.Cursor) {
	if !h.safe.Less(safe) {
		return
	}
	h.mu.Lock()
	h.safe = safe
	h.mu.Unlock()
	for id, at := range h.delivered {
		if !safe.Less(at) {
			delete(h.delivered, id)
		}
	}
}

// deliver queues the events that haven't been delivered yet.
func (h *Hub) deliver(events []domain.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		if _, again := h.delivered[e.ID]; again {
			continue
		}
		at := domain.Cursor{XID: e.XID, ID: e.ID}
		h.delivered[e.ID] = at
		if h.high.Less(at) {
			h.high = at
		}
		h.route(e, at)
	}
}

// route builds the event's frame and queues it. The frame's cursor is the safe one: whoever resumes there may hear this
// event twice but never misses a slower neighbour. The lock is held.
func (h *Hub) route(e domain.Event, at domain.Cursor) {
	topics, data := topicsOf(e)
	if data == nil {
		return
	}
	f := eventFrame(e, h.safe, data)
	h.recent.add(recentEvent{at: at, topics: topics, frame: f})
	frames := 0
	for _, t := range topics {
		for k := range h.topics[t] {
			if k.last == e.ID {
				continue
			}
			k.last = e.ID
			k.queueing.ask = true
			frames++
			if !k.put(f) {
				h.metrics.countSlow()
			}
		}
	}
	h.metrics.countDelivery(time.Since(e.At), frames)
	if e.Type == domain.EventChatAssigned {
		h.endForeignWatches(e)
	}
	if e.Type == domain.EventAgentStatus {
		h.noteMember(e)
	}
}

// topicsOf gives the topics an event goes to and its data as they may see it.
func topicsOf(e domain.Event) (topics []string, data []byte) {
	own := topic(e.Account, e.Audience)
	if strings.HasPrefix(e.Audience, "visitor:") {
		return []string{own}, visitorData(e)
	}
	topics = []string{own}
	if strings.HasPrefix(e.Audience, "queue:") {
		topics = append(topics, topic(e.Account, everyQueue))
	}
	if e.Chat != "" {
		topics = append(topics, topic(e.Account, watchAudience(e.Chat)))
	}
	return topics, e.Data
}

// safeCursor is where a client that has got everything queued so far may resume.
func (h *Hub) safeCursor() domain.Cursor {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.safe
}

// listen lets other nodes ring our reader.
func (h *Hub) listen(ctx context.Context) {
	for {
		err := h.log.ListenEvents(ctx, h.bell.ringReader)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			h.logger.Warn("listening for other nodes' events ended", "error", err.Error())
		}
		if !pause(ctx, retryEvery) {
			return
		}
	}
}

// notify rings the other nodes for our own commits, not more often than they could read. A failure is harmless: they
// look by themselves each second.
func (h *Hub) notify(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.bell.notifier:
		}
		if err := h.log.NotifyEvents(ctx); err != nil && ctx.Err() == nil {
			h.logger.Debug("other nodes were not notified", "error", err.Error())
		}
		if !pause(ctx, notifyEvery) {
			return
		}
	}
}
