package activities

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// ClockLedger knows what a chat's deadlines depend on, and does what a clock that has run out is for.
type ClockLedger interface {
	Standing(ctx context.Context, account domain.AccountID, chat domain.ChatID) (standing routing.Standing, lastSeq int64, err error)
	FireClock(ctx context.Context, r domain.FireRequest) (routing.Fired, error)
	// ChatStory gives the newest decisions about a chat, oldest first.
	ChatStory(ctx context.Context, account domain.AccountID, chat domain.ChatID, limit int) ([]domain.StoryLine, error)
}

// Clocks reads the standing of chats and fires their clocks.
type Clocks struct {
	ledger ClockLedger
	log    *slog.Logger
}

// NewClocks makes the clocks' activities; a nil log means the default one.
func NewClocks(ledger ClockLedger, log *slog.Logger) (*Clocks, error) {
	if ledger == nil {
		return nil, errors.New("clocks need a ledger")
	}
	if log == nil {
		log = slog.Default()
	}
	return &Clocks{ledger: ledger, log: log}, nil
}

// StorySentence is one decision of routing as operators read it.
type StorySentence struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// LoadedStanding is how a chat stands with routing.
type LoadedStanding struct {
	Standing routing.Standing `json:"standing"`
	// LastSeq is the newest seq that the standing includes.
	LastSeq int64 `json:"last_seq"`
	// Story is how the chat came there: the latest decisions, oldest first.
	Story []StorySentence `json:"story,omitempty"`
}

// storyLines is how much of a chat's story its card shows.
const storyLines = 10

// LoadStanding gives how a chat stands with routing. Safe to run twice: it only reads.
func (c *Clocks) LoadStanding(ctx context.Context, ref ChatRef) (LoadedStanding, error) {
	standing, seq, err := c.ledger.Standing(ctx, ref.Account, ref.Chat)
	if err != nil {
		return LoadedStanding{}, ToTemporal(err)
	}
	return LoadedStanding{Standing: standing, LastSeq: seq, Story: c.story(ctx, ref.Account, ref.Chat)}, nil
}

// FiredClock is what came of a clock, with the story as it reads after it.
type FiredClock struct {
	routing.Fired

	Story []StorySentence `json:"story,omitempty"`
}

// FireClock does what a clock of a chat is for, unless the chat has gone on. Safe to run twice: once the clock has done
// its work the chat no longer has it, and the ledger answers that something is newer.
func (c *Clocks) FireClock(ctx context.Context, req domain.FireRequest) (FiredClock, error) {
	fired, err := c.ledger.FireClock(ctx, req)
	if err != nil {
		return FiredClock{}, ToTemporal(err)
	}
	result := FiredClock{Fired: fired}
	if !fired.Newer {
		result.Story = c.story(ctx, req.Account, req.Chat)
	}
	return result, nil
}

// story is for the card only: a chat whose story can't be read goes on without it.
func (c *Clocks) story(ctx context.Context, account domain.AccountID, chat domain.ChatID) []StorySentence {
	lines, err := c.ledger.ChatStory(ctx, account, chat, storyLines)
	if err != nil {
		c.log.Warn("story of a chat could not be read", "chat", chat, "error", err)
		return nil
	}
	sentences := make([]StorySentence, len(lines))
	for i, line := range lines {
		sentences[i] = StorySentence{At: line.At, Text: line.Text}
	}
	return sentences
}
