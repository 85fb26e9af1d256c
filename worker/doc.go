// Package worker runs workflows and activities: one worker per task queue, so that a slow provider holds up nobody
// else. It knows what is registered under which name and how much may run at once, nothing of what it does.
package worker
