// Package routing holds the rules by which a chat reaches an agent and what the clock does to it: policies and their
// validation, who may take a chat, which deadline comes next, how to say it in a sentence. It is pure: no clock, no store, no
// engine, so that the ledger, the workflow, the screen and the what-if all decide by the same code.
package routing
