package api

import (
	"context"

	"tandem/domain"
)

// The ways to transfer a chat to a colleague.
const (
	transferBlind  = "blind"
	transferAccept = "accept"
)

// TransferRequest gives a chat to a colleague or to a queue; exactly one of user_id and queue_id is named.
type TransferRequest struct {
	UserID  string `json:"user_id,omitempty" format:"uuid" doc:"The colleague"`
	QueueID string `json:"queue_id,omitempty" format:"uuid" doc:"The queue; the chat keeps its customer's time of arrival"`
	Mode    string `json:"mode,omitempty" enum:"blind,accept" default:"blind" doc:"blind: I am free at once; accept: I keep the chat until the colleague accepts, and it stays mine if they don't"`
	Note    string `json:"note,omitempty" maxLength:"250" doc:"For the colleague; the customer doesn't see it" example:"Asks about invoice 4711"`
	Force   bool   `json:"force,omitempty" doc:"A supervisor gives the chat also to a colleague who is on a break, offline or full; without it the answer is then 409 agent_not_free"`
}

// RequeueRequest gives a chat back to its line.
type RequeueRequest struct {
	Note string `json:"note,omitempty" maxLength:"250" doc:"For whoever gets it; the customer doesn't see it"`
}

// HoldRequest says how long a chat rests.
type HoldRequest struct {
	Seconds int `json:"seconds,omitempty" minimum:"0" maximum:"604800" doc:"When it returns by itself; absent means the queue's longest hold" example:"900"`
}

type transferInput struct {
	ChatPath
	Body TransferRequest
}

type requeueInput struct {
	ChatPath
	Body *RequeueRequest
}

type holdInput struct {
	ChatPath
	Body *HoldRequest
}

// command runs a change of hands on the chat an address names and answers the chat as it is afterwards.
func (s *server) command(ctx context.Context, in ChatPath, run func(domain.Actor, domain.ChatID) (domain.ChatView, error)) (*chatOutput, error) {
	id, err := pathID[domain.ChatID]("chat", in.ID)
	if err != nil {
		return nil, err
	}
	chat, err := run(actorOf(ctx), id)
	return &chatOutput{Body: chat}, err
}

// plain makes a handler of a command that takes nothing but the chat.
func (s *server) plain(
	run func(Store, context.Context, domain.Actor, domain.ChatID) (domain.ChatView, error),
) func(context.Context, *ChatPath) (*chatOutput, error) {
	return func(ctx context.Context, in *ChatPath) (*chatOutput, error) {
		return s.command(ctx, *in, func(a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
			return run(s.store, ctx, a, id)
		})
	}
}

func (s *server) transfer(ctx context.Context, in *transferInput) (*chatOutput, error) {
	to, err := transferOf(in.Body)
	if err != nil {
		return nil, err
	}
	return s.command(ctx, in.ChatPath, func(a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
		return s.store.TransferChat(ctx, a, id, to)
	})
}

func transferOf(r TransferRequest) (domain.Transfer, error) {
	t := domain.Transfer{Ask: r.Mode == transferAccept, Note: r.Note, Force: r.Force}
	if err := storable("note", r.Note); err != nil {
		return t, err
	}
	var err error
	switch {
	case r.UserID == "" && r.QueueID == "":
		err = domain.Invalid("user_id", "say where the chat goes: name either user_id or queue_id")
	case r.UserID != "" && r.QueueID != "":
		err = domain.Invalid("queue_id", "a chat goes to one place: name either user_id or queue_id, not both")
	case r.QueueID != "" && t.Ask:
		err = domain.Invalid("mode", "only a colleague can be asked to accept; to a queue the mode is %s", transferBlind)
	case r.UserID != "":
		t.User, err = domain.ParseID[domain.UserID]("user_id", r.UserID)
	default:
		t.Queue, err = domain.ParseID[domain.QueueID]("queue_id", r.QueueID)
	}
	return t, err
}

func (s *server) requeue(ctx context.Context, in *requeueInput) (*chatOutput, error) {
	note := ""
	if in.Body != nil {
		note = in.Body.Note
	}
	if err := storable("note", note); err != nil {
		return nil, err
	}
	return s.command(ctx, in.ChatPath, func(a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
		return s.store.RequeueChat(ctx, a, id, note)
	})
}

func (s *server) hold(ctx context.Context, in *holdInput) (*chatOutput, error) {
	seconds := 0
	if in.Body != nil {
		seconds = in.Body.Seconds
	}
	return s.command(ctx, in.ChatPath, func(a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
		return s.store.HoldChat(ctx, a, id, seconds)
	})
}
