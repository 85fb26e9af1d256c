package store

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var (
	// What was booked begins when the agent has neither a chat nor an offer.
	beginBooked = define("booked breaks and leaves begin", `
with done as (
  update users u set status = u.next_status, status_reason = u.next_reason, status_since = @now, next_status = '', next_reason = ''
  where u.account_id = @account and u.id = any(@users::uuid[]) and u.next_status <> '' and u.disabled_at is null
    and not exists (select from assignments a where a.user_id = u.id and a.ended_at is null)
    and not exists (select from offers o where o.user_id = u.id and o.ended_at is null)
  returning u.id, u.status, u.status_reason
)
insert into user_status_changes (account_id, user_id, status, reason, actor_id, at)
select @account, id, status, status_reason, id, @now from done`)
	usersByID = define("users by id", `
select `+userColumns+` from users u where u.account_id = @account and u.id = any(@users::uuid[]) order by u.id`)
)

// touch notes users whose load or state this transaction may change: at its end what they booked begins if they have no
// more chats, and screens learn how they stand.
func (t *tx) touch(users ...domain.UserID) {
	for _, u := range users {
		if u == "" {
			continue
		}
		if t.touched == nil {
			t.touched = map[domain.UserID]bool{}
		}
		t.touched[u] = true
	}
}

// settleAgents does at the end of a transaction what touch promises.
func (t *tx) settleAgents(ctx context.Context) error {
	if len(t.touched) == 0 {
		return nil
	}
	ids := make([]domain.UserID, 0, len(t.touched))
	for id := range t.touched {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	b := t.last
	t.last = pgx.Batch{}
	var rows []userRow
	b.Queue(string(beginBooked), args{"account": t.account, "users": ids, "now": t.now})
	queueMany(&b, &rows, usersByID, args{"account": t.account, "users": ids})
	if err := t.send(ctx, &b); err != nil {
		return err
	}
	for _, u := range users(rows) {
		if err := t.emit(domain.EventAgentStatus, "", domain.AgentEventData{User: u}, audienceAccount); err != nil {
			return err
		}
	}
	return nil
}

// userNow gives a user as they are after what this transaction has done so far; CodeNotFound when there is none.
func (t *tx) userNow(ctx context.Context, id domain.UserID) (domain.User, error) {
	if err := t.flush(ctx); err != nil {
		return domain.User{}, err
	}
	row, err := one[userRow](ctx, t, userByID, args{"user": id, "account": t.account})
	if err != nil {
		return domain.User{}, noUser(err)
	}
	return row.user(), nil
}

// emitUser tells the account's screens about a user at the end of the transaction and gives them.
func (t *tx) emitUser(ctx context.Context, id domain.UserID) (domain.User, error) {
	t.touch(id)
	return t.userNow(ctx, id)
}

var agentsOfAccount = define("agents of an account", `
select `+userColumns+` from users u where u.account_id = @account and u.disabled_at is null and u.role = any(@roles) order by u.name, u.id`)

// Agents gives the board: everybody who takes chats, with their state and how full they are, by name. For everybody who
// reads chats, since whoever transfers one must see who is free.
func (s *Store) Agents(ctx context.Context, a domain.Actor) ([]domain.User, error) {
	if err := mayReadChats(a); err != nil {
		return nil, err
	}
	rows, err := list[userRow](ctx, s, a, agentsOfAccount, args{"account": a.Account, "roles": takingRoles()})
	return users(rows), err
}
