package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tandem/devstack/child"
)

// stopLeftover ends a server that an earlier run left behind in this cluster, for example because this program was
// killed and the server is still shutting down. The caller holds the lock of the data folder, so that a server that
// still runs in it has lost its parent.
func (h home) stopLeftover(ctx context.Context, o Options) error {
	pidFile := filepath.Join(h.data(), "postmaster.pid")
	text, err := os.ReadFile(pidFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for a left-over PostgreSQL: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 || !h.servedBy(ctx, pid) {
		// The process number now belongs to something else (or to nobody): the file is stale, and PostgreSQL itself
		// would refuse to start when the number is in use.
		if err := os.Remove(pidFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing a stale postmaster.pid: %w", err)
		}
		return nil
	}
	o.progress(fmt.Sprintf("stopping a PostgreSQL left by an earlier run (process %d)", pid))
	for _, step := range stopSteps {
		if err := syscall.Kill(pid, step.Signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping a left-over PostgreSQL (process %d): %w", pid, err)
		}
		if waitGone(ctx, pid, step.Wait) {
			return nil
		}
	}
	return fmt.Errorf("a left-over PostgreSQL (process %d) does not stop", pid)
}

// servedBy reports whether process pid is the server of this very cluster: a server works inside its data folder.
func (h home) servedBy(ctx context.Context, pid int) bool {
	if runtime.GOOS == "linux" {
		dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
		if err != nil {
			return false
		}
		return sameFolder(dir, h.data())
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), h.data())
}

func sameFolder(a, b string) bool {
	left, err := os.Stat(a)
	if err != nil {
		return false
	}
	right, err := os.Stat(b)
	return err == nil && os.SameFile(left, right)
}

// waitGone polls, since the process is not our child and can't be waited for.
func waitGone(ctx context.Context, pid int, limit time.Duration) bool {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if !child.Alive(pid) {
			return true
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
