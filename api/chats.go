package api

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"tandem/domain"
)

// DisposeRequest ends a chat with its result.
type DisposeRequest struct {
	DispositionID string `json:"disposition_id" format:"uuid"`
	Note          string `json:"note,omitempty" maxLength:"2000"`
	SeenSeq       int64  `json:"seen_seq,omitempty" minimum:"0" doc:"The newest message on the agent's screen. If the customer has written since, the chat stays open and the answer is 409 customer_wrote."`
}

type chatsInput struct {
	View   string       `query:"view" enum:"mine,waiting,all" default:"mine" doc:"mine: open chats I own; waiting: in line, oldest first; all: newest first"`
	Phase  domain.Phase `query:"phase" enum:"queued,active,customer_left,closed" doc:"With view=all: only chats in this phase"`
	Cursor string       `query:"cursor" maxLength:"200" doc:"next of the page before"`
	Limit  int          `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// ChatPath names a chat in an address. Huma sees the fields of exported embedded types only.
type ChatPath struct {
	ID string `path:"id" doc:"The chat's id"`
}

type chatsOutput struct {
	Body domain.Page[domain.ChatView]
}

type chatOutput struct {
	Body domain.ChatView
}

type disposeInput struct {
	ChatPath
	Key  string `header:"Idempotency-Key" maxLength:"200"`
	Body DisposeRequest
}

type customerChatsInput struct {
	ID    string `path:"id" doc:"The customer's id"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"20"`
}

type summaryOutput struct {
	Body domain.Summary
}

func (s *server) listChats(ctx context.Context, in *chatsInput) (*chatsOutput, error) {
	page, err := s.store.Chats(ctx, actorOf(ctx), domain.ChatFilter{
		View: in.View, Cursor: in.Cursor, Limit: in.Limit, Phase: in.Phase,
	})
	return &chatsOutput{Body: filled(page)}, err
}

func (s *server) getChat(ctx context.Context, in *ChatPath) (*chatOutput, error) {
	id, err := pathID[domain.ChatID]("chat", in.ID)
	if err != nil {
		return nil, err
	}
	chat, err := s.store.Chat(ctx, actorOf(ctx), id)
	return &chatOutput{Body: chat}, err
}

func (s *server) customerChats(ctx context.Context, in *customerChatsInput) (*chatsOutput, error) {
	id, err := pathID[domain.CustomerID]("customer", in.ID)
	if err != nil {
		return nil, err
	}
	page, err := s.store.CustomerChats(ctx, actorOf(ctx), id, in.Limit)
	return &chatsOutput{Body: filled(page)}, err
}

func (s *server) summary(ctx context.Context, _ *struct{}) (*summaryOutput, error) {
	sum, err := s.store.Summary(ctx, actorOf(ctx))
	return &summaryOutput{Body: sum}, err
}

// dispose asks the chat's workflow to close the chat: it alone knows whether something newer is on its way. What can be
// refused at once is refused here, so that a refusal needs no engine.
func (s *server) dispose(ctx context.Context, in *disposeInput) (*chatOutput, error) {
	actor := actorOf(ctx)
	id, err := pathID[domain.ChatID]("chat", in.ID)
	if err != nil {
		return nil, err
	}
	if err := storable("note", in.Body.Note); err != nil {
		return nil, err
	}
	disposition, err := s.usableDisposition(ctx, actor, in.Body.DispositionID)
	if err != nil {
		return nil, err
	}
	chat, err := s.store.Chat(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if err := mayDispose(actor, chat); err != nil {
		return nil, err
	}
	result, err := s.chats.CloseChat(ctx, CloseCommand{
		Account: actor.Account, Chat: id, Actor: actor.User, Disposition: disposition,
		Note: in.Body.Note, SeenSeq: in.Body.SeenSeq, Key: commandKey(actor, in.Key),
	})
	if err != nil {
		return nil, err
	}
	if !result.Closed {
		return nil, domain.E(domain.CodeConflict, "the customer has written again; read it first").Because("customer_wrote")
	}
	chat, err = s.store.Chat(ctx, actor, id)
	return &chatOutput{Body: chat}, err
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

func (s *server) usableDisposition(ctx context.Context, actor domain.Actor, text string) (domain.DispositionID, error) {
	id, err := domain.ParseID[domain.DispositionID]("disposition_id", text)
	if err != nil {
		return "", err
	}
	all, err := s.store.Dispositions(ctx, actor)
	if err != nil {
		return "", err
	}
	usable := slices.ContainsFunc(all, func(d domain.Disposition) bool { return d.ID == id && !d.Disabled })
	if !usable {
		return "", domain.Invalid("disposition_id", "no disposition of this account has this id")
	}
	return id, nil
}

// commandKey makes a caller's key theirs alone; without one each request is a command of its own.
func commandKey(actor domain.Actor, key string) string {
	if key == "" {
		return uuid.Must(uuid.NewV7()).String()
	}
	return string(actor.User) + ":" + key
}

// filled makes sure an empty page is an empty list, never null.
func filled[T any](p domain.Page[T]) domain.Page[T] {
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}
