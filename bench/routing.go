package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
)

// eventAssigned is the one event the driver of routing reads.
const eventAssigned = "chat.assigned"

// RunRouting measures who gets which chat and how fast: new chats at a rate, then a burst that leaves customers waiting.
// The report is as complete as it got also when an error is returned; an interrupted run still cleans up after itself.
func RunRouting(ctx context.Context, o RoutingOptions) (report RoutingReport, err error) {
	if err := o.Validate(); err != nil {
		return RoutingReport{}, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.NumCPU() + spareProcs))
	target := o.target()
	target.check = o.preflight
	report = RoutingReport{At: time.Now().UTC(), URL: target.URL, Agents: o.crewSize(), Machine: machine()}
	transport := &http.Transport{MaxIdleConnsPerHost: endsAtOnce, IdleConnTimeout: idleConnection}
	defer transport.CloseIdleConnections()
	shared := Report{}
	defer func() { report.Notes = shared.Notes }()
	r := &routingRunner{
		runner: &runner{
			o: target, bar: newProgress(target.Progress, target.Terminal), report: &shared,
			mark: "bench" + strconv.FormatInt(time.Now().UnixMilli(), 36), client: &http.Client{Timeout: 30 * time.Second, Transport: transport},
		},
		ro: o, routed: &report,
	}
	if err := r.findProcess(ctx); err != nil {
		return report, err
	}
	r.bar.begin("making agents", o.crewSize())
	r.crew, err = muster(ctx, target, r.client)
	if r.crew != nil && !target.Keep {
		defer func() { err = errors.Join(err, r.cleanUp(ctx)) }()
	}
	if err != nil {
		return report, err
	}
	if err := r.work(ctx); err != nil {
		report.Interrupt = ctx.Err() != nil
		return report, err
	}
	return report, nil
}

type routingRunner struct {
	*runner
	ro       RoutingOptions
	routed   *RoutingReport
	desk     *desk
	disposer *disposer
	next     int // the customer who comes next
}

// work listens and measures.
func (r *routingRunner) work(ctx context.Context) error {
	users := make([]string, len(r.crew.agents))
	for i, a := range r.crew.agents {
		users[i] = a.id
	}
	r.desk = newDesk(users)
	r.disposer = newDisposer(r.crew, r.desk)
	r.desk.onGiven = r.disposer.take
	listening, stop := context.WithCancel(ctx)
	var sockets sync.WaitGroup
	defer func() { stop(); sockets.Wait() }()
	err := r.crew.listen(listening, &sockets, eventAssigned, func(agent int) func(frame, time.Time) {
		return func(f frame, at time.Time) { r.desk.show(agent, f, at) }
	})
	if err != nil {
		return err
	}
	if len(r.ro.Rates) > 0 {
		if _, err := r.rate(ctx, warmRate, warmFor); err != nil {
			return err
		}
	}
	for _, rate := range r.ro.Rates {
		step, err := r.rate(ctx, rate, r.o.For)
		r.routed.Steps = append(r.routed.Steps, step)
		if err != nil {
			return err
		}
	}
	if r.ro.Burst == 0 {
		return nil
	}
	return r.burst(ctx)
}

// cleanUp leaves nobody of the driver's in line and its agents disabled.
func (r *routingRunner) cleanUp(ctx context.Context) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
	defer cancel()
	r.bar.begin("cleaning up", max(r.next, 1))
	err := errors.Join(r.crew.clearLine(limited, r.bar.at), r.crew.dismiss(limited, r.bar.at))
	r.bar.end()
	r.routed.CleanedUp = err == nil
	return err
}

// rules is what of the account's and the queue's rules decides whether the figures mean anything.
type rules struct {
	Caps struct {
		PerAgent   int            `json:"per_agent"`
		PerChannel map[string]int `json:"per_channel"`
	} `json:"caps"`
}

type queueRules struct {
	Name   string `json:"name"`
	Policy struct {
		OfferSeconds   int `json:"offer_seconds"`
		MaxWaiting     int `json:"max_waiting"`
		MaxWaitSeconds int `json:"max_wait_seconds"`
		Fallback       []struct {
			AfterSeconds int `json:"after_seconds"`
		} `json:"fallback"`
		Hours any `json:"hours"`
	} `json:"policy"`
}

// soonestStep is how many seconds the driver's chats may have to wait before a rule of the queue moves them.
const soonestStep = 60

// preflight refuses to measure where others would take the driver's chats, or rules would keep them from its agents.
func (o RoutingOptions) preflight(ctx context.Context, c *crew) error {
	var account rules
	var queue queueRules
	var agents page[struct {
		Email    string   `json:"email"`
		Status   string   `json:"status"`
		QueueIDs []string `json:"queue_ids"`
	}]
	if err := c.admin.get(ctx, "/api/v1/settings/routing", &account); err != nil {
		return err
	}
	if err := c.admin.get(ctx, "/api/v1/settings/queues/"+c.queue, &queue); err != nil {
		return err
	}
	if err := c.admin.get(ctx, "/api/v1/agents", &agents); err != nil {
		return err
	}
	var mistakes []error
	others := 0
	for _, a := range agents.Items {
		for _, q := range a.QueueIDs {
			if q == c.queue && a.Status == "available" && !isAgentEmail(a.Email) {
				others++
			}
		}
	}
	if others > 0 {
		mistakes = append(mistakes, fmt.Errorf("%d other agents of %s are available and would take the driver's chats: let them go offline first", others, queue.Name))
	}
	return errors.Join(append(mistakes, o.misfits(account, queue)...)...)
}

// misfits lists the rules under which the driver's chats wouldn't be assigned, or wait, as it expects.
func (o RoutingOptions) misfits(account rules, queue queueRules) (mistakes []error) {
	refuse := func(format string, args ...any) { mistakes = append(mistakes, fmt.Errorf(format, args...)) }
	needed := o.Cap
	if len(o.Rates) > 0 {
		needed = chatsPerAgent
	}
	for _, most := range []int{account.Caps.PerAgent, account.Caps.PerChannel["sms"]} {
		if most > 0 && most < needed {
			refuse("the account lets an agent have at most %d chats, the driver's need %d: change the caps in the settings", most, needed)
		}
	}
	p := queue.Policy
	if p.OfferSeconds > 0 {
		refuse("%s asks its agents to accept chats; the driver measures assignment without asking", queue.Name)
	}
	if waiting := o.Burst - o.slots(); p.MaxWaiting > 0 && p.MaxWaiting < waiting {
		refuse("%s lets at most %d chats wait, the burst leaves %d", queue.Name, p.MaxWaiting, waiting)
	}
	if p.Hours != nil {
		refuse("%s has opening hours", queue.Name)
	}
	moved := p.MaxWaitSeconds
	if len(p.Fallback) > 0 && (moved == 0 || p.Fallback[0].AfterSeconds < moved) {
		moved = p.Fallback[0].AfterSeconds
	}
	if moved > 0 && moved < soonestStep {
		refuse("%s moves or closes waiting chats after %d s; the driver's may have to wait for %d s", queue.Name, moved, soonestStep)
	}
	return mistakes
}

func isAgentEmail(email string) bool {
	return strings.HasPrefix(email, "bench-") && strings.HasSuffix(email, "@bench.invalid")
}
