package store

import (
	"time"

	"tandem/domain"
	"tandem/routing"
)

// agentColumns and agentJoins make an agentRow; the user is u. A held chat takes no slot, one whose customer has left takes
// one by setting, and an open offer takes one. An agent without a row in presence has never had a live connection: a
// program that signs in for them, which is as present as it says it is.
const (
	agentColumns = `u.id, u.name, u.status, u.status_reason, u.status_since, u.next_status, u.max_chats as own_cap, u.idle_since,
  u.channel_types, u.disabled_at is not null as disabled, u.role, coalesce(pr.absent_at > @now, true) as present,
  array(
    select s.channel_type from assignments s where s.user_id = u.id and s.ended_at is null and not s.held
      and (rules.left_holds or not exists (select from chats l where l.id = s.chat_id and l.phase = 'customer_left'))
    union all
    select s.channel_type from offers s where s.user_id = u.id and s.ended_at is null) as slots,
  exists (
    select from chats l join policies p on p.account_id = l.account_id and p.subject = l.policy_queue::text and p.version = l.policy_version
    where l.owner_id = u.id and l.phase = 'customer_left' and p.body->'wrap_up'->>'exclusive' = 'true') as wrap_up,
  coalesce(mem.queues, '{}') as queues, coalesce(mem.priorities, '{}') as priorities, coalesce(mem.served, '{}') as served`
	agentJoins = `cross join (
    select coalesce((routing->>'left_holds_slot')::boolean, true) as left_holds from accounts where id = @account) rules
  left join presence pr on pr.user_id = u.id
  left join lateral (
    select array_agg(m.queue_id order by m.queue_id) as queues, array_agg(m.priority order by m.queue_id) as priorities,
      array_agg(m.served_at order by m.queue_id) as served
    from queue_members m where m.user_id = u.id) mem on true`
)

// agentRow is an agent as the tables have them.
type agentRow struct {
	ID           domain.UserID
	Name         string
	Status       domain.Availability
	StatusReason string
	StatusSince  time.Time
	NextStatus   domain.Availability
	OwnCap       int
	IdleSince    time.Time
	ChannelTypes []domain.ChannelType
	Disabled     bool
	Role         domain.Role
	Present      bool
	Slots        []domain.ChannelType
	WrapUp       bool
	Queues       []domain.QueueID
	Priorities   []int
	Served       []*time.Time
}

func (r agentRow) agent() routing.Agent {
	a := routing.Agent{
		ID: r.ID, Name: r.Name, Status: r.Status, StatusReason: r.StatusReason, StatusSince: r.StatusSince,
		NextStatus: r.NextStatus, Present: r.Present, Disabled: r.Disabled, TakesChats: r.Role.TakesChats(), Max: r.OwnCap,
		Slots:  routing.Slots{Total: len(r.Slots), PerChannel: map[domain.ChannelType]int{}},
		Queues: map[domain.QueueID]routing.Member{}, Types: r.ChannelTypes, IdleSince: r.IdleSince, WrapUp: r.WrapUp,
	}
	for _, t := range r.Slots {
		a.Slots.PerChannel[t]++
	}
	for i, q := range r.Queues {
		a.Queues[q] = routing.Member{Priority: r.Priorities[i], ServedAt: or(r.Served[i])}
	}
	return a
}

func agentsOf(rows []agentRow) []routing.Agent {
	agents := make([]routing.Agent, len(rows))
	for i, r := range rows {
		agents[i] = r.agent()
	}
	return agents
}

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

var (
	agentsForLine = define("agents of the queues that wait", `
select `+agentColumns+` from users u `+agentJoins+`
where u.account_id = @account and u.disabled_at is null and u.role = any(@roles)
  and u.id in (select m.user_id from queue_members m where m.queue_id in (
    select unnest(w.queue_ids) from waiting w where w.account_id = @account and w.barred = '' and w.queue_ids && @free::uuid[]))`)
	agentByID = define("an agent as routing sees them", `
select `+agentColumns+` from users u `+agentJoins+` where u.id = @user and u.account_id = @account`)
	ownAgentOf = define("the own agent of an address", `
select `+agentColumns+` from users u `+agentJoins+`
where u.account_id = @account and u.id = (
  select s.user_id from identities i join sticky_pairings s on s.customer_id = i.customer_id
  where i.account_id = @account and i.kind = @kind and i.address = @address and (s.expires_at is null or s.expires_at > @now))`)
	manners = define("how queues hand out their chats", `
select q.id, jsonb_build_object('strategy', q.policy->'strategy', 'channels', q.policy->'channels',
  'offer_seconds', coalesce(q.policy->'offer_seconds', '0')) as manner
from queues q where q.account_id = @account and q.policy_version > 0`)
)

// mannerRow is what of a queue's newest policy decides who gets its chats.
type mannerRow struct {
	ID     domain.QueueID
	Manner routing.Policy
}

func mannersOf(rows []mannerRow) map[domain.QueueID]routing.Policy {
	policies := make(map[domain.QueueID]routing.Policy, len(rows))
	for _, r := range rows {
		policies[r.ID] = r.Manner
	}
	return policies
}
