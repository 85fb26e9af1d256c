// Package engine runs the Temporal server and its web UI as libraries, on a PostgreSQL that the caller provides.
//
// The all-in-one runs it in a child process of its own (package companion). It has no authentication and therefore listens on loopback only.
package engine
