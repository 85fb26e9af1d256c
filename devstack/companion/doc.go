// Package companion runs a part of the all-in-one in a child process of its own: Process starts and watches the child,
// Serve is what the child does. The Temporal engine and the worker are such parts: their garbage collectors and bursts of
// work then don't show in the latency of messages, and the product keeps taking webhooks while they are down.
package companion
