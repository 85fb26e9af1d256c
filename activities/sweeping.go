package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/domain"
)

// OpenChats gives open chats of every account in the order of their ids, after the given one; empty starts at the
// beginning.
type OpenChats func(ctx context.Context, after domain.ChatID, limit int) ([]ChatRef, error)

// Pruner throws away what nobody reads any more.
type Pruner interface {
	Prune(ctx context.Context, eventsBefore, factsBefore time.Time) error
}

// Engine knows which chats have a running workflow and starts one.
type Engine interface {
	RunningChats(ctx context.Context) (map[ChatRef]bool, error)
	StartChat(ctx context.Context, ref ChatRef) error
}

// Sweeping finds what fell through: a chat whose workflow an operator terminated, rows that have served.
type Sweeping struct {
	open   OpenChats
	pruner Pruner
	engine Engine
	now    func() time.Time
}

// NewSweeping makes the sweeping activities; now is the clock, nil means time.Now.
func NewSweeping(open OpenChats, pruner Pruner, engine Engine, now func() time.Time) (*Sweeping, error) {
	if open == nil || pruner == nil || engine == nil {
		return nil, errors.New("sweeping needs the open chats, a pruner and the engine")
	}
	if now == nil {
		now = time.Now
	}
	return &Sweeping{open: open, pruner: pruner, engine: engine, now: now}, nil
}

const (
	// sweepGrace keeps the sweep away from chats that are just starting: their own signal does that, and the engine's
	// list of running workflows is some seconds behind.
	sweepGrace = 2 * time.Minute
	sweepPage  = 1000
	// A client that was away longer refetches; a gap in a workflow is closed from facts within seconds of their birth.
	keepEvents = 48 * time.Hour
	keepFacts  = 7 * 24 * time.Hour
)

// SweepChatsResult counts what a sweep saw and did.
type SweepChatsResult struct {
	Open    int `json:"open"`
	Started int `json:"started"`
}

// SweepChats starts the workflow of every open chat that has none. Safe to run twice: starting one that runs changes
// nothing.
func (s *Sweeping) SweepChats(ctx context.Context) (SweepChatsResult, error) {
	var result SweepChatsResult
	before := s.now().Add(-sweepGrace)
	running, err := s.engine.RunningChats(ctx)
	if err != nil {
		return result, ToTemporal(fmt.Errorf("listing running workflows: %w", err))
	}
	for after := domain.ChatID(""); ; {
		page, err := s.open(ctx, after, sweepPage)
		if err != nil {
			return result, ToTemporal(fmt.Errorf("listing open chats: %w", err))
		}
		for _, chat := range page {
			after = chat.Chat
			if bornAfter(chat.Chat, before) {
				return result, nil // ids grow with time: the rest is younger
			}
			result.Open++
			if running[chat] {
				continue
			}
			if err := s.engine.StartChat(ctx, chat); err != nil {
				return result, ToTemporal(fmt.Errorf("starting a chat's workflow: %w", err))
			}
			result.Started++
		}
		if len(page) < sweepPage {
			return result, nil
		}
	}
}

// bornAfter reports whether a chat was made after a moment, which its id tells.
func bornAfter(chat domain.ChatID, at time.Time) bool {
	id, err := uuid.Parse(string(chat))
	if err != nil || id.Version() != 7 {
		return false
	}
	seconds, nanos := id.Time().UnixTime()
	return time.Unix(seconds, nanos).After(at)
}

// PruneLedger deletes events and signalled facts that nobody reads any more. Safe to run twice: the second finds
// nothing to delete.
func (s *Sweeping) PruneLedger(ctx context.Context) error {
	now := s.now()
	return ToTemporal(s.pruner.Prune(ctx, now.Add(-keepEvents), now.Add(-keepFacts)))
}
