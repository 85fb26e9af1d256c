package routing_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/domain"
	"tandem/routing"
)

func locations(problems []routing.Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.Location)
	}
	return all
}

func TestDefaultsAreValidAndHoldNoNulls(t *testing.T) {
	t.Parallel()
	require.Empty(t, routing.DefaultSettings().Validate())
	require.Empty(t, routing.DefaultPolicy().Validate(names, "q-support"))
	require.NoError(t, routing.DefaultSettings().Err())
	require.NoError(t, routing.Policy{}.Err(nil, ""))
	for _, v := range []any{routing.DefaultSettings(), routing.Settings{}.Filled(), routing.Policy{}.Filled(), (routing.Policy{Hours: &routing.Hours{Holidays: []routing.Holiday{{}}}}).Filled()} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.NotContains(t, strings.Replace(string(text), `"hours":null`, "", 1), "null")
	}
	s := routing.DefaultSettings().Sticky
	require.True(t, s.For(domain.ChannelWhatsApp))
	require.False(t, s.For(domain.ChannelSMS))
}

func TestStoredSettingsReplaceMapsAndKeepWhatTheyDontName(t *testing.T) {
	t.Parallel()
	s, err := routing.ReadSettings([]byte(`{"sticky": {"channels": {"sms": true}, "wait_seconds": 60}}`))
	require.NoError(t, err)
	require.Equal(t, map[domain.ChannelType]bool{domain.ChannelSMS: true}, s.Sticky.Channels, "WhatsApp was taken out")
	require.Equal(t, 60, s.Sticky.WaitSeconds)
	require.Equal(t, 300, s.Sticky.BreakSeconds)
	require.True(t, s.LeftHoldsSlot)
	s, err = routing.ReadSettings([]byte(`{}`))
	require.NoError(t, err)
	require.Equal(t, routing.DefaultSettings(), s)
	_, err = routing.ReadSettings([]byte(`[`))
	require.Error(t, err)
	p, err := routing.ReadPolicy([]byte(`{"max_waiting": 3, "fallback": null}`))
	require.NoError(t, err)
	require.Equal(t, routing.LongestIdle, p.Strategy)
	require.Equal(t, []routing.Step{}, p.Fallback)
}

func TestWrongSettingsNameTheirField(t *testing.T) {
	t.Parallel()
	for location, change := range map[string]func(*routing.Settings){
		"caps.per_agent":           func(s *routing.Settings) { s.Caps.PerAgent = 21 },
		"caps.per_channel.sms":     func(s *routing.Settings) { s.Caps.PerChannel[domain.ChannelSMS] = -1 },
		"caps.per_channel.fax":     func(s *routing.Settings) { s.Caps.PerChannel["fax"] = 1 },
		"sticky.channels.fax":      func(s *routing.Settings) { s.Sticky.Channels["fax"] = true },
		"sticky.expires_hours":     func(s *routing.Settings) { s.Sticky.ExpiresHours = -1 },
		"sticky.wait_seconds":      func(s *routing.Settings) { s.Sticky.WaitSeconds = 86401 },
		"sticky.break_seconds":     func(s *routing.Settings) { s.Sticky.BreakSeconds = -1 },
		"presence.grace_seconds":   func(s *routing.Settings) { s.Presence.GraceSeconds = 9 },
		"transfer.accept_seconds":  func(s *routing.Settings) { s.Transfer.AcceptSeconds = 601 },
		"zone":                     func(s *routing.Settings) { s.Zone = "Europe/Atlantis" },
		"break_reasons":            func(s *routing.Settings) { s.BreakReasons = nil },
		"break_reasons[1]":         func(s *routing.Settings) { s.BreakReasons = []string{"Lunch", "Lunch"} },
		"break_reasons[0]":         func(s *routing.Settings) { s.BreakReasons = []string{" "} },
		"break_reasons[2]":         func(s *routing.Settings) { s.BreakReasons = []string{"a", "b", strings.Repeat("ü", 61)} },
		"break_reasons[3]":         func(s *routing.Settings) { s.BreakReasons = []string{"a", "b", "c", "d\n"} },
		"transfer.accept_seconds ": func(s *routing.Settings) { s.Transfer.AcceptSeconds = 4 },
		"zone ":                    func(s *routing.Settings) { s.Zone = "Local" },
		"zone  ":                   func(s *routing.Settings) { s.Zone = "" },
	} {
		s := routing.DefaultSettings()
		change(&s)
		problems := s.Validate()
		require.Equal(t, []string{strings.TrimSpace(location)}, locations(problems))
		err := s.Err()
		require.Equal(t, domain.CodeInvalid, domain.CodeOf(err))
		require.ErrorContains(t, err, problems[0].Message)
	}
	s := routing.DefaultSettings()
	s.Caps.PerAgent, s.BreakReasons = 20, strings.Split(strings.Repeat("x,", 20)+"x", ",")
	require.Equal(t, []string{"break_reasons"}, locations(s.Validate()), "20 is allowed, 21 reasons aren't")
}

func steps(list ...routing.Step) func(*routing.Policy) {
	return func(p *routing.Policy) { p.Fallback = list }
}

