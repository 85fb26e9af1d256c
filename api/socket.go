package api

import (
	"context"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"tandem/domain"
)

type socketKind string

const (
	consoleSocket socketKind = "console"
	widgetSocket  socketKind = "widget"
)

// A socket is closed, and resumes by its cursor when its client is ready, rather than thinned: when more than mostQueued
// frames have waited for slowAfter, or in any case beyond mostQueuedEver. The time tells a client that doesn't read from
// a burst that the writer simply hasn't got to yet.
const (
	mostQueued     = 256
	mostQueuedEver = 8192
	slowAfter      = time.Second
)

// mostWatched bounds the chats one socket may watch beside its own.
const mostWatched = 20

// Close codes of RFC 6455 and its registry.
const (
	closeGoingAway = 1001
	closePolicy    = 1008
	closeTryLater  = 1013
)

// socket is one client's connection as the hub sees it.
type socket struct {
	kind    socketKind
	account domain.AccountID
	actor   domain.Actor // of a console socket
	session []byte       // hash of the session behind it; nil for tokens and visitors
	// check tells whether whoever opened this socket may still listen; nil means always.
	check func(context.Context) error

	// The hub's lock guards these.
	topics  map[string]struct{}
	watched []domain.ChatID
	last    int64 // the event queued last, so that one with several topics comes once
	// queueing is a widget's only.
	queueing queueing

	mu     sync.Mutex
	queue  []frame
	since  time.Time // when the oldest frame of the queue came
	early  bool      // it still catches up on what it missed
	closed bool
	code   int
	reason string
	wake   chan struct{}
	done   chan struct{}
}

func newSocket(kind socketKind, account domain.AccountID) *socket {
	return &socket{
		kind: kind, account: account, topics: map[string]struct{}{}, early: true,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// put queues a frame and reports whether there was room; without room the socket is closed.
func (k *socket) put(f frame) bool {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return true
	}
	if k.full() {
		k.mu.Unlock()
		k.close(closeTryLater, "reading too slowly; resume from your cursor")
		return false
	}
	if len(k.queue) == 0 {
		k.since = time.Now()
	}
	k.queue = append(k.queue, f)
	k.mu.Unlock()
	ring(k.wake)
	return true
}

func (k *socket) full() bool {
	switch {
	case len(k.queue) < mostQueued:
		return false
	case len(k.queue) >= mostQueuedEver:
		return true
	default:
		return !k.early && time.Since(k.since) > slowAfter
	}
}

// take empties the queue, handing over spare to be filled next.
func (k *socket) take(spare []frame) []frame {
	k.mu.Lock()
	defer k.mu.Unlock()
	taken := k.queue
	k.queue = spare[:0]
	return taken
}

// live ends the time of catching up.
func (k *socket) live() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.early = false
	k.since = time.Now()
}

// close asks the writer to end the connection with a code and a reason; the first call counts.
func (k *socket) close(code int, reason string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return
	}
	k.closed, k.code, k.reason = true, code, reason
	close(k.done)
}

// wants reports whether one of the topics is this socket's. The hub's lock must be held.
func (k *socket) wants(topics []string) bool {
	return slices.ContainsFunc(topics, func(t string) bool { _, ok := k.topics[t]; return ok })
}

func (k *socket) sessionKey() string { return hex.EncodeToString(k.session) }

// Topics are what sockets subscribe to: an audience within an account.
func topic(account domain.AccountID, audience string) string { return string(account) + "/" + audience }

func userAudience(id domain.UserID) string        { return "user:" + string(id) }
func queueAudience(id domain.QueueID) string      { return "queue:" + string(id) }
func visitorAudience(id domain.IdentityID) string { return "visitor:" + string(id) }
func watchAudience(id domain.ChatID) string       { return "chat:" + string(id) }

const (
	accountAudience = "account"
	// everyQueue is the audience of supervisors: whatever happens in any queue.
	everyQueue = "queue:*"
)
