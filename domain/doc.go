// Package domain holds Tandem's nouns and rules: what a chat, a message, a queue or an agent is, which
// transitions exist and what may be refused. It imports the standard library and uuid only, knows no table, no
// route, no provider and no workflow engine, and never reads the clock: time comes in as an argument.
//
// The types with JSON tags are also what the HTTP API answers, so that one shape travels from the store to the
// screen.
package domain
