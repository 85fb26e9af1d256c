package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// beatSlack is how much longer than the grace period a connected user counts as present after the last sign of life: two
// beats of the keeper may be late before a living connection is taken for a lost one.
const beatSlack = 20 * time.Second

// goneBatch bounds the agents one call of AgentsGone looks at.
const goneBatch = 200

// lostConnection is the reason of a status that nobody chose.
const lostConnection = "connection lost"

var (
	presenceOf = define("presence of a user", `
select connected, absent_at <= @now as away from presence where user_id = @user and account_id = @account`)
	connect = define("a user has a live connection", `
insert into presence (user_id, account_id, connected, seen_at, absent_at)
select u.id, u.account_id, true, @now, @absent from users u where u.id = @user and u.account_id = @account
on conflict (user_id) do update set connected = true, seen_at = excluded.seen_at, absent_at = greatest(presence.absent_at, excluded.absent_at)`)
	disconnect = define("a user's last connection is gone", `
update presence set connected = false, seen_at = @now, absent_at = @absent where user_id = @user and account_id = @account and connected`)
	// A user who isn't here, or counts as gone, is none whose connection simply lives on: that is a return, see Connected.
	keepConnected = define("connections live on", `
update presence p set seen_at = @now,
  absent_at = @now::timestamptz + make_interval(secs => coalesce((a.routing->'presence'->>'grace_seconds')::integer, @grace) + @slack)
from unnest(@users::uuid[], @accounts::text[]) as k (user_id, account_id) join accounts a on a.id = k.account_id
where p.user_id = k.user_id and p.account_id = k.account_id and p.connected and p.absent_at > @now
returning p.user_id`)
	absentUsers = define("users without a connection for too long", `
select p.account_id as account, p.user_id as user from presence p join accounts a on a.id = p.account_id
where p.absent_at <= @now
  and @now >= @started::timestamptz + make_interval(secs => coalesce((a.routing->'presence'->>'grace_seconds')::integer, @grace))
order by p.absent_at limit @limit`)
	forgetPresence = define("forget a user without a connection", `
delete from presence where user_id = @user and account_id = @account and absent_at <= @now returning connected`)
)

// presenceRow is a user's presence.
type presenceRow struct {
	Connected bool
	Away      bool // the grace period is over
}

func (t *tx) grace(ctx context.Context) (time.Duration, error) {
	settings, _, err := t.settings(ctx)
	return time.Duration(settings.Presence.GraceSeconds) * time.Second, err
}

// Connected records that a user has a live connection. Waiting chats are handed out to one who counted as gone for a
// moment. It may be called as often as one likes; a user who isn't the account's changes nothing.
func (s *Store) Connected(ctx context.Context, account domain.AccountID, user domain.UserID) error {
	err := s.inAccount(ctx, account, func(t *tx) error {
		at := args{"user": user, "account": account, "now": t.now}
		before, err := many[presenceRow](ctx, t, presenceOf, at)
		if err != nil {
			return err
		}
		returns := len(before) > 0 && before[0].Away
		if returns {
			if err := t.lockDispatch(ctx); err != nil {
				return err
			}
		}
		grace, err := t.grace(ctx)
		if err != nil {
			return err
		}
		at["absent"] = t.now.Add(grace + beatSlack)
		known, err := exec(ctx, t, connect, at)
		if err != nil || known == 0 {
			return err
		}
		if len(before) == 0 || !before[0].Connected || returns {
			t.touch(user)
		}
		if returns {
			_, err = t.dispatch(ctx)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("recording a connection: %w", err)
	}
	return nil
}

// Disconnected records that the last connection a node knew of a user is gone: without another one they count as gone
// after the account's grace period. A repeat doesn't extend it.
func (s *Store) Disconnected(ctx context.Context, account domain.AccountID, user domain.UserID) error {
	err := s.inAccount(ctx, account, func(t *tx) error {
		grace, err := t.grace(ctx)
		if err != nil {
			return err
		}
		changed, err := exec(ctx, t, disconnect, args{"user": user, "account": account, "now": t.now, "absent": t.now.Add(grace)})
		if err == nil && changed > 0 {
			t.touch(user)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("recording a lost connection: %w", err)
	}
	return nil
}

// KeepPresence records that connections live on: of everybody connected to a node, to be called more often than the
// shortest grace period (10 seconds) lasts. A user whom another node has reported as disconnected is connected again.
func (s *Store) KeepPresence(ctx context.Context, present []domain.PresentUser) error {
	if len(present) == 0 {
		return nil
	}
	ids, accounts := make([]string, len(present)), make([]string, len(present))
	for i, p := range present {
		ids[i], accounts[i] = string(p.User), string(p.Account)
	}
	rows, err := many[struct{ UserID domain.UserID }](ctx, s.system, keepConnected, args{
		"users": ids, "accounts": accounts, "now": s.now(), "grace": defaultGrace(), "slack": int(beatSlack.Seconds()),
	})
	if err != nil {
		return fmt.Errorf("keeping presence: %w", translate(err))
	}
	kept := make(map[domain.UserID]bool, len(rows))
	for _, r := range rows {
		kept[r.UserID] = true
	}
	var failed error
	for _, p := range present {
		if !kept[p.User] {
			failed = errors.Join(failed, s.Connected(ctx, p.Account, p.User))
		}
	}
	return failed
}

func defaultGrace() int { return routing.DefaultSettings().Presence.GraceSeconds }

// AgentsGone makes offline whoever has been without a connection for longer than their account's grace period, and gives
// how many. Their chats with an unanswered customer go back to the front of their lines; the others stay theirs. Nobody is
// declared gone before this process has run for a grace period: after a restart connections need time to come back.
func (s *Store) AgentsGone(ctx context.Context) (int, error) {
	absent, err := many[domain.PresentUser](ctx, s.system, absentUsers, args{
		"now": s.now(), "started": s.started, "grace": defaultGrace(), "limit": goneBatch,
	})
	if err != nil {
		return 0, fmt.Errorf("looking for lost agents: %w", translate(err))
	}
	gone := 0
	var failed error
	for _, p := range absent {
		declared, err := s.agentGone(ctx, p)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("declaring an agent gone: %w", err))
		}
		if declared {
			gone++
		}
	}
	return gone, failed
}

// agentGone declares one user gone unless they have come back; it reports whether their state changed.
func (s *Store) agentGone(ctx context.Context, p domain.PresentUser) (declared bool, err error) {
	err = s.inAccount(ctx, p.Account, func(t *tx) error {
		declared = false
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		forgotten, err := many[struct{ Connected bool }](ctx, t, forgetPresence, args{"user": p.User, "account": p.Account, "now": t.now})
		if err != nil || len(forgotten) == 0 {
			return err
		}
		if forgotten[0].Connected {
			t.touch(p.User)
		}
		agent, err := t.userNow(ctx, p.User)
		if err != nil || agent.Status == domain.Offline {
			return err
		}
		declared = true
		t.touch(p.User)
		if err := t.handOver(ctx, agent, handing{why: agent.Name + " lost the connection"}); err != nil {
			return err
		}
		if err := t.noMoreChats(ctx, p.User, domain.Offline, "lost the connection"); err != nil {
			return err
		}
		t.becomes(p.User, domain.Offline, lostConnection, p.User)
		_, err = t.dispatch(ctx)
		return err
	})
	return declared && err == nil, err
}
