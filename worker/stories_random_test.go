package worker_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

// TestWorkflowAndLedgerNeverDisagree plays random days of one chat: whatever people do and whichever clock fires, the
// workflow's deadlines are the ledger's half a second later. The workflow works out by itself what messages do to them, so
// this is where the two could drift apart.
func TestWorkflowAndLedgerNeverDisagree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			d := &day{stage: newStage(t), random: rand.New(rand.NewPCG(seed, 4711))}
			d.settings(sticky)
			d.policy(d.rules)
			d.knows(d.f.Agents[0])
			d.available(d.f.Agents[:2]...)
			d.arrives()
			// Everything happens at odd parts of a second, looks at others, so that no look falls on a clock.
			at := 137 * time.Millisecond
			for range 50 {
				at += time.Duration(2+d.random.IntN(40)) * time.Second
				d.at(at, d.something)
				d.at(at+500*time.Millisecond, d.agrees)
			}
			d.at(at+time.Second, func() { d.disposes(d.f.Supervisor) })
			d.play()
			require.NotZero(t, d.done, "something was done")
		})
	}
}

// day is a stage on which anything may happen.
type day struct {
	*stage

	random *rand.Rand
	done   int
}

// rules have a clock for everything, none of which ends the chat before its time.
func (d *day) rules(p *routing.Policy) {
	if d.random.IntN(2) == 0 {
		p.OfferSeconds = 10 + d.random.IntN(20)
	}
	p.Fallback = []routing.Step{
		{AfterSeconds: 20, Action: routing.ActionText, Text: "All of us are busy."},
		{AfterSeconds: 50, Action: routing.ActionWiden, Queues: []domain.QueueID{d.f.Sales}},
		{AfterSeconds: 90, Action: routing.ActionNotify, URL: "https://hooks.example.com/x"},
	}
	p.FirstReply = []routing.ReplyStep{{AfterSeconds: 25, Action: routing.ReplyRemind}, {AfterSeconds: 70, Action: routing.ReplyRequeue}}
	p.Silence = []routing.SilenceStep{
		{AfterSeconds: 30, Action: routing.SilenceWarn, Text: "Are you still there?"}, {AfterSeconds: 100, Action: routing.SilenceEnd},
	}
	p.WrapUp = routing.WrapUp{Seconds: 300, Disposition: d.f.Disposition}
	p.TellPosition = "You are number {position}."
}

// something has somebody do something, which the ledger may refuse.
func (d *day) something() {
	d.t.Helper()
	ctx := d.t.Context()
	v := d.view()
	agents := append(append([]domain.Actor{}, d.f.Agents...), d.f.Supervisor)
	a := agents[d.random.IntN(len(agents))]
	other := d.f.Agents[d.random.IntN(len(d.f.Agents))]
	owner := a
	for _, agent := range agents {
		if v.Owner != nil && v.Owner.ID == agent.User && d.random.IntN(4) > 0 {
			owner = agent
		}
	}
	offered := a
	for _, agent := range agents {
		if v.Offer != nil && v.Offer.Agent.ID == agent.User {
			offered = agent
		}
	}
	post := func(by domain.Actor, kind domain.Kind) error {
		_, _, err := d.store.PostMessage(ctx, by, d.chat, domain.NewMessage{ClientID: uuid.NewString(), Kind: kind, Text: "text"})
		return err
	}
	view := func(_ domain.ChatView, err error) error { return err }
	status := func(c domain.StatusChange) error { _, err := d.store.SetStatus(ctx, other, other.User, c); return err }
	deeds := []func() error{
		func() error { d.writes("text"); return nil },
		func() error { d.writes("text"); return nil },
		func() error { return post(owner, domain.KindText) },
		func() error { return post(owner, domain.KindText) },
		func() error { return post(owner, domain.KindNote) },
		func() error { return post(a, domain.KindText) },
		func() error { return view(d.store.JoinChat(ctx, a, d.chat)) },
		func() error { return view(d.store.LeaveChat(ctx, a, d.chat)) },
		func() error { return view(d.store.AcceptOffer(ctx, offered, d.chat)) },
		func() error { return view(d.store.DeclineOffer(ctx, offered, d.chat, "busy")) },
		func() error {
			return view(d.store.TransferChat(ctx, owner, d.chat, domain.Transfer{User: other.User, Ask: d.random.IntN(2) == 0}))
		},
		func() error { return view(d.store.TransferChat(ctx, owner, d.chat, domain.Transfer{Queue: d.f.Sales})) },
		func() error { return view(d.store.RequeueChat(ctx, owner, d.chat, "")) },
		func() error { return view(d.store.TakeChat(ctx, d.f.Supervisor, d.chat)) },
		func() error { return view(d.store.HoldChat(ctx, owner, d.chat, 10+d.random.IntN(60))) },
		func() error { return view(d.store.ResumeChat(ctx, owner, d.chat)) },
		func() error { return view(d.store.NextStep(ctx, d.f.Supervisor, d.chat)) },
		func() error { return status(domain.StatusChange{Status: domain.Available}) },
		func() error { return status(domain.StatusChange{Status: domain.OnBreak, Reason: "Lunch"}) },
		func() error {
			return status(domain.StatusChange{Status: domain.Offline, HandOver: d.random.IntN(2) == 0})
		},
		func() error {
			if v.Phase == domain.PhaseActive && d.random.IntN(3) == 0 {
				d.leaves()
			}
			return nil
		},
	}
	n := d.random.IntN(len(deeds))
	if err := deeds[n](); err != nil {
		require.Contains(d.t, []domain.Code{domain.CodeConflict, domain.CodeInvalid, domain.CodeForbidden, domain.CodeNotFound},
			domain.CodeOf(err), "deed %d at %s: %v", n, d.since(), err)
		return
	}
	d.done++
}
