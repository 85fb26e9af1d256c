package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// A chat that was closed or left while a statement waited for its row drops out: PostgreSQL looks at the conditions again.
var (
	assignChats = define("assign chats", `
with pick as (
  select * from unnest(@ids::uuid[], @chats::uuid[], @users::uuid[], @queues::uuid[], @types::text[], @whys::text[])
    as p (id, chat_id, user_id, queue_id, channel_type, why)
), won as (
  update chats c set phase = 'active', owner_id = pick.user_id, assigned_at = @now, last_seq = c.last_seq + 1,
    replied_at = null, reply_steps = 0, answered_at = null, silence_steps = 0, held_until = null
  from pick where c.id = pick.chat_id and c.phase = 'queued' and c.customer_left_at is null
  returning c.id
), out_of_line as (
  delete from waiting w using won where w.chat_id = won.id
), leg as (
  insert into assignments (id, account_id, chat_id, user_id, queue_id, channel_type, started_at, why)
  select pick.id, @account, pick.chat_id, pick.user_id, pick.queue_id, pick.channel_type, @now, pick.why
  from pick join won on won.id = pick.chat_id
)
select id from won`)
	offerChats = define("offer chats", `
with pick as (
  select * from unnest(@ids::uuid[], @chats::uuid[], @users::uuid[], @queues::uuid[], @types::text[], @whys::text[], @until::timestamptz[])
    as p (id, chat_id, user_id, queue_id, channel_type, why, expires_at)
), won as (
  update chats c set last_seq = c.last_seq + 1
  from pick where c.id = pick.chat_id and c.phase = 'queued' and c.customer_left_at is null
  returning c.id
), made as (
  insert into offers (id, account_id, chat_id, user_id, queue_id, channel_type, why, offered_at, expires_at)
  select pick.id, @account, pick.chat_id, pick.user_id, pick.queue_id, pick.channel_type, pick.why, @now, pick.expires_at
  from pick join won on won.id = pick.chat_id
)
select id from won`)
	agentsBusy = define("agents got chats", `
update users u set idle_since = a.at from unnest(@users::uuid[], @at::timestamptz[]) as a (id, at) where u.id = a.id`)
	membersServed = define("members got chats of a queue", `
update queue_members m set served_at = s.at
from (select queue_id, user_id, max(at) as at from unnest(@queues::uuid[], @users::uuid[], @at::timestamptz[])
  as s (queue_id, user_id, at) group by queue_id, user_id) s
where m.queue_id = s.queue_id and m.user_id = s.user_id`)
	chatsByID = define("chats by id", `select `+chatColumns+` from chats c `+chatJoins+` where c.id = any(@chats)`)
)

