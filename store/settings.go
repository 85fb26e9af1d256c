package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

var insertAudit = define("write the audit trail", `
insert into audit (account_id, actor_id, action, subject, detail, at) values (@account, @actor, @action, @subject, @detail, @now)`)

// audit queues a line of the audit trail: who did what to what.
func (t *tx) audit(a domain.Actor, action, subject string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	encoded, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("encoding the audit of %s: %w", action, err)
	}
	t.later(insertAudit, args{
		"account": t.account, "actor": a.User, "action": action, "subject": subject, "detail": string(encoded), "now": t.now,
	})
	return nil
}

// list reads all rows of a statement in the actor's account; never nil.
func list[T any](ctx context.Context, s *Store, a domain.Actor, st statement, with args) ([]T, error) {
	all := []T{}
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		rows, err := many[T](ctx, t, st, with)
		all = append(all[:0], rows...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading a list: %w", err)
	}
	return all, nil
}

func mayRead(a domain.Actor) error {
	if !a.Role.Supervises() {
		return domain.E(domain.CodeForbidden, "only supervisors and administrators may see the settings")
	}
	return nil
}

func mayChange(a domain.Actor) error {
	if !a.Role.Administers() {
		return domain.E(domain.CodeForbidden, "only administrators may change the settings")
	}
	return nil
}

// change runs f as an administrator's change of settings.
func (s *Store) change(ctx context.Context, a domain.Actor, what string, f func(*tx) error) error {
	if err := mayChange(a); err != nil {
		return err
	}
	if err := s.inAccount(ctx, a.Account, f); err != nil {
		return fmt.Errorf("changing %s: %w", what, err)
	}
	return nil
}

const queueColumns = `q.id, q.name, q.priority, q.created_at,
  array(select m.user_id from queue_members m where m.queue_id = q.id order by m.user_id) as member_ids,
  coalesce((select jsonb_agg(jsonb_build_object('user_id', m.user_id, 'priority', m.priority) order by m.priority, m.user_id)
    from queue_members m where m.queue_id = q.id), '[]') as members, q.policy_version,
  (select count(*)::integer from waiting w where w.queue_id = q.id) as waiting`

var (
	queuesOfAccount = define("queues of an account", `
select `+queueColumns+` from queues q where q.account_id = @account order by q.priority, q.name`)
	queueByID   = define("queue by id", `select `+queueColumns+` from queues q where q.id = @queue and q.account_id = @account`)
	insertQueue = define("make a queue", `
insert into queues (id, account_id, name, priority, created_at) values (@queue, @account, @name, @priority, @now)`)
	updateQueue = define("change a queue", `
update queues set name = coalesce(@name, name), priority = coalesce(@priority, priority) where id = @queue and account_id = @account`)
	moveWaiting = define("give waiting chats their queue's new priority", `
update waiting set priority = @priority where queue_id = @queue and account_id = @account and priority > 0`)
	usersKnown = define("which of these users exist", `
select count(*)::integer from users where account_id = @account and id = any(@users::uuid[])`)
	changedMembers = define("who joins or leaves a queue", `
select coalesce(m.user_id, w.id) from (select user_id from queue_members where queue_id = @queue and account_id = @account) m
  full join unnest(@users::uuid[]) as w (id) on w.id = m.user_id where m.user_id is null or w.id is null order by 1`)
	deleteMembers = define("take members out of a queue", `
delete from queue_members where queue_id = @queue and account_id = @account and user_id <> all (@users::uuid[])`)
	insertMembers = define("fill a queue", `
insert into queue_members (queue_id, user_id, account_id, priority)
select @queue, u.id, @account, u.priority from unnest(@users::uuid[], @priorities::integer[]) as u (id, priority)
on conflict (queue_id, user_id) do update set priority = excluded.priority`)
)

// defaultPriority is a queue's when nobody says.
const defaultPriority = 5

