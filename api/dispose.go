package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tandem/domain"
)

// DisposeRequest ends a chat with its result.
type DisposeRequest struct {
	DispositionID string `json:"disposition_id" format:"uuid" doc:"One of GET /dispositions?chat_id= that has none below it"`
	Note          string `json:"note,omitempty" maxLength:"250" doc:"For colleagues"`
	SeenSeq       int64  `json:"seen_seq,omitempty" minimum:"0" doc:"The newest message on the agent's screen. If the customer has written since, the chat stays open and the answer is 409 customer_wrote."`

	CallbackAt   *time.Time `json:"callback_at,omitempty" doc:"When the customer was promised to be called back; a follow-up is made. Needed when the disposition asks for it." example:"2026-12-01T09:30:00Z"`
	CallbackZone string     `json:"callback_zone,omitempty" maxLength:"64" doc:"The IANA time zone the promise was made in; the account's when absent" example:"Europe/Vienna"`
	BreakAfter   string     `json:"break_after,omitempty" maxLength:"200" doc:"Books a break with this reason for when my chats are done" example:"Lunch"`
}

type disposeInput struct {
	ChatPath
	Key  string `header:"Idempotency-Key" maxLength:"200"`
	Body DisposeRequest
}

// dispose asks the chat's workflow to close the chat: it alone knows whether something newer is on its way. What can be
// refused at once is refused here, so that a refusal needs no engine.
func (s *server) dispose(ctx context.Context, in *disposeInput) (*chatOutput, error) {
	actor := actorOf(ctx)
	id, err := pathID[domain.ChatID]("chat", in.ID)
	if err != nil {
		return nil, err
	}
	command, err := s.closeCommand(ctx, actor, id, in.Body)
	if err != nil {
		return nil, err
	}
	command.Key = commandKey(actor, in.Key)
	result, err := s.chats.CloseChat(ctx, command)
	if err != nil {
		return nil, err
	}
	if !result.Closed {
		return nil, domain.E(domain.CodeConflict, "the customer has written again; read it first").Because("customer_wrote")
	}
	chat, err := s.store.Chat(ctx, actor, id)
	return &chatOutput{Body: chat}, err
}

// closeCommand checks what the agent wants against the chat as it is now.
func (s *server) closeCommand(ctx context.Context, actor domain.Actor, id domain.ChatID, r DisposeRequest) (CloseCommand, error) {
	c := CloseCommand{
		Account: actor.Account, Chat: id, Actor: actor.User, Note: r.Note, SeenSeq: r.SeenSeq, BreakAfter: r.BreakAfter,
	}
	if err := storable("note", r.Note); err != nil {
		return c, err
	}
	if err := storable("break_after", r.BreakAfter); err != nil {
		return c, err
	}
	chat, err := s.store.Chat(ctx, actor, id)
	if err != nil {
		return c, err
	}
	if err := mayDispose(actor, chat); err != nil {
		return c, err
	}
	disposition, err := s.usableDisposition(ctx, actor, chat, r.DispositionID)
	if err != nil {
		return c, err
	}
	c.Disposition = disposition.ID
	if r.CallbackAt == nil {
		if disposition.Callback {
			return c, domain.Invalid("callback_at", "%s needs the time at which the customer is to be called back", disposition.Name)
		}
		if r.CallbackZone != "" {
			return c, domain.Invalid("callback_zone", "a zone goes with callback_at only")
		}
		return c, nil
	}
	c.CallbackAt = r.CallbackAt.UTC()
	c.CallbackZone, err = s.callback(ctx, actor, *r.CallbackAt, r.CallbackZone)
	return c, err
}

// furthestCallback bounds promises: one beyond it is a slip of the finger.
const furthestCallback = 366 * 24 * time.Hour

// callback checks a promised time and gives the zone it was promised in.
func (s *server) callback(ctx context.Context, actor domain.Actor, at time.Time, zone string) (string, error) {
	switch until := at.Sub(s.now()); {
	case until <= 0:
		return "", domain.Invalid("callback_at", "callback_at has passed already; choose a time to come")
	case until > furthestCallback:
		return "", domain.Invalid("callback_at", "callback_at is more than a year away")
	}
	if zone == "" {
		rules, _, err := s.store.RoutingSettings(ctx, actor)
		return rules.Filled().Zone, err
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
		return "", domain.Invalid("callback_zone", "callback_zone must be the name of a time zone, like Europe/Vienna")
	}
	return zone, nil
}

// mayDispose lets the owner and supervisors end an open chat.
func mayDispose(actor domain.Actor, chat domain.ChatView) error {
	switch {
	case !chat.Phase.Open():
		return domain.E(domain.CodeConflict, "this chat is closed already").Because("chat_closed")
	case chat.Owner == nil:
		return domain.E(domain.CodeConflict, "nobody owns this chat; it still waits for an agent").Because("not_owner")
	case chat.Owner.ID != actor.User && !actor.Role.Supervises():
		return domain.E(domain.CodeConflict, "this chat belongs to %s", chat.Owner.Name).Because("not_owner")
	}
	return nil
}

// commandKey makes a caller's key theirs alone; without one each request is a command of its own.
func commandKey(actor domain.Actor, key string) string {
	if key == "" {
		return uuid.Must(uuid.NewV7()).String()
	}
	return string(actor.User) + ":" + key
}
