// Package child starts processes that can't outlive this one: the private PostgreSQL and the Temporal engine
// of the all-in-one. It holds only what the two have in common: dying with the parent, a process group of
// their own, and a lower CPU priority.
package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Options says how a child is started.
type Options struct {
	// Nice is the child's niceness; a child with 5 gives way to the message path on a busy machine.
	Nice int
	// OnParentDeath is the signal that the kernel sends to the child when this process dies, however it dies.
	// Only Linux has it; elsewhere a child must notice by itself or be cleaned up by the next start.
	OnParentDeath syscall.Signal
}

// Start starts cmd in a process group of its own, so that a Ctrl-C in the terminal reaches only this process
// and the order of stopping stays ours. Fields of cmd.SysProcAttr that the caller set are kept.
func Start(cmd *exec.Cmd, o Options) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := start(cmd, o); err != nil {
		return fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return nil
}

// Step is one attempt to end a process: send Signal, then wait up to Wait for it to be gone.
type Step struct {
	Signal syscall.Signal
	Wait   time.Duration
}

// Stop walks the steps until exited is closed. When ctx ends, the first step is cut short: somebody who waited for a
// good end does not want to wait any more. It reports false when the process survived all of them.
func Stop(ctx context.Context, p *os.Process, exited <-chan struct{}, steps ...Step) bool {
	impatient := ctx.Done()
	for _, step := range steps {
		// The process may have ended by itself in between; the wait below tells.
		if err := p.Signal(step.Signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			continue
		}
		timer := time.NewTimer(step.Wait)
		select {
		case <-exited:
			timer.Stop()
			return true
		case <-timer.C:
		case <-impatient:
			timer.Stop()
		}
		impatient = nil
	}
	return false
}

// Alive reports whether a process with this id exists, whoever owns it.
func Alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
