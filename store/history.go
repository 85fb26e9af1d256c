package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

var (
	arrivalsBetween = define("arrivals of a period with what became of them", `
select c.created_at as at, coalesce(s.arrived_at_queue, c.queue_id) as queue, ch.type, c.customer_id as customer,
  a.answered_at, c.closed_at as ended_at, c.outcome, coalesce(s.hit, false) as sticky_hit, coalesce(s.kinds, '{}') as steps,
  coalesce(a.held_seconds, 0)::float8 as held_seconds,
  coalesce(s.own_agent, (select p.user_id from sticky_pairings p where p.customer_id = c.customer_id
    and p.started_at <= c.created_at and (p.expires_at is null or p.expires_at > c.created_at))) as own_agent
from chats c join channels ch on ch.id = c.channel_id
left join lateral (
  select min(started_at) as answered_at,
    extract(epoch from sum(least(coalesce(ended_at, @until), @until) - started_at)) as held_seconds
  from assignments where chat_id = c.id and started_at < @until) a on true
left join lateral (
  select array_agg(e.kind order by e.id) as kinds, bool_or(e.kind = 'sticky_hit') as hit,
    (array_agg(e.queue_id order by e.id) filter (where e.kind = 'arrived'))[1] as arrived_at_queue,
    (array_agg(e.user_id order by e.id) filter (where e.kind in ('sticky_wait', 'sticky_hit', 'sticky_ended')))[1] as own_agent
  from routing_events e where e.chat_id = c.id) s on true
where c.account_id = @account and c.created_at >= @from and c.created_at < @to
order by c.created_at, c.id`)
	// The last change before the period says how it began for each agent.
	statusesBetween = define("agents' states of a period", `
select c.user_id, c.status, c.at from user_status_changes c
where c.account_id = @account and c.at < @until and c.at >= coalesce((
  select max(b.at) from user_status_changes b where b.user_id = c.user_id and b.at <= @from), '-infinity')
order by c.user_id, c.at, c.id`)
	agentsOfHistory = define("agents for a what-if", `
select u.id, u.name, u.max_chats, coalesce(u.channel_types, '{}') as channel_types,
  array(select m.queue_id from queue_members m where m.user_id = u.id order by m.queue_id) as queues,
  array(select m.priority from queue_members m where m.user_id = u.id order by m.queue_id) as priorities
from users u where u.account_id = @account and u.role = any(@roles)`)
	queuesOfHistory = define("queues for a what-if", `
select id, name, priority, policy from queues where account_id = @account order by name, id`)
)

type pastChatRow struct {
	At          time.Time
	Queue       domain.QueueID
	Type        domain.ChannelType
	Customer    string
	AnsweredAt  *time.Time
	EndedAt     *time.Time
	Outcome     domain.Outcome
	StickyHit   bool
	Steps       []domain.StoryKind
	HeldSeconds float64
	OwnAgent    *domain.UserID
}

func (r pastChatRow) happened(until time.Time) routing.Happened {
	h := routing.Happened{
		Arrival: routing.Arrival{
			At: r.At, Queue: r.Queue, Type: r.Type, Customer: r.Customer, Agent: or(r.OwnAgent),
			Handle: time.Duration(r.HeldSeconds * float64(time.Second)).Round(time.Millisecond),
		},
		AnsweredAt: or(r.AnsweredAt), StickyHit: r.StickyHit, Steps: r.Steps,
	}
	if r.EndedAt != nil && !r.EndedAt.After(until) {
		h.EndedAt, h.Outcome = *r.EndedAt, r.Outcome
	}
	return h
}

type statusChangeRow struct {
	UserID domain.UserID
	Status domain.Availability
	At     time.Time
}

type historyAgentRow struct {
	ID           domain.UserID
	Name         string
	MaxChats     int
	ChannelTypes []domain.ChannelType
	Queues       []domain.QueueID
	Priorities   []int
}

