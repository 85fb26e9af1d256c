package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/domain"
	"tandem/routing"
)

// sessionIdle ends a session that isn't used for this long; using it moves the end.
const sessionIdle = 24 * time.Hour

// touchEvery is how exactly the last use of a session or token is kept: a write per request would cost more than the
// knowledge is worth.
const touchEvery = time.Minute

// userColumns make a userRow; the user is u. What takes a slot is said in the same way where dispatch counts slots.
const userColumns = `u.id, u.account_id, u.email, u.name, u.role, u.max_chats, u.status, u.status_reason, u.status_since,
  u.next_status, u.next_reason, coalesce(u.channel_types, '{}') as channel_types, u.disabled_at, u.created_at,
  (select count(*)::integer from assignments a where a.user_id = u.id and a.ended_at is null) as open_chats,
  array(select m.queue_id from queue_members m where m.user_id = u.id order by m.queue_id) as queue_ids,
  coalesce((select pr.connected from presence pr where pr.user_id = u.id), false) as connected,
  array(
    select sa.channel_type from assignments sa where sa.user_id = u.id and sa.ended_at is null and not sa.held
      and (coalesce((select (ra.routing->>'left_holds_slot')::boolean from accounts ra where ra.id = u.account_id), true)
        or not exists (select from chats sl where sl.id = sa.chat_id and sl.phase = 'customer_left'))
    union all
    select so.channel_type from offers so where so.user_id = u.id and so.ended_at is null) as taken,
  exists (
    select from chats wl join policies wp on wp.account_id = wl.account_id and wp.subject = wl.policy_queue::text
      and wp.version = wl.policy_version
    where wl.owner_id = u.id and wl.phase = 'customer_left' and wp.body->'wrap_up'->>'exclusive' = 'true') as wrap_up,
  (select ra.routing from accounts ra where ra.id = u.account_id) as routing`

// userRow is a user with what says how full they are.
type userRow struct {
	ID           domain.UserID
	AccountID    domain.AccountID
	Email        string
	Name         string
	Role         domain.Role
	MaxChats     int
	Status       domain.Availability
	StatusReason string
	StatusSince  time.Time
	NextStatus   domain.Availability
	NextReason   string
	ChannelTypes []domain.ChannelType
	DisabledAt   *time.Time
	CreatedAt    time.Time
	OpenChats    int
	QueueIDs     []domain.QueueID
	Connected    bool
	Taken        []domain.ChannelType // of each chat that takes a slot
	WrapUp       bool
	Routing      storedSettings
}

// storedSettings are an account's rules of routing as a column has them.
type storedSettings struct{ routing.Settings }

// UnmarshalJSON fills in what the stored rules don't say.
func (s *storedSettings) UnmarshalJSON(raw []byte) error {
	var err error
	s.Settings, err = settingsOf(raw)
	return err
}

func (r userRow) user() domain.User {
	agent := routing.Agent{Max: r.MaxChats, Slots: routing.Slots{Total: len(r.Taken), PerChannel: map[domain.ChannelType]int{}}}
	for _, t := range r.Taken {
		agent.Slots.PerChannel[t]++
	}
	most, _ := agent.Cap(r.Routing.Settings)
	return domain.User{
		ID: r.ID, AccountID: r.AccountID, Email: r.Email, Name: r.Name, Role: r.Role, MaxChats: r.MaxChats, Status: r.Status,
		StatusReason: r.StatusReason, StatusSince: r.StatusSince, OpenChats: r.OpenChats, QueueIDs: r.QueueIDs,
		NextStatus: r.NextStatus, NextReason: r.NextReason, ChannelTypes: r.ChannelTypes, WrapUp: r.WrapUp, Connected: r.Connected,
		Slots:      domain.Slots{Used: len(r.Taken), Cap: most, Full: agent.Full(r.Routing.Settings)},
		DisabledAt: r.DisabledAt, CreatedAt: r.CreatedAt,
	}
}

func users(rows []userRow) []domain.User {
	all := make([]domain.User, len(rows))
	for i, r := range rows {
		all[i] = r.user()
	}
	return all
}

var (
	userForLogin = define("user for sign-in",
		`select `+userColumns+`, u.password_hash from users u where lower(u.email) = lower(@email) and u.disabled_at is null`)
	userByID    = define("user by id", `select `+userColumns+` from users u where u.id = @user and u.account_id = @account`)
	accountByID = define("account with its features", `
select a.id, a.name, a.instance, a.role_sms, i.features from accounts a join instances i on i.host = a.instance
where a.id = @account`)
	queuesOfUser = define("queues of a user", `select queue_id from queue_members where user_id = @user and account_id = @account order by queue_id`)
)

