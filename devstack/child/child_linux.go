package child

import (
	"fmt"
	"os/exec"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

type request struct {
	cmd  *exec.Cmd
	done chan error
}

// The kernel ties "signal me when my parent dies" to the parent *thread*, and niceness is a property of a thread
// as well. Every child is therefore started by a goroutine that keeps its thread for the life of this process;
// there is one per niceness, since a thread can't get its priority back.
var (
	spawnersMu sync.Mutex
	spawners   = map[int]chan request{}
)

func start(cmd *exec.Cmd, o Options) error {
	cmd.SysProcAttr.Pdeathsig = o.OnParentDeath
	r := request{cmd: cmd, done: make(chan error, 1)}
	spawner(o.Nice) <- r
	return <-r.done
}

func spawner(nice int) chan<- request {
	spawnersMu.Lock()
	defer spawnersMu.Unlock()
	if ch, ok := spawners[nice]; ok {
		return ch
	}
	ch := make(chan request)
	spawners[nice] = ch
	go spawn(nice, ch)
	return ch
}

func spawn(nice int, requests <-chan request) {
	runtime.LockOSThread()
	var failed error
	if nice != 0 {
		failed = yield(nice)
	}
	for r := range requests {
		if failed != nil {
			r.done <- failed
			continue
		}
		r.done <- r.cmd.Start()
	}
}

// yield raises the niceness of this thread to nice. A thread that is nicer already stays as it is: going back is
// not allowed to everybody, and it has what was asked for.
func yield(nice int) error {
	tid := unix.Gettid()
	// The system call answers 20 − niceness, so that it is never negative.
	if prio, err := unix.Getpriority(unix.PRIO_PROCESS, tid); err == nil && 20-prio >= nice {
		return nil
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, tid, nice); err != nil {
		return fmt.Errorf("setting niceness %d: %w", nice, err)
	}
	return nil
}
