package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// Order of locks, everywhere: the account's dispatch lock (if needed), then a provider id's lock (if needed), then a
// chat's row, then anything else. A transaction that holds a chat's row never asks for the dispatch lock.

var lockDispatchOf = define("take the dispatch lock", `select pg_advisory_xact_lock(hashtext('tandem dispatch'), hashtext(@account))`)

// lockDispatch makes this transaction the account's only one that hands out chats or changes who may get them, until
// it ends. It must come before any row is locked.
func (t *tx) lockDispatch(ctx context.Context) error {
	_, err := exec(ctx, t, lockDispatchOf, args{"account": t.account})
	return err
}

// freeAgent is an agent with room for a chat.
type freeAgent struct {
	ID        domain.UserID
	Name      string
	IdleSince time.Time
	MaxChats  int
	Load      int
	Queues    []domain.QueueID
}

// inLine is a chat that may be assigned.
type inLine struct {
	ChatID    domain.ChatID
	QueueID   domain.QueueID
	QueueName string
	QueuedAt  time.Time
}

// pick is a decision of dispatch.
type pick struct {
	id    domain.AssignmentID
	chat  inLine
	agent domain.UserID
	name  string
	why   string
	idle  time.Time // the agent's idle_since from here on
}

var (
	freeAgents = define("free agents", `
with load as (
  select user_id, count(*)::integer as n from assignments where account_id = @account and ended_at is null group by user_id
)
select u.id, u.name, u.idle_since, u.max_chats, coalesce(l.n, 0) as load, array_agg(m.queue_id) as queues
from users u join queue_members m on m.user_id = u.id left join load l on l.user_id = u.id
where u.account_id = @account and u.status = 'available' and u.disabled_at is null and u.role = any(@roles)
  and coalesce(l.n, 0) < u.max_chats
  and m.queue_id in (select w.queue_id from waiting w where w.account_id = @account)
group by u.id, u.name, u.idle_since, u.max_chats, l.n`)
	// A chat that was closed or left while this waited for its row drops out: PostgreSQL looks at the conditions again.
	lockLine = define("lock the head of the line", `
select w.chat_id, w.queue_id, q.name as queue_name, w.queued_at
from waiting w join chats c on c.id = w.chat_id join queues q on q.id = w.queue_id
where w.account_id = @account and w.queue_id = any(@queues) and c.phase = 'queued' and c.customer_left_at is null
order by w.priority, w.queued_at, w.chat_id limit @limit
for no key update of c`)
	assignChats = define("assign chats", `
with pick as (
  select * from unnest(@ids::uuid[], @chats::uuid[], @users::uuid[], @queues::uuid[], @whys::text[])
    as p (id, chat_id, user_id, queue_id, why)
), out_of_line as (
  delete from waiting w using pick where w.chat_id = pick.chat_id
), leg as (
  insert into assignments (id, account_id, chat_id, user_id, queue_id, started_at, why)
  select id, @account, chat_id, user_id, queue_id, @now, why from pick
)
update chats c set phase = 'active', owner_id = pick.user_id, assigned_at = @now, last_seq = c.last_seq + 1
from pick where c.id = pick.chat_id`)
	agentsBusy = define("agents got chats", `
update users u set idle_since = a.at from unnest(@users::uuid[], @at::timestamptz[]) as a (id, at) where u.id = a.id`)
	chatsByID = define("chats by id", `select `+chatColumns+` from chats c `+chatJoins+` where c.id = any(@chats)`)
)

// maxPicks bounds the chats one round of dispatch looks at; the rounds go on until nothing can be assigned.
const maxPicks = 100

// takingRoles are the roles that chats are assigned to.
func takingRoles() []string {
	var roles []string
	for _, r := range domain.Roles() {
		if r.TakesChats() {
			roles = append(roles, string(r))
		}
	}
	return roles
}

// dispatch gives waiting chats to free agents, the oldest eligible chat first, the longest idle agent first, until no
// waiting chat has a free agent. The caller holds the dispatch lock.
func (t *tx) dispatch(ctx context.Context) ([]pick, error) {
	var all []pick
	latest := t.now
	for {
		agents, err := many[freeAgent](ctx, t, freeAgents, args{"account": t.account, "roles": takingRoles()})
		if err != nil || len(agents) == 0 {
			return all, err
		}
		line, err := many[inLine](ctx, t, lockLine, args{"account": t.account, "queues": queuesOf(agents), "limit": roomOf(agents)})
		if err != nil {
			return all, err
		}
		picks := match(line, agents, &latest)
		if len(picks) == 0 {
			return all, nil
		}
		if err := t.assign(ctx, picks); err != nil {
			return all, err
		}
		all = append(all, picks...)
	}
}

