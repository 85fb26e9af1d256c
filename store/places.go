package store

import (
	"context"
	"fmt"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// measuredChats is how many of a queue's latest finished assignments tell how long an agent holds a chat.
const measuredChats = 50

var (
	placesOfVisitors = define("places of visitors in line", `
with asked as (
  select * from unnest(@accounts::text[], @channels::uuid[], @identities::uuid[]) as a (account_id, channel_id, identity_id)
), theirs as (
  select c.account_id, c.channel_id, c.identity_id, w.chat_id, w.queue_id
  from asked a join chats c on c.account_id = a.account_id and c.channel_id = a.channel_id and c.identity_id = a.identity_id
    and c.phase = 'queued' and c.customer_left_at is null
  join waiting w on w.chat_id = c.id
), line as (
  select w.chat_id, row_number() over (partition by w.queue_id order by w.priority, w.queued_at, w.chat_id)::integer as position
  from waiting w join chats c on c.id = w.chat_id and c.phase = 'queued' and c.customer_left_at is null
  where w.queue_id in (select queue_id from theirs)
)
select t.account_id as account, t.channel_id as channel, t.identity_id as identity, t.chat_id as chat, t.queue_id as queue, line.position
from theirs t join line on line.chat_id = t.chat_id`)
	paceOfQueues = define("pace of queues", `
select q.id as queue,
  (select count(*)::integer from assignments a where a.queue_id = q.id and a.ended_at is null) as serving,
  array(select extract(epoch from f.ended_at - f.started_at)::integer from (
    select started_at, ended_at from assignments where queue_id = q.id and ended_at is not null order by ended_at desc limit @measured
  ) f) as recent
from queues q where q.id = any(@queues::uuid[])`)
)

// paceRow is how fast a queue goes: the chats its agents hold now, and the seconds the latest finished ones were held. A
// customer waits only while the agents are full, so what they hold is what they can hold.
type paceRow struct {
	Queue   domain.QueueID
	Serving int
	Recent  []int
}

// Places gives where the asked visitors stand in line; visitors who don't wait are left out. It reads over all accounts.
func (s *Store) Places(ctx context.Context, asked []domain.PlaceAsk) ([]domain.Place, error) {
	n := len(asked)
	accounts, channels, identities := make([]string, n), make([]string, n), make([]string, n)
	for i, a := range asked {
		accounts[i], channels[i], identities[i] = string(a.Account), string(a.Channel), string(a.Identity)
	}
	rows, err := many[struct {
		Account  domain.AccountID
		Channel  domain.ChannelID
		Identity domain.IdentityID
		Chat     domain.ChatID
		Queue    domain.QueueID
		Position int
	}](ctx, s.system, placesOfVisitors, args{"accounts": accounts, "channels": channels, "identities": identities})
	if err != nil {
		return nil, fmt.Errorf("reading places in line: %w", translate(err))
	}
	if len(rows) == 0 {
		return nil, nil
	}
	queues := make([]domain.QueueID, len(rows))
	for i, r := range rows {
		queues[i] = r.Queue
	}
	paces, err := paceOf(ctx, s.system, queues)
	if err != nil {
		return nil, fmt.Errorf("reading places in line: %w", translate(err))
	}
	places := make([]domain.Place, len(rows))
	for i, r := range rows {
		places[i] = domain.Place{
			PlaceAsk: domain.PlaceAsk{Account: r.Account, Channel: r.Channel, Identity: r.Identity},
			Chat:     r.Chat, Position: r.Position, Wait: paces[r.Queue].wait(r.Position),
		}
	}
	return places, nil
}

// wait estimates how long the chat at a position has to wait; zero when nobody can tell.
func (p paceRow) wait(position int) time.Duration {
	return routing.Estimate(position, p.Recent, p.Serving)
}

func paceOf(ctx context.Context, q querier, queues []domain.QueueID) (map[domain.QueueID]paceRow, error) {
	rows, err := many[paceRow](ctx, q, paceOfQueues, args{"queues": queues, "measured": measuredChats})
	paces := make(map[domain.QueueID]paceRow, len(rows))
	for _, r := range rows {
		paces[r.Queue] = r
	}
	return paces, err
}

// estimatedWait estimates how long the chat at a position of a queue has to wait; known is false when nobody can tell.
func (t *tx) estimatedWait(ctx context.Context, queue domain.QueueID, position int) (wait time.Duration, known bool, err error) {
	paces, err := paceOf(ctx, t, []domain.QueueID{queue})
	wait = paces[queue].wait(position)
	return wait, wait > 0, err
}
