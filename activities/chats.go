package activities

import (
	"context"
	"errors"
	"math"
	"strings"

	"tandem/domain"
)

// ChatLedger is what a chat's workflow reads and writes in the ledger.
type ChatLedger interface {
	LoadChat(ctx context.Context, account domain.AccountID, chat domain.ChatID) (domain.ChatState, error)
	Facts(ctx context.Context, account domain.AccountID, chat domain.ChatID, fromSeq, toSeq int64) ([]domain.Fact, error)
	CloseChat(ctx context.Context, r domain.CloseRequest) (domain.CloseResult, error)
}

// Chats reads and closes chats.
type Chats struct {
	ledger    ChatLedger
	publicURL string
}

// NewChats makes the chat activities. publicURL is the product's own address, for links that operators follow.
func NewChats(ledger ChatLedger, publicURL string) (*Chats, error) {
	if ledger == nil || publicURL == "" {
		return nil, errors.New("chats need a ledger and the public URL")
	}
	return &Chats{ledger: ledger, publicURL: strings.TrimSuffix(publicURL, "/")}, nil
}

// LoadedChat is a chat as the ledger has it, with what a workflow that starts late needs to know of its past.
type LoadedChat struct {
	State domain.ChatState `json:"state"`
	// Recent are the latest facts up to State.LastSeq, oldest first.
	Recent []domain.Fact `json:"recent,omitempty"`
	// URL opens the chat in the console.
	URL string `json:"url"`
	// Routed tells the workflow to keep the chat's clocks. A history from before there were any doesn't have it, and is
	// replayed without.
	Routed bool `json:"routed,omitempty"`
}

// recentFacts is how much of a chat's past a starting workflow gets: enough for the operators' card and to see
// whether the customer of a queued chat has left.
const recentFacts = 50

// LoadChat gives the chat as it stands. Safe to run twice: it only reads.
func (c *Chats) LoadChat(ctx context.Context, ref ChatRef) (LoadedChat, error) {
	state, err := c.ledger.LoadChat(ctx, ref.Account, ref.Chat)
	if err != nil {
		return LoadedChat{}, ToTemporal(err)
	}
	recent, err := c.ledger.Facts(ctx, ref.Account, ref.Chat, max(1, state.LastSeq-recentFacts+1), state.LastSeq)
	if err != nil {
		return LoadedChat{}, ToTemporal(err)
	}
	return LoadedChat{State: state, Recent: recent, URL: c.publicURL + "/chats/" + string(ref.Chat), Routed: true}, nil
}

// FactsRequest asks for the facts of a chat with From ≤ seq ≤ To; To 0 means up to the newest.
type FactsRequest struct {
	Account domain.AccountID `json:"account"`
	Chat    domain.ChatID    `json:"chat"`
	From    int64            `json:"from"`
	To      int64            `json:"to,omitempty"`
}

// MaxFacts is how many facts one LoadFacts gives at most: about 200 KB, a tenth of what the engine takes.
const MaxFacts = 1000

// LoadFacts gives facts that a workflow hasn't been told, oldest first, at most MaxFacts. A seq that no fact ever had
// is absent. Safe to run twice: it only reads.
func (c *Chats) LoadFacts(ctx context.Context, req FactsRequest) ([]domain.Fact, error) {
	to := req.To
	if to == 0 {
		to = math.MaxInt64
	}
	facts, err := c.ledger.Facts(ctx, req.Account, req.Chat, req.From, min(to, req.From+MaxFacts-1))
	return facts, ToTemporal(err)
}

// CloseChat closes a chat unless something newer than ExpectSeq has happened in it. Safe to run twice: the ledger
// answers a repeat of the same request as it did the first time.
func (c *Chats) CloseChat(ctx context.Context, req domain.CloseRequest) (domain.CloseResult, error) {
	result, err := c.ledger.CloseChat(ctx, req)
	return result, ToTemporal(err)
}