func closing(after int) routing.Step {
	return routing.Step{AfterSeconds: after, Action: routing.ActionClose, Text: "Bye."}
}

func week(spans ...routing.Span) func(*routing.Policy) {
	return func(p *routing.Policy) { p.Hours = &routing.Hours{Week: [7][]routing.Span{1: spans}} }
}

func TestWrongPoliciesNameTheirField(t *testing.T) {
	t.Parallel()
	notify := func(change func(*routing.Step)) func(*routing.Policy) {
		s := routing.Step{AfterSeconds: 1, Action: routing.ActionNotify, Users: []domain.UserID{"u-ada"}, URL: "https://hooks.example.test/x?y=1"}
		change(&s)
		return steps(s)
	}
	long := strings.Repeat("ä", 1601)
	for i, c := range []struct {
		change func(*routing.Policy)
		want   []string
	}{
		{func(p *routing.Policy) { p.Strategy = "loudest" }, []string{"strategy"}},
		{func(p *routing.Policy) { p.Channels = []domain.ChannelType{"sms", "fax", "sms"} }, []string{"channels[1]", "channels[2]"}},
		{func(p *routing.Policy) { p.MaxWaiting = 3 }, []string{"overflow.action"}},
		{func(p *routing.Policy) { p.MaxWaiting, p.Overflow = -1, closing(5) }, []string{"max_waiting", "overflow.after_seconds"}},
		{func(p *routing.Policy) { p.Overflow.Action = "shout" }, []string{"overflow.action"}},
		{func(p *routing.Policy) { p.Overflow = routing.Step{Action: routing.ActionMove, Queue: "q-support"} }, []string{"overflow.queue"}},
		{func(p *routing.Policy) { p.Overflow = routing.Step{Action: routing.ActionMove} }, []string{"overflow.queue"}},
		{func(p *routing.Policy) { p.Overflow = routing.Step{Action: routing.ActionMove, Queue: "q-moon"} }, []string{"overflow.queue"}},
		{func(p *routing.Policy) { p.MaxWaitSeconds = -1 }, []string{"max_wait_seconds"}},
		{func(p *routing.Policy) { p.MaxWaitSeconds, p.Fallback = 60, []routing.Step{closing(60)} }, []string{"max_wait_seconds"}},
		{func(p *routing.Policy) { p.TimedOutText = long }, []string{"timed_out_text"}},
		{steps(routing.Step{AfterSeconds: 60, Action: routing.ActionText, Text: "a"}, closing(60)), []string{"fallback[1].after_seconds"}},
		{steps(routing.Step{AfterSeconds: 60, Action: routing.ActionText, Text: "a"}, closing(59)), []string{"fallback[1].after_seconds"}},
		{steps(closing(60), closing(61)), []string{"fallback[0].action"}},
		{steps(routing.Step{AfterSeconds: 1, Action: routing.ActionMove, Queue: "q-sales"}, closing(61)), []string{"fallback[0].action"}},
		{steps(routing.Step{Action: routing.ActionMove, Queue: "q-sales"}), []string{"fallback[0].after_seconds"}},
		{steps(routing.Step{AfterSeconds: 1}), []string{"fallback[0].action"}},
		{steps(routing.Step{AfterSeconds: -1, Action: routing.ActionText, Text: "\x00"}), []string{"fallback[0].after_seconds", "fallback[0].text"}},
		{steps(routing.Step{AfterSeconds: 1, Action: routing.ActionText, Text: " "}), []string{"fallback[0].text"}},
		{steps(routing.Step{AfterSeconds: 1, Action: routing.ActionCallback, CallbackMinutes: -1}), []string{"fallback[0].text", "fallback[0].callback_minutes"}},
		{steps(routing.Step{AfterSeconds: 1, Action: routing.ActionWiden}), []string{"fallback[0].queues"}},
		{
			steps(routing.Step{AfterSeconds: 1, Action: routing.ActionWiden, Queues: []domain.QueueID{"q-support", "q-sales", "q-sales", "q-moon", ""}}),
			[]string{"fallback[0].queues[0]", "fallback[0].queues[2]", "fallback[0].queues[3]", "fallback[0].queues[4]"},
		},
		{steps(make([]routing.Step, 21)...), []string{"fallback"}},
		{notify(func(s *routing.Step) { s.URL, s.Users = "", nil }), []string{"fallback[0].users"}},
		{notify(func(s *routing.Step) { s.URL = "ftp://example.test/" }), []string{"fallback[0].url"}},
		{notify(func(s *routing.Step) { s.URL = "https:///path" }), []string{"fallback[0].url"}},
		{notify(func(s *routing.Step) { s.URL = "https://me:secret@example.test/" }), []string{"fallback[0].url"}},
		{notify(func(s *routing.Step) { s.URL = "https://e.test/" + strings.Repeat("x", 2000) }), []string{"fallback[0].url"}},
		{notify(func(s *routing.Step) { s.Users = []domain.UserID{"u-ada", "u-ada", "u-zoe"} }), []string{"fallback[0].users[1]", "fallback[0].users[2]"}},
		{func(p *routing.Policy) { p.OfferSeconds = 4 }, []string{"offer_seconds"}},
		{func(p *routing.Policy) { p.TellPosition = "You are {place} of {position}, {wait}" }, []string{"tell_position"}},
		{func(p *routing.Policy) { p.HoldSeconds = 9 }, []string{"hold_seconds"}},
		{func(p *routing.Policy) { p.WrapUp.Seconds = 60 }, []string{"wrap_up.disposition"}},
		{func(p *routing.Policy) { p.WrapUp = routing.WrapUp{Seconds: 5, Disposition: "d-moon"} }, []string{"wrap_up.seconds", "wrap_up.disposition"}},
		{
			func(p *routing.Policy) {
				p.FirstReply = []routing.ReplyStep{{AfterSeconds: 0, Action: routing.ReplyRequeue}, {AfterSeconds: 0, Action: "scold"}}
			},
			[]string{"first_reply[0].after_seconds", "first_reply[0].action", "first_reply[1].after_seconds", "first_reply[1].after_seconds", "first_reply[1].action"},
		},
		{
			func(p *routing.Policy) {
				p.Silence = []routing.SilenceStep{{AfterSeconds: 60, Action: routing.SilenceEnd}, {AfterSeconds: 30, Action: routing.SilenceWarn}, {AfterSeconds: 90, Action: "sigh"}}
			},
			[]string{"silence[0].action", "silence[1].after_seconds", "silence[1].text", "silence[2].action"},
		},
		{func(p *routing.Policy) { p.Hours = &routing.Hours{Zone: "Mars/Olympus"} }, []string{"hours.zone", "hours.week"}},
		{week(routing.Span{From: "9:00", To: "17:00"}), []string{"hours.week[1][0].from"}},
		{week(routing.Span{From: "09:00", To: "24:01"}), []string{"hours.week[1][0].to"}},
		{week(routing.Span{From: "09:60", To: "10:00"}), []string{"hours.week[1][0].from"}},
		{week(routing.Span{From: "22:00", To: "06:00"}), []string{"hours.week[1][0].to"}},
		{week(routing.Span{From: "09:00", To: "12:00"}, routing.Span{From: "11:59", To: "13:00"}), []string{"hours.week[1][1].from"}},
		{
			func(p *routing.Policy) {
				p.Hours = &routing.Hours{
					Week: [7][]routing.Span{2: {{From: "09:00", To: "10:00"}}},
					Holidays: []routing.Holiday{
						{Date: "2026-12-25"},
						{Date: "25.12.2026"},
						{Date: "2026-12-25", Name: strings.Repeat("x", 61), Closed: closing(1)},
						{Date: "2026-02-29", Spans: []routing.Span{{From: "", To: ""}}},
					},
					Closed: routing.Step{Action: routing.ActionText},
				}
			},
			[]string{
				"hours.closed.text", "hours.holidays[1].date", "hours.holidays[2].date", "hours.holidays[2].name", "hours.holidays[2].closed.after_seconds",
				"hours.holidays[3].date", "hours.holidays[3].spans[0].from",
			},
		},
	} {
		p := routing.DefaultPolicy()
		c.change(&p)
		problems := p.Validate(names, "q-support")
		require.Equal(t, c.want, locations(problems), "case %d: %v", i, problems)
		require.Error(t, p.Err(names, "q-support"))
	}
}

