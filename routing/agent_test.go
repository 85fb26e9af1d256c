package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

// ada is an agent of Support with room.
func ada(change func(*routing.Agent)) routing.Agent {
	a := routing.Agent{
		ID: "u-ada", Name: "Ada", Status: domain.Available, StatusSince: noon, Present: true, TakesChats: true, Max: 5,
		Queues: map[domain.QueueID]routing.Member{"q-support": {Priority: 5}}, IdleSince: noon,
	}
	if change != nil {
		change(&a)
	}
	return a
}

// text is a chat in Support's line that came by SMS.
func text(change func(*routing.Entry)) routing.Entry {
	e := routing.Entry{
		Chat: "c-1", Queue: "q-support", QueueName: "Support", Queues: []domain.QueueID{"q-support"}, Type: domain.ChannelSMS, Priority: 5, QueuedAt: noon,
	}
	if change != nil {
		change(&e)
	}
	return e
}

func slots(total, sms int) routing.Slots {
	return routing.Slots{Total: total, PerChannel: map[domain.ChannelType]int{domain.ChannelSMS: sms}}
}

func TestWhoMayTakeAChatAndWhyNot(t *testing.T) {
	t.Parallel()
	widened := text(func(e *routing.Entry) {
		e.Queues, e.MoreNames = []domain.QueueID{"q-support", "q-sales"}, []string{"Sales"}
	})
	settings := routing.DefaultSettings()
	settings.Zone = "Europe/Berlin"
	capped := settings
	capped.Caps = routing.Caps{PerAgent: 3, PerChannel: map[domain.ChannelType]int{domain.ChannelSMS: 2}}
	smsOff := map[domain.QueueID]routing.Policy{"q-support": {Channels: []domain.ChannelType{domain.ChannelWhatsApp}}}
	for name, c := range map[string]struct {
		agent    routing.Agent
		entry    routing.Entry
		settings routing.Settings
		policies map[domain.QueueID]routing.Policy
		free     bool
		why      string
	}{
		"free":            {agent: ada(nil), entry: text(nil), free: true, why: "free"},
		"one slot left":   {agent: ada(func(a *routing.Agent) { a.Slots = slots(4, 4) }), entry: text(nil), free: true, why: "free"},
		"own cap":         {agent: ada(func(a *routing.Agent) { a.Slots = slots(5, 0) }), entry: text(nil), why: "holds 5 of 5 chats (own cap)"},
		"over the cap":    {agent: ada(func(a *routing.Agent) { a.Slots = slots(6, 0) }), entry: text(nil), why: "holds 6 of 5 chats (own cap)"},
		"account cap":     {agent: ada(func(a *routing.Agent) { a.Slots = slots(3, 0) }), entry: text(nil), settings: capped, why: "holds 3 of 3 chats (account cap)"},
		"channel cap":     {agent: ada(func(a *routing.Agent) { a.Slots = slots(2, 2) }), entry: text(nil), settings: capped, why: "sms cap of 2 reached"},
		"another channel": {agent: ada(func(a *routing.Agent) { a.Slots = slots(2, 0) }), entry: text(nil), settings: capped, free: true, why: "free"},
		"the account's cap is looser than one's own": {
			agent: ada(func(a *routing.Agent) { a.Max, a.Slots = 2, slots(2, 0) }), entry: text(nil), settings: capped, why: "holds 2 of 2 chats (own cap)",
		},
		"on a break": {
			agent: ada(func(a *routing.Agent) { a.Status, a.StatusReason = domain.OnBreak, "Lunch" }), entry: text(nil),
			why: "on a break since 13:00 (Lunch)",
		},
		"offline":                {agent: ada(func(a *routing.Agent) { a.Status = domain.Offline }), entry: text(nil), why: "offline since 13:00"},
		"a state nobody knows":   {agent: ada(func(a *routing.Agent) { a.Status = "dreaming" }), entry: text(nil), why: "offline since 13:00"},
		"not connected":          {agent: ada(func(a *routing.Agent) { a.Present = false }), entry: text(nil), why: "not connected"},
		"disabled":               {agent: ada(func(a *routing.Agent) { a.Disabled = true }), entry: text(nil), why: "disabled"},
		"a role without chats":   {agent: ada(func(a *routing.Agent) { a.TakesChats = false }), entry: text(nil), why: "has a role that takes no chats"},
		"a break is booked":      {agent: ada(func(a *routing.Agent) { a.NextStatus = domain.OnBreak }), entry: text(nil), why: "goes on a break after the current chats"},
		"the end is booked":      {agent: ada(func(a *routing.Agent) { a.NextStatus = domain.Offline }), entry: text(nil), why: "goes offline after the current chats"},
		"wrap-up":                {agent: ada(func(a *routing.Agent) { a.WrapUp = true }), entry: text(nil), why: "in wrap-up"},
		"no member":              {agent: ada(func(a *routing.Agent) { a.Queues = nil }), entry: text(nil), why: "not a member of Support"},
		"no member, widened":     {agent: ada(func(a *routing.Agent) { a.Queues = nil }), entry: widened, why: "not a member of Support or Sales"},
		"member by widening":     {agent: ada(func(a *routing.Agent) { a.Queues = map[domain.QueueID]routing.Member{"q-sales": {}} }), entry: widened, free: true, why: "free"},
		"not widened to there":   {agent: ada(func(a *routing.Agent) { a.Queues = map[domain.QueueID]routing.Member{"q-billing": {}} }), entry: widened, why: "not a member of Support or Sales"},
		"takes no such chats":    {agent: ada(func(a *routing.Agent) { a.Types = []domain.ChannelType{domain.ChannelX} }), entry: text(nil), why: "takes no sms chats"},
		"the queue serves none":  {agent: ada(nil), entry: text(nil), policies: smsOff, why: "the queue serves no sms chats"},
		"the queue is full":      {agent: ada(nil), entry: text(func(e *routing.Entry) { e.Barred = routing.ClockOverflow }), why: "the queue is full"},
		"the queue is closed":    {agent: ada(nil), entry: text(func(e *routing.Entry) { e.Barred = routing.ClockClosed }), why: "the queue is closed"},
		"kept for somebody else": {agent: ada(nil), entry: text(func(e *routing.Entry) { e.StickyAgent, e.StickyName, e.StickyUntil = "u-ben", "Ben", in(120) }), why: "free, but the chat waits for Ben until 13:02:00"},
		"kept for Ada":           {agent: ada(nil), entry: text(func(e *routing.Entry) { e.StickyAgent, e.StickyUntil = "u-ada", in(120) }), free: true, why: "free"},
		"no longer kept":         {agent: ada(nil), entry: text(func(e *routing.Entry) { e.StickyAgent, e.StickyUntil = "u-ben", noon }), free: true, why: "free"},
		"given up by the other": {agent: ada(nil), entry: text(func(e *routing.Entry) {
			e.StickyAgent, e.StickyUntil, e.PassedBy = "u-ben", in(120), []domain.UserID{"u-ben"}
		}), free: true, why: "free"},
		"queues may be left out": {agent: ada(nil), entry: text(func(e *routing.Entry) { e.Queues = nil }), free: true, why: "free"},
	} {
		s := c.settings
		if s.Zone == "" {
			s = settings
		}
		free, why := routing.Verdict(c.agent, c.entry, s, c.policies, noon)
		require.Equal(t, c.free, free, name)
		require.Equal(t, c.why, why, name)
	}
}

