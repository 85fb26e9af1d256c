package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
)

var (
	chatState = define("chat as a workflow loads it", `
select c.id, c.phase, c.outcome, ch.type as channel_type, ch.key as channel_key, ch.provider, c.queue_id, q.name as queue_name,
  q.priority, c.owner_id, o.name as owner_name, c.queued_at, c.assigned_at, c.last_seq
from chats c join channels ch on ch.id = c.channel_id join queues q on q.id = c.queue_id left join users o on o.id = c.owner_id
where c.id = @chat and c.account_id = @account`)
	unsentOf = define("unsent messages of a chat", `
select m.id, m.seq, m.side, m.created_at, m.author_id, au.name as author_name from messages m left join users au on au.id = m.author_id
where m.chat_id = @chat and m.account_id = @account and m.side in ('agent', 'system') and m.status in ('queued', 'sending')
order by m.seq`)
	factsOf = define("facts of a chat", `
select fact from outbox where chat_id = @chat and account_id = @account and seq between @from and @to order by seq`)
)

// stateRow is a chat as its workflow sees it.
type stateRow struct {
	ID          domain.ChatID
	Phase       domain.Phase
	Outcome     domain.Outcome
	ChannelType domain.ChannelType
	ChannelKey  string
	Provider    string
	QueueID     domain.QueueID
	QueueName   string
	Priority    int
	OwnerID     *domain.UserID
	OwnerName   *string
	QueuedAt    time.Time
	AssignedAt  *time.Time
	LastSeq     int64
}

// unsentRow is a message no provider has accepted yet.
type unsentRow struct {
	ID         domain.MessageID
	Seq        int64
	Side       domain.Side
	CreatedAt  time.Time
	AuthorID   *domain.UserID
	AuthorName *string
}

// LoadChat gives a chat as its workflow starts with it, and the messages no provider has accepted yet. CodeNotFound when
// there is no such chat.
func (s *Store) LoadChat(ctx context.Context, account domain.AccountID, chat domain.ChatID) (domain.ChatState, error) {
	var rows []stateRow
	var unsent []unsentRow
	err := s.inAccount(ctx, account, func(t *tx) error {
		// The messages come second: what was accepted between the two statements isn't unsent any more, and a newer one comes
		// with a fact beyond LastSeq.
		b := &pgx.Batch{}
		queueMany(b, &rows, chatState, args{"chat": chat, "account": account})
		queueMany(b, &unsent, unsentOf, args{"chat": chat, "account": account})
		return t.send(ctx, b)
	})
	if err != nil {
		return domain.ChatState{}, fmt.Errorf("loading a chat: %w", err)
	}
	if len(rows) == 0 {
		return domain.ChatState{}, fmt.Errorf("loading a chat: %w", errNoChat())
	}
	return stateOf(account, rows[0], unsent), nil
}

func stateOf(account domain.AccountID, r stateRow, unsent []unsentRow) domain.ChatState {
	state := domain.ChatState{
		Account: account, Chat: r.ID, Phase: r.Phase, Outcome: r.Outcome, ChannelType: r.ChannelType, ChannelKey: r.ChannelKey,
		Queue: r.QueueID, QueueName: r.QueueName, Priority: r.Priority, QueuedAt: r.QueuedAt, AssignedAt: r.AssignedAt,
		LastSeq: r.LastSeq,
	}
	if r.OwnerID != nil && r.OwnerName != nil {
		state.Owner, state.OwnerName = *r.OwnerID, *r.OwnerName
	}
	for _, u := range unsent {
		if u.Seq > r.LastSeq {
			continue
		}
		fact := domain.Fact{
			Seq: u.Seq, Kind: domain.FactAgentMessage, ID: string(u.ID), At: u.CreatedAt,
			Send: &domain.SendHint{Provider: r.Provider, ChannelType: r.ChannelType},
		}
		if u.Side == domain.SideSystem {
			fact.Kind = domain.FactSystemMessage
		}
		if u.AuthorID != nil && u.AuthorName != nil {
			fact.Agent, fact.AgentName = *u.AuthorID, *u.AuthorName
		}
		state.Unsent = append(state.Unsent, fact)
	}
	return state
}

// Facts gives what was told about a chat from one seq to another, both included, in order: for a workflow that finds a
// gap. Facts of closed chats are kept for a while only, see Prune.
func (s *Store) Facts(ctx context.Context, account domain.AccountID, chat domain.ChatID, fromSeq, toSeq int64) ([]domain.Fact, error) {
	var facts []domain.Fact
	err := s.inAccount(ctx, account, func(t *tx) error {
		rows, err := t.Query(ctx, string(factsOf), args{"chat": chat, "account": account, "from": fromSeq, "to": toSeq})
		if err != nil {
			return err
		}
		facts, err = pgx.CollectRows(rows, pgx.RowTo[domain.Fact])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading facts: %w", err)
	}
	return facts, nil
}

// openChatID is a chat that isn't closed.
type openChatID struct {
	AccountID domain.AccountID
	ID        domain.ChatID
	LastSeq   int64
}

var openChats = define("open chats of every account", `
select account_id, id, last_seq from chats where phase <> 'closed' and id > @after
union
select account_id, id, last_seq from chats
where id > @after and id in (select chat_id from messages where side in ('agent', 'system') and status in ('queued', 'sending'))
order by id limit @limit`)

// OpenChat names a chat that isn't closed, or has messages no provider has taken yet, for the sweep that looks whether
// its workflow runs.
type OpenChat struct {
	Account domain.AccountID
	Chat    domain.ChatID
	LastSeq int64
}

// OpenChats gives the chats of every account that need a running workflow, in the order of their ids, after the given
// one; empty starts at the beginning.
func (s *Store) OpenChats(ctx context.Context, after domain.ChatID, limit int) ([]OpenChat, error) {
	if after == "" {
		after = firstID
	}
	rows, err := many[openChatID](ctx, s.system, openChats, args{"after": after, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("listing open chats: %w", translate(err))
	}
	open := make([]OpenChat, len(rows))
	for i, r := range rows {
		open[i] = OpenChat{Account: r.AccountID, Chat: r.ID, LastSeq: r.LastSeq}
	}
	return open, nil
}
