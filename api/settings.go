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
}

// UserPatchRequest changes what it names and leaves the rest.
type UserPatchRequest struct {
	Name     *string      `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Role     *domain.Role `json:"role,omitempty" enum:"super_admin,admin,supervisor,campaign_manager,agent,operator"`
	Password *string      `json:"password,omitempty" maxLength:"200"`
	MaxChats *int         `json:"max_chats,omitempty" minimum:"1" maximum:"20"`
	QueueIDs *[]string    `json:"queue_ids,omitempty" maxItems:"200"`
	Disabled *bool        `json:"disabled,omitempty"`
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

// MembersRequest is everybody who serves a queue.
type MembersRequest struct {
	UserIDs []string `json:"user_ids" maxItems:"1000"`
}

// NewDispositionRequest is a result agents may give a chat.
type NewDispositionRequest struct {
	Name     string `json:"name" minLength:"1" maxLength:"100"`
	Position int    `json:"position,omitempty" minimum:"0" maximum:"10000" doc:"Where it stands in the list"`
}

type (
	usersOutput    struct{ Body domain.Page[domain.User] }
	queuesOutput   struct{ Body domain.Page[domain.Queue] }
	queueOutput    struct{ Body domain.Queue }
	channelsOutput struct {
		Body domain.Page[domain.ChannelView]
	}
	dispositionsOutput struct {
		Body domain.Page[domain.Disposition]
	}
	dispositionOutput struct{ Body domain.Disposition }
	repliesOutput     struct {
		Body domain.Page[domain.CannedReply]
	}
	newUserInput     struct{ Body NewUserRequest }
	newQueueInput    struct{ Body NewQueueRequest }
	newDispositionIn struct{ Body NewDispositionRequest }
)

type userPatchInput struct {
	ID   string `path:"id"`
	Body UserPatchRequest
}

type queuePatchInput struct {
	ID   string `path:"id"`
	Body QueuePatchRequest
}

type membersInput struct {
	ID   string `path:"id"`
	Body MembersRequest
}

type dispositionsInput struct {
	ChatID string `query:"chat_id" doc:"The chat to be disposed"`
}

func (s *server) listUsers(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	users, err := s.store.Users(ctx, actorOf(ctx))
	return &usersOutput{Body: wholeList(users)}, err
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
	})
	return &userOutput{Body: user}, err
}

func (s *server) updateUser(ctx context.Context, in *userPatchInput) (*userOutput, error) {
	id, err := pathID[domain.UserID]("user", in.ID)
	if err != nil {
		return nil, err
	}
	patch := domain.UserPatch{Role: in.Body.Role, MaxChats: in.Body.MaxChats, Disabled: in.Body.Disabled}
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
	return &userOutput{Body: user}, err
}

func (s *server) listQueues(ctx context.Context, _ *struct{}) (*queuesOutput, error) {
	queues, err := s.store.Queues(ctx, actorOf(ctx))
	return &queuesOutput{Body: wholeList(queues)}, err
}

func (s *server) createQueue(ctx context.Context, in *newQueueInput) (*queueOutput, error) {
	name, err := givenName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	queue, err := s.store.CreateQueue(ctx, actorOf(ctx), domain.NewQueue{Name: name, Priority: in.Body.Priority})
	return &queueOutput{Body: queue}, err
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
	return &queueOutput{Body: queue}, err
}

func (s *server) setQueueMembers(ctx context.Context, in *membersInput) (*queueOutput, error) {
	id, err := pathID[domain.QueueID]("queue", in.ID)
	if err != nil {
		return nil, err
	}
	users, err := bodyIDs[domain.UserID]("user_ids", in.Body.UserIDs)
	if err != nil {
		return nil, err
	}
	queue, err := s.store.SetQueueMembers(ctx, actorOf(ctx), id, users)
	return &queueOutput{Body: queue}, err
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

func (s *server) listDispositions(ctx context.Context, in *dispositionsInput) (*dispositionsOutput, error) {
	if in.ChatID != "" {
		id, err := pathID[domain.ChatID]("chat", in.ChatID)
		if err != nil {
			return nil, err
		}
		if _, err := s.store.Chat(ctx, actorOf(ctx), id); err != nil {
			return nil, err
		}
	}
	all, err := s.store.Dispositions(ctx, actorOf(ctx))
	usable := make([]domain.Disposition, 0, len(all))
	for _, d := range all {
		if !d.Disabled {
			usable = append(usable, d)
		}
	}
	return &dispositionsOutput{Body: wholeList(usable)}, err
}

func (s *server) allDispositions(ctx context.Context, _ *struct{}) (*dispositionsOutput, error) {
	all, err := s.store.Dispositions(ctx, actorOf(ctx))
	return &dispositionsOutput{Body: wholeList(all)}, err
}

func (s *server) createDisposition(ctx context.Context, in *newDispositionIn) (*dispositionOutput, error) {
	name, err := givenName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	d, err := s.store.CreateDisposition(ctx, actorOf(ctx), domain.NewDisposition{Name: name, Position: in.Body.Position})
	return &dispositionOutput{Body: d}, err
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
