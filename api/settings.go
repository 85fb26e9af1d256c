package api

import (
	"context"
	"net/mail"
	"strings"
	"unicode/utf8"

	"tandem/domain"
)

// NewUserRequest is a person to be added to the account.
type NewUserRequest struct {
	Email    string      `json:"email" maxLength:"320"`
	Name     string      `json:"name" minLength:"1" maxLength:"100"`
	Role     domain.Role `json:"role" enum:"super_admin,admin,supervisor,campaign_manager,agent,operator"`
	Password string      `json:"password" maxLength:"200" doc:"At least 10 characters"`
	MaxChats int         `json:"max_chats,omitempty" minimum:"1" maximum:"20" doc:"How many chats at once; 5 when absent"`
	QueueIDs []string    `json:"queue_ids,omitempty" maxItems:"200"`
	// ChannelTypes are words of the domain; nameChoices puts them into the document.
	ChannelTypes []domain.ChannelType `json:"channel_types,omitempty" maxItems:"5" doc:"The channels this person takes chats of; empty means all"`
}

// UserPatchRequest changes what it names and leaves the rest.
type UserPatchRequest struct {
	Name     *string      `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Role     *domain.Role `json:"role,omitempty" enum:"super_admin,admin,supervisor,campaign_manager,agent,operator"`
	Password *string      `json:"password,omitempty" maxLength:"200"`
	MaxChats *int         `json:"max_chats,omitempty" minimum:"1" maximum:"20"`
	QueueIDs *[]string    `json:"queue_ids,omitempty" maxItems:"200"`
	Disabled *bool        `json:"disabled,omitempty" doc:"true ends their sessions and gives their chats back to the line"`

	ChannelTypes *[]domain.ChannelType `json:"channel_types,omitempty" maxItems:"5" doc:"The channels this person takes chats of; empty means all"`
}

// NewQueueRequest is a queue to be made.
type NewQueueRequest struct {
	Name     string `json:"name" minLength:"1" maxLength:"100"`
	Priority int    `json:"priority,omitempty" minimum:"1" maximum:"9" doc:"1 is served first, 9 last; 5 when absent"`
}

// QueuePatchRequest changes what it names and leaves the rest.
type QueuePatchRequest struct {
	Name     *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Priority *int    `json:"priority,omitempty" minimum:"1" maximum:"9"`
}

type (
	usersOutput    struct{ Body domain.Page[domain.User] }
	queuesOutput   struct{ Body domain.Page[domain.Queue] }
	queueOutput    struct{ Body domain.Queue }
	channelsOutput struct {
		Body domain.Page[domain.ChannelView]
	}
	repliesOutput struct {
		Body domain.Page[domain.CannedReply]
	}
	newUserInput  struct{ Body NewUserRequest }
	newQueueInput struct{ Body NewQueueRequest }
)

type userPatchInput struct {
	ID   string `path:"id"`
	Body UserPatchRequest
}

type queuePatchInput struct {
	QueuePath
	Body QueuePatchRequest
}

func (s *server) listUsers(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	users, err := s.store.Users(ctx, actorOf(ctx))
	return &usersOutput{Body: wholeList(shownUsers(users))}, err
}

func (s *server) createUser(ctx context.Context, in *newUserInput) (*userOutput, error) {
	email, err := emailAddress(in.Body.Email)
	if err != nil {
		return nil, err
	}
	name, err := givenName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	queues, err := bodyIDs[domain.QueueID]("queue_ids", in.Body.QueueIDs)
	if err != nil {
		return nil, err
	}
	hash, err := s.hashPassword(ctx, in.Body.Password)
	if err != nil {
		return nil, err
	}
	user, err := s.store.CreateUser(ctx, actorOf(ctx), domain.NewUser{
		Email: email, Name: name, Role: in.Body.Role, PasswordHash: hash, MaxChats: in.Body.MaxChats, QueueIDs: queues,
		ChannelTypes: in.Body.ChannelTypes,
	})
	return &userOutput{Body: shownUser(user)}, err
}

func (s *server) updateUser(ctx context.Context, in *userPatchInput) (*userOutput, error) {
	id, err := pathID[domain.UserID]("user", in.ID)
	if err != nil {
		return nil, err
	}
	patch := domain.UserPatch{
		Role: in.Body.Role, MaxChats: in.Body.MaxChats, Disabled: in.Body.Disabled, ChannelTypes: in.Body.ChannelTypes,
	}
	if in.Body.Name != nil {
		name, err := givenName(*in.Body.Name)
		if err != nil {
			return nil, err
		}
		patch.Name = &name
	}
	if in.Body.QueueIDs != nil {
		queues, err := bodyIDs[domain.QueueID]("queue_ids", *in.Body.QueueIDs)
		if err != nil {
			return nil, err
		}
		patch.QueueIDs = &queues
	}
	if in.Body.Password != nil {
		hash, err := s.hashPassword(ctx, *in.Body.Password)
		if err != nil {
			return nil, err
		}
		patch.PasswordHash = &hash
	}
	user, err := s.store.UpdateUser(ctx, actorOf(ctx), id, patch)
	if err == nil && (in.Body.Password != nil || user.DisabledAt != nil) {
		s.hub.checkSessions() // the store has ended this user's sessions
	}
	return &userOutput{Body: shownUser(user)}, err
}

func (s *server) listQueues(ctx context.Context, _ *struct{}) (*queuesOutput, error) {
	queues, err := s.store.Queues(ctx, actorOf(ctx))
	return &queuesOutput{Body: wholeList(shownQueues(queues))}, err
}

func (s *server) createQueue(ctx context.Context, in *newQueueInput) (*queueOutput, error) {
	name, err := givenName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	queue, err := s.store.CreateQueue(ctx, actorOf(ctx), domain.NewQueue{Name: name, Priority: in.Body.Priority})
	return &queueOutput{Body: shownQueue(queue)}, err
}

func (s *server) updateQueue(ctx context.Context, in *queuePatchInput) (*queueOutput, error) {
	id, err := pathID[domain.QueueID]("queue", in.ID)
	if err != nil {
		return nil, err
	}
	patch := domain.QueuePatch{Priority: in.Body.Priority}
	if in.Body.Name != nil {
		name, err := givenName(*in.Body.Name)
		if err != nil {
			return nil, err
		}
		patch.Name = &name
	}
	queue, err := s.store.UpdateQueue(ctx, actorOf(ctx), id, patch)
	return &queueOutput{Body: shownQueue(queue)}, err
}

func (s *server) listChannels(ctx context.Context, _ *struct{}) (*channelsOutput, error) {
	list, err := s.store.Channels(ctx, actorOf(ctx))
	for i := range list {
		list[i].WebhookURL = s.webhookURL(list[i])
	}
	return &channelsOutput{Body: wholeList(list)}, err
}

// webhookURL is what to enter at the provider; empty for channels that need none.
func (s *server) webhookURL(ch domain.ChannelView) string {
	if ch.Provider == domain.ProviderWebchat {
		return ""
	}
	return s.publicURL + "/webhooks/" + ch.Provider + "/" + ch.Key
}

func (s *server) listCannedReplies(ctx context.Context, _ *struct{}) (*repliesOutput, error) {
	replies, err := s.store.CannedReplies(ctx, actorOf(ctx))
	return &repliesOutput{Body: wholeList(replies)}, err
}

// shortestPassword is the fewest characters of a password; length is what guessing costs.
const shortestPassword = 10

func (s *server) hashPassword(ctx context.Context, password string) (string, error) {
	if utf8.RuneCountInString(password) < shortestPassword {
		return "", domain.Invalid("password", "password must have at least %d characters", shortestPassword)
	}
	return s.passwords.hash(ctx, password)
}

func emailAddress(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Address != text {
		return "", domain.Invalid("email", "email must be an e-mail address, like ada@example.org")
	}
	return text, storable("email", text)
}

func bodyIDs[T ~string](field string, texts []string) ([]T, error) {
	out := make([]T, 0, len(texts))
	for _, text := range texts {
		id, err := domain.ParseID[T](field, text)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}
