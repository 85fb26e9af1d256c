package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/store"
)

// Fixture is one account with people, queues and channels, written by plain SQL.
type Fixture struct {
	Account domain.AccountID
	// Queue is served by all Agents; Sales by the first of them alone.
	Queue domain.QueueID
	Sales domain.QueueID
	// Channel is an SMS number at a provider; Webchat is a widget. Both lead to Queue.
	Channel domain.Channel
	Webchat domain.Channel
	// Agents are three agents with room for 5 chats each, offline: no chat is assigned before a test says so.
	Agents      []domain.Actor
	Supervisor  domain.Actor
	Admin       domain.Actor
	Operator    domain.Actor
	Disposition domain.DispositionID // "Resolved"
	// Pool looks beneath the store, unbound by row-level security.
	Pool *pgxpool.Pool
}

// AgentCap is how many chats an agent of a Fixture may hold.
const AgentCap = 5

// Account makes a fresh account with everything a chat needs.
func Account(t testing.TB, s *store.Store) Fixture {
	t.Helper()
	f := Fixture{
		Account:     domain.AccountID("t" + strings.ReplaceAll(uuid.NewString(), "-", "")[:16]),
		Queue:       domain.NewID[domain.QueueID](),
		Sales:       domain.NewID[domain.QueueID](),
		Disposition: domain.NewID[domain.DispositionID](),
		Pool:        Pool(t, s),
	}
	f.Channel = channel(f, domain.ChannelSMS, domain.ProviderTwilio, "+12025550100",
		map[string]string{"account_sid": "AC00000000000000000000000000000001", "auth_token": "test-token"})
	f.Webchat = channel(f, domain.ChannelWebchat, domain.ProviderWebchat, "", nil)
	now := time.Now()
	f.exec(t, `insert into instances (host) values ('localhost') on conflict do nothing`)
	f.exec(t, `insert into accounts (id, name, instance, created_at) values ($1, $1, 'localhost', $2)`, f.Account, now)
	f.exec(t, `insert into queues (id, account_id, name, priority, created_at) values ($1, $3, 'Support', 5, $4), ($2, $3, 'Sales', 5, $4)`,
		f.Queue, f.Sales, f.Account, now)
	f.exec(t, `insert into dispositions (id, account_id, name, created_at) values ($1, $2, 'Resolved', $3)`, f.Disposition, f.Account, now)
	for _, ch := range []domain.Channel{f.Channel, f.Webchat} {
		f.AddChannel(t, ch)
	}
	for n := range 3 {
		f.Agents = append(f.Agents, f.AddUser(t, fmt.Sprintf("Agent %d", n+1), domain.RoleAgent))
		f.Join(t, f.Agents[n], f.Queue)
	}
	f.Join(t, f.Agents[0], f.Sales)
	f.Supervisor = f.AddUser(t, "Sam Supervisor", domain.RoleSupervisor)
	f.Admin = f.AddUser(t, "Ann Admin", domain.RoleAdmin)
	f.Operator = f.AddUser(t, "Otto Operator", domain.RoleOperator)
	return f
}

func channel(f Fixture, typ domain.ChannelType, provider, address string, secrets map[string]string) domain.Channel {
	return domain.Channel{
		ID: domain.NewID[domain.ChannelID](), Account: f.Account, Key: string(f.Account) + "-" + string(typ), Type: typ,
		Provider: provider, Name: string(typ), Address: address, Queue: f.Queue, Enabled: true, Secrets: secrets,
		Settings: map[string]string{},
	}
}

// AddChannel stores a channel; its secrets aren't encrypted.
func (f Fixture) AddChannel(t testing.TB, ch domain.Channel) {
	t.Helper()
	secrets, err := store.SealSecrets(plain{}, ch.Secrets)
	require.NoError(t, err)
	f.exec(t, `insert into channels (id, account_id, key, type, provider, name, address, queue_id, enabled, secrets, settings, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now())`,
		ch.ID, ch.Account, ch.Key, ch.Type, ch.Provider, ch.Name, ch.Address, ch.Queue, ch.Enabled, secrets, ch.Settings)
}

// AddUser stores a user, offline and in no queue. The password can't be used to sign in.
func (f Fixture) AddUser(t testing.TB, name string, role domain.Role) domain.Actor {
	t.Helper()
	a := domain.Actor{Account: f.Account, User: domain.NewID[domain.UserID](), Name: name, Role: role}
	f.exec(t, `insert into users (id, account_id, email, name, role, password_hash, max_chats, status_since, idle_since, created_at)
		values ($1, $2, $3, $4, $5, '', $6, now(), now(), now())`,
		a.User, f.Account, string(a.User)+"@test.invalid", name, role, AgentCap)
	return a
}

// Join makes a user a member of a queue.
func (f Fixture) Join(t testing.TB, a domain.Actor, queue domain.QueueID) {
	t.Helper()
	f.exec(t, `insert into queue_members (queue_id, user_id, account_id) values ($1, $2, $3)`, queue, a.User, f.Account)
}

// Inbound gives a text from a customer's phone on the SMS channel; each call is another message.
func (f Fixture) Inbound(from, text string) domain.Inbound {
	return domain.Inbound{
		Channel: f.Channel, ProviderID: "SM" + uuid.NewString(), Address: from, Kind: domain.KindText, Text: text,
		ReceivedAt: time.Now(), Raw: []byte("Body=" + text),
	}
}

// Value reads one value beneath the store.
func Value[T any](t testing.TB, f Fixture, sql string, args ...any) T {
	t.Helper()
	rows, err := f.Pool.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	require.NoError(t, err)
	return v
}

func (f Fixture) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	_, err := f.Pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}