type historyQueueRow struct {
	ID       domain.QueueID
	Name     string
	Priority int
	Policy   []byte
}

// historyTail is how long after a period its chats are followed: those that came at its end are served later.
const historyTail = 24 * time.Hour

// RoutingHistory reads what a what-if replays: the chats that came within a period with what became of them, who was there, and
// the account's rules as they are today. Caps, memberships and channels of agents are today's too: only states are recorded.
// CodeNotFound when there is no such account.
func (s *Store) RoutingHistory(ctx context.Context, account domain.AccountID, from, to time.Time) (routing.History, error) {
	h := routing.History{From: from, To: to}
	err := s.inAccount(ctx, account, func(t *tx) error {
		h.Until = to.Add(historyTail)
		if h.Until.After(t.now) {
			h.Until = t.now
		}
		settings, _, err := t.settings(ctx)
		if errors.Is(err, pgx.ErrNoRows) {
			return domain.E(domain.CodeNotFound, "there is no account %s", account).Because("unknown_account")
		}
		if err != nil {
			return err
		}
		h.Settings = settings
		rows, err := many[pastChatRow](ctx, t, arrivalsBetween, args{"account": t.account, "from": from, "to": to, "until": h.Until})
		if err != nil {
			return err
		}
		h.Chats = make([]routing.Happened, len(rows))
		for i, r := range rows {
			h.Chats[i] = r.happened(h.Until)
		}
		if h.Queues, err = t.historyQueues(ctx); err != nil {
			return err
		}
		h.Shifts, err = t.shifts(ctx, from, h.Until)
		return err
	})
	if err != nil {
		return routing.History{}, fmt.Errorf("reading a period's history: %w", err)
	}
	return h, nil
}

func (t *tx) historyQueues(ctx context.Context) ([]routing.HistoryQueue, error) {
	rows, err := many[historyQueueRow](ctx, t, queuesOfHistory, args{"account": t.account})
	if err != nil {
		return nil, err
	}
	queues := make([]routing.HistoryQueue, len(rows))
	for i, r := range rows {
		queues[i] = routing.HistoryQueue{ID: r.ID, Name: r.Name, Priority: r.Priority}
		if queues[i].Policy, err = policyOf(r.Policy); err != nil {
			return nil, err
		}
	}
	return queues, nil
}

// shifts makes the times at which agents were there out of their changes of state.
func (t *tx) shifts(ctx context.Context, from, until time.Time) ([]routing.Shift, error) {
	agents, err := many[historyAgentRow](ctx, t, agentsOfHistory, args{"account": t.account, "roles": takingRoles()})
	if err != nil {
		return nil, err
	}
	byID := make(map[domain.UserID]historyAgentRow, len(agents))
	for _, a := range agents {
		byID[a.ID] = a
	}
	changes, err := many[statusChangeRow](ctx, t, statusesBetween, args{"account": t.account, "from": from, "until": until})
	if err != nil {
		return nil, err
	}
	var shifts []routing.Shift
	for i, c := range changes {
		a, takes := byID[c.UserID]
		end := until
		if i+1 < len(changes) && changes[i+1].UserID == c.UserID {
			end = changes[i+1].At
		}
		begin := c.At
		if begin.Before(from) {
			begin = from
		}
		if !takes || c.Status == domain.Offline || !end.After(begin) {
			continue
		}
		shifts = append(shifts, a.shift(begin, end, c.Status == domain.OnBreak))
	}
	return shifts, nil
}

func (a historyAgentRow) shift(from, to time.Time, onBreak bool) routing.Shift {
	s := routing.Shift{
		Agent: a.ID, Name: a.Name, From: from, To: to, Cap: a.MaxChats, Types: a.ChannelTypes, Break: onBreak,
		Queues: make(map[domain.QueueID]routing.Member, len(a.Queues)),
	}
	for i, q := range a.Queues {
		s.Queues[q] = routing.Member{Priority: a.Priorities[i]}
	}
	return s
}
