package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

var (
	arrivalRules = define("rules for an arrival", `
select q.name, q.priority, q.policy, q.policy_version, a.routing from queues q join accounts a on a.id = q.account_id
where q.id = @queue and q.account_id = @account`)
	// Arrivals in a queue that can be full stand one behind the other here, so that no two of them take the last place.
	lockFullLine = define("take a line's lock", `select pg_advisory_xact_lock(hashtext('tandem line'), hashtext(@queue))`)
	makeChat     = define("open a chat in line", `
with made as (
  insert into chats (id, account_id, channel_id, identity_id, customer_id, queue_id, phase, queued_at, created_at, policy_queue, policy_version)
  values (@chat, @account, @channel, @identity, @customer, @queue, 'queued', @at, @at, @queue, @version)
  on conflict (account_id, channel_id, identity_id) where phase <> 'closed' do nothing
  returning id
)
insert into waiting (chat_id, account_id, queue_id, priority, queued_at, queue_ids, channel_type, joined_at, barred, sticky_user_id, sticky_until)
select made.id, @account, @queue, @priority, @at, array[@queue::uuid], @type, @at,
  case when @barred::text <> '' then @barred
    when @most::integer > 0 and (select count(*) from waiting w where w.account_id = @account and w.queue_id = @queue and w.barred = '') >= @most
      then @full else '' end,
  nullif(@sticky, '')::uuid, @sticky_until
from made
returning barred`)
)

// arrivalRow is what holds for chats that arrive for a queue now.
type arrivalRow struct {
	Name          string
	Priority      int
	Policy        []byte
	PolicyVersion int
	Routing       []byte
}

// arrival is how a new chat comes in: the rules it lives under, whether it may be handed out, and for whom it waits.
type arrival struct {
	row      arrivalRow
	policy   routing.Policy
	settings routing.Settings
	entry    routing.Entry
	barred   routing.ClockKind
	// own is the customer's own agent, nil when there is none or they aren't used on this channel.
	own      *routing.Agent
	ownState routing.StickyAgentState
	ownWhy   string
}

// openChat opens a chat in line and gives it; nil when another transaction opened one first.
func (t *tx) openChat(ctx context.Context, in domain.Inbound) (*chatRow, error) {
	var rules []arrivalRow
	var own []agentRow
	var policies []mannerRow
	who, err := t.ensureIdentity(ctx, in.Channel, in.Address, in.Name, func(b *pgx.Batch) {
		queueMany(b, &rules, arrivalRules, args{"queue": in.Channel.Queue, "account": t.account})
		queueMany(b, &own, ownAgentOf, args{
			"account": t.account, "kind": identityKind(in.Channel.Type), "address": in.Address, "now": t.now,
		})
		queueMany(b, &policies, manners, args{"account": t.account})
	})
	if err != nil {
		return nil, err
	}
	if len(rules) == 0 {
		return nil, domain.Invalid("queue_id", "the channel's queue doesn't exist")
	}
	a, err := newArrival(in, rules[0], own, mannersOf(policies), t.now)
	if err != nil {
		return nil, err
	}
	return t.makeChat(ctx, in, who, a)
}

func newArrival(in domain.Inbound, row arrivalRow, own []agentRow, policies map[domain.QueueID]routing.Policy, now time.Time) (arrival, error) {
	a := arrival{row: row}
	var err error
	if a.policy, err = policyOf(row.Policy); err != nil {
		return a, err
	}
	if a.settings, err = settingsOf(row.Routing); err != nil {
		return a, err
	}
	a.entry = routing.Entry{
		Queue: in.Channel.Queue, QueueName: row.Name, Queues: []domain.QueueID{in.Channel.Queue}, Type: in.Channel.Type,
		Priority: row.Priority, QueuedAt: in.ReceivedAt,
	}
	if len(own) > 0 && a.settings.Sticky.For(in.Channel.Type) {
		agent := own[0].agent()
		a.own, a.ownState = &agent, routing.StickyState(agent, a.entry, a.settings, policies, now)
		_, a.ownWhy = routing.Verdict(agent, a.entry, a.settings, policies, now)
	}
	open, _, _ := a.policy.Hours.Open(in.ReceivedAt, a.settings.Zone)
	if !open && a.policy.Hours.WhenClosed(in.ReceivedAt, a.settings.Zone).Action != routing.ActionNone {
		a.barred = routing.ClockClosed
	}
	return a, nil
}

