// Package orchestrator is the only road from the rest of the product to the workflow engine: the connection, the
// encryption of payloads, the commands to chats' workflows, and the relay that tells workflows what the ledger recorded.
// Nothing else knows a signal's name, a conflict policy or a service error.
//
// The engine may be down at any time, also at the start: the connection is made when it is first needed and heals by
// itself, facts wait in the ledger, commands fail with the reason engine_unavailable.
package orchestrator
