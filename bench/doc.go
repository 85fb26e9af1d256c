// Package bench drives a running Tandem through its public doors and measures what a customer's message costs on its
// way to the agent's screen: signed provider webhooks go in, the agents' WebSockets are read.
//
// The load is an open loop: message n is due at start + n/rate whatever became of the ones before it, and every
// latency counts from that due time, so waiting inside the driver is never hidden. Beside the product the same driver
// measures floors in the same run — a bare server that only pushes, and one that adds a single database transaction —
// because figures of one machine and one hour are comparable only with each other.
//
// It imports nothing of the product: what it knows of it is its HTTP contract.
package bench
