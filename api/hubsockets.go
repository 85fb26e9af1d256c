package api

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"tandem/domain"
)

// mostBehind is how many events a socket may have missed; beyond it fetching everything again is cheaper.
const mostBehind = 10_000

// welcome is how a socket begins: what it is told first, and what must still be read from the ledger.
type welcome struct {
	frames []frame
	// from is where to read on; nil when frames hold all that was missed.
	from *domain.Cursor
}

// attach registers the socket and says how it begins. From then on everything new is queued for it. resume is the
// client's cursor; nil means that it begins with what comes.
func (h *Hub) attach(ctx context.Context, k *socket, audiences []string, resume *domain.Cursor) (welcome, error) {
	select {
	case <-h.ready:
	case <-ctx.Done():
		return welcome{}, domain.E(domain.CodeUnavailable, "the event log can't be read yet; try again")
	}
	if err := h.register(k, audiences); err != nil {
		return welcome{}, err
	}
	// Registered first, looked up second: a queue that gets this user as a member in between is not missed.
	if err := h.subscribeQueues(ctx, k); err != nil {
		h.detach(k)
		return welcome{}, err
	}
	w, err := h.begin(ctx, k, resume)
	if err != nil {
		h.detach(k)
	}
	return w, err
}

func (h *Hub) register(k *socket, audiences []string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return domain.E(domain.CodeUnavailable, "the server is stopping; try again")
	}
	h.sockets[k] = struct{}{}
	for _, a := range audiences {
		h.subscribe(k, topic(k.account, a))
	}
	if k.kind == widgetSocket {
		h.visitors[k] = struct{}{}
	}
	h.presence.opened(k)
	h.metrics.socketOpened(k.kind)
	return nil
}

func (h *Hub) subscribeQueues(ctx context.Context, k *socket) error {
	if k.kind != consoleSocket || k.actor.Role.Supervises() {
		return nil
	}
	queues, err := h.log.QueueIDsOf(ctx, k.actor)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, q := range queues {
		h.subscribe(k, topic(k.account, queueAudience(q)))
	}
	return nil
}

func (h *Hub) begin(ctx context.Context, k *socket, resume *domain.Cursor) (welcome, error) {
	h.mu.Lock()
	safe, covered, ahead := h.safe, false, false
	var missed []frame
	if resume != nil {
		covered = h.recent.covers(*resume)
		ahead = safe.Less(*resume)
		if covered {
			missed = h.recent.after(*resume, k.wants)
		}
	}
	h.mu.Unlock()
	switch {
	case resume == nil:
		return welcome{frames: []frame{helloFrame(safe)}}, nil
	case ahead:
		return h.beginAhead(ctx, *resume, safe, missed)
	case covered:
		return welcome{frames: append([]frame{helloFrame(*resume)}, missed...)}, nil
	}
	oldest, err := h.log.OldestCursor(ctx)
	if err != nil {
		return welcome{}, err
	}
	if resume.Less(oldest) {
		return h.resync(safe), nil
	}
	return welcome{frames: []frame{helloFrame(*resume)}, from: resume}, nil
}

// beginAhead is for a cursor this node hasn't reached: another node was a moment faster, or the cursor is of a database
// that is gone.
func (h *Hub) beginAhead(ctx context.Context, resume, safe domain.Cursor, missed []frame) (welcome, error) {
	now, err := h.log.CurrentCursor(ctx)
	if err != nil {
		return welcome{}, err
	}
	if now.Less(resume) {
		return h.resync(safe), nil
	}
	return welcome{frames: append([]frame{helloFrame(resume)}, missed...)}, nil
}

func (h *Hub) resync(safe domain.Cursor) welcome {
	h.metrics.countResync()
	return welcome{frames: []frame{resyncFrame(), helloFrame(safe)}}
}

// catchUp reads from the ledger what a socket missed beyond from and gives it page by page; resync when it is too much.
// Events that are new meanwhile are queued for the socket as for any other, so a few may come twice.
func (h *Hub) catchUp(ctx context.Context, k *socket, from domain.Cursor, give func([]frame) error) error {
	select {
	case h.catchUps <- struct{}{}:
		defer func() { <-h.catchUps }()
	case <-ctx.Done():
		return ctx.Err()
	}
	first := from
	for seen := 0; ; {
		events, _, err := h.log.EventsAfter(ctx, from, readPage)
		if err != nil {
			return err
		}
		seen += len(events)
		if seen > mostBehind {
			return give(h.resync(h.safeCursor()).frames)
		}
		if err := give(h.wanted(k, events, first)); err != nil {
			return err
		}
		if len(events) < readPage {
			return nil
		}
		last := events[len(events)-1]
		from = domain.Cursor{XID: last.XID, ID: last.ID}
	}
}

// wanted builds the frames of old events that this socket may see. They carry the cursor the socket came with: only
// when it has caught up may it resume from anywhere later.
func (h *Hub) wanted(k *socket, events []domain.Event, resume domain.Cursor) []frame {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []frame
	for _, e := range events {
		topics, data := topicsOf(e)
		if data != nil && k.wants(topics) {
			out = append(out, eventFrame(e, resume, data))
		}
	}
	return out
}

// detach forgets a socket.
func (h *Hub) detach(k *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.sockets[k]; !known {
		return
	}
	delete(h.sockets, k)
	delete(h.visitors, k)
	h.presence.closed(k)
	for t := range k.topics {
		h.unsubscribe(k, t)
	}
	h.metrics.socketClosed(k.kind)
}

