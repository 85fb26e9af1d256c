-- Routing: versioned policies, sticky pairings, offers, clocks inside chats, agent states, and the story of each decision.

-- +goose Up

-- Every version of an account's settings (subject 'account') and of a queue's policy (subject = the queue's id): a chat keeps
-- the version it arrived under, and a story can name it.
create table policies (
    account_id text not null references accounts (id),
    subject    text not null,
    version    integer not null,
    body       jsonb not null,
    actor_id   uuid,
    at         timestamptz not null,
    primary key (account_id, subject, version)
);

alter table accounts
    add column routing         jsonb not null default '{}',
    add column routing_version integer not null default 0;

alter table queues
    add column policy         jsonb not null default '{}',
    add column policy_version integer not null default 0;

alter table queue_members
    -- 1 is served first among the free agents of the queue, whatever the strategy.
    add column priority integer not null default 5 constraint queue_members_priority_range check (priority between 1 and 9),
    -- When the member last got a chat of this queue, for round robin.
    add column served_at timestamptz;

alter table users
    -- Channel types the agent takes chats of; null means all.
    add column channel_types text[],
    -- A break or leave booked for when the agent's chats are done: no new chats come meanwhile.
    add column next_status text not null default '' constraint users_next_status_known check (next_status in ('', 'break', 'offline')),
    add column next_reason text not null default '',
    -- Counted for reports: offers that the agent let pass.
    add column missed_offers integer not null default 0;

-- A row per agent who has had a live connection: absent_at is when they count as gone unless one of their connections lives on.
create table presence (
    user_id    uuid primary key references users (id),
    account_id text not null references accounts (id),
    connected  boolean not null,
    seen_at    timestamptz not null,
    absent_at  timestamptz not null
);
create index presence_absent on presence (absent_at);

-- The customer's own agent.
create table sticky_pairings (
    customer_id uuid primary key references customers (id),
    account_id  text not null references accounts (id),
    user_id     uuid not null references users (id),
    -- How it came about: outbound, first_reply, transfer, set.
    origin      text not null,
    set_by      uuid,
    started_at  timestamptz not null,
    kept_at     timestamptz not null,
    -- Null means never.
    expires_at  timestamptz
);
create index sticky_pairings_by_user on sticky_pairings (user_id);

alter table waiting
    drop constraint if exists waiting_priority_range,
    -- Queues whose members may take the chat: its own, and those it was widened to.
    add column queue_ids      uuid[] not null default '{}',
    add column channel_type   text not null default '',
    add column joined_at      timestamptz,
    add column barred         text not null default '',
    add column steps          integer not null default 0,
    add column told           boolean not null default false,
    add column sticky_user_id uuid references users (id),
    add column sticky_until   timestamptz,
    -- Agents who declined or missed the chat, in that order: they come last.
    add column passed_by      uuid[] not null default '{}';
update waiting w set queue_ids = array[w.queue_id], joined_at = w.queued_at,
    channel_type = (select ch.type from chats c join channels ch on ch.id = c.channel_id where c.id = w.chat_id);
alter table waiting alter column joined_at set not null;
create index waiting_by_sticky on waiting (sticky_user_id) where sticky_user_id is not null;

-- A chat held out to an agent (out of the line), or to a colleague (a transfer that asks). While open it takes a slot of that agent.
create table offers (
    id         uuid primary key,
    account_id text not null references accounts (id),
    chat_id    uuid not null references chats (id),
    user_id    uuid not null references users (id),
    queue_id   uuid not null references queues (id),
    channel_type text not null,
    -- The owner who transfers; null for an offer out of the line.
    from_id    uuid references users (id),
    note       text not null default '',
    why        text not null default '',
    offered_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at   timestamptz,
    -- accepted, declined, missed, withdrawn
    result     text not null default ''
);
create unique index offers_one_open on offers (chat_id) where ended_at is null;
create index offers_open_by_user on offers (user_id) where ended_at is null;
create index offers_by_chat on offers (chat_id, offered_at);

alter table chats
    add column policy_queue   uuid references queues (id),
    add column policy_version integer not null default 0,
    add column replied_at     timestamptz,
    add column reply_steps    integer not null default 0,
    add column answered_at    timestamptz,
    add column silence_steps  integer not null default 0,
    add column held_until     timestamptz,
    -- A disposition chosen while the chat lives, applied at its end.
    add column next_disposition_id uuid references dispositions (id),
    add column next_note           text not null default '';

-- Colleagues who joined a chat beside its owner: they may write, visibly.
create table chat_members (
    chat_id    uuid not null references chats (id),
    user_id    uuid not null references users (id),
    account_id text not null references accounts (id),
    joined_at  timestamptz not null,
    primary key (chat_id, user_id)
);
create index chat_members_by_user on chat_members (user_id, chat_id desc);

alter table assignments
    -- A held chat takes no slot.
    add column held boolean not null default false,
    -- Counted against the caps of channel types without a look at the chat.
    add column channel_type text not null default '';
update assignments a set channel_type = (select ch.type from chats c join channels ch on ch.id = c.channel_id where c.id = a.chat_id);
-- Chats in wrap-up: few, whatever number is open.
create index chats_left_by_owner on chats (owner_id) where phase = 'customer_left';
-- How long chats of a queue were held of late, for the estimated wait.
create index assignments_ended_by_queue on assignments (queue_id, ended_at desc) where ended_at is not null;
create index assignments_open_by_queue on assignments (queue_id) where ended_at is null;

alter table dispositions
    add column parent_id  uuid references dispositions (id),
    -- Queues it is offered in; empty means all.
    add column queue_ids  uuid[] not null default '{}',
    -- Asks for the time of a callback.
    add column callback   boolean not null default false;
alter table dispositions drop constraint dispositions_name_once;
create unique index dispositions_name_once on dispositions (account_id, coalesce(parent_id, '00000000-0000-0000-0000-000000000000'), name);

-- What was promised to a customer for later.
create table follow_ups (
    id          uuid primary key,
    account_id  text not null references accounts (id),
    customer_id uuid not null references customers (id),
    chat_id     uuid not null references chats (id),
    queue_id    uuid not null references queues (id),
    user_id     uuid references users (id),
    due_at      timestamptz not null,
    zone        text not null,
    note        text not null default '',
    created_at  timestamptz not null,
    done_at     timestamptz,
    done_by     uuid references users (id)
);
create index follow_ups_open on follow_ups (account_id, due_at) where done_at is null;
create unique index follow_ups_once on follow_ups (chat_id, due_at);

-- Why a chat went where it went: one row per decision, written in its transaction.
create table routing_events (
    id             bigint generated always as identity primary key,
    account_id     text not null references accounts (id),
    chat_id        uuid not null references chats (id),
    at             timestamptz not null,
    kind           text not null,
    queue_id       uuid,
    user_id        uuid,
    actor_id       uuid,
    policy_version integer not null default 0,
    -- One sentence for people.
    text           text not null,
    -- Who was considered and why each was passed over.
    detail         jsonb not null default '{}'
);
create index routing_events_by_chat on routing_events (chat_id, id);

drop index messages_unsent;
create index messages_unsent on messages (chat_id, seq) where side in ('agent', 'system') and status in ('queued', 'sending');

-- +goose StatementBegin
do $$
declare
    t text;
begin
    foreach t in array array['policies', 'presence', 'sticky_pairings', 'offers', 'chat_members', 'follow_ups', 'routing_events']
    loop
        execute format('alter table %I enable row level security', t);
        execute format(
            'create policy own_account on %I to tandem_app using (account_id = current_setting(''tandem.account'', true))
             with check (account_id = current_setting(''tandem.account'', true))', t);
        execute format('grant select, insert, update, delete on %I to tandem_app', t);
    end loop;
    grant update (routing, routing_version) on accounts to tandem_app;
    create policy change_own on accounts for update to tandem_app using (id = current_setting('tandem.account', true));
end
$$;
-- +goose StatementEnd
