package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"tandem/devstack/child"
)

// niceness lets the message path go first when the machine is busy; workflows may lag by a second.
const niceness = 10

// stopSteps begin after the child was asked to stop by the end of its standard input.
var stopSteps = []child.Step{
	{Signal: syscall.SIGTERM, Wait: 4 * time.Second},
	{Signal: syscall.SIGKILL, Wait: 2 * time.Second},
}

// politeStop is how long the child may take to stop by itself.
const politeStop = 9 * time.Second

// Options says how the child is run.
type Options struct {
	Config Config
	// Program and Arguments are the command that calls Main.
	Program   string
	Arguments []string
	// Log receives the child's standard error; nil discards it.
	Log *os.File
	// Progress receives sentences for a person who waits for the first start; may be nil.
	Progress func(sentence string)
	// Logger tells about crashes and restarts; nil means the default logger.
	Logger *slog.Logger
}

// Process keeps an engine running in a child process until Stop: when the child ends by itself, it is started again
// at the same addresses, with growing pauses.
type Process struct {
	options Options
	life    context.Context // ends when Stop is called
	quit    context.CancelFunc
	done    chan struct{}
	ready   chan struct{} // closed when the engine was ready for the first time
	once    sync.Once
	failed  chan error // why the first child ended, if it was never ready

	mu      sync.Mutex
	current *run
	last    error // why the latest child ended
}

// run is one child.
type run struct {
	process *os.Process
	input   io.Closer
	exited  chan struct{}
}

// StartProcess starts the child and returns at once; Ready waits for it.
func StartProcess(o Options) (*Process, error) {
	if err := o.Config.Validate(); err != nil {
		return nil, fmt.Errorf("configuring the engine: %w", err)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	p := &Process{options: o, done: make(chan struct{}), ready: make(chan struct{}), failed: make(chan error, 1)}
	p.life, p.quit = context.WithCancel(context.Background())
	first, err := p.launch()
	if err != nil {
		return nil, err
	}
	p.current = first
	go p.supervise(first)
	return p, nil
}

// Ready returns when workflows can run for the first time. It returns an error when the first child ended before that,
// since a person had better see why than wait for more tries.
func (p *Process) Ready(ctx context.Context) error {
	select {
	case <-p.ready:
		return nil
	case err := <-p.failed:
		return fmt.Errorf("the workflow engine does not start: %w", err)
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.why())
	}
}

// Pid is the process number of the engine, 0 while it is down.
func (p *Process) Pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		return 0
	}
	return p.current.process.Pid
}

func (p *Process) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil {
		return errors.New("the workflow engine is not ready")
	}
	return fmt.Errorf("the workflow engine is not ready: %w", p.last)
}

func (p *Process) launch() (*run, error) {
	cmd := exec.Command(p.options.Program, p.options.Arguments...) //nolint:noctx // its kill would skip the engine's shutdown
	if p.options.Log != nil {
		cmd.Stderr = p.options.Log
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("opening the engine's input: %w", err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("opening the engine's output: %w", err)
	}
	if err := child.Start(cmd, child.Options{Nice: niceness, OnParentDeath: syscall.SIGKILL}); err != nil {
		return nil, err
	}
	r := &run{process: cmd.Process, input: input, exited: make(chan struct{})}
	go func() {
		told := p.listen(output)
		err := cmd.Wait()
		if told != "" {
			err = errors.New(told)
		} else if err == nil {
			err = errors.New("it ended by itself")
		}
		p.ended(err)
		close(r.exited)
	}()
	if err := json.NewEncoder(input).Encode(p.options.Config); err != nil {
		// The child is gone already; why is known when its output has ended.
		<-r.exited
		return nil, fmt.Errorf("configuring the engine: %w", errors.Join(err, p.why()))
	}
	return r, nil
}

// listen reads the child's reports until it ends, and returns the error it told, if any.
func (p *Process) listen(output io.Reader) (told string) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			p.options.Logger.Warn("engine printed something that is no report", "error", err)
			continue
		}
		switch {
		case r.Ready:
			first := false
			p.once.Do(func() { first = true; close(p.ready) })
			if !first {
				p.options.Logger.Info("engine is back")
			}
		case r.Error != "":
			told = r.Error
		case r.Progress != "" && p.options.Progress != nil:
			p.options.Progress(r.Progress)
		}
	}
	return told
}

func (p *Process) ended(err error) {
	p.mu.Lock()
	p.last = err
	p.mu.Unlock()
	select {
	case p.failed <- err:
	default: // only the first is asked for
	}
}

const (
	shortestPause = 500 * time.Millisecond
	longestPause  = 15 * time.Second
)

func (p *Process) supervise(r *run) {
	defer close(p.done)
	pause := shortestPause
	for {
		began := time.Now()
		<-r.exited
		if !p.adopt(nil) {
			return
		}
		if time.Since(began) > 4*longestPause {
			pause = shortestPause
		}
		p.mu.Lock()
		last := p.last
		p.mu.Unlock()
		p.options.Logger.Error("engine is down, starting it again", "error", last, "pause", pause)
		next, ok := p.revive(&pause)
		if !ok {
			return
		}
		r = next
	}
}

func (p *Process) revive(wait *time.Duration) (*run, bool) {
	for {
		if err := pause(p.life, *wait); err != nil {
			return nil, false
		}
		*wait = min(*wait*2, longestPause)
		r, err := p.launch()
		if err != nil {
			p.options.Logger.Error("engine does not start", "error", err)
			continue
		}
		if !p.adopt(r) {
			p.end(context.Background(), r)
			return nil, false
		}
		return r, true
	}
}

// adopt makes r the current child (nil: none). It reports false when the engine is to stop.
func (p *Process) adopt(r *run) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Err() != nil {
		return false
	}
	p.current = r
	return true
}

// Stop ends the child: by itself within ctx, by force after that. It returns when the process is gone.
func (p *Process) Stop(ctx context.Context) error {
	p.mu.Lock()
	p.quit()
	r := p.current
	p.mu.Unlock()
	if r != nil && !p.end(ctx, r) {
		return fmt.Errorf("the workflow engine (process %d) does not stop", r.process.Pid)
	}
	<-p.done
	return nil
}

func (p *Process) end(ctx context.Context, r *run) bool {
	// An error means that the pipe is closed already, which is what's wanted.
	_ = r.input.Close()
	polite, cancel := context.WithTimeout(ctx, politeStop)
	defer cancel()
	select {
	case <-r.exited:
		return true
	case <-polite.Done():
	}
	return child.Stop(ctx, r.process, r.exited, stopSteps...)
}
