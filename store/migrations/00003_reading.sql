-- Indexes of the lists screens read most, and how far the event log has been pruned.

-- +goose Up

-- The board of open chats, whatever number of closed ones is stored.
create index chats_open_by_account on chats (account_id, id desc) where phase <> 'closed';
-- The line as it can be served: few rows, whatever number of chats is open.
create index chats_in_line on chats (account_id, id) where phase = 'queued' and customer_left_at is null;
-- What an agent once held.
create index assignments_by_user_and_chat on assignments (user_id, chat_id desc);
create index outbox_by_age on outbox (id) where sent_at is not null;

-- One row: every event at or before this position may be gone, every later one is kept.
create table event_horizon (
    single boolean primary key default true constraint event_horizon_single check (single),
    xid    xid8 not null,
    id     bigint not null
);
insert into event_horizon (xid, id) values ('0', 0);

-- A chat's row changes with every message: room on its page keeps those updates out of the indexes.
alter table chats set (fillfactor = 75);
alter table outbox set (fillfactor = 80);
alter table messages set (fillfactor = 95);