// UserForLogin finds the enabled user with an e-mail address, in any account, with the hash of their password.
// CodeNotFound when there is none.
func (s *Store) UserForLogin(ctx context.Context, email string) (domain.User, string, error) {
	row, err := one[struct {
		userRow
		PasswordHash string
	}](ctx, s.system, userForLogin, args{"email": storable(email)})
	if err != nil {
		return domain.User{}, "", fmt.Errorf("reading who signs in: %w", translate(err))
	}
	return row.user(), row.PasswordHash, nil
}

// Me gives the actor's own user and account.
func (s *Store) Me(ctx context.Context, a domain.Actor) (domain.User, domain.Account, error) {
	var user domain.User
	var acc domain.Account
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		var found []userRow
		var accounts []domain.Account
		b := &pgx.Batch{}
		queueMany(b, &found, userByID, args{"user": a.User, "account": t.account})
		queueMany(b, &accounts, accountByID, args{"account": t.account})
		if err := t.send(ctx, b); err != nil {
			return err
		}
		if len(found) == 0 || len(accounts) == 0 {
			return pgx.ErrNoRows
		}
		user, acc = found[0].user(), accounts[0]
		return nil
	})
	if err != nil {
		return user, acc, fmt.Errorf("reading who I am: %w", err)
	}
	return user, acc, nil
}

// QueueIDsOf gives the queues the actor serves.
func (s *Store) QueueIDsOf(ctx context.Context, a domain.Actor) ([]domain.QueueID, error) {
	rows, err := s.system.Query(ctx, string(queuesOfUser), args{"user": a.User, "account": a.Account})
	if err != nil {
		return nil, fmt.Errorf("reading a user's queues: %w", translate(err))
	}
	queues, err := pgx.CollectRows(rows, pgx.RowTo[domain.QueueID])
	if err != nil {
		return nil, fmt.Errorf("reading a user's queues: %w", translate(err))
	}
	return queues, nil
}

var (
	insertSession = define("open a session", `
insert into sessions (token_hash, account_id, user_id, created_at, last_seen_at, expires_at)
values (@hash, @account, @user, @now, @now, @expires)`)
	deleteSession  = define("end a session", `delete from sessions where token_hash = @hash`)
	deleteSessions = define("end a user's sessions", `delete from sessions where user_id = @user and account_id = @account`)
	actorBySession = define("actor by session", `
with found as (
  select s.token_hash, s.last_seen_at, u.account_id, u.id, u.name, u.role from sessions s join users u on u.id = s.user_id
  where s.token_hash = @hash and s.expires_at > @now and s.last_seen_at > @idle and u.disabled_at is null),
touched as (
  update sessions set last_seen_at = @now from found where sessions.token_hash = found.token_hash and found.last_seen_at < @touch)
select account_id as account, id as "user", name, role from found`)
)

// CreateSession opens a session of a user until expires; tokenHash is the hash of the cookie's secret.
func (s *Store) CreateSession(ctx context.Context, u domain.User, tokenHash []byte, now, expires time.Time) error {
	_, err := exec(ctx, s.system, insertSession, args{
		"hash": tokenHash, "account": u.AccountID, "user": u.ID, "now": now, "expires": expires,
	})
	if err != nil {
		return fmt.Errorf("opening a session: %w", translate(err))
	}
	return nil
}

// DeleteSession ends a session; one that isn't there is ended already.
func (s *Store) DeleteSession(ctx context.Context, tokenHash []byte) error {
	if _, err := exec(ctx, s.system, deleteSession, args{"hash": tokenHash}); err != nil {
		return fmt.Errorf("ending a session: %w", translate(err))
	}
	return nil
}

// ActorBySession finds who a session belongs to and notes that it is used. CodeUnauthorized with the reason signed_out
// when it has ended, was idle for a day, or its user is disabled.
func (s *Store) ActorBySession(ctx context.Context, tokenHash []byte, now time.Time) (domain.Actor, error) {
	actor, err := one[domain.Actor](ctx, s.system, actorBySession, args{
		"hash": tokenHash, "now": now, "idle": now.Add(-sessionIdle), "touch": now.Add(-touchEvery),
	})
	return actor, signedOut("reading a session", err)
}