// Queues gives the account's queues, the most urgent first. For supervisors, administrators, and agents, who must know where
// a chat may be transferred to.
func (s *Store) Queues(ctx context.Context, a domain.Actor) ([]domain.Queue, error) {
	if err := mayRead(a); err != nil && a.Role != domain.RoleAgent {
		return nil, err
	}
	return list[domain.Queue](ctx, s, a, queuesOfAccount, args{"account": a.Account})
}

// CreateQueue makes a queue without members.
func (s *Store) CreateQueue(ctx context.Context, a domain.Actor, n domain.NewQueue) (domain.Queue, error) {
	id := domain.NewID[domain.QueueID]()
	var queue domain.Queue
	if n.Priority == 0 {
		n.Priority = defaultPriority
	}
	err := s.change(ctx, a, "queues", func(t *tx) error {
		_, err := exec(ctx, t, insertQueue, args{"queue": id, "account": t.account, "name": n.Name, "priority": n.Priority, "now": t.now})
		if err != nil {
			return err
		}
		if queue, err = t.queue(ctx, id); err != nil {
			return err
		}
		return t.audit(a, "queue.created", string(id), map[string]any{"name": n.Name, "priority": n.Priority})
	})
	return queue, err
}

func (t *tx) queue(ctx context.Context, id domain.QueueID) (domain.Queue, error) {
	return one[domain.Queue](ctx, t, queueByID, args{"queue": id, "account": t.account})
}

// UpdateQueue changes a queue's name or priority. Chats that wait in it get its new priority, but for those sent to the front.
func (s *Store) UpdateQueue(ctx context.Context, a domain.Actor, id domain.QueueID, p domain.QueuePatch) (domain.Queue, error) {
	var queue domain.Queue
	err := s.change(ctx, a, "queues", func(t *tx) error {
		// Dispatch reads priorities under its lock; a change must not come in between.
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		found, err := exec(ctx, t, updateQueue, args{"queue": id, "account": t.account, "name": p.Name, "priority": p.Priority})
		if err != nil {
			return err
		}
		if found == 0 {
			return domain.E(domain.CodeNotFound, "no queue has this id").Because("unknown_queue")
		}
		if p.Priority != nil {
			t.later(moveWaiting, args{"queue": id, "account": t.account, "priority": *p.Priority})
		}
		if queue, err = t.queue(ctx, id); err != nil {
			return err
		}
		return t.audit(a, "queue.changed", string(id), map[string]any{"name": p.Name, "priority": p.Priority})
	})
	return queue, err
}

// PutMembers makes exactly these users the queue's members, with their priorities, and hands out what the new ones can take.
// Who stays keeps their turn. CodeInvalid names what is wrong with them.
func (s *Store) PutMembers(ctx context.Context, a domain.Actor, id domain.QueueID, members []domain.Member) (domain.Queue, error) {
	users, priorities, err := checkedMembers(members)
	if err != nil {
		return domain.Queue{}, err
	}
	var queue domain.Queue
	err = s.change(ctx, a, "a queue's members", func(t *tx) error {
		if err := t.lockDispatch(ctx); err != nil {
			return err
		}
		if _, err := t.queue(ctx, id); err != nil {
			return noQueue(err)
		}
		if err := t.mustExist(ctx, usersKnown, "users", users, "user_ids", "no user of this account has one of these ids"); err != nil {
			return err
		}
		changed, err := t.ids(ctx, changedMembers, args{"queue": id, "account": t.account, "users": users})
		if err != nil {
			return err
		}
		t.later(deleteMembers, args{"queue": id, "account": t.account, "users": users})
		t.later(insertMembers, args{"queue": id, "account": t.account, "users": users, "priorities": priorities})
		t.touch(changed...)
		if _, err := t.dispatch(ctx); err != nil {
			return err
		}
		if queue, err = t.queue(ctx, id); err != nil {
			return err
		}
		return t.audit(a, "queue.members", string(id), map[string]any{"members": queue.Members})
	})
	return queue, err
}

