// Package engine runs the Temporal server and its web UI as libraries, on a PostgreSQL that the caller provides.
//
// The all-in-one runs it in a child process of its own (Process starts and watches the child, Serve is what the child
// does): the engine's garbage collector and CPU bursts then don't show in the latency of messages, and the product
// keeps taking webhooks while the engine is down. It has no authentication and therefore listens on loopback only.
package engine
