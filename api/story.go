package api

import (
	"context"

	"tandem/domain"
)

type storyOutput struct {
	Body domain.RoutingStory
}

// routingStory answers "why did this chat go here?" from the decisions as they were recorded when they were taken.
func (s *server) routingStory(ctx context.Context, in *ChatPath) (*storyOutput, error) {
	id, err := pathID[domain.ChatID]("chat", in.ID)
	if err != nil {
		return nil, err
	}
	story, err := s.store.Routing(ctx, actorOf(ctx), id)
	if story.Clocks == nil {
		story.Clocks = []domain.Deadline{}
	}
	if story.Story == nil {
		story.Story = []domain.StoryLine{}
	}
	for i := range story.Story {
		if story.Story[i].Considered == nil {
			story.Story[i].Considered = []domain.Considered{}
		}
	}
	return &storyOutput{Body: story}, err
}
