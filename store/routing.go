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
	routingOf = define("how a chat stands with routing", `
select c.phase, c.owner_id, ow.name as owner_name, coalesce(a.why, '') as why, q.name as queue_name,
  coalesce(w.barred, '') as barred, su.name as sticky_name, w.sticky_until, ou.name as offered_name, o.expires_at as offered_until,
  coalesce(ac.routing->>'zone', '') as zone
from chats c join queues q on q.id = c.queue_id join accounts ac on ac.id = c.account_id left join users ow on ow.id = c.owner_id
  left join assignments a on a.chat_id = c.id and a.ended_at is null
  left join waiting w on w.chat_id = c.id left join users su on su.id = w.sticky_user_id
  left join offers o on o.chat_id = c.id and o.ended_at is null left join users ou on ou.id = o.user_id
where c.id = @chat and c.account_id = @account`)
	standInLine = define("stand in line", `
insert into waiting (chat_id, account_id, queue_id, priority, queued_at, queue_ids, channel_type, joined_at)
select c.id, c.account_id, c.queue_id, q.priority, c.queued_at, array[c.queue_id], ch.type, c.queued_at
from chats c join queues q on q.id = c.queue_id join channels ch on ch.id = c.channel_id
where c.id = @chat and c.phase = 'queued'
on conflict (chat_id) do nothing`)
	placeInLine = define("place in line", `
select count(*)::integer from waiting w join chats c on c.id = w.chat_id and c.phase = 'queued' and c.customer_left_at is null
join waiting me on me.chat_id = @chat
where w.account_id = @account and w.queue_id = me.queue_id
  and (w.priority, w.queued_at, w.chat_id) <= (me.priority, me.queued_at, me.chat_id)`)
)

// routingRow is a chat as routing sees it.
type routingRow struct {
	Phase        domain.Phase
	OwnerID      *domain.UserID
	OwnerName    *string
	Why          string
	QueueName    string
	Barred       routing.ClockKind
	StickyName   *string
	StickyUntil  *time.Time
	OfferedName  *string
	OfferedUntil *time.Time
	Zone         string
}

// answer tells the owner, or why there is none.
func (r routingRow) answer(now time.Time) domain.Assigned {
	a := domain.Assigned{Phase: r.Phase, Why: r.Why}
	if r.OwnerID != nil && r.Phase != domain.PhaseClosed {
		a.Agent, a.Name = *r.OwnerID, or(r.OwnerName)
	}
	if r.Phase == domain.PhaseQueued {
		a.Why = r.waitsBecause(now)
	}
	return a
}

func (r routingRow) waitsBecause(now time.Time) string {
	clock := func(at time.Time) string { return at.In(routing.ZoneOf(r.Zone)).Format(time.TimeOnly) }
	switch {
	case r.Barred == routing.ClockClosed:
		return r.QueueName + " is closed."
	case r.Barred != "":
		return r.QueueName + " is full."
	case r.OfferedUntil != nil:
		return fmt.Sprintf("Offered to %s until %s.", or(r.OfferedName), clock(*r.OfferedUntil))
	case r.StickyUntil != nil && r.StickyUntil.After(now):
		return fmt.Sprintf("Waits for %s, who knows the customer, until %s.", or(r.StickyName), clock(*r.StickyUntil))
	default:
		return fmt.Sprintf("Nobody who serves %s has room.", r.QueueName)
	}
}

// RequestAgent makes sure that a queued chat stands in line and hands out what can be handed out. It may be called as
// often as one likes. The answer tells the owner, or the place in line and why the chat waits; for a closed chat only the
// phase.
func (s *Store) RequestAgent(ctx context.Context, account domain.AccountID, chat domain.ChatID) (domain.Assigned, error) {
	var answer domain.Assigned
	err := s.inAccount(ctx, account, func(t *tx) error {
		at := args{"chat": chat, "account": account}
		row, err := one[routingRow](ctx, t, routingOf, at)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoChat()
		}
		if err != nil {
			return err
		}
		if row.Phase == domain.PhaseQueued {
			if row, err = t.askForAgent(ctx, at); err != nil {
				return err
			}
		}
		answer = row.answer(t.now)
		if row.Phase == domain.PhaseQueued {
			answer.Position, err = value[int](ctx, t, placeInLine, at)
		}
		return err
	})
	if err != nil {
		return domain.Assigned{}, fmt.Errorf("requesting an agent: %w", err)
	}
	return answer, nil
}

// askForAgent puts the chat in line should it have dropped out, dispatches, and reads how the chat stands then.
func (t *tx) askForAgent(ctx context.Context, at args) (routingRow, error) {
	b := &pgx.Batch{}
	b.Queue(string(lockDispatchOf), args{"account": t.account})
	b.Queue(string(standInLine), args{"chat": at["chat"]})
	if err := t.send(ctx, b); err != nil {
		return routingRow{}, err
	}
	t.tick()
	if _, err := t.dispatch(ctx); err != nil {
		return routingRow{}, err
	}
	return one[routingRow](ctx, t, routingOf, at)
}

// ReleaseAndPickNext hands out waiting chats after an agent's slot became free, and gives those the agent got. The slot
// itself is freed by CloseChat. Running it again does no harm.
func (s *Store) ReleaseAndPickNext(ctx context.Context, account domain.AccountID, agent domain.UserID) ([]domain.ChatID, error) {
	var got []domain.ChatID
	err := s.inAccount(ctx, account, func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		picks, err := t.dispatch(ctx)
		got = got[:0]
		for _, p := range picks {
			if p.Agent == agent {
				got = append(got, p.chat.ChatID)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("picking the next chats: %w", err)
	}
	return got, nil
}

// Dispatch hands out waiting chats after something else than a closed chat or a status made room: a higher cap, another
// member of a queue, an enabled user.
func (s *Store) Dispatch(ctx context.Context, account domain.AccountID) error {
	_, err := s.ReleaseAndPickNext(ctx, account, "")
	return err
}
