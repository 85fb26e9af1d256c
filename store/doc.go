// Package store is the ledger: every statement the product runs on PostgreSQL, one file per aggregate, and the
// migrations. It returns domain types and domain errors, knows no route, provider or workflow engine.
//
// Two pools stand behind a Store. Statements for an account run on the account pool, whose connections take the role
// tandem_app, in a transaction that names the account: row-level security then hides every other account's rows
// whatever a statement forgets. Look-ups that start without an account (a webhook's channel, a sign-in, the relay, the
// event reader) run on the system pool as the tables' owner.
//
// A transaction that changes what screens show writes events, and one that a workflow must learn of writes outbox
// rows, both in the same transaction as the change. After the commit the Store rings the bell and hands the facts over;
// if the process dies in between, the readers' polls and the relay's scan find the rows.
package store
