package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// gcPercent makes the driver collect its own garbage rarely: it shares the machine with what it measures.
const gcPercent = 400

// spareProcs lets the driver's goroutines run on while some of them sit in system calls.
const spareProcs = 2

// cleanUpLimit bounds the clean-up, which also runs after an interruption.
const cleanUpLimit = 3 * time.Minute

// Run measures. The report is as complete as it got also when an error is returned; an interrupted run still cleans up
// after itself.
func Run(ctx context.Context, o Options) (report Report, err error) {
	if err := o.Validate(); err != nil {
		return Report{}, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.NumCPU() + spareProcs))
	report = Report{At: time.Now().UTC(), URL: o.URL, Customers: o.Customers, Agents: o.agents(), Machine: machine()}
	bar := newProgress(o.Progress, o.Terminal)
	r := &runner{o: o, bar: bar, mark: "bench" + strconv.FormatInt(time.Now().UnixMilli(), 36), report: &report}
	transport := &http.Transport{MaxIdleConnsPerHost: disposalsAtOnce, IdleConnTimeout: idleConnection}
	defer transport.CloseIdleConnections()
	client := &http.Client{Timeout: 30 * time.Second, Transport: transport}
	r.client = client
	if err := r.findProcess(ctx); err != nil {
		return report, err
	}
	bar.begin("making agents", o.agents())
	crew, err := muster(ctx, o, client)
	if crew != nil && !o.Keep {
		defer func() {
			limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
			defer cancel()
			bar.begin("cleaning up", o.Customers)
			cleaned := crew.dismiss(limited, bar.at)
			bar.end()
			report.CleanedUp = cleaned == nil
			err = errors.Join(err, cleaned)
		}()
	}
	if err != nil {
		return report, err
	}
	listening, stop := context.WithCancel(ctx)
	var sockets sync.WaitGroup
	defer func() { stop(); sockets.Wait() }()
	if err := crew.listen(listening, &sockets, "", func(int) func(frame, time.Time) { return crew.onFrame }); err != nil {
		return report, err
	}
	r.crew = crew
	if err := r.measure(ctx); err != nil {
		report.Interrupt = ctx.Err() != nil
		return report, err
	}
	return report, nil
}

type runner struct {
	o      Options
	crew   *crew
	client *http.Client
	bar    *progress
	mark   string
	report *Report
	loads  int
	pid    int
}

func (r *runner) measure(ctx context.Context) error {
	if err := r.warmUp(ctx); err != nil {
		return err
	}
	for _, rate := range r.o.Rates {
		floors, err := r.floors(ctx, rate)
		if err != nil {
			return err
		}
		step, err := r.step(ctx, rate)
		step.Floors = floors
		r.report.Steps = append(r.report.Steps, step)
		if err != nil {
			return err
		}
	}
	return nil
}

// findProcess learns the product's process id when it runs on this machine. An operations listener that was named and
// doesn't answer ends the run: figures without the workflows' lag would look better than they are.
func (r *runner) findProcess(ctx context.Context) error {
	r.pid = r.o.PID
	if r.o.OpsURL == "" {
		r.report.Notes = append(r.report.Notes, "no operations listener given: how far workflows were behind is not known")
		return nil
	}
	sample, err := scrape(ctx, r.client, r.o.OpsURL)
	if err != nil {
		return fmt.Errorf("%w; name the product's operations listener, or none to do without lag, CPU and memory", err)
	}
	if r.pid == 0 && onThisMachine(r.o.OpsURL) {
		r.pid = sample.pid
	}
	return nil
}