func queuesOf(agents []freeAgent) []domain.QueueID {
	var queues []domain.QueueID
	for _, a := range agents {
		queues = append(queues, a.Queues...)
	}
	slices.Sort(queues)
	return slices.Compact(queues)
}

func roomOf(agents []freeAgent) int {
	room := 0
	for _, a := range agents {
		room += a.MaxChats - a.Load
	}
	return min(room, maxPicks)
}

// match decides who gets what. latest is the latest idle_since given out: each assignment gets a later one, so that
// chats assigned at the same moment go round.
func match(line []inLine, agents []freeAgent, latest *time.Time) []pick {
	byIdleness := func(a, b freeAgent) int { return cmp.Or(a.IdleSince.Compare(b.IdleSince), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(agents, byIdleness)
	for _, a := range agents {
		if a.IdleSince.After(*latest) {
			*latest = a.IdleSince
		}
	}
	var picks []pick
	for _, chat := range line {
		at, free := -1, 0
		for i, a := range agents {
			if a.Load < a.MaxChats && slices.Contains(a.Queues, chat.QueueID) {
				free++
				if at < 0 {
					at = i
				}
			}
		}
		if at < 0 {
			continue
		}
		a := agents[at]
		a.Load++
		*latest = latest.Add(time.Microsecond)
		a.IdleSince = *latest
		agents = append(slices.Delete(agents, at, at+1), a)
		picks = append(picks, pick{
			id: domain.NewID[domain.AssignmentID](), chat: chat, agent: a.ID, name: a.Name, idle: a.IdleSince,
			why: why(chat, a, free),
		})
	}
	return picks
}

func why(chat inLine, a freeAgent, free int) string {
	if free == 1 {
		return fmt.Sprintf("%s was the only free agent in %s and now holds %d of %d chats.", a.Name, chat.QueueName, a.Load, a.MaxChats)
	}
	return fmt.Sprintf("%s was idle longest of %d free agents in %s and now holds %d of %d chats.",
		a.Name, free, chat.QueueName, a.Load, a.MaxChats)
}

// assign writes the decisions and queues what they tell.
func (t *tx) assign(ctx context.Context, picks []pick) error {
	n := len(picks)
	ids, chats, users := make([]string, n), make([]string, n), make([]string, n)
	queues, whys := make([]string, n), make([]string, n)
	idle := map[domain.UserID]time.Time{}
	for i, p := range picks {
		ids[i], chats[i], users[i] = string(p.id), string(p.chat.ChatID), string(p.agent)
		queues[i], whys[i] = string(p.chat.QueueID), p.why
		idle[p.agent] = p.idle
	}
	var agents []string
	var at []time.Time
	for agent, since := range idle {
		agents, at = append(agents, string(agent)), append(at, since)
	}
	var rows []chatRow
	b := &pgx.Batch{}
	b.Queue(string(assignChats), args{
		"ids": ids, "chats": chats, "users": users, "queues": queues, "whys": whys, "account": t.account, "now": t.now,
	})
	b.Queue(string(agentsBusy), args{"users": agents, "at": at})
	queueMany(b, &rows, chatsByID, args{"chats": chats})
	if err := t.send(ctx, b); err != nil {
		return err
	}
	assigned := make(map[domain.ChatID]chatRow, len(rows))
	for _, r := range rows {
		assigned[r.ID] = r
	}
	for _, p := range picks {
		if err := t.announceAssigned(assigned[p.chat.ChatID], p); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) announceAssigned(c chatRow, p pick) error {
	fact := domain.Fact{
		Seq: c.LastSeq, Kind: domain.FactAgentAssigned, ID: string(p.id), At: t.now, Agent: p.agent, AgentName: p.name,
	}
	if err := t.tell(c.ID, fact, true); err != nil {
		return err
	}
	view := domain.ChatEventData{Chat: c.view()}
	if err := t.emit(domain.EventChatAssigned, c.ID, view, audienceUser(p.agent)); err != nil {
		return err
	}
	if err := t.emit(domain.EventChatUpdated, c.ID, view, audienceQueue(c.QueueID)); err != nil {
		return err
	}
	return t.emit(domain.EventChatAssigned, c.ID, domain.ChatEventData{Chat: c.visitorView()}, c.visitors()...)
}