func TestACustomerWaitsForABusyAgentAndNeverForOneWhoIsGone(t *testing.T) {
	t.Parallel()
	s := routing.DefaultSettings()
	s.Sticky.BreakSeconds = 300
	broke := func(ago int) routing.Agent {
		return ada(func(a *routing.Agent) { a.Status, a.StatusSince = domain.OnBreak, in(-ago) })
	}
	for name, c := range map[string]struct {
		agent routing.Agent
		want  routing.StickyAgentState
	}{
		"free":               {ada(nil), routing.StickyFree},
		"full":               {ada(func(a *routing.Agent) { a.Slots = slots(5, 0) }), routing.StickyBusy},
		"in wrap-up":         {ada(func(a *routing.Agent) { a.WrapUp = true }), routing.StickyBusy},
		"a break is booked":  {ada(func(a *routing.Agent) { a.NextStatus = domain.OnBreak }), routing.StickyBusy},
		"the end is booked":  {ada(func(a *routing.Agent) { a.NextStatus = domain.Offline }), routing.StickyGone},
		"a short break":      {broke(299), routing.StickyBusy},
		"a long break":       {broke(300), routing.StickyGone},
		"a break, no member": {ada(func(a *routing.Agent) { a.Status, a.Queues = domain.OnBreak, nil }), routing.StickyGone},
		"offline":            {ada(func(a *routing.Agent) { a.Status = domain.Offline }), routing.StickyGone},
		"disabled":           {ada(func(a *routing.Agent) { a.Disabled = true }), routing.StickyGone},
		"not connected":      {ada(func(a *routing.Agent) { a.Present = false }), routing.StickyGone},
		"left the queue":     {ada(func(a *routing.Agent) { a.Queues = nil }), routing.StickyGone},
		"takes no SMS":       {ada(func(a *routing.Agent) { a.Types = []domain.ChannelType{domain.ChannelX} }), routing.StickyGone},
		"changed their role": {ada(func(a *routing.Agent) { a.TakesChats = false }), routing.StickyGone},
	} {
		require.Equal(t, c.want, routing.StickyState(c.agent, text(nil), s, nil, noon), name)
	}
	s.Sticky.BreakSeconds = 0
	require.Equal(t, routing.StickyGone, routing.StickyState(broke(0), text(nil), s, nil, noon), "with 0 no break is waited out")
}

func TestTheScreenSaysWhichCapIsFull(t *testing.T) {
	t.Parallel()
	s := routing.DefaultSettings()
	a := ada(func(a *routing.Agent) { a.Slots = slots(3, 3) })
	require.Empty(t, a.Full(s))
	s.Caps = routing.Caps{PerAgent: 4, PerChannel: map[domain.ChannelType]int{domain.ChannelSMS: 3, domain.ChannelX: 2, domain.ChannelWebchat: 0}}
	require.Equal(t, "sms cap", a.Full(s))
	a.Slots.PerChannel[domain.ChannelX] = 2
	require.Equal(t, "sms cap, x cap", a.Full(s))
	a.Slots.Total = 4
	require.Equal(t, "account cap", a.Full(s))
	s.Caps.PerAgent = 20
	a.Slots.Total = 5
	require.Equal(t, "own cap", a.Full(s))
	most, which := a.Cap(s)
	require.Equal(t, 5, most)
	require.Equal(t, "own cap", which)
}