func onThisMachine(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// newLoad prepares an open loop of one message per due time at rate for a while.
func (r *runner) newLoad(rate float64, total int, target, signedURL, label string) (*load, error) {
	hooks, err := newWebhooks(target, signedURL, r.o.Token, r.o.AccountSID, r.crew.address, r.o.MaxInFlight)
	if err != nil {
		return nil, err
	}
	r.loads++
	r.bar.begin(label, total)
	return &load{
		rate: rate, inFlight: r.o.MaxInFlight, hooks: hooks, progress: r.bar.at,
		ledger: newLedger(fmt.Sprintf("%s.%d", r.mark, r.loads), total, r.o.Customers),
	}, nil
}

func (r *runner) productLoad(rate float64, total int, label string) (*load, error) {
	path := "/webhooks/twilio/" + r.o.ChannelKey
	return r.newLoad(rate, total, strings.TrimRight(r.o.URL, "/")+path, strings.TrimRight(r.o.publicURL(), "/")+path, label)
}

// warmUp sends every customer's first message and waits until the crew owns all chats.
func (r *runner) warmUp(ctx context.Context) error {
	l, err := r.productLoad(r.o.WarmupRate, r.o.Customers, "opening chats")
	if err != nil {
		return err
	}
	r.crew.ledger.Store(l.ledger)
	err = l.run(ctx)
	r.bar.end()
	if err != nil {
		return fmt.Errorf("opening chats: %w", err)
	}
	if failed := l.failures.snapshot(); len(failed) > 0 {
		return fmt.Errorf("opening chats: %d of %d webhooks were not accepted: %v", r.o.Customers-l.accepted(), r.o.Customers, failed)
	}
	if err := r.crew.waitOwned(ctx, r.o.Customers, r.o.Drain); err != nil {
		return err
	}
	if err := r.crew.greet(ctx); err != nil {
		return err
	}
	if r.o.OpsURL != "" {
		// What opening and answering the chats has set in motion must not be taken for the first step's.
		(&monitor{client: r.client, opsURL: r.o.OpsURL}).caughtUp(ctx, r.o.Drain)
	}
	assigned := newHistogram()
	r.crew.mu.Lock()
	defer r.crew.mu.Unlock()
	for n, at := range r.crew.given {
		if n < r.o.Customers {
			assigned.add(at.Sub(l.ledger.start).Nanoseconds() - l.ledger.sent[n].due)
		}
	}
	r.report.NewChats = NewChats{Rate: r.o.WarmupRate, Count: int(assigned.quantiles().Count), Assigned: assigned.quantiles()}
	return nil
}

func (r *runner) step(ctx context.Context, rate float64) (Step, error) {
	total := int(rate * r.o.For.Seconds())
	step := Step{Rate: rate, Seconds: r.o.For.Seconds()}
	l, err := r.productLoad(rate, total, fmt.Sprintf("%g messages/s", rate))
	if err != nil {
		return step, err
	}
	r.crew.ledger.Store(l.ledger)
	drops := r.crew.drops.Load()
	watch := &monitor{client: r.client, opsURL: r.o.OpsURL}
	watching, stopWatching := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	if r.o.OpsURL != "" {
		watcher.Go(func() { watch.run(watching) })
	}
	before := r.usage()
	err = l.run(ctx)
	step.Use = before.until(r.usage(), total)
	if err == nil {
		l.waitSeen(ctx, r.o.Drain)
	}
	r.bar.end()
	if err == nil && r.o.OpsURL != "" {
		took, ok := watch.caughtUp(ctx, r.o.Drain)
		step.Workflows = &Workflows{CaughtUp: ok, CaughtUpInSecs: took.Seconds()}
	}
	stopWatching()
	watcher.Wait()
	step.Traffic = l.traffic(r.crew.drops.Load() - drops)
	if step.Workflows != nil {
		step.Workflows.LagMaxSeconds, step.Workflows.UnsentMax = watch.lagMax, watch.unsentMax
		if watch.opsErr != nil {
			r.report.Notes = append(r.report.Notes, watch.opsErr.Error())
		}
	}
	return step, err
}

// usage is the machine's and the product's use at one moment.
type usage struct {
	at      time.Time
	parts   map[string]processUse
	driver  time.Duration
	machine time.Duration
}

func (r *runner) usage() usage {
	u := usage{at: time.Now(), machine: machineBusy()}
	if r.pid != 0 {
		u.parts = processTree(r.pid)
	}
	var own syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &own) == nil {
		u.driver = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	}
	return u
}

