-- Row-level security: connections that act for an account run as tandem_app and see the rows of the account named in
-- the transaction's setting tandem.account, nothing else, whatever a statement forgets. The owner of the tables (look-ups
-- across accounts: sign-in, webhooks, relay, event reader) is not bound by it.

-- +goose Up

-- +goose StatementBegin
do $$
begin
    create role tandem_app nologin;
exception
    when duplicate_object or unique_violation then null; -- roles belong to the whole cluster
end
$$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
declare
    t text;
begin
    execute format('grant tandem_app to %I', current_user);
    execute format('grant usage on schema %I to tandem_app', current_schema());
    foreach t in array array[
        'users', 'user_status_changes', 'sessions', 'tokens', 'queues', 'queue_members', 'channels', 'customers',
        'identities', 'dispositions', 'canned_replies', 'chats', 'messages', 'delivery_reports', 'assignments',
        'waiting', 'events', 'outbox', 'audit', 'idempotency_keys']
    loop
        execute format('alter table %I enable row level security', t);
        execute format(
            'create policy own_account on %I to tandem_app using (account_id = current_setting(''tandem.account'', true))
             with check (account_id = current_setting(''tandem.account'', true))', t);
        execute format('grant select, insert, update, delete on %I to tandem_app', t);
    end loop;
    alter table accounts enable row level security;
    create policy own_account on accounts to tandem_app using (id = current_setting('tandem.account', true));
    grant select on accounts, instances to tandem_app;
end
$$;
-- +goose StatementEnd
