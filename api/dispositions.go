package api

import (
	"context"
	"slices"

	"tandem/domain"
)

// NewDispositionRequest is a result agents may give a chat.
type NewDispositionRequest struct {
	Name     string   `json:"name" minLength:"1" maxLength:"100" example:"Damaged on arrival"`
	Position int      `json:"position,omitempty" minimum:"0" maximum:"10000" doc:"Where it stands among its siblings"`
	ParentID string   `json:"parent_id,omitempty" format:"uuid" doc:"The disposition it stands below; at most three levels"`
	QueueIDs []string `json:"queue_ids,omitempty" maxItems:"200" doc:"The queues it is offered in; empty means all"`
	Callback bool     `json:"callback,omitempty" doc:"Asks for the time of a callback"`
}

// DispositionPatchRequest changes what it names and leaves the rest.
type DispositionPatchRequest struct {
	Name     *string   `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Position *int      `json:"position,omitempty" minimum:"0" maximum:"10000"`
	ParentID *string   `json:"parent_id,omitempty" maxLength:"36" doc:"Empty moves it to the top"`
	QueueIDs *[]string `json:"queue_ids,omitempty" maxItems:"200" doc:"Empty means all queues"`
	Callback *bool     `json:"callback,omitempty"`
	Disabled *bool     `json:"disabled,omitempty" doc:"A disabled one is offered no more; chats that have it keep it"`
}

// ChooseDispositionRequest chooses a chat's result early, or corrects it.
type ChooseDispositionRequest struct {
	DispositionID string `json:"disposition_id" format:"uuid"`
	Note          string `json:"note,omitempty" maxLength:"250" doc:"For colleagues"`
}

type (
	dispositionsOutput struct {
		Body domain.Page[domain.Disposition]
	}
	dispositionOutput     struct{ Body domain.Disposition }
	newDispositionInput   struct{ Body NewDispositionRequest }
	dispositionPatchInput struct {
		ID   string `path:"id"`
		Body DispositionPatchRequest
	}
)

type dispositionsInput struct {
	ChatID string `query:"chat_id" doc:"The chat to be disposed: only what its queue offers"`
}

type chooseInput struct {
	ChatPath
	Body ChooseDispositionRequest
}

// listDispositions gives the flat list of what may be chosen; parent_id makes it a tree.
func (s *server) listDispositions(ctx context.Context, in *dispositionsInput) (*dispositionsOutput, error) {
	actor := actorOf(ctx)
	var queue domain.QueueID
	if in.ChatID != "" {
		id, err := pathID[domain.ChatID]("chat", in.ChatID)
		if err != nil {
			return nil, err
		}
		chat, err := s.store.Chat(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		queue = queueOf(chat)
	}
	usable, err := s.usableDispositions(ctx, actor, queue)
	return &dispositionsOutput{Body: wholeList(usable)}, err
}

func queueOf(chat domain.ChatView) domain.QueueID {
	if chat.Queue == nil {
		return ""
	}
	return chat.Queue.ID
}

// usableDispositions leaves out the disabled ones.
func (s *server) usableDispositions(ctx context.Context, actor domain.Actor, queue domain.QueueID) ([]domain.Disposition, error) {
	all, err := s.store.Dispositions(ctx, actor, queue)
	if err != nil {
		return nil, err
	}
	return shownDispositions(slices.DeleteFunc(all, func(d domain.Disposition) bool { return d.Disabled })), nil
}

func shownDispositions(all []domain.Disposition) []domain.Disposition {
	for i := range all {
		all[i] = shownDisposition(all[i])
	}
	return all
}

func shownDisposition(d domain.Disposition) domain.Disposition {
	if d.QueueIDs == nil {
		d.QueueIDs = []domain.QueueID{}
	}
	return d
}

// usableDisposition finds what the chat may end with: offered in its queue, and none that only leads to others.
func (s *server) usableDisposition(ctx context.Context, actor domain.Actor, chat domain.ChatView, text string) (domain.Disposition, error) {
	id, err := domain.ParseID[domain.DispositionID]("disposition_id", text)
	if err != nil {
		return domain.Disposition{}, err
	}
	usable, err := s.usableDispositions(ctx, actor, queueOf(chat))
	if err != nil {
		return domain.Disposition{}, err
	}
	at := slices.IndexFunc(usable, func(d domain.Disposition) bool { return d.ID == id })
	if at < 0 {
		return domain.Disposition{}, domain.Invalid("disposition_id", "no disposition with this id is offered for this chat")
	}
	if slices.ContainsFunc(usable, func(d domain.Disposition) bool { return d.ParentID != nil && *d.ParentID == id }) {
		return domain.Disposition{}, domain.Invalid("disposition_id", "%s is a group; choose one of those below it", usable[at].Name)
	}
	return usable[at], nil
}

// chooseDisposition keeps a result for the chat's end while it lives, and corrects the one of a closed chat.
func (s *server) chooseDisposition(ctx context.Context, in *chooseInput) (*chatOutput, error) {
	if err := storable("note", in.Body.Note); err != nil {
		return nil, err
	}
	return s.command(ctx, in.ChatPath, func(a domain.Actor, id domain.ChatID) (domain.ChatView, error) {
		chat, err := s.store.Chat(ctx, a, id)
		if err != nil {
			return chat, err
		}
		disposition, err := s.usableDisposition(ctx, a, chat, in.Body.DispositionID)
		if err != nil {
			return chat, err
		}
		return s.store.ChooseDisposition(ctx, a, id, disposition.ID, in.Body.Note)
	})
}

func (s *server) allDispositions(ctx context.Context, _ *struct{}) (*dispositionsOutput, error) {
	all, err := s.store.Dispositions(ctx, actorOf(ctx), "")
	return &dispositionsOutput{Body: wholeList(shownDispositions(all))}, err
}

func (s *server) createDisposition(ctx context.Context, in *newDispositionInput) (*dispositionOutput, error) {
	name, err := givenName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	n := domain.NewDisposition{Name: name, Position: in.Body.Position, Callback: in.Body.Callback}
	if in.Body.ParentID != "" {
		if n.Parent, err = domain.ParseID[domain.DispositionID]("parent_id", in.Body.ParentID); err != nil {
			return nil, err
		}
	}
	if n.Queues, err = bodyIDs[domain.QueueID]("queue_ids", in.Body.QueueIDs); err != nil {
		return nil, err
	}
	d, err := s.store.CreateDisposition(ctx, actorOf(ctx), n)
	return &dispositionOutput{Body: shownDisposition(d)}, err
}

func (s *server) updateDisposition(ctx context.Context, in *dispositionPatchInput) (*dispositionOutput, error) {
	id, err := pathID[domain.DispositionID]("disposition", in.ID)
	if err != nil {
		return nil, err
	}
	p := domain.DispositionPatch{Position: in.Body.Position, Callback: in.Body.Callback, Disabled: in.Body.Disabled}
	if in.Body.Name != nil {
		name, err := givenName(*in.Body.Name)
		if err != nil {
			return nil, err
		}
		p.Name = &name
	}
	if in.Body.ParentID != nil {
		var parent domain.DispositionID
		if *in.Body.ParentID != "" {
			if parent, err = domain.ParseID[domain.DispositionID]("parent_id", *in.Body.ParentID); err != nil {
				return nil, err
			}
		}
		p.Parent = &parent
	}
	if in.Body.QueueIDs != nil {
		queues, err := bodyIDs[domain.QueueID]("queue_ids", *in.Body.QueueIDs)
		if err != nil {
			return nil, err
		}
		p.Queues = &queues
	}
	d, err := s.store.UpdateDisposition(ctx, actorOf(ctx), id, p)
	return &dispositionOutput{Body: shownDisposition(d)}, err
}
