package routing

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tandem/domain"
)

// Validate lists everything wrong with settings; empty when nothing is.
func (s Settings) Validate() []Problem {
	c := &checker{}
	c.within("caps.per_agent", s.Caps.PerAgent, 0, domain.LargestMaxChats, "chats (0 means no further bound)")
	for _, t := range sortedTypes(s.Caps.PerChannel) {
		location := "caps.per_channel." + string(t)
		c.channel(location, t)
		c.within(location, s.Caps.PerChannel[t], 0, domain.LargestMaxChats, "chats (0 means no further bound)")
	}
	for _, t := range sortedTypes(s.Sticky.Channels) {
		c.channel("sticky.channels."+string(t), t)
	}
	c.within("sticky.expires_hours", s.Sticky.ExpiresHours, 0, 10*365*24, "hours (0 means never)")
	c.within("sticky.wait_seconds", s.Sticky.WaitSeconds, 0, aDay, "seconds")
	c.within("sticky.break_seconds", s.Sticky.BreakSeconds, 0, aDay, "seconds")
	c.within("presence.grace_seconds", s.Presence.GraceSeconds, 10, 3600, "seconds")
	c.within("transfer.accept_seconds", s.Transfer.AcceptSeconds, 5, 600, "seconds")
	c.zone("zone", orElse(s.Zone, "an empty text"))
	c.breakReasons(s.BreakReasons)
	return c.problems
}

// Err gives the first problem as a CodeInvalid error with its field; nil when there is none.
func (s Settings) Err() error { return firstError(s.Validate()) }

// Filled gives the settings with empty lists and maps where there are none, so that JSON never holds null.
func (s Settings) Filled() Settings {
	if s.Caps.PerChannel == nil {
		s.Caps.PerChannel = map[domain.ChannelType]int{}
	}
	if s.Sticky.Channels == nil {
		s.Sticky.Channels = map[domain.ChannelType]bool{}
	}
	if s.BreakReasons == nil {
		s.BreakReasons = []string{}
	}
	return s
}

func sortedTypes[V any](m map[domain.ChannelType]V) []domain.ChannelType {
	types := make([]domain.ChannelType, 0, len(m))
	for t := range m {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}

func (c *checker) breakReasons(reasons []string) {
	if len(reasons) == 0 || len(reasons) > maxReasons {
		c.add("break_reasons", "must be 1 to %d reasons", maxReasons)
		return
	}
	for i, reason := range reasons {
		location := at("break_reasons", i, "")
		switch n := utf8.RuneCountInString(reason); {
		case strings.TrimSpace(reason) == "":
			c.add(location, "is empty")
		case n > maxReasonRunes:
			c.add(location, "has %d characters; at most %d are possible", n, maxReasonRunes)
		case !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl):
			c.add(location, "holds characters that can't be shown")
		case repeated(reasons, i):
			c.add(location, "%q is there already", reason)
		}
	}
}

// Validate lists everything wrong with a queue's policy; empty when nothing is. names tells which queues, users and
// dispositions there are; with nil their ids aren't checked. self is the queue's own id, empty for one that is yet to be made.
func (p Policy) Validate(names Names, self domain.QueueID) []Problem {
	c := &checker{names: names, self: self}
	if !slices.Contains([]Strategy{"", LongestIdle, LeastBusy, RoundRobin}, p.Strategy) {
		c.add("strategy", "%q must be longest_idle, least_busy or round_robin", p.Strategy)
	}
	for i, t := range p.Channels {
		c.channel(at("channels", i, ""), t)
		if repeated(p.Channels, i) {
			c.add(at("channels", i, ""), "%s is there already", t)
		}
	}
	c.within("max_waiting", p.MaxWaiting, 0, maxWaitingCap, "chats (0 means no limit)")
	if p.MaxWaiting > 0 && p.Overflow.Action == ActionNone {
		c.add("overflow.action", "say what happens to a chat that finds the queue full")
	}
	c.atOnce("overflow", p.Overflow)
	c.fallback(p)
	c.text("timed_out_text", p.TimedOutText, false)
	c.hours(p.Hours)
	c.zeroOr("offer_seconds", p.OfferSeconds, 5, 600, "seconds")
	c.tellPosition(p.TellPosition)
	c.firstReply(p.FirstReply)
	c.silence(p.Silence)
	c.zeroOr("hold_seconds", p.HoldSeconds, 10, aMonth, "seconds")
	c.zeroOr("wrap_up.seconds", p.WrapUp.Seconds, 10, aDay, "seconds")
	if p.WrapUp.Seconds != 0 || p.WrapUp.Disposition != "" {
		c.disposition("wrap_up.disposition", p.WrapUp.Disposition)
	}
	return c.problems
}

// Err gives the first problem as a CodeInvalid error with its field; nil when there is none.
func (p Policy) Err(names Names, self domain.QueueID) error {
	return firstError(p.Validate(names, self))
}

// Filled gives the policy with its strategy named and empty lists where there are none, so that JSON never holds null.
func (p Policy) Filled() Policy {
	if p.Strategy == "" {
		p.Strategy = LongestIdle
	}
	p.Channels = filled(p.Channels)
	p.Fallback = filled(p.Fallback)
	p.FirstReply = filled(p.FirstReply)
	p.Silence = filled(p.Silence)
	if p.Hours != nil {
		h := *p.Hours
		h.Holidays = slices.Clone(filled(h.Holidays))
		for i := range h.Week {
			h.Week[i] = filled(h.Week[i])
		}
		for i := range h.Holidays {
			h.Holidays[i].Spans = filled(h.Holidays[i].Spans)
		}
		p.Hours = &h
	}
	return p
}

func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (c *checker) tellPosition(text string) {
	c.text("tell_position", text, false)
	rest := strings.NewReplacer(placePosition, "", placeWait, "").Replace(text)
	if open := strings.IndexByte(rest, '{'); open >= 0 {
		if end := strings.IndexByte(rest[open:], '}'); end >= 0 {
			c.add("tell_position", "%s is replaced by nothing; there are {position} and {wait}", rest[open:open+end+1])
		}
	}
}
