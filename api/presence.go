package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tandem/domain"
)

// How presence is kept.
const (
	// keepEvery is how often the ledger hears who is still connected to this node.
	keepEvery = 10 * time.Second
	// goneEvery is how often it is asked to look for agents whose time without a connection is over.
	goneEvery = time.Second
	// defaultSettle is how long all must have gone well before anybody is declared gone. It is longer than a screen's longest
	// pause between two attempts to come back: our own absence, or the database's, is not the agents'.
	defaultSettle = 20 * time.Second
	// tellLimit bounds one word to the ledger.
	tellLimit = 5 * time.Second
)

// presenceKeeper tells the ledger which agents have a live connection to this node. A node that stops says nothing more:
// its agents have the grace period to reach another one, as after a crash. A nil keeper keeps nothing.
type presenceKeeper struct {
	ledger Presence
	log    *slog.Logger
	settle time.Duration
	bell   chan struct{}

	mu      sync.Mutex
	sockets map[domain.PresentUser]int
	// untold are users whose first socket has opened or last one has closed and the ledger hasn't heard.
	untold map[domain.PresentUser]struct{}

	// Only run touches these.
	troubled time.Time // when something last went wrong, or the keeper began
	failing  bool
}

func newPresenceKeeper(ledger Presence, settle time.Duration, log *slog.Logger) *presenceKeeper {
	if ledger == nil {
		return nil
	}
	if settle == 0 {
		settle = defaultSettle
	}
	return &presenceKeeper{
		ledger: ledger, log: log, settle: settle, bell: make(chan struct{}, 1),
		sockets: map[domain.PresentUser]int{}, untold: map[domain.PresentUser]struct{}{},
	}
}

// opened and closed count a user's sockets. They never block.
func (p *presenceKeeper) opened(k *socket) { p.count(k, 1) }
func (p *presenceKeeper) closed(k *socket) { p.count(k, -1) }

func (p *presenceKeeper) count(k *socket, by int) {
	if p == nil || k.kind != consoleSocket || !k.actor.Role.TakesChats() {
		return
	}
	user := domain.PresentUser{Account: k.account, User: k.actor.User}
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.sockets[user]
	p.sockets[user] += by
	if p.sockets[user] == 0 {
		delete(p.sockets, user)
	}
	if (before == 0) != (before+by == 0) {
		p.untold[user] = struct{}{}
		ring(p.bell)
	}
}

// contradicted hears that the ledger takes a user for disconnected: another node's last socket of theirs has closed. While
// one of ours is open, the ledger is told so at once.
func (p *presenceKeeper) contradicted(user domain.PresentUser) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sockets[user] > 0 {
		p.untold[user] = struct{}{}
		ring(p.bell)
	}
}

// run keeps presence until ctx ends.
func (p *presenceKeeper) run(ctx context.Context) {
	if p == nil {
		return
	}
	p.troubled = time.Now()
	keep, gone := time.NewTicker(keepEvery), time.NewTicker(min(goneEvery, p.settle))
	defer keep.Stop()
	defer gone.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.bell:
			p.note(ctx, p.tell(ctx))
		case <-keep.C:
			p.note(ctx, p.keep(ctx))
		case <-gone.C:
			if time.Since(p.troubled) >= p.settle {
				p.note(ctx, p.sweep(ctx))
			}
		}
	}
}

// note remembers trouble, and logs its beginning and its end.
func (p *presenceKeeper) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		p.troubled = time.Now()
	}
	switch failing := err != nil; {
	case failing && !p.failing:
		p.log.Error("presence can't be kept", "error", err.Error())
		p.failing = true
	case !failing && p.failing:
		p.log.Info("presence is kept again")
		p.failing = false
	}
}

// tell brings the ledger up to date about users whose sockets came or went. What fails is told with the next try.
func (p *presenceKeeper) tell(ctx context.Context) error {
	p.mu.Lock()
	untold := p.untold
	p.untold = map[domain.PresentUser]struct{}{}
	p.mu.Unlock()
	var failed error
	for user := range untold {
		if failed == nil {
			failed = p.tellOf(ctx, user)
		}
		if failed != nil {
			p.mu.Lock()
			p.untold[user] = struct{}{}
			p.mu.Unlock()
		}
	}
	if failed != nil && pause(ctx, retryEvery) {
		ring(p.bell)
	}
	return failed
}

func (p *presenceKeeper) tellOf(ctx context.Context, user domain.PresentUser) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	p.mu.Lock()
	here := p.sockets[user] > 0
	p.mu.Unlock()
	if here {
		return p.ledger.Connected(ctx, user.Account, user.User)
	}
	return p.ledger.Disconnected(ctx, user.Account, user.User)
}

// keep renews everybody who is connected here.
func (p *presenceKeeper) keep(ctx context.Context) error {
	p.mu.Lock()
	users := make([]domain.PresentUser, 0, len(p.sockets))
	for user := range p.sockets {
		users = append(users, user)
	}
	p.mu.Unlock()
	if len(users) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	return p.ledger.KeepPresence(ctx, users)
}

func (p *presenceKeeper) sweep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tellLimit)
	defer cancel()
	gone, err := p.ledger.AgentsGone(ctx)
	if gone > 0 {
		p.log.Info("agents without a connection are offline now", "agents", gone)
	}
	return err
}
