package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"tandem/domain"
)

// PostMessageRequest is a message to the customer.
type PostMessageRequest struct {
	ClientID    string              `json:"client_id" minLength:"1" maxLength:"100" doc:"An id the client gives; sending it again gives the first message again"`
	Text        string              `json:"text,omitempty" doc:"At most 1,600 characters"`
	Attachments []AttachmentRequest `json:"attachments,omitempty" maxItems:"10"`
}

// AttachmentRequest is a file to go with a message, by the address where the provider can fetch it.
type AttachmentRequest struct {
	URL         string `json:"url" maxLength:"2000"`
	Name        string `json:"name,omitempty" maxLength:"200"`
	ContentType string `json:"content_type,omitempty" maxLength:"100"`
}

// PostNoteRequest is a note that colleagues see and the customer doesn't.
type PostNoteRequest struct {
	ClientID string `json:"client_id" minLength:"1" maxLength:"100"`
	Text     string `json:"text"`
}

// ReadRequest says up to where somebody has read.
type ReadRequest struct {
	Seq int64 `json:"seq" minimum:"0"`
}

type messagesInput struct {
	ChatPath
	Before int64 `query:"before" minimum:"0" doc:"Only messages with a smaller seq"`
	After  int64 `query:"after" minimum:"0" doc:"Only messages with a larger seq"`
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type messagesOutput struct {
	Body domain.Page[domain.Message]
}

type postMessageInput struct {
	ChatPath
	Body PostMessageRequest
}

type postNoteInput struct {
	ChatPath
	Body PostNoteRequest
}

type readInput struct {
	ChatPath
	Body ReadRequest
}

type messageOutput struct {
	Status int
	Body   domain.Message
}

func (s *server) listMessages(ctx context.Context, in *messagesInput) (*messagesOutput, error) {
	id, err := pathID[domain.ChatID]("chat", in.ID)
	if err != nil {
		return nil, err
	}
	page, err := s.store.Messages(ctx, actorOf(ctx), id, domain.MessageQuery{Before: in.Before, After: in.After, Limit: in.Limit})
	return &messagesOutput{Body: filled(page)}, err
}

func (s *server) postMessage(ctx context.Context, in *postMessageInput) (*messageOutput, error) {
	files, err := s.attachments(ctx, in.Body.Attachments)
	if err != nil {
		return nil, err
	}
	return s.post(ctx, in.ID, domain.NewMessage{
		ClientID: in.Body.ClientID, Text: in.Body.Text, Kind: domain.KindText, Attachments: files,
	})
}

func (s *server) postNote(ctx context.Context, in *postNoteInput) (*messageOutput, error) {
	return s.post(ctx, in.ID, domain.NewMessage{ClientID: in.Body.ClientID, Text: in.Body.Text, Kind: domain.KindNote})
}

// post answers 201 for a new message and 200 for a repeat.
func (s *server) post(ctx context.Context, chat string, m domain.NewMessage) (*messageOutput, error) {
	id, err := pathID[domain.ChatID]("chat", chat)
	if err != nil {
		return nil, err
	}
	if err := storable("client_id", m.ClientID); err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	msg, created, err := s.store.PostMessage(ctx, actorOf(ctx), id, m)
	if err != nil {
		return nil, err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return &messageOutput{Status: status, Body: shown(msg)}, nil
}

func (s *server) markRead(ctx context.Context, in *readInput) (*struct{}, error) {
	id, err := pathID[domain.ChatID]("chat", in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.store.MarkRead(ctx, actorOf(ctx), id, in.Body.Seq)
}

// featureFiles is the switch of the account's instance that lets agents send files.
const featureFiles = "mms"

func (s *server) attachments(ctx context.Context, files []AttachmentRequest) ([]domain.Attachment, error) {
	if len(files) == 0 {
		return nil, nil
	}
	_, account, err := s.store.Me(ctx, actorOf(ctx))
	if err != nil {
		return nil, err
	}
	if !slices.Contains(account.Features, featureFiles) {
		return nil, domain.E(domain.CodeForbidden, "sending files is not switched on for this account").Because("mms_required")
	}
	out := make([]domain.Attachment, 0, len(files))
	for _, f := range files {
		u, err := url.Parse(f.URL)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			return nil, domain.Invalid("attachments", "an attachment's url must be an absolute http or https address")
		}
		for _, text := range []string{f.URL, f.Name, f.ContentType} {
			if err := storable("attachments", text); err != nil {
				return nil, err
			}
		}
		out = append(out, domain.Attachment{URL: f.URL, Name: f.Name, ContentType: f.ContentType})
	}
	return out, nil
}

// shown makes sure a message without files has an empty list, never null.
func shown(m domain.Message) domain.Message {
	if m.Attachments == nil {
		m.Attachments = []domain.Attachment{}
	}
	return m
}
