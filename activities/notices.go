package activities

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"tandem/domain"
)

// Poster sends a JSON body to somebody else's address, once. It decides which addresses may be reached at all. Its
// errors: CodeInvalid for what is no address, CodeRefused for an address that mustn't be reached and for an answer that
// another try won't change, CodeThrottled with RetryAfter, CodeUnavailable for everything that may pass.
type Poster interface {
	Post(ctx context.Context, p Posting) error
}

// Posting is one call of a webhook. Key stays the same when the call is repeated, so that the receiver can tell.
type Posting struct {
	URL  string
	Key  string
	Body json.RawMessage
}

// Notices tells other systems what has become of a chat.
type Notices struct{ poster Poster }

// NewNotices makes the activities that tell other systems.
func NewNotices(poster Poster) (*Notices, error) {
	if poster == nil {
		return nil, errors.New("notices need somebody who posts them")
	}
	return &Notices{poster: poster}, nil
}

// NotifyRequest asks to post a body to the address that a rule of routing names.
type NotifyRequest struct {
	Account domain.AccountID `json:"account"`
	Chat    domain.ChatID    `json:"chat"`
	URL     string           `json:"url"`
	Body    json.RawMessage  `json:"body"`
}

// NotifyWithin bounds one call of a webhook.
const NotifyWithin = 10 * time.Second

// Notify posts a notice. Running it twice may post it twice, under the same key: a webhook hears of a chat at least once.
func (n *Notices) Notify(ctx context.Context, req NotifyRequest) error {
	info := activity.GetInfo(ctx)
	ctx, cancel := context.WithTimeout(ctx, NotifyWithin)
	defer cancel()
	return ToTemporal(n.poster.Post(ctx, Posting{
		URL: req.URL, Body: req.Body, Key: info.WorkflowExecution.RunID + "/" + info.ActivityID,
	}))
}