// subscribe and unsubscribe need the lock.
func (h *Hub) subscribe(k *socket, t string) {
	if _, attached := h.sockets[k]; !attached {
		return
	}
	k.topics[t] = struct{}{}
	if h.topics[t] == nil {
		h.topics[t] = map[*socket]struct{}{}
	}
	h.topics[t][k] = struct{}{}
}

func (h *Hub) unsubscribe(k *socket, t string) {
	delete(k.topics, t)
	delete(h.topics[t], k)
	if len(h.topics[t]) == 0 {
		delete(h.topics, t)
	}
}

// watch adds a chat's events to a socket; with too many the oldest watch ends.
func (h *Hub) watch(k *socket, chat domain.ChatID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if slices.Contains(k.watched, chat) {
		return
	}
	if len(k.watched) >= mostWatched {
		h.unsubscribe(k, topic(k.account, watchAudience(k.watched[0])))
		k.watched = slices.Delete(k.watched, 0, 1)
	}
	k.watched = append(k.watched, chat)
	h.subscribe(k, topic(k.account, watchAudience(chat)))
}

func (h *Hub) unwatch(k *socket, chat domain.ChatID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.endWatch(k, chat)
}

func (h *Hub) endWatch(k *socket, chat domain.ChatID) {
	if i := slices.Index(k.watched, chat); i >= 0 {
		k.watched = slices.Delete(k.watched, i, i+1)
		h.unsubscribe(k, topic(k.account, watchAudience(chat)))
	}
}

// endForeignWatches ends agents' watches of a chat that has become somebody else's. The lock is held.
func (h *Hub) endForeignWatches(e domain.Event) {
	for k := range h.topics[topic(e.Account, watchAudience(e.Chat))] {
		if !k.actor.Role.Supervises() && e.Audience != userAudience(k.actor.User) {
			h.endWatch(k, e.Chat)
		}
	}
}

// endSession closes the sockets of a session that was signed out.
func (h *Hub) endSession(session []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k := range h.sockets {
		if k.session != nil && bytes.Equal(k.session, session) {
			k.close(closePolicy, "signed out")
		}
	}
}

// checkSessions looks at all sign-ins soon.
func (h *Hub) checkSessions() { ring(h.recheck) }

// checkSignIns closes sockets whose sign-in has ended elsewhere: on another node, by an administrator, by time.
func (h *Hub) checkSignIns(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-h.recheck:
		}
		h.mu.Lock()
		all := make([]*socket, 0, len(h.sockets))
		for k := range h.sockets {
			if k.check != nil {
				all = append(all, k)
			}
		}
		h.mu.Unlock()
		known := map[string]error{}
		for _, k := range all {
			err, checked := known[k.sessionKey()]
			if !checked || k.session == nil {
				err = k.check(ctx)
				known[k.sessionKey()] = err
			}
			switch domain.CodeOf(err) {
			case domain.CodeNotFound, domain.CodeUnauthorized:
				k.close(closePolicy, "signed out")
			default: // still signed in, or the database doesn't answer just now
			}
		}
	}
}

// noteMember has a user's queues looked up again: an event about a user follows each change of them. The lock is held.
func (h *Hub) noteMember(e domain.Event) {
	var d domain.AgentEventData
	if json.Unmarshal(e.Data, &d) != nil {
		return
	}
	if !d.User.Connected {
		h.presence.contradicted(domain.PresentUser{Account: e.Account, User: d.User.ID})
	}
	if len(h.topics[topic(e.Account, userAudience(d.User.ID))]) == 0 {
		return
	}
	select {
	case h.members <- d.User.ID:
	default: // too many at once: the periodic check of sign-ins catches a disabled user, a reconnect the queues
		h.logger.Warn("membership not refreshed", "user", string(d.User.ID))
	}
}

// refreshMembers brings sockets' queues up to date. A socket that gains a queue may have missed events of it in between,
// so it is told to fetch again.
func (h *Hub) refreshMembers(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case user := <-h.members:
			h.refreshMember(ctx, user)
		}
	}
}

func (h *Hub) refreshMember(ctx context.Context, user domain.UserID) {
	h.mu.Lock()
	var theirs []*socket
	for k := range h.sockets {
		if k.kind == consoleSocket && k.actor.User == user && !k.actor.Role.Supervises() {
			theirs = append(theirs, k)
		}
	}
	h.mu.Unlock()
	if len(theirs) == 0 {
		return
	}
	queues, err := h.log.QueueIDsOf(ctx, theirs[0].actor)
	if err != nil && ctx.Err() == nil {
		h.logger.Warn("membership not refreshed", "user", string(user), "error", err.Error())
	}
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range theirs {
		if h.setQueues(k, queues) {
			for _, f := range h.resync(h.safe).frames {
				k.put(f)
			}
		}
	}
}

// setQueues makes exactly these queues the socket's and reports whether it gained one. The lock is held.
func (h *Hub) setQueues(k *socket, queues []domain.QueueID) bool {
	want := map[string]struct{}{}
	for _, q := range queues {
		want[topic(k.account, queueAudience(q))] = struct{}{}
	}
	prefix := topic(k.account, "queue:")
	for t := range k.topics {
		if _, stays := want[t]; !stays && len(t) > len(prefix) && t[:len(prefix)] == prefix {
			h.unsubscribe(k, t)
		}
	}
	gained := false
	for t := range want {
		if _, had := k.topics[t]; !had {
			h.subscribe(k, t)
			gained = true
		}
	}
	return gained
}
