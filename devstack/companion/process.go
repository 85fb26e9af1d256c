package companion

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
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"tandem/devstack/child"
)

// niceness lets the message path go first when the machine is busy; workflows may lag by a second.
const niceness = 10

// processors is how many of the machine's processors a companion's goroutines run on at once: half of them. Niceness alone
// decides who gets a processor next, not how soon a busy one is given up; with the other half free of them the message path
// waits for nobody.
func processors() int { return max(1, runtime.NumCPU()/2) }

// processorsVariable is the Go runtime's own; somebody who set it knows better.
const processorsVariable = "GOMAXPROCS"

// stopSteps begin after the child was asked to stop by the end of its standard input.
var stopSteps = []child.Step{
	{Signal: syscall.SIGTERM, Wait: 4 * time.Second},
	{Signal: syscall.SIGKILL, Wait: 2 * time.Second},
}

// politeStop is how long the child may take to stop by itself.
const politeStop = 9 * time.Second

// Options says how the child is run.
type Options struct {
	// Name names the child in sentences for people: "workflow engine".
	Name string
	// Config is what the child is told on its standard input, as one line of JSON.
	Config any
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

// Process keeps a companion running in a child process until Stop: when the child ends by itself, it is started again
// at the same addresses, with growing pauses.
type Process struct {
	options Options
	life    context.Context // ends when Stop is called
	quit    context.CancelFunc
	done    chan struct{}
	ready   chan struct{} // closed when the engine was ready for the first time
	once    sync.Once
	failed  chan error // why the child ended, if it was never ready and there is no hope

	mu      sync.Mutex
	current *run
	last    error // why the latest child ended
	ends    int
}

// run is one child.
type run struct {
	process *os.Process
	input   io.Closer
	exited  chan struct{}
}

// Start starts the child and returns at once; Ready waits for it.
func Start(o Options) (*Process, error) {
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

// Ready returns when the child serves for the first time. It returns an error when the child told why it can't, or ended
// several times before that, since a person had better see why than wait for more tries.
func (p *Process) Ready(ctx context.Context) error {
	select {
	case <-p.ready:
		return nil
	case err := <-p.failed:
		return fmt.Errorf("the %s does not start: %w", p.options.Name, err)
	case <-ctx.Done():
		return errors.Join(ctx.Err(), p.why())
	}
}

// Pid is the process number of the child, 0 while it is down.
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
		return fmt.Errorf("the %s is not ready", p.options.Name)
	}
	return fmt.Errorf("the %s is not ready: %w", p.options.Name, p.last)
}

func (p *Process) launch() (*run, error) {
	cmd := exec.Command(p.options.Program, p.options.Arguments...) //nolint:noctx // its kill would skip the child's shutdown
	if os.Getenv(processorsVariable) == "" {
		cmd.Env = append(os.Environ(), processorsVariable+"="+strconv.Itoa(processors()))
	}
	if p.options.Log != nil {
		cmd.Stderr = p.options.Log
	}
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("opening the input of the %s: %w", p.options.Name, err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("opening the output of the %s: %w", p.options.Name, err)
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
		p.ended(err, told != "" && !strings.Contains(told, syscall.EADDRINUSE.Error()))
		close(r.exited)
	}()
	if err := json.NewEncoder(input).Encode(p.options.Config); err != nil {
		// The child is gone already; why is known when its output has ended.
		<-r.exited
		return nil, fmt.Errorf("configuring the %s: %w", p.options.Name, errors.Join(err, p.why()))
	}
	return r, nil
}

// listen reads the child's reports until it ends, and returns the error it told, if any.
func (p *Process) listen(output io.Reader) (told string) {
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			p.options.Logger.Warn("child printed something that is no report", "child", p.options.Name, "error", err)
			continue
		}
		switch {
		case r.Ready:
			first := false
			p.once.Do(func() { first = true; close(p.ready) })
			if !first {
				p.options.Logger.Info("child is back", "child", p.options.Name)
			}
		case r.Error != "":
			told = r.Error
		case r.Progress != "" && p.options.Progress != nil:
			p.options.Progress(r.Progress)
		}
	}
	return told
}

// firstStarts is how often a child may end without a word before it was ever ready: some other program may have taken, for a
// moment, a port that was free when it was chosen. A child that told why gets no second chance.
const firstStarts = 3

func (p *Process) ended(err error, final bool) {
	p.mu.Lock()
	p.last = err
	p.ends++
	hopeless := final || p.ends >= firstStarts
	p.mu.Unlock()
	if !hopeless {
		return
	}
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
		p.options.Logger.Error("child is down, starting it again", "child", p.options.Name, "error", last, "pause", pause)
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
			p.options.Logger.Error("child does not start", "child", p.options.Name, "error", err)
			continue
		}
		if !p.adopt(r) {
			p.end(context.Background(), r)
			return nil, false
		}
		return r, true
	}
}

// adopt makes r the current child (nil: none). It reports false when the child is to stop.
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
		return fmt.Errorf("the %s (process %d) does not stop", p.options.Name, r.process.Pid)
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

// pause waits, or returns the error of ctx when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
