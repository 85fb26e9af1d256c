package store

import (
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

// Audiences of events. A socket gets what is addressed to its user, to queues its user serves, to its account, and
// everything about chats it watches except what is meant for the visitor.
const audienceAccount = "account"

func audienceUser(id domain.UserID) string { return "user:" + string(id) }

func audienceQueue(id domain.QueueID) string { return "queue:" + string(id) }

func audienceVisitor(id domain.IdentityID) string { return "visitor:" + string(id) }

// eventRow is an event to be written with the commit.
type eventRow struct {
	audience string
	chat     domain.ChatID
	typ      domain.EventType
	data     []byte
}

// factRow is a fact to be written with the commit.
type factRow struct {
	chat   domain.ChatID
	fact   domain.Fact
	urgent bool
	json   []byte
}

// emit queues an event for one audience or several.
func (t *tx) emit(typ domain.EventType, chat domain.ChatID, data any, audiences ...string) error {
	encoded, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encoding the data of %s: %w", typ, err)
	}
	for _, audience := range audiences {
		t.events = append(t.events, eventRow{audience: audience, chat: chat, typ: typ, data: encoded})
	}
	return nil
}

// tell queues a fact for the chat's workflow.
func (t *tx) tell(chat domain.ChatID, fact domain.Fact, urgent bool) error {
	encoded, err := json.Marshal(fact)
	if err != nil {
		return fmt.Errorf("encoding a fact %s: %w", fact.Kind, err)
	}
	t.told = append(t.told, factRow{chat: chat, fact: fact, urgent: urgent, json: encoded})
	return nil
}

var insertEvents = define("write events", `
insert into events (account_id, audience, chat_id, type, data, at)
select @account, e.audience, nullif(e.chat, '')::uuid, e.type, e.data::jsonb, @now
from unnest(@audiences::text[], @chats::text[], @types::text[], @data::text[]) as e (audience, chat, type, data)`)

func (t *tx) queueEvents() {
	if len(t.events) == 0 {
		return
	}
	n := len(t.events)
	audiences, chats, types, data := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, e := range t.events {
		audiences[i], chats[i], types[i], data[i] = e.audience, string(e.chat), string(e.typ), string(e.data)
	}
	t.later(insertEvents, args{
		"account": t.account, "audiences": audiences, "chats": chats, "types": types, "data": data, "now": t.now,
	})
}

var insertFacts = define("write facts", `
insert into outbox (account_id, chat_id, seq, fact, urgent, recorded_at, claimed_until)
select @account, f.chat_id, f.seq, f.fact::jsonb, f.urgent, @now, @until
from unnest(@chats::uuid[], @seqs::bigint[], @facts::text[], @urgents::boolean[]) as f (chat_id, seq, fact, urgent)
returning id, chat_id, seq`)

func (t *tx) queueFacts() {
	if len(t.told) == 0 {
		return
	}
	n := len(t.told)
	chats, seqs, facts, urgents := make([]string, n), make([]int64, n), make([]string, n), make([]bool, n)
	for i, f := range t.told {
		chats[i], seqs[i], facts[i], urgents[i] = string(f.chat), f.fact.Seq, string(f.json), f.urgent
	}
	t.last.Queue(string(insertFacts), args{
		"account": t.account, "chats": chats, "seqs": seqs, "facts": facts, "urgents": urgents,
		"now": t.now, "until": t.now.Add(claimLease),
	}).Query(t.collectFacts)
}

// collectFacts pairs the rows' ids with the facts, chat by chat in the order in which they were told.
func (t *tx) collectFacts(rows pgx.Rows) error {
	type place struct {
		chat domain.ChatID
		seq  int64
	}
	ids := make(map[place]int64, len(t.told))
	for rows.Next() {
		var id int64
		var at place
		if err := rows.Scan(&id, &at.chat, &at.seq); err != nil {
			return err
		}
		ids[at] = id
	}
	if err := rows.Err(); err != nil {
		return err
	}
	position := map[domain.ChatID]int{}
	for _, f := range t.told {
		at, seen := position[f.chat]
		if !seen {
			at = len(t.facts)
			position[f.chat] = at
			t.facts = append(t.facts, domain.ChatFacts{Account: t.account, Chat: f.chat})
		}
		t.facts[at].Facts = append(t.facts[at].Facts, domain.OutboxFact{
			OutboxID: ids[place{f.chat, f.fact.Seq}], Fact: f.fact, Urgent: f.urgent, RecordedAt: t.now,
		})
	}
	return nil
}
