package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

var (
	standingOf = define("all that a chat's deadlines depend on", `
select c.last_seq, c.phase, ch.type as channel_type, c.queue_id, q.name as queue_name, coalesce(p.body, '{}') as policy,
  c.policy_version, c.policy_queue, a.routing, c.queued_at, coalesce(w.joined_at, c.queued_at) as joined_at,
  coalesce(w.barred, '') as barred, coalesce(w.steps, 0) as steps, coalesce(w.told, false) as told,
  w.sticky_user_id, su.name as sticky_name, w.sticky_until,
  o.id as offer_id, o.user_id as offer_user, ou.name as offer_name, o.from_id as offer_from, ofr.name as offer_from_name,
  o.expires_at as offer_expires, o.note as offer_note,
  c.owner_id, ow.name as owner_name, c.assigned_at, c.replied_at, c.reply_steps, c.answered_at, c.silence_steps,
  c.held_until, c.customer_left_at
from chats c join channels ch on ch.id = c.channel_id join queues q on q.id = c.queue_id join accounts a on a.id = c.account_id
  left join policies p on p.account_id = c.account_id and p.subject = c.policy_queue::text and p.version = c.policy_version
  left join waiting w on w.chat_id = c.id left join users su on su.id = w.sticky_user_id
  left join offers o on o.chat_id = c.id and o.ended_at is null
  left join users ou on ou.id = o.user_id left join users ofr on ofr.id = o.from_id
  left join users ow on ow.id = c.owner_id
where c.id = @chat and c.account_id = @account`)
	queueNames = define("names of queues", `select id, name from queues where account_id = @account and id = any(@queues::uuid[])`)
)

// standingRow is a chat's standing as the tables have it.
type standingRow struct {
	LastSeq        int64
	Phase          domain.Phase
	ChannelType    domain.ChannelType
	QueueID        domain.QueueID
	QueueName      string
	Policy         []byte
	PolicyVersion  int
	PolicyQueue    *domain.QueueID
	Routing        []byte
	QueuedAt       time.Time
	JoinedAt       time.Time
	Barred         routing.ClockKind
	Steps          int
	Told           bool
	StickyUserID   *domain.UserID
	StickyName     *string
	StickyUntil    *time.Time
	OfferID        *domain.OfferID
	OfferUser      *domain.UserID
	OfferName      *string
	OfferFrom      *domain.UserID
	OfferFromName  *string
	OfferExpires   *time.Time
	OfferNote      *string
	OwnerID        *domain.UserID
	OwnerName      *string
	AssignedAt     *time.Time
	RepliedAt      *time.Time
	ReplySteps     int
	AnsweredAt     *time.Time
	SilenceSteps   int
	HeldUntil      *time.Time
	CustomerLeftAt *time.Time
}

// standing is a chat's standing with what the pure rules have no use for.
type standing struct {
	routing.Standing
	lastSeq     int64
	policyQueue domain.QueueID
	settings    routing.Settings
	offerNote   string
}

// clocks lists the chat's deadlines, the soonest first.
func (s standing) clocks() []routing.Clock { return routing.Clocks(s.Standing, nil) }

