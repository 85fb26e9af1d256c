package worker

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"tandem/activities"
	"tandem/workflows"
)

// Deps are the activities. All are required.
type Deps struct {
	Routing  *activities.Routing
	Clocks   *activities.Clocks
	Chats    *activities.Chats
	Sending  *activities.Sending
	Notices  *activities.Notices
	Sweeping *activities.Sweeping
}

// Pool is the workers of a process, one per task queue.
type Pool struct {
	client  client.Client
	deps    Deps
	options Options
	watch   interceptor.WorkerInterceptor
	running atomic.Bool
}

// New makes the workers' pool without touching the network.
func New(c client.Client, deps Deps, o Options) (*Pool, error) {
	if c == nil || deps.Routing == nil || deps.Clocks == nil || deps.Chats == nil || deps.Sending == nil || deps.Notices == nil ||
		deps.Sweeping == nil {
		return nil, errors.New("workers need a client and every activity")
	}
	o = o.withDefaults()
	return &Pool{client: c, deps: deps, options: o, watch: newWatch(o.Log, o.Metrics)}, nil
}

const (
	firstPause   = 250 * time.Millisecond
	longestPause = 5 * time.Second
)

// Run works until ctx is done, then lets running activities finish for as long as the options say. An engine that is
// down when it starts, or whose namespace isn't there yet, is waited for; one that goes down later is waited for by the
// SDK, and workers that it gives up are made anew.
func (p *Pool) Run(ctx context.Context) {
	sdk.SetStickyWorkflowCacheSize(p.options.StickyChats)
	for ctx.Err() == nil {
		broken := make(chan error, 1)
		workers := p.start(ctx, func(err error) {
			select {
			case broken <- err:
			default: // one reason is enough
			}
		})
		if workers == nil {
			return
		}
		p.running.Store(true)
		p.options.Log.Info("workers started", "queues", len(workers))
		select {
		case <-ctx.Done():
		case err := <-broken:
			p.options.Log.Error("workers broke, making new ones", "error", err)
		}
		p.running.Store(false)
		stop(workers)
	}
}

// Running reports whether the workers are connected and polling.
func (p *Pool) Running() bool { return p.running.Load() }

// start tries until every worker runs or ctx is done. A worker whose start failed can't be started again, so each try
// makes new ones.
func (p *Pool) start(ctx context.Context, broken func(error)) []sdk.Worker {
	told := false
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		workers, err := p.tryStart(broken)
		if err == nil {
			return workers
		}
		if !told {
			p.options.Log.Warn("workers can't start yet, trying on", "error", err)
			told = true
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func (p *Pool) tryStart(broken func(error)) ([]sdk.Worker, error) {
	workers := p.workers(broken)
	for i, w := range workers {
		if err := w.Start(); err != nil {
			stop(workers[:i])
			return nil, err
		}
	}
	return workers, nil
}

// stop stops them all at once, because each waits for its activities.
func stop(workers []sdk.Worker) {
	done := make(chan struct{})
	for _, w := range workers {
		go func() {
			w.Stop()
			done <- struct{}{}
		}()
	}
	for range workers {
		<-done
	}
}

// workers makes every worker with its registrations.
func (p *Pool) workers(broken func(error)) []sdk.Worker {
	chatOptions := p.options.chatWorker(p.watch)
	chatOptions.OnFatalError = broken
	chat := sdk.New(p.client, workflows.QueueChat, chatOptions)
	RegisterChat(chat, p.deps)
	noticeOptions := p.options.callWorker(p.options.Notices, p.watch)
	noticeOptions.OnFatalError = broken
	notices := sdk.New(p.client, workflows.QueueNotices, noticeOptions)
	RegisterNotices(notices, p.deps)
	all := []sdk.Worker{chat, notices}
	for _, provider := range p.options.Providers {
		sendOptions := p.options.callWorker(p.options.Sends, p.watch)
		sendOptions.OnFatalError = broken
		send := sdk.New(p.client, workflows.QueueSend(provider), sendOptions)
		RegisterSend(send, p.deps)
		all = append(all, send)
	}
	return all
}

// RegisterChat registers what the queue of chats needs. Every name is written out: it stands in histories, and a method
// that is renamed must not change it.
func RegisterChat(r sdk.Registry, d Deps) {
	r.RegisterWorkflowWithOptions(workflows.Chat, workflow.RegisterOptions{Name: workflows.NameChat})
	r.RegisterWorkflowWithOptions(workflows.Sweep, workflow.RegisterOptions{Name: workflows.NameSweep})
	register(r, "RequestAgent", d.Routing.RequestAgent)
	register(r, "ReleaseAndPickNext", d.Routing.ReleaseAndPickNext)
	register(r, "LoadStanding", d.Clocks.LoadStanding)
	register(r, "FireClock", d.Clocks.FireClock)
	register(r, "LoadChat", d.Chats.LoadChat)
	register(r, "LoadFacts", d.Chats.LoadFacts)
	register(r, "CloseChat", d.Chats.CloseChat)
	register(r, "EndSend", d.Sending.EndSend)
	register(r, "SweepChats", d.Sweeping.SweepChats)
	register(r, "PruneLedger", d.Sweeping.PruneLedger)
}

// RegisterNotices registers what the queue of webhooks needs.
func RegisterNotices(r sdk.Registry, d Deps) {
	register(r, "Notify", d.Notices.Notify)
}

// RegisterSend registers what a provider's queue needs.
func RegisterSend(r sdk.Registry, d Deps) {
	register(r, "SendMessage", d.Sending.SendMessage)
}

func register(r sdk.Registry, name string, f any) {
	r.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
}
