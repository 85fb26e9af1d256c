package api

import (
	"context"

	"tandem/domain"
)

// DeclineRequest says why an agent doesn't take a chat.
type DeclineRequest struct {
	Reason string `json:"reason,omitempty" maxLength:"200" doc:"For the chat's story" example:"Not my language"`
}

type declineInput struct {
	ChatPath
	Body *DeclineRequest
}

// decline passes a chat that was held out to me on to the next agent, or back to the colleague who wanted to transfer it.
func (s *server) decline(ctx context.Context, in *declineInput) (*chatOutput, error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	if err := storable("reason", reason); err != nil {
		return nil, err
	}
	return s.command(ctx, in.ChatPath, func(a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
		return s.store.DeclineOffer(ctx, a, id, reason)
	})
}