// handOut writes decisions, tells them, and gives those that held.
func (t *tx) handOut(ctx context.Context, f *floor, picks []pick) ([]pick, error) {
	if len(picks) == 0 {
		return nil, nil
	}
	var won []domain.ChatID
	var rows []chatRow
	chats, idle := make([]string, len(picks)), map[domain.UserID]time.Time{}
	queues, users, at := make([]string, len(picks)), make([]string, len(picks)), make([]time.Time, len(picks))
	for i, p := range picks {
		chats[i], queues[i], users[i], at[i] = string(p.chat.ChatID), string(p.Via), string(p.Agent), p.IdleSince
		idle[p.Agent] = p.IdleSince
	}
	b := &pgx.Batch{}
	t.queuePicks(b, &won, picks, false)
	t.queuePicks(b, &won, picks, true)
	agents, since := make([]string, 0, len(idle)), make([]time.Time, 0, len(idle))
	for agent, moment := range idle {
		agents, since = append(agents, string(agent)), append(since, moment)
	}
	b.Queue(string(agentsBusy), args{"users": agents, "at": since})
	b.Queue(string(membersServed), args{"queues": queues, "users": users, "at": at})
	t.queueKeepPairings(b, f.settings, picks)
	queueMany(b, &rows, chatsByID, args{"chats": chats})
	if err := t.send(ctx, b); err != nil {
		return nil, err
	}
	held := make(map[domain.ChatID]bool, len(won))
	for _, id := range won {
		held[id] = true
	}
	byID := make(map[domain.ChatID]chatRow, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	var got []pick
	for _, p := range picks {
		if !held[p.chat.ChatID] {
			continue
		}
		got = append(got, p)
		t.touch(p.Agent)
		if err := t.announce(byID[p.chat.ChatID], p); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// queuePicks adds the writing of assignments, or of offers, to a batch and collects the chats they held for.
func (t *tx) queuePicks(b *pgx.Batch, won *[]domain.ChatID, picks []pick, offers bool) {
	var ids, chats, users, queues, types, whys []string
	var until []time.Time
	for _, p := range picks {
		if p.Offer != offers {
			continue
		}
		ids, chats, users = append(ids, p.id), append(chats, string(p.chat.ChatID)), append(users, string(p.Agent))
		queues, types, whys = append(queues, string(p.chat.QueueID)), append(types, string(p.chat.ChannelType)), append(whys, p.Why)
		until = append(until, t.now.Add(time.Duration(p.chat.OfferSeconds)*time.Second))
	}
	if len(ids) == 0 {
		return
	}
	st := assignChats
	at := args{
		"ids": ids, "chats": chats, "users": users, "queues": queues, "types": types, "whys": whys, "account": t.account, "now": t.now,
	}
	if offers {
		st, at["until"] = offerChats, until
	}
	b.Queue(string(st), at).Query(func(rows pgx.Rows) error {
		got, err := pgx.CollectRows(rows, pgx.RowTo[domain.ChatID])
		*won = append(*won, got...)
		return err
	})
}

// announce tells workflow, screens and story of a decision.
func (t *tx) announce(c chatRow, p pick) error {
	d := decision{
		Chat: c.ID, Kind: domain.StoryAssigned, Queue: p.Via, User: p.Agent, Version: p.chat.PolicyVersion, Text: p.Why,
		Considered: p.Considered, More: p.More,
	}
	switch {
	case p.Offer:
		d.Kind = domain.StoryOffered
	case p.Sticky:
		d.Kind = domain.StoryStickyHit
	}
	if err := t.story(d); err != nil {
		return err
	}
	if p.Offer {
		return t.announceOffer(c, p.id, domain.UserRef{ID: p.Agent, Name: p.Name}, p.Why, p.chat.QueueIDs)
	}
	return t.announceAssigned(c, p.id, p.chat.QueueIDs)
}

// announceAssigned tells who owns the chat now; its newest seq is the fact's. queues are those it stood in line for.
func (t *tx) announceAssigned(c chatRow, assignment string, queues []domain.QueueID) error {
	fact := domain.Fact{
		Seq: c.LastSeq, Kind: domain.FactAgentAssigned, ID: assignment, At: t.now, Agent: c.owner(), AgentName: c.ownerName(),
	}
	if err := t.tell(c.ID, fact, true); err != nil {
		return err
	}
	return t.emitAssigned(c, queues)
}

// emitAssigned shows a chat to its new owner, and takes it off the lists of those who could have taken it.
func (t *tx) emitAssigned(c chatRow, queues []domain.QueueID) error {
	view := domain.ChatEventData{Chat: c.view()}
	if err := t.emit(domain.EventChatAssigned, c.ID, view, audienceUser(c.owner())); err != nil {
		return err
	}
	if err := t.emit(domain.EventChatUpdated, c.ID, view, audienceQueues(c.QueueID, queues)...); err != nil {
		return err
	}
	return t.emit(domain.EventChatAssigned, c.ID, domain.ChatEventData{Chat: c.visitorView()}, c.visitors()...)
}

// audienceQueues gives the audiences of a chat's own queue and of the others it stood in line for.
func audienceQueues(own domain.QueueID, queues []domain.QueueID) []string {
	to := []string{audienceQueue(own)}
	for _, q := range queues {
		if q != own {
			to = append(to, audienceQueue(q))
		}
	}
	return to
}
