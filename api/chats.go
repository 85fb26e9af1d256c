package api

import (
	"context"

	"tandem/domain"
)

type chatsInput struct {
	View   string       `query:"view" enum:"mine,waiting,all" default:"mine" doc:"mine: open chats I own, have joined or am offered; waiting: in line, oldest first; all: newest first"`
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

// filled makes sure an empty page is an empty list, never null.
func filled[T any](p domain.Page[T]) domain.Page[T] {
	if p.Items == nil {
		p.Items = []T{}
	}
	return p
}