func signedOut(doing string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return domain.E(domain.CodeUnauthorized, "your sign-in has ended; sign in again").Because("signed_out")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, translate(err))
	}
	return nil
}

const tokenColumns = `t.id, t.name, t.created_at, t.last_used_at` //nolint:gosec // names of columns

var (
	insertToken = define("make a token", `
insert into tokens (id, account_id, user_id, name, secret_hash, created_at)
values (@id, @account, @user, @name, @hash, @now)`)
	tokensOfUser = define("tokens of a user", `
select `+tokenColumns+` from tokens t where t.user_id = @user and t.account_id = @account and t.revoked_at is null order by t.id desc`)
	revokeToken = define("revoke a token", `
update tokens set revoked_at = @now where id = @id and user_id = @user and account_id = @account and revoked_at is null`)
	revokeTokens = define("revoke a user's tokens", `
update tokens set revoked_at = @now where user_id = @user and account_id = @account and revoked_at is null`)
	actorByToken = define("actor by token", `
with found as (
  select t.id as token_id, t.last_used_at, u.account_id, u.id, u.name, u.role from tokens t join users u on u.id = t.user_id
  where t.secret_hash = @hash and t.revoked_at is null and u.disabled_at is null),
touched as (
  update tokens set last_used_at = @now from found
  where tokens.id = found.token_id and (found.last_used_at is null or found.last_used_at < @touch))
select account_id as account, id as "user", name, role from found`)
)

// ActorByToken finds who a bearer token acts for and notes that it is used. CodeUnauthorized with the reason signed_out
// when there is no such token, it is revoked, or its user is disabled.
func (s *Store) ActorByToken(ctx context.Context, secretHash []byte, now time.Time) (domain.Actor, error) {
	actor, err := one[domain.Actor](ctx, s.system, actorByToken, args{
		"hash": secretHash, "now": now, "touch": now.Add(-touchEvery),
	})
	return actor, signedOut("reading a token", err)
}

// CreateToken makes a bearer token that acts for the actor; secretHash is the hash of its secret.
func (s *Store) CreateToken(ctx context.Context, a domain.Actor, name string, secretHash []byte) (domain.Token, error) {
	token := domain.Token{ID: domain.NewID[domain.TokenID](), Name: name}
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		token.CreatedAt = t.now
		if _, err := exec(ctx, t, insertToken, args{
			"id": token.ID, "account": t.account, "user": a.User, "name": name, "hash": secretHash, "now": t.now,
		}); err != nil {
			return err
		}
		return t.audit(a, "token.created", string(token.ID), map[string]any{"name": name})
	})
	if err != nil {
		return domain.Token{}, fmt.Errorf("making a token: %w", err)
	}
	return token, nil
}

// Tokens gives the actor's own live tokens, newest first.
func (s *Store) Tokens(ctx context.Context, a domain.Actor) ([]domain.Token, error) {
	return list[domain.Token](ctx, s, a, tokensOfUser, args{"user": a.User, "account": a.Account})
}

// RevokeToken ends one of the actor's own tokens; CodeNotFound when there is no such live token.
func (s *Store) RevokeToken(ctx context.Context, a domain.Actor, id domain.TokenID) error {
	err := s.inAccount(ctx, a.Account, func(t *tx) error {
		gone, err := exec(ctx, t, revokeToken, args{"id": id, "user": a.User, "account": t.account, "now": t.now})
		if err != nil {
			return err
		}
		if gone == 0 {
			return domain.E(domain.CodeNotFound, "no token of yours has this id").Because("unknown_token")
		}
		return t.audit(a, "token.revoked", string(id), nil)
	})
	if err != nil {
		return fmt.Errorf("revoking a token: %w", err)
	}
	return nil
}

var (
	pruneSessions = define("forget ended sessions", `delete from sessions where expires_at < @now or last_seen_at < @idle`)
	pruneKeys     = define("forget old idempotency keys", `delete from idempotency_keys where created_at < @old`)
)

// PruneSignIns forgets sessions that have ended and idempotency keys that have run out.
func (s *Store) PruneSignIns(ctx context.Context, now time.Time) error {
	if _, err := exec(ctx, s.system, pruneSessions, args{"now": now, "idle": now.Add(-sessionIdle)}); err != nil {
		return fmt.Errorf("forgetting ended sessions: %w", translate(err))
	}
	if _, err := exec(ctx, s.system, pruneKeys, args{"old": now.Add(-keyLife)}); err != nil {
		return fmt.Errorf("forgetting old keys: %w", translate(err))
	}
	return nil
}
