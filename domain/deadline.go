package domain

import "time"

// DeadlineKind names a deadline of a chat. The words stand in recorded histories and in the API: never rename one. What
// each means is in package routing.
type DeadlineKind string

// Deadline is a moment at which something happens to a chat unless somebody acts before.
type Deadline struct {
	Kind DeadlineKind `json:"kind"`
	// Step is the index in the policy's list, for kinds that have one; else 0.
	Step int `json:"step"`
	// At is absolute: a restart never moves it.
	At time.Time `json:"at"`
	// What says in a few words what happens then ("to Billing as well"), for countdowns and the engine's timer summary.
	What string `json:"what"`
}

// Is reports whether two deadlines are the same one: kind, step and moment. What may differ when a queue was renamed.
func (d Deadline) Is(other Deadline) bool {
	return d.Kind == other.Kind && d.Step == other.Step && d.At.Equal(other.At)
}