// until gives what was used between two moments; nil when the product's processes aren't on this machine.
func (u usage) until(end usage, messages int) *Use {
	if len(end.parts) == 0 {
		return nil
	}
	whole := end.at.Sub(u.at).Seconds() * float64(runtime.NumCPU())
	percent := func(d time.Duration) float64 { return 100 * d.Seconds() / whole }
	use := &Use{CPUPercent: map[string]float64{}, MemoryMB: map[string]float64{}}
	var product time.Duration
	for part, after := range end.parts {
		spent := after.cpu - u.parts[part].cpu
		product += spent
		use.CPUPercent[part] = percent(spent)
		use.MemoryMB[part] = float64(after.memory) / (1 << 20)
	}
	use.MessageCPU = product.Seconds() * 1000 / float64(max(messages, 1))
	use.CPUPercent["driver"] = percent(end.driver - u.driver)
	// Clock ticks are coarse, so that the difference of two sums may come out below zero.
	use.CPUPercent["others"] = max(0, percent(end.machine-u.machine-product-(end.driver-u.driver)))
	return use
}

// floors measures the bare servers at the same rate.
func (r *runner) floors(ctx context.Context, rate float64) ([]Floor, error) {
	if len(r.o.FloorCommand) == 0 {
		return nil, nil
	}
	push, err := r.floor(ctx, "floor: push only", rate, "")
	if err != nil || r.o.DatabaseURL == "" {
		return []Floor{push}, err
	}
	stored, err := r.floor(ctx, "floor: one transaction", rate, r.o.DatabaseURL)
	return []Floor{push, stored}, err
}

func (r *runner) floor(ctx context.Context, name string, rate float64, databaseURL string) (Floor, error) {
	address, stop, err := startFloor(ctx, r.o.FloorCommand, databaseURL)
	if err != nil {
		return Floor{}, err
	}
	defer stop()
	base := "http://" + address
	l, err := r.newLoad(rate, int(rate*min(r.o.FloorFor, r.o.For).Seconds()), base+"/hook", base+"/hook", fmt.Sprintf("%s, %g/s", name, rate))
	if err != nil {
		return Floor{}, err
	}
	listening, hangUp := context.WithCancel(ctx)
	var drops atomic.Int64
	s := newSocket(streamURL(base), http.Header{}, &drops, func(f frame, at time.Time) { l.ledger.show(f, at) })
	var sockets sync.WaitGroup
	sockets.Go(func() { s.run(listening) })
	defer func() { hangUp(); sockets.Wait() }()
	if err := s.ready(ctx); err != nil {
		return Floor{}, err
	}
	err = l.run(ctx)
	if err == nil {
		l.waitSeen(ctx, r.o.Drain)
	}
	r.bar.end()
	return Floor{Name: name, Traffic: l.traffic(drops.Load())}, err
}

// startFloor starts a floor server as a process and gives its address and what ends it.
func startFloor(ctx context.Context, command []string, databaseURL string) (string, func(), error) {
	args := command[1:]
	if databaseURL != "" {
		args = append(slices.Clip(args), "--database-url", databaseURL)
	}
	running, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(running, command[0], args...) //nolint:gosec // the driver's own executable
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return "", nil, fmt.Errorf("starting the floor server: %w", err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		cancel()
		return "", nil, fmt.Errorf("starting the floor server: %w", err)
	}
	stop := func() {
		cancel()
		_ = cmd.Wait() // it was told to end
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), FloorListening)
	if !ok {
		stop()
		return "", nil, fmt.Errorf("starting the floor server: %w %s", errors.Join(err, errors.New("it gave no address")), complaint.String())
	}
	return address, stop, nil
}
