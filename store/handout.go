package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tandem/domain"
)

// handOutLimit bounds one dispatch that nobody waits for.
const handOutLimit = 15 * time.Second

// handingOut runs dispatches that nobody waits for: at most one per account at a time, and one more after it when
// something happened meanwhile, however much that was. Should one fail, or the process die, the chats' workflows still
// ask by themselves.
type handingOut struct {
	on        bool
	onFailure func(error)
	ctx       context.Context //nolint:containedctx // ends with the Store, not with a caller
	cancel    context.CancelFunc

	mu      sync.Mutex
	running sync.WaitGroup
	// again tells for each account with a running dispatch whether another one must follow.
	again map[domain.AccountID]bool
}

func (h *handingOut) start(o Options) {
	h.on, h.onFailure, h.again = o.HandsOut, o.OnFailure, map[domain.AccountID]bool{}
	if h.onFailure == nil {
		h.onFailure = func(error) {}
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
}

// stop ends what runs and lets nothing begin.
func (h *handingOut) stop() {
	h.mu.Lock()
	h.on = false
	h.mu.Unlock()
	h.cancel()
	h.running.Wait()
}

// begin reports whether the caller must run the account's dispatch; another one that runs will do so again.
func (h *handingOut) begin(account domain.AccountID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.on {
		return false
	}
	if _, runs := h.again[account]; runs {
		h.again[account] = true
		return false
	}
	h.again[account] = false
	h.running.Add(1)
	return true
}

// goesOn reports whether the account's dispatch must run again; else it has ended.
func (h *handingOut) goesOn(account domain.AccountID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.on && h.again[account] {
		h.again[account] = false
		return true
	}
	delete(h.again, account)
	h.running.Done()
	return false
}

// handOutSoon hands out the account's waiting chats without making the caller wait.
func (s *Store) handOutSoon(account domain.AccountID) {
	if !s.soon.begin(account) {
		return
	}
	go func() {
		for goesOn := true; goesOn; goesOn = s.soon.goesOn(account) {
			ctx, cancel := context.WithTimeout(s.soon.ctx, handOutLimit)
			if err := s.Dispatch(ctx, account); err != nil && s.soon.ctx.Err() == nil {
				s.soon.onFailure(fmt.Errorf("handing out chats: %w", err))
			}
			cancel()
		}
	}()
}