func TestGoodPoliciesPass(t *testing.T) {
	t.Parallel()
	for i, change := range []func(*routing.Policy){
		func(p *routing.Policy) { *p = chain() },
		func(p *routing.Policy) { p.MaxWaiting, p.Overflow = 50, closing(0) },
		func(p *routing.Policy) { p.MaxWaitSeconds, p.Fallback = 61, []routing.Step{closing(60)} },
		steps(routing.Step{Action: routing.ActionWiden, Queues: []domain.QueueID{"q-sales"}}), // at once: several at the same time
		func(p *routing.Policy) { p.Hours = office() },
		func(p *routing.Policy) { p.TellPosition = "You are {position}, {wait} to go :}" },
		func(p *routing.Policy) {
			p.Silence = []routing.SilenceStep{{AfterSeconds: 60, Action: routing.SilenceEnd}}
		},
		week(routing.Span{From: "00:00", To: "09:00"}, routing.Span{From: "09:00", To: "24:00"}),
		func(p *routing.Policy) {
			p.WrapUp = routing.WrapUp{Seconds: 60, Disposition: "d-none", Exclusive: true}
		},
		steps(routing.Step{AfterSeconds: 1, Action: routing.ActionNotify, URL: "http://127.0.0.1:9/hook"}),
	} {
		p := routing.DefaultPolicy()
		change(&p)
		require.Empty(t, p.Validate(names, "q-support"), fmt.Sprint("case ", i))
	}
	unknown := routing.DefaultPolicy()
	unknown.Fallback = []routing.Step{{AfterSeconds: 1, Action: routing.ActionMove, Queue: "q-moon"}}
	require.Empty(t, unknown.Validate(nil, ""), "without names ids aren't checked")
}
