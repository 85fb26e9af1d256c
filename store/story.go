package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"tandem/domain"
	"tandem/routing"
)

// decision is one row of a chat's routing story: what was decided, why, and who was considered.
type decision struct {
	Chat    domain.ChatID
	Kind    domain.StoryKind
	Queue   domain.QueueID // may be empty
	User    domain.UserID  // the agent it is about; may be empty
	Actor   domain.UserID  // the person who decided; empty when a rule did
	Version int            // of the queue's policy that held
	Text    string         // one sentence for people
	// Considered names at most maxConsidered agents; More counts the others.
	Considered []domain.Considered
	More       int
	// Clock names the clock that caused it, and Effects are what is to be done outside the ledger: whoever fires the clock again
	// gets them again.
	Clock   string
	Effects []routing.Effect
}

// maxConsidered bounds the agents a decision names.
const maxConsidered = 10

// storyDetail is what a decision keeps beside its sentence.
type storyDetail struct {
	Considered []domain.Considered `json:"considered,omitempty"`
	More       int                 `json:"more,omitempty"`
	Clock      string              `json:"clock,omitempty"`
	Effects    []routing.Effect    `json:"effects,omitempty"`
}

// storyRow is a decision to be written with the commit.
type storyRow struct {
	decision
	detail []byte
}

// story queues a decision to be written with the commit.
func (t *tx) story(d decision) error {
	if len(d.Considered) > maxConsidered {
		d.More += len(d.Considered) - maxConsidered
		d.Considered = d.Considered[:maxConsidered]
	}
	detail, err := json.Marshal(storyDetail{Considered: d.Considered, More: d.More, Clock: d.Clock, Effects: d.Effects})
	if err != nil {
		return fmt.Errorf("encoding a routing decision: %w", err)
	}
	t.stories = append(t.stories, storyRow{decision: d, detail: detail})
	return nil
}

var insertStory = define("write routing decisions", `
insert into routing_events (account_id, chat_id, at, kind, queue_id, user_id, actor_id, policy_version, text, detail)
select @account, s.chat_id, @now, s.kind, nullif(s.queue, '')::uuid, nullif(s.usr, '')::uuid, nullif(s.actor, '')::uuid,
  s.version, s.text, s.detail::jsonb
from unnest(@chats::uuid[], @kinds::text[], @queues::text[], @users::text[], @actors::text[], @versions::integer[],
  @texts::text[], @details::text[]) with ordinality
  as s (chat_id, kind, queue, usr, actor, version, text, detail, n) order by s.n`)

func (t *tx) queueStories() {
	n := len(t.stories)
	if n == 0 {
		return
	}
	chats, kinds, queues, users := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	actors, versions, texts, details := make([]string, n), make([]int, n), make([]string, n), make([]string, n)
	for i, s := range t.stories {
		chats[i], kinds[i], queues[i], users[i] = string(s.Chat), string(s.Kind), string(s.Queue), string(s.User)
		actors[i], versions[i], texts[i], details[i] = string(s.Actor), s.Version, s.Text, string(s.detail)
	}
	t.later(insertStory, args{
		"account": t.account, "now": t.now, "chats": chats, "kinds": kinds, "queues": queues, "users": users,
		"actors": actors, "versions": versions, "texts": texts, "details": details,
	})
}

var storyOf = define("routing story of a chat", `
select e.at, e.kind, e.text, e.policy_version, e.detail, e.user_id, u.name as user_name, e.actor_id, ac.name as actor_name,
  e.queue_id, q.name as queue_name
from routing_events e left join users u on u.id = e.user_id left join users ac on ac.id = e.actor_id
  left join queues q on q.id = e.queue_id
where e.chat_id = @chat and e.account_id = @account order by e.id desc limit @limit`)

// maxStoryLines bounds a story on screen; no chat has come near it.
const maxStoryLines = 500

// toldRow is a decision as it was recorded.
type toldRow struct {
	At            time.Time
	Kind          domain.StoryKind
	Text          string
	PolicyVersion int
	Detail        storyDetail
	UserID        *domain.UserID
	UserName      *string
	ActorID       *domain.UserID
	ActorName     *string
	QueueID       *domain.QueueID
	QueueName     *string
}

func (r toldRow) line() domain.StoryLine {
	line := domain.StoryLine{
		At: r.At, Kind: r.Kind, Text: r.Text, PolicyVersion: r.PolicyVersion,
		User: userRef(r.UserID, r.UserName), Actor: userRef(r.ActorID, r.ActorName),
		Considered: r.Detail.Considered, More: r.Detail.More,
	}
	if r.QueueID != nil && r.QueueName != nil {
		line.Queue = &domain.QueueRef{ID: *r.QueueID, Name: *r.QueueName}
	}
	if line.Considered == nil {
		line.Considered = []domain.Considered{}
	}
	return line
}

func userRef(id *domain.UserID, name *string) *domain.UserRef {
	if id == nil || name == nil {
		return nil
	}
	return &domain.UserRef{ID: *id, Name: *name}
}

// Routing tells how a chat stands with routing, which clocks run, and every decision about it in the order in which they
// were taken. Rights are those of Chat.
func (s *Store) Routing(ctx context.Context, a domain.Actor, chat domain.ChatID) (domain.RoutingStory, error) {
	if err := mayReadChats(a); err != nil {
		return domain.RoutingStory{}, err
	}
	if _, err := uuid.Parse(string(chat)); err != nil {
		return domain.RoutingStory{}, errNoChat()
	}
	var story domain.RoutingStory
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		found, err := many[chatRow](ctx, t, chatReadable, readArgs(a, chat))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errNoChat()
		}
		standing, err := t.standing(ctx, chat)
		if err != nil {
			return err
		}
		story = storyView(found[0], standing)
		story.Story, err = t.storyLines(ctx, chat, maxStoryLines)
		return err
	})
	if err != nil {
		return domain.RoutingStory{}, fmt.Errorf("reading a routing story: %w", err)
	}
	return story, nil
}

// storyLines gives the newest decisions about a chat, the oldest of them first.
func (t *tx) storyLines(ctx context.Context, chat domain.ChatID, limit int) ([]domain.StoryLine, error) {
	rows, err := many[toldRow](ctx, t, storyOf, args{"chat": chat, "account": t.account, "limit": limit})
	lines := make([]domain.StoryLine, len(rows))
	for i, r := range rows {
		lines[len(rows)-1-i] = r.line()
	}
	return lines, err
}

// ChatStory gives the newest decisions about a chat, the oldest of them first, for the operators' card: at most limit. A
// chat that isn't there has none.
func (s *Store) ChatStory(ctx context.Context, account domain.AccountID, chat domain.ChatID, limit int) ([]domain.StoryLine, error) {
	var lines []domain.StoryLine
	err := s.inAccount(ctx, account, func(t *tx) error {
		var err error
		lines, err = t.storyLines(ctx, chat, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading a chat's story: %w", err)
	}
	return lines, nil
}