// Bounds of a member's priority, and the one of a member for whom none was set.
const (
	firstMemberPriority   = 1
	lastMemberPriority    = 9
	defaultMemberPriority = routing.DefaultMemberPriority
)

func checkedMembers(members []domain.Member) (users []domain.UserID, priorities []int, err error) {
	users, priorities = []domain.UserID{}, []int{}
	for i, m := range members {
		if m.Priority == 0 {
			m.Priority = defaultMemberPriority
		}
		if m.Priority < firstMemberPriority || m.Priority > lastMemberPriority {
			return nil, nil, domain.Invalid(fmt.Sprintf("members[%d].priority", i), "priority must be between 1 and 9")
		}
		if slices.Contains(users, m.User) {
			return nil, nil, domain.Invalid(fmt.Sprintf("members[%d].user_id", i), "this user is there already")
		}
		users, priorities = append(users, m.User), append(priorities, m.Priority)
	}
	return users, priorities, nil
}

func noQueue(err error) error {
	if domain.CodeOf(translate(err)) == domain.CodeNotFound {
		return domain.E(domain.CodeNotFound, "no queue has this id").Because("unknown_queue").CausedBy(err)
	}
	return err
}

// mustExist refuses ids that aren't this account's: a foreign key alone would let another account's in.
func (t *tx) mustExist(ctx context.Context, st statement, name string, ids any, field, text string) error {
	n, err := value[int](ctx, t, st, args{"account": t.account, name: ids})
	if err != nil {
		return err
	}
	if n != lengthOf(ids) {
		return domain.Invalid(field, "%s", text)
	}
	return nil
}

func lengthOf(ids any) int {
	switch ids := ids.(type) {
	case []domain.UserID:
		return len(ids)
	case []domain.QueueID:
		return len(ids)
	default:
		return -1
	}
}

func (t *tx) ids(ctx context.Context, st statement, with args) ([]domain.UserID, error) {
	rows, err := t.Query(ctx, string(st), with)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[domain.UserID])
}

// distinct gives each id once; never nil, since a nil slice is NULL to PostgreSQL.
func distinct[T ~string](ids []T) []T {
	out := append([]T{}, ids...)
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	channelsOfAccount = define("channels of an account", `
select ch.id, ch.key, ch.type, ch.provider, ch.name, ch.address, ch.queue_id, ch.enabled from channels ch
where ch.account_id = @account order by ch.name, ch.id`)
	repliesOfAccount = define("canned replies of an account", `
select r.id::text as id, r.shortcut, r.title, r.text from canned_replies r where r.account_id = @account order by r.shortcut`)
)

// Channels gives the account's channels without their credentials. For supervisors and administrators.
func (s *Store) Channels(ctx context.Context, a domain.Actor) ([]domain.ChannelView, error) {
	if err := mayRead(a); err != nil {
		return nil, err
	}
	rows, err := list[struct {
		ID       domain.ChannelID
		Key      string
		Type     domain.ChannelType
		Provider string
		Name     string
		Address  string
		QueueID  domain.QueueID
		Enabled  bool
	}](ctx, s, a, channelsOfAccount, args{"account": a.Account})
	all := make([]domain.ChannelView, 0, len(rows))
	for _, r := range rows {
		all = append(all, domain.ChannelView{
			ID: r.ID, Key: r.Key, Type: r.Type, Provider: r.Provider, Name: r.Name, Address: r.Address,
			QueueID: r.QueueID, Enabled: r.Enabled,
		})
	}
	return all, err
}

// CannedReplies gives the account's ready texts by shortcut.
func (s *Store) CannedReplies(ctx context.Context, a domain.Actor) ([]domain.CannedReply, error) {
	return list[domain.CannedReply](ctx, s, a, repliesOfAccount, args{"account": a.Account})
}
