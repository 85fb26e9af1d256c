//go:build !linux

package child

import (
	"fmt"
	"os/exec"
	"syscall"
)

// start has no way to tie the child to this process here: the engine watches its standard input, and a left-over
// PostgreSQL is stopped by the next start.
func start(cmd *exec.Cmd, o Options) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	if o.Nice == 0 {
		return nil
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, cmd.Process.Pid, o.Nice); err != nil {
		return fmt.Errorf("setting niceness %d: %w", o.Nice, err)
	}
	return nil
}
