package api

import (
	"context"

	"tandem/domain"
)

type followUpsInput struct {
	Open bool `query:"open" default:"true" doc:"true: only what is still to be done, the next due first; false: what was done lately as well"`
}

// FollowUpPath names a follow-up in an address.
type FollowUpPath struct {
	ID string `path:"id" doc:"The follow-up's id"`
}

type followUpsOutput struct {
	Body domain.Page[domain.FollowUp]
}

type followUpOutput struct {
	Body domain.FollowUp
}

func (s *server) listFollowUps(ctx context.Context, in *followUpsInput) (*followUpsOutput, error) {
	all, err := s.store.FollowUps(ctx, actorOf(ctx), in.Open)
	return &followUpsOutput{Body: wholeList(all)}, err
}

func (s *server) finishFollowUp(ctx context.Context, in *FollowUpPath) (*followUpOutput, error) {
	id, err := pathID[domain.FollowUpID]("follow-up", in.ID)
	if err != nil {
		return nil, err
	}
	done, err := s.store.FollowUpDone(ctx, actorOf(ctx), id)
	return &followUpOutput{Body: done}, err
}
