package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

// Order of locks, everywhere: the account's dispatch lock (if needed), then a provider id's lock or a full queue's lock (if
// needed), then a chat's row, then anything else. A transaction that holds a chat's row never asks for the dispatch lock.

var lockDispatchOf = define("take the dispatch lock", `select pg_advisory_xact_lock(hashtext('tandem dispatch'), hashtext(@account))`)

// lockDispatch makes this transaction the account's only one that hands out chats or changes who may get them, until
// it ends. It must come before any row is locked.
func (t *tx) lockDispatch(ctx context.Context) error {
	_, err := exec(ctx, t, lockDispatchOf, args{"account": t.account})
	t.tick()
	return err
}

var (
	// Most calls end here: nothing waits, or nobody who could take it has room. Exactly who may take what is Match's to say.
	// What waits is counted once, in the first part, whatever the number of agents.
	roomForLine = define("queues in line with room", `
with line as materialized (
  select distinct unnest(w.queue_ids) as queue_id from waiting w where w.account_id = @account and w.barred = ''
)
select a.routing, case when exists (select from line) then array(
  select distinct m.queue_id from line join queue_members m on m.queue_id = line.queue_id join users u on u.id = m.user_id
  where u.status = 'available' and u.next_status = '' and u.disabled_at is null and u.role = any(@roles)
    and (select count(*) from assignments s where s.user_id = u.id and s.ended_at is null and not s.held
           and (coalesce((a.routing->>'left_holds_slot')::boolean, true)
             or not exists (select from chats l where l.id = s.chat_id and l.phase = 'customer_left')))
      + (select count(*) from offers o where o.user_id = u.id and o.ended_at is null)
      < least(u.max_chats, coalesce(nullif((a.routing->'caps'->>'per_agent')::integer, 0), u.max_chats))
) else '{}'::uuid[] end as free
from accounts a where a.id = @account`)
	linePage = define("a part of the line", `
select w.chat_id, w.queue_id, q.name as queue_name, w.queue_ids, w.channel_type, w.priority, w.queued_at, w.sticky_user_id,
  su.name as sticky_name, w.sticky_until, w.passed_by, c.policy_version,
  coalesce((p.body->>'offer_seconds')::integer, 0) as offer_seconds
from waiting w join chats c on c.id = w.chat_id and c.phase = 'queued' and c.customer_left_at is null
  join queues q on q.id = w.queue_id left join users su on su.id = w.sticky_user_id
  left join policies p on p.account_id = c.account_id and p.subject = c.policy_queue::text and p.version = c.policy_version
where w.account_id = @account and w.barred = '' and w.queue_ids && @free::uuid[]
  and (w.priority, w.queued_at, w.chat_id) > (@priority, @queued_at, @after)
  and not exists (select from offers o where o.chat_id = w.chat_id and o.ended_at is null)
order by w.priority, w.queued_at, w.chat_id limit @limit`)
)

// linePageSize is how many chats in line one round looks at.
const linePageSize = 200

// roomRow says which of the queues in line have somebody with room, and the account's rules.
type roomRow struct {
	Routing []byte
	Free    []domain.QueueID
}

// lineRow is a chat in line.
type lineRow struct {
	ChatID        domain.ChatID
	QueueID       domain.QueueID
	QueueName     string
	QueueIDs      []domain.QueueID
	ChannelType   domain.ChannelType
	Priority      int
	QueuedAt      time.Time
	StickyUserID  *domain.UserID
	StickyName    *string
	StickyUntil   *time.Time
	PassedBy      []domain.UserID
	PolicyVersion int
	OfferSeconds  int
}

func (r lineRow) entry() routing.Entry {
	return routing.Entry{
		Chat: r.ChatID, Queue: r.QueueID, QueueName: r.QueueName, Queues: r.QueueIDs, Type: r.ChannelType, Priority: r.Priority,
		QueuedAt: r.QueuedAt, StickyAgent: or(r.StickyUserID), StickyName: or(r.StickyName), StickyUntil: or(r.StickyUntil),
		PassedBy: r.PassedBy,
	}
}

// pick is a decision of dispatch about a chat.
type pick struct {
	routing.Decision
	chat lineRow
	id   string // of the assignment, or of the offer
}