// or gives what p points to, the zero value for nil.
func or[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func (r standingRow) standing() (standing, error) {
	settings, err := settingsOf(r.Routing)
	if err != nil {
		return standing{}, err
	}
	policy, err := policyOf(r.Policy)
	if err != nil {
		return standing{}, err
	}
	s := routing.Standing{
		Phase: r.Phase, ChannelType: r.ChannelType, Queue: r.QueueID, QueueName: r.QueueName, Policy: policy,
		PolicyVersion: r.PolicyVersion, Zone: settings.Zone, QueuedAt: r.QueuedAt, JoinedAt: r.JoinedAt, Barred: r.Barred,
		Steps: r.Steps, Told: r.Told, StickyAgent: or(r.StickyUserID), StickyName: or(r.StickyName), StickyUntil: or(r.StickyUntil),
		Owner: or(r.OwnerID), OwnerName: or(r.OwnerName), AssignedAt: or(r.AssignedAt), RepliedAt: or(r.RepliedAt),
		ReplySteps: r.ReplySteps, AnsweredAt: or(r.AnsweredAt), SilenceSteps: r.SilenceSteps, HeldUntil: or(r.HeldUntil),
		LeftAt: or(r.CustomerLeftAt),
	}
	if r.OfferID != nil {
		s.Offer = &routing.Offer{
			ID: *r.OfferID, Agent: or(r.OfferUser), AgentName: or(r.OfferName), ExpiresAt: or(r.OfferExpires),
			From: or(r.OfferFrom), FromName: or(r.OfferFromName),
		}
	}
	return standing{Standing: s, lastSeq: r.LastSeq, policyQueue: or(r.PolicyQueue), settings: settings, offerNote: or(r.OfferNote)}, nil
}

// queuesOfPolicy lists the queues a policy speaks of.
func queuesOfPolicy(p routing.Policy) []domain.QueueID {
	steps := append([]routing.Step{p.Overflow}, p.Fallback...)
	if p.Hours != nil {
		steps = append(steps, p.Hours.Closed)
		for _, day := range p.Hours.Holidays {
			steps = append(steps, day.Closed)
		}
	}
	var queues []domain.QueueID
	for _, step := range steps {
		queues = append(queues, step.Queues...)
		if step.Queue != "" {
			queues = append(queues, step.Queue)
		}
	}
	slices.Sort(queues)
	return slices.Compact(queues)
}

// queueName is a queue's id and name.
type queueName struct {
	ID   domain.QueueID
	Name string
}

// standing reads how a chat stands; CodeNotFound when there is no such chat.
func (t *tx) standing(ctx context.Context, chat domain.ChatID) (standing, error) {
	row, err := one[standingRow](ctx, t, standingOf, args{"chat": chat, "account": t.account})
	if errors.Is(err, pgx.ErrNoRows) {
		return standing{}, errNoChat()
	}
	if err != nil {
		return standing{}, err
	}
	s, err := row.standing()
	if err != nil {
		return standing{}, err
	}
	s.QueueNames, err = t.queueNames(ctx, queuesOfPolicy(s.Policy))
	return s, err
}

// queueNames gives the names of queues; nil for none.
func (t *tx) queueNames(ctx context.Context, ids []domain.QueueID) (map[domain.QueueID]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := many[queueName](ctx, t, queueNames, args{"account": t.account, "queues": ids})
	names := make(map[domain.QueueID]string, len(rows))
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, err
}

// Standing gives all that a chat's deadlines depend on, and the chat's newest seq at that moment. CodeNotFound when there
// is no such chat.
func (s *Store) Standing(ctx context.Context, account domain.AccountID, chat domain.ChatID) (routing.Standing, int64, error) {
	var found standing
	err := s.inAccount(ctx, account, func(t *tx) error {
		var err error
		found, err = t.standing(ctx, chat)
		return err
	})
	if err != nil {
		return routing.Standing{}, 0, fmt.Errorf("reading how a chat stands: %w", err)
	}
	return found.Standing, found.lastSeq, nil
}

// storyView gives how a chat stands for people; its story is still to be added.
func storyView(c chatRow, s standing) domain.RoutingStory {
	v := domain.RoutingStory{
		Phase: s.Phase, Queue: &domain.QueueRef{ID: c.QueueID, Name: c.QueueName}, PolicyQueue: s.policyQueue,
		PolicyVersion: s.PolicyVersion, Clocks: s.clocks(), Story: []domain.StoryLine{},
	}
	if v.Clocks == nil {
		v.Clocks = []domain.Deadline{}
	}
	if s.StickyAgent != "" && !s.StickyUntil.IsZero() {
		v.Sticky = &domain.StickyView{User: domain.UserRef{ID: s.StickyAgent, Name: s.StickyName}, Until: s.StickyUntil}
	}
	if o := s.Offer; o != nil {
		v.Offer = &domain.OfferView{
			ID: o.ID, Agent: domain.UserRef{ID: o.Agent, Name: o.AgentName}, ExpiresAt: o.ExpiresAt, Note: s.offerNote,
		}
		if o.From != "" {
			v.Offer.From = &domain.UserRef{ID: o.From, Name: o.FromName}
		}
	}
	return v
}
