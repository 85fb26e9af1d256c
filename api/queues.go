package api

import (
	"context"

	"tandem/domain"
	"tandem/routing"
)

// QueueDetails is a queue with its members' priorities and its policy.
type QueueDetails struct {
	domain.Queue
	Policy routing.Policy `json:"policy"`
}

// MembersRequest is everybody who serves a queue; user_ids and members may both be given, a user in both counts once,
// with the priority of members.
type MembersRequest struct {
	UserIDs []string        `json:"user_ids,omitempty" maxItems:"1000" doc:"Members with the usual priority"`
	Members []MemberRequest `json:"members,omitempty" maxItems:"1000"`
}

// MemberRequest is a member of a queue.
type MemberRequest struct {
	UserID   string `json:"user_id" format:"uuid"`
	Priority int    `json:"priority,omitempty" minimum:"0" maximum:"9" doc:"1 is served first whatever the strategy, 9 last; 0 or absent means 5"`
}

// QueuePath names a queue in an address.
type QueuePath struct {
	ID string `path:"id" doc:"The queue's id"`
}

type membersInput struct {
	QueuePath
	Body MembersRequest
}

type policyInput struct {
	QueuePath
	Body PolicyRequest
}

type queueDetailsOutput struct {
	Body QueueDetails
}

func (s *server) getQueue(ctx context.Context, in *QueuePath) (*queueDetailsOutput, error) {
	id, err := pathID[domain.QueueID]("queue", in.ID)
	if err != nil {
		return nil, err
	}
	return s.queueDetails(ctx, actorOf(ctx), id)
}

func (s *server) queueDetails(ctx context.Context, actor domain.Actor, id domain.QueueID) (*queueDetailsOutput, error) {
	queue, err := s.store.Queue(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	policy, _, err := s.store.QueuePolicy(ctx, actor, id)
	return &queueDetailsOutput{Body: QueueDetails{Queue: shownQueue(queue), Policy: policy.Filled()}}, err
}

// putPolicy replaces a queue's policy. Chats that wait already keep the version they arrived under.
func (s *server) putPolicy(ctx context.Context, in *policyInput) (*queueDetailsOutput, error) {
	id, err := pathID[domain.QueueID]("queue", in.ID)
	if err != nil {
		return nil, err
	}
	actor := actorOf(ctx)
	if _, err := s.store.Queue(ctx, actor, id); err != nil {
		return nil, err
	}
	names, err := s.names(ctx, actor)
	if err != nil {
		return nil, err
	}
	policy := in.Body.Filled()
	if err := refused("body.", policy.Validate(names, id)); err != nil {
		return nil, err
	}
	if _, _, err := s.store.PutQueuePolicy(ctx, actor, id, policy, in.Body.Version); err != nil {
		return nil, err
	}
	return s.queueDetails(ctx, actor, id)
}

func (s *server) putMembers(ctx context.Context, in *membersInput) (*queueOutput, error) {
	id, err := pathID[domain.QueueID]("queue", in.ID)
	if err != nil {
		return nil, err
	}
	members, err := membersOf(in.Body)
	if err != nil {
		return nil, err
	}
	queue, err := s.store.PutMembers(ctx, actorOf(ctx), id, members)
	return &queueOutput{Body: shownQueue(queue)}, err
}

func membersOf(r MembersRequest) ([]domain.Member, error) {
	if r.UserIDs == nil && r.Members == nil {
		return nil, domain.Invalid("members", "say who serves the queue: members, or user_ids; an empty list means nobody")
	}
	members := make([]domain.Member, 0, len(r.Members)+len(r.UserIDs))
	seen := map[domain.UserID]bool{}
	add := func(field, text string, priority int) error {
		user, err := domain.ParseID[domain.UserID](field, text)
		if err == nil && !seen[user] {
			seen[user] = true
			members = append(members, domain.Member{User: user, Priority: priority})
		}
		return err
	}
	for _, m := range r.Members {
		if err := add("members", m.UserID, m.Priority); err != nil {
			return nil, err
		}
	}
	for _, text := range r.UserIDs {
		if err := add("user_ids", text, 0); err != nil {
			return nil, err
		}
	}
	return members, nil
}

// shownQueue makes sure that lists of a queue are lists, never null.
func shownQueue(q domain.Queue) domain.Queue {
	if q.MemberIDs == nil {
		q.MemberIDs = []domain.UserID{}
	}
	if q.Members == nil {
		q.Members = []domain.Member{}
	}
	return q
}

func shownQueues(queues []domain.Queue) []domain.Queue {
	for i := range queues {
		queues[i] = shownQueue(queues[i])
	}
	return queues
}