// floor is what one dispatch knows of the account.
type floor struct {
	settings routing.Settings
	policies map[domain.QueueID]routing.Policy
	agents   []routing.Agent
	free     []domain.QueueID
	line     []lineRow
}

// dispatch gives waiting chats to free agents, the oldest eligible chat first, until no waiting chat has a free agent: it
// assigns them, or offers them when the chat's policy asks first. It gives what was assigned. The caller holds the dispatch
// lock; what it queued before is written first.
func (t *tx) dispatch(ctx context.Context) ([]pick, error) {
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	room, err := one[roomRow](ctx, t, roomForLine, args{"account": t.account, "roles": takingRoles()})
	if err != nil || len(room.Free) == 0 {
		return nil, err
	}
	settings, err := settingsOf(room.Routing)
	if err != nil {
		return nil, err
	}
	var all []pick
	for again := true; again; {
		var assigned []pick
		if assigned, again, err = t.walkLine(ctx, &floor{settings: settings, free: room.Free}); err != nil {
			return all, err
		}
		all = append(all, assigned...)
	}
	return all, nil
}

// walkLine goes through the line once, page by page. again is set when a chat dropped out under its hands, whose agent is
// then free for an older one.
func (t *tx) walkLine(ctx context.Context, f *floor) (assigned []pick, again bool, err error) {
	place := args{"priority": -1, "queued_at": time.UnixMicro(0), "after": firstID}
	for first := true; ; first = false {
		if err := t.readLine(ctx, f, place, first); err != nil {
			return assigned, false, err
		}
		picks := f.match(t.now)
		got, err := t.handOut(ctx, f, picks)
		if err != nil {
			return assigned, false, err
		}
		for _, p := range got {
			if !p.Offer {
				assigned = append(assigned, p)
			}
		}
		again = again || len(got) < len(picks)
		if len(f.line) < linePageSize || !f.hasRoom() {
			return assigned, again, nil
		}
		last := f.line[len(f.line)-1]
		place = args{"priority": last.Priority, "queued_at": last.QueuedAt, "after": last.ChatID}
	}
}

// readLine reads the next part of the line, and with the first part the agents and how the queues hand out.
func (t *tx) readLine(ctx context.Context, f *floor, place args, first bool) error {
	var agents []agentRow
	var policies []mannerRow
	b := &pgx.Batch{}
	at := maps.Clone(place)
	at["account"], at["free"], at["limit"] = t.account, f.free, linePageSize
	queueMany(b, &f.line, linePage, at)
	if first {
		queueMany(b, &agents, agentsForLine, args{"account": t.account, "roles": takingRoles(), "free": f.free, "now": t.now})
		queueMany(b, &policies, manners, args{"account": t.account})
	}
	if err := t.send(ctx, b); err != nil {
		return err
	}
	if first {
		f.agents, f.policies = agentsOf(agents), mannersOf(policies)
	}
	return nil
}

// match decides about the part of the line at hand and takes the decisions in, for the parts that follow.
func (f *floor) match(now time.Time) []pick {
	entries := make([]routing.Entry, len(f.line))
	for i, r := range f.line {
		entries[i] = r.entry()
	}
	decisions := routing.Match(entries, f.agents, f.policies, f.settings, now)
	at := make(map[domain.UserID]int, len(f.agents))
	for i, a := range f.agents {
		at[a.ID] = i
	}
	picks := make([]pick, len(decisions))
	for i, d := range decisions {
		chat := f.line[d.Entry]
		// Whether to ask first is part of the policy the chat arrived under.
		d.Offer = chat.OfferSeconds > 0
		picks[i] = pick{Decision: d, chat: chat, id: domain.NewID[string]()}
		a := &f.agents[at[d.Agent]]
		a.Slots.Total++
		a.Slots.PerChannel[chat.ChannelType]++
		a.IdleSince = d.IdleSince
		member := a.Queues[d.Via]
		member.ServedAt = d.IdleSince
		a.Queues[d.Via] = member
	}
	return picks
}

// hasRoom reports whether somebody could take another chat.
func (f *floor) hasRoom() bool {
	return slices.ContainsFunc(f.agents, func(a routing.Agent) bool {
		most, _ := a.Cap(f.settings)
		return a.Status == domain.Available && a.Slots.Total < most
	})
}
