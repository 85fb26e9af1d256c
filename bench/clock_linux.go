package bench

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// clock wakes one goroutine at exact times. The runtime's own timers are rounded up to whole milliseconds when the
// process is idle; a timer descriptor in the poller wakes it within some 50 µs and burns nothing while waiting.
type clock struct {
	fd   int
	file *os.File
	buf  [8]byte
}

func newClock() (*clock, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating the load timer: %w", err)
	}
	return &clock{fd: fd, file: os.NewFile(uintptr(fd), "load timer")}, nil
}

func (c *clock) waitUntil(t time.Time) error {
	wait := time.Until(t)
	if wait <= 0 {
		return nil
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(wait.Nanoseconds())}
	if err := unix.TimerfdSettime(c.fd, 0, &spec, nil); err != nil {
		return fmt.Errorf("setting the load timer: %w", err)
	}
	if _, err := c.file.Read(c.buf[:]); err != nil {
		return fmt.Errorf("waiting for the load timer: %w", err)
	}
	return nil
}

func (c *clock) close() error { return c.file.Close() }
