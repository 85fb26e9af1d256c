package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var (
	routingOf = define("how a chat stands with routing", `
select c.phase, c.owner_id, o.name as owner_name, c.customer_left_at, c.queue_id, c.queued_at, coalesce(a.why, '') as why
from chats c left join users o on o.id = c.owner_id left join assignments a on a.chat_id = c.id and a.ended_at is null
where c.id = @chat and c.account_id = @account`)
	standInLine = define("stand in line", `
insert into waiting (chat_id, account_id, queue_id, priority, queued_at)
select c.id, c.account_id, c.queue_id, q.priority, c.queued_at from chats c join queues q on q.id = c.queue_id
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
	Phase          domain.Phase
	OwnerID        *domain.UserID
	OwnerName      *string
	CustomerLeftAt *time.Time
	QueueID        domain.QueueID
	QueuedAt       time.Time
	Why            string
}

func (r routingRow) answer() domain.Assigned {
	a := domain.Assigned{Phase: r.Phase, Why: r.Why}
	if r.OwnerID != nil && r.Phase != domain.PhaseClosed {
		a.Agent = *r.OwnerID
		if r.OwnerName != nil {
			a.Name = *r.OwnerName
		}
	}
	return a
}

// RequestAgent makes sure that a queued chat stands in line and hands out what can be handed out. It may be called as
// often as one likes. The answer tells the owner, or the place in line; for a closed chat only the phase.
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
			if err := t.lockDispatch(ctx); err != nil {
				return err
			}
			if _, err := exec(ctx, t, standInLine, args{"chat": chat}); err != nil {
				return err
			}
			if _, err := t.dispatch(ctx); err != nil {
				return err
			}
			if row, err = one[routingRow](ctx, t, routingOf, at); err != nil {
				return err
			}
		}
		answer = row.answer()
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
			if p.agent == agent {
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

// maxReasonRunes bounds the reason of a break.
const maxReasonRunes = 200

var (
	setStatus = define("set an agent's status", `
update users set status = @status, status_reason = @reason, status_since = @now,
  idle_since = case when @status = 'available' then @now else idle_since end
where id = @user and account_id = @account and disabled_at is null and (status, status_reason) <> (@status, @reason)`)
	recordStatus = define("record a change of status", `
insert into user_status_changes (account_id, user_id, status, reason, actor_id, at)
values (@account, @user, @status, @reason, @user, @now)`)
	statusView = define("user after a change of status", `
select u.id, u.account_id, u.email, u.name, u.role, u.max_chats, u.status, u.status_reason, u.status_since, u.disabled_at,
  u.created_at,
  (select count(*)::integer from assignments a where a.user_id = u.id and a.ended_at is null) as open_chats,
  array(select m.queue_id from queue_members m where m.user_id = u.id order by m.queue_id) as queue_ids
from users u where u.id = @user and u.account_id = @account`)
)

// SetStatus changes the actor's own availability. A break or going offline keeps the chats they have and brings no new
// ones; becoming available hands out what waits. Setting what is already set changes nothing.
func (s *Store) SetStatus(ctx context.Context, a domain.Actor, status domain.Availability, reason string) (domain.User, error) {
	if !status.Valid() {
		return domain.User{}, domain.Invalid("status", "status must be available, break or offline")
	}
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) > maxReasonRunes || reason != storable(reason) {
		return domain.User{}, domain.Invalid("reason", "reason may have at most %d characters", maxReasonRunes)
	}
	var user domain.User
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		at := args{"status": status, "reason": reason, "now": t.now, "user": a.User, "account": t.account}
		changed, err := exec(ctx, t, setStatus, at)
		if err != nil {
			return err
		}
		if changed > 0 {
			if err := t.statusChanged(ctx, a, status, at); err != nil {
				return err
			}
		}
		if user, err = one[domain.User](ctx, t, statusView, args{"user": a.User, "account": t.account}); err != nil || changed == 0 {
			return err
		}
		return t.emit(domain.EventAgentStatus, "", domain.AgentEventData{User: user}, audienceAccount)
	})
	if err != nil {
		return domain.User{}, fmt.Errorf("setting a status: %w", err)
	}
	return user, nil
}

func (t *tx) statusChanged(ctx context.Context, a domain.Actor, status domain.Availability, at args) error {
	if _, err := exec(ctx, t, recordStatus, at); err != nil {
		return err
	}
	if status != domain.Available || !a.Role.TakesChats() {
		return nil
	}
	_, err := t.dispatch(ctx)
	return err
}
