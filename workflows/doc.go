// Package workflows holds the processes that the engine keeps alive: what happens next in a chat, and when.
//
// Code here is replayed from its history, possibly years of releases later, so it must decide the same way each time:
// no clock but workflow.Now, no randomness, no goroutine, no map order, no I/O, no environment. What it must learn
// comes in by signal, update or activity result; what it must do goes out by activity. Workflow code changes that a
// running history would notice go through GetVersion; the replay test over testdata/histories tells.
//
// A chat's deadlines are worked out by package routing from the chat's standing, which the ledger gives and messages change;
// one timer stands for the soonest. When it fires the ledger decides under its locks whether the clock still holds, and acts.
// A run keeps clocks when the recorded result of LoadChat says so, so histories from before there were any replay unchanged.
//
// Payloads carry ids and small facts, never a message's text or a customer's address. Names on the wire (workflow,
// signals, updates, queries, activities, search attributes) are PascalCase, because that is what operators read in the
// Temporal UI, and frozen by the first recorded history.
package workflows
