//go:build !linux

package bench

import "time"

// clock wakes one goroutine at given times, as exactly as the runtime's timers allow.
type clock struct{}

func newClock() (*clock, error) { return &clock{}, nil }

func (c *clock) waitUntil(t time.Time) error {
	<-time.After(time.Until(t))
	return nil
}

func (c *clock) close() error { return nil }
