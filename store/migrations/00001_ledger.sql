-- The ledger: who there is, what was said, who holds what, what screens and workflows must learn.
-- Every table that belongs to an account carries account_id and is guarded by row-level security (00002).

-- +goose Up

create table instances (
    host     text primary key,
    features text[] not null default '{}'
);

create table accounts (
    id         text primary key constraint accounts_id_word check (id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    name       text not null,
    instance   text not null references instances (host),
    role_sms   boolean not null default false,
    created_at timestamptz not null
);

create table users (
    id            uuid primary key,
    account_id    text not null references accounts (id),
    email         text not null,
    name          text not null constraint users_name_given check (btrim(name) <> ''),
    role          text not null constraint users_role_known check (role in ('super_admin', 'admin', 'supervisor', 'campaign_manager', 'agent', 'operator')),
    password_hash text not null,
    max_chats     integer not null default 5 constraint users_max_chats_range check (max_chats between 1 and 20),
    status        text not null default 'offline' constraint users_status_known check (status in ('available', 'break', 'offline')),
    status_reason text not null default '',
    status_since  timestamptz not null,
    -- When the agent last got or gave back a chat or became available: the longest idle is served first.
    idle_since    timestamptz not null,
    disabled_at   timestamptz,
    created_at    timestamptz not null
);
create unique index users_email on users (lower(email));
create index users_by_account on users (account_id, id);

create table user_status_changes (
    id         bigint generated always as identity primary key,
    account_id text not null references accounts (id),
    user_id    uuid not null references users (id),
    status     text not null,
    reason     text not null default '',
    actor_id   uuid not null,
    at         timestamptz not null
);
create index user_status_changes_by_user on user_status_changes (user_id, at);

create table sessions (
    token_hash   bytea primary key,
    account_id   text not null references accounts (id),
    user_id      uuid not null references users (id),
    created_at   timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at   timestamptz not null
);
create index sessions_by_user on sessions (user_id);

create table tokens (
    id           uuid primary key,
    account_id   text not null references accounts (id),
    user_id      uuid not null references users (id),
    name         text not null,
    secret_hash  bytea not null unique,
    created_at   timestamptz not null,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
create index tokens_by_user on tokens (user_id);

create table queues (
    id         uuid primary key,
    account_id text not null references accounts (id),
    name       text not null constraint queues_name_given check (btrim(name) <> ''),
    priority   integer not null default 5 constraint queues_priority_range check (priority between 1 and 9),
    created_at timestamptz not null,
    constraint queues_name_once unique (account_id, name)
);

create table queue_members (
    queue_id   uuid not null references queues (id),
    user_id    uuid not null references users (id),
    account_id text not null references accounts (id),
    primary key (queue_id, user_id)
);
create index queue_members_by_user on queue_members (user_id);

create table channels (
    id         uuid primary key,
    account_id text not null references accounts (id),
    -- The word in the webhook's address.
    key        text not null constraint channels_key_once unique
                    constraint channels_key_word check (key ~ '^[a-z0-9][a-z0-9-]{0,59}$'),
    type       text not null,
    provider   text not null,
    name       text not null,
    address    text not null default '',
    queue_id   uuid not null references queues (id),
    enabled    boolean not null default true,
    -- The provider's credentials, sealed with the installation's key.
    secrets    bytea,
    settings   jsonb not null default '{}',
    created_at timestamptz not null
);
create index channels_by_account on channels (account_id);

create table customers (
    id         uuid primary key,
    account_id text not null references accounts (id),
    name       text not null default '',
    created_at timestamptz not null
);
create index customers_by_account on customers (account_id, id);

-- A customer's addresses: a phone number serves SMS today and any other channel that speaks to phones.
create table identities (
    id          uuid primary key,
    account_id  text not null references accounts (id),
    customer_id uuid not null references customers (id),
    kind        text not null,
    address     text not null,
    created_at  timestamptz not null,
    constraint identities_once unique (account_id, kind, address)
);
create index identities_by_customer on identities (customer_id);

create table dispositions (
    id          uuid primary key,
    account_id  text not null references accounts (id),
    name        text not null constraint dispositions_name_given check (btrim(name) <> ''),
    position    integer not null default 0,
    disabled_at timestamptz,
    created_at  timestamptz not null,
    constraint dispositions_name_once unique (account_id, name)
);

create table canned_replies (
    id         uuid primary key,
    account_id text not null references accounts (id),
    shortcut   text not null,
    title      text not null,
    text       text not null,
    created_at timestamptz not null,
    constraint canned_replies_shortcut_once unique (account_id, shortcut)
);

create table chats (
    id               uuid primary key,
    account_id       text not null references accounts (id),
    channel_id       uuid not null references channels (id),
    identity_id      uuid not null references identities (id),
    customer_id      uuid not null references customers (id),
    queue_id         uuid not null references queues (id),
    owner_id         uuid references users (id),
    phase            text not null constraint chats_phase_known check (phase in ('queued', 'active', 'customer_left', 'closed')),
    outcome          text not null default '',
    -- The counter of messages and facts.
    last_seq         bigint not null default 0,
    -- Denormalised for the list: what came last, and whose turn it is.
    last_side        text,
    last_text        text,
    last_message_at  timestamptz,
    waiting_since    timestamptz,
    unread           integer not null default 0,
    read_seq         bigint not null default 0,
    queued_at        timestamptz not null,
    assigned_at      timestamptz,
    customer_left_at timestamptz,
    closed_at        timestamptz,
    disposition_id   uuid references dispositions (id),
    disposed_by      uuid references users (id),
    note             text not null default '',
    created_at       timestamptz not null,
    constraint chats_owner_fits_phase check (
        (phase = 'queued' and owner_id is null) or phase = 'closed' or (phase in ('active', 'customer_left') and owner_id is not null)),
    constraint chats_closed_at_fits_phase check ((phase = 'closed') = (closed_at is not null))
);
-- Invariant 2: one open chat per channel and customer identity, under any parallelism.
create unique index chats_one_open on chats (account_id, channel_id, identity_id) where phase <> 'closed';
create index chats_open_by_owner on chats (owner_id, id) where phase <> 'closed';
create index chats_by_account on chats (account_id, id desc);
create index chats_by_customer on chats (customer_id, id desc);

create table messages (
    id          uuid primary key,
    account_id  text not null references accounts (id),
    chat_id     uuid not null references chats (id),
    seq         bigint not null,
    side        text not null constraint messages_side_known check (side in ('customer', 'agent', 'system')),
    kind        text not null,
    text        text not null default '',
    attachments jsonb not null default '[]',
    status      text not null,
    error_code  text not null default '',
    error_text  text not null default '',
    channel_id  uuid not null references channels (id),
    -- The provider's id; with the channel it is the dedupe key of what comes in.
    provider_id text,
    -- The id a client gave; with the chat it is the dedupe key of what goes out.
    client_id   text,
    author_id   uuid references users (id),
    -- Of a send: calls begun, and when the first and the latest began.
    attempts      integer not null default 0,
    first_tried_at timestamptz,
    last_tried_at  timestamptz,
    provider_at timestamptz,
    raw         bytea,
    created_at  timestamptz not null
);
create unique index messages_by_seq on messages (chat_id, seq);
-- Invariant 3: each message once.
create unique index messages_provider_once on messages (channel_id, provider_id) where provider_id is not null;
create unique index messages_client_once on messages (chat_id, client_id) where client_id is not null;
create index messages_unsent on messages (chat_id, seq) where side = 'agent' and status in ('queued', 'sending');

-- Reports of providers that came before our own record of the provider's id, or that we can't place at all.
create table delivery_reports (
    id          bigint generated always as identity primary key,
    account_id  text not null references accounts (id),
    channel_id  uuid not null references channels (id),
    message_id  uuid,
    provider_id text not null,
    status      text not null,
    raw_status  text not null,
    error_code  text not null default '',
    error_text  text not null default '',
    at          timestamptz not null
);
create index delivery_reports_by_provider on delivery_reports (channel_id, provider_id);

-- One leg of ownership. An agent's load is the count of their open ones.
create table assignments (
    id         uuid primary key,
    account_id text not null references accounts (id),
    chat_id    uuid not null references chats (id),
    user_id    uuid not null references users (id),
    queue_id   uuid not null references queues (id),
    started_at timestamptz not null,
    ended_at   timestamptz,
    end_reason text not null default '',
    why        text not null default ''
);
create unique index assignments_one_open on assignments (chat_id) where ended_at is null;
create index assignments_open_by_user on assignments (user_id) where ended_at is null;
create index assignments_by_chat on assignments (chat_id, started_at);

-- Chats in line, from the moment of their first message.
create table waiting (
    chat_id    uuid primary key references chats (id),
    account_id text not null references accounts (id),
    queue_id   uuid not null references queues (id),
    priority   integer not null,
    queued_at  timestamptz not null
);
create index waiting_in_line on waiting (account_id, priority, queued_at, chat_id);

-- What screens must learn. The cursor of a reader is the pair (xid, id): an id alone skips slow commits.
create table events (
    id         bigint generated always as identity,
    xid        xid8 not null default pg_current_xact_id(),
    account_id text not null,
    audience   text not null,
    chat_id    uuid,
    type       text not null,
    data       jsonb not null,
    at         timestamptz not null,
    primary key (xid, id)
);

-- What workflows must learn: one row per fact, signalled by the process that wrote it, re-sent by a relay when the
-- claim runs out unacknowledged.
create table outbox (
    id            bigint generated always as identity primary key,
    account_id    text not null,
    chat_id       uuid not null,
    seq           bigint not null,
    fact          jsonb not null,
    urgent        boolean not null,
    recorded_at   timestamptz not null,
    claimed_until timestamptz not null,
    sent_at       timestamptz
);
create unique index outbox_by_seq on outbox (chat_id, seq);
create index outbox_unsent on outbox (claimed_until, id) where sent_at is null;

create table audit (
    id         bigint generated always as identity primary key,
    account_id text not null references accounts (id),
    actor_id   uuid,
    action     text not null,
    subject    text not null,
    detail     jsonb not null default '{}',
    at         timestamptz not null
);
create index audit_by_account on audit (account_id, id desc);

-- The first answer to a mutation, given again when the same key comes back.
create table idempotency_keys (
    account_id   text not null references accounts (id),
    user_id      uuid not null references users (id),
    key          text not null,
    request_hash bytea not null,
    status       integer,
    content_type text not null default '',
    body         bytea,
    created_at   timestamptz not null,
    primary key (user_id, key)
);