// stickyGrace is how long a chat is kept for an own agent who was free when it arrived: until dispatch has come by.
const stickyGrace = 2 * time.Second

// waitsUntil gives until when only the customer's own agent may have the chat; zero when anybody may.
func (a arrival) waitsUntil(now time.Time) time.Time {
	wait := time.Duration(a.settings.Sticky.WaitSeconds) * time.Second
	switch {
	case a.own == nil || a.ownState == routing.StickyGone:
		return time.Time{}
	case a.ownState == routing.StickyFree:
		return now.Add(max(wait, stickyGrace))
	case wait <= 0:
		return time.Time{}
	default:
		return now.Add(wait)
	}
}

// most gives how many chats may wait before this one is turned away; 0 means any number. An own agent who is free
// takes the chat out of the line at once, however long that is.
func (a arrival) most() int {
	if a.policy.Overflow.Action == routing.ActionNone || a.own != nil && a.ownState == routing.StickyFree {
		return 0
	}
	return a.policy.MaxWaiting
}

func (t *tx) makeChat(ctx context.Context, in domain.Inbound, who identityRow, a arrival) (*chatRow, error) {
	id, queue := domain.NewID[domain.ChatID](), in.Channel.Queue
	sticky, until := "", (*time.Time)(nil)
	if at := a.waitsUntil(t.now); !at.IsZero() {
		sticky, until = string(a.own.ID), &at
	}
	var made []chatRow
	var barred []routing.ClockKind
	b := &pgx.Batch{}
	if a.most() > 0 {
		b.Queue(string(lockFullLine), args{"queue": queue})
	}
	queueValues(b, &barred, makeChat, args{
		"chat": id, "account": t.account, "channel": in.Channel.ID, "identity": who.ID, "customer": who.CustomerID, "queue": queue,
		"version": a.row.PolicyVersion, "priority": a.row.Priority, "at": in.ReceivedAt, "type": in.Channel.Type,
		"barred": a.barred, "most": a.most(), "full": routing.ClockOverflow, "sticky": sticky, "sticky_until": until,
	})
	queueMany(b, &made, chatByID, args{"chat": id})
	if err := t.send(ctx, b); err != nil || len(made) == 0 || len(barred) == 0 {
		return nil, err
	}
	a.barred = barred[0]
	return &made[0], t.tellArrival(made[0], a, until)
}

// tellArrival begins the chat's story.
func (t *tx) tellArrival(c chatRow, a arrival, until *time.Time) error {
	text := fmt.Sprintf("Arrived on %s for %s.", c.ChannelName, c.QueueName)
	switch a.barred {
	case routing.ClockClosed:
		text = fmt.Sprintf("Arrived on %s for %s, which is closed.", c.ChannelName, c.QueueName)
	case routing.ClockOverflow:
		text = fmt.Sprintf("Arrived on %s for %s, where %d chats wait already: as many as may.", c.ChannelName, c.QueueName, a.policy.MaxWaiting)
	}
	d := decision{Chat: c.ID, Kind: domain.StoryArrived, Queue: c.QueueID, Version: a.row.PolicyVersion, Text: text}
	if err := t.story(d); err != nil || a.own == nil {
		return err
	}
	d.User = a.own.ID
	d.Considered = []domain.Considered{{UserID: a.own.ID, Name: a.own.Name, Verdict: a.ownWhy}}
	switch {
	case until == nil:
		d.Kind = domain.StoryStickyEnded
		d.Text = fmt.Sprintf("%s knows this customer and can't be waited for (%s): the chat goes straight to the line.", a.own.Name, a.ownWhy)
	case a.ownState == routing.StickyFree:
		return nil // the decision that gives it to them says so
	default:
		d.Kind = domain.StoryStickyWait
		d.Text = fmt.Sprintf("%s knows this customer and is busy (%s): the chat waits for them until %s.",
			a.own.Name, a.ownWhy, until.In(routing.ZoneOf(a.settings.Zone)).Format(time.TimeOnly))
	}
	return t.story(d)
}
