package routing

import (
	"strings"
	"time"
	"unicode/utf8"
)

// closes reports whether nothing can follow a step: the chat is closed, or lives by another queue's rules.
func (a Action) closes() bool { return a == ActionClose || a == ActionCallback || a == ActionMove }

func (c *checker) fallback(p Policy) {
	c.within("max_wait_seconds", p.MaxWaitSeconds, 0, aMonth, "seconds (0 means for ever)")
	if !c.many("fallback", len(p.Fallback), maxSteps) {
		return
	}
	for i, step := range p.Fallback {
		least := 0
		if step.Action == ActionMove { // two queues that move to each other at once would never come to rest
			least = 1
		}
		c.within(at("fallback", i, "after_seconds"), step.AfterSeconds, least, aMonth, "seconds")
		if i > 0 {
			c.ascending(at("fallback", i, "after_seconds"), p.Fallback[i-1].AfterSeconds, step.AfterSeconds)
		}
		if step.Action == ActionNone {
			c.add(at("fallback", i, "action"), "choose what happens: widen, move, text, notify, callback or close")
		}
		if step.Action.closes() && i < len(p.Fallback)-1 {
			c.add(at("fallback", i, "action"), "must be the last step: after %s nothing can follow", step.Action)
		}
		c.step(at("fallback", i, ""), step)
	}
	if n := len(p.Fallback); n > 0 && p.MaxWaitSeconds > 0 && p.MaxWaitSeconds <= p.Fallback[n-1].AfterSeconds {
		c.add("max_wait_seconds", "must come after the last step, which is at %d seconds", p.Fallback[n-1].AfterSeconds)
	}
}

func (c *checker) ascending(location string, before, seconds int) {
	if seconds <= before {
		c.add(location, "must be more than the %d seconds of the step before", before)
	}
}

// atOnce checks a step that happens on arrival.
func (c *checker) atOnce(location string, s Step) {
	if s.AfterSeconds != 0 {
		c.add(location+".after_seconds", "must be 0: this happens on arrival")
	}
	c.step(location, s)
}

// step checks what a step's action needs. What it doesn't need is left alone, so that a form may keep it.
func (c *checker) step(location string, s Step) {
	switch s.Action {
	case ActionNone:
	case ActionWiden:
		c.widening(location, s)
	case ActionMove:
		c.queue(location+".queue", s.Queue)
	case ActionText, ActionClose:
		c.text(location+".text", s.Text, true)
	case ActionCallback:
		c.text(location+".text", s.Text, true)
		c.within(location+".callback_minutes", s.CallbackMinutes, 0, aMonth/60, "minutes")
	case ActionNotify:
		c.notifying(location, s)
	default:
		c.add(location+".action", "%q must be widen, move, text, notify, callback or close", s.Action)
	}
}

func (c *checker) widening(location string, s Step) {
	if len(s.Queues) == 0 {
		c.add(location+".queues", "choose at least one queue")
	}
	if !c.many(location+".queues", len(s.Queues), maxQueues) {
		return
	}
	for i, q := range s.Queues {
		where := at(location+".queues", i, "")
		c.queue(where, q)
		if repeated(s.Queues, i) {
			c.add(where, "this queue is there already")
		}
	}
}

func (c *checker) notifying(location string, s Step) {
	if len(s.Users) == 0 && s.URL == "" {
		c.add(location+".users", "choose somebody, or give a web address")
	}
	if s.URL != "" {
		c.link(location+".url", s.URL)
	}
	if !c.many(location+".users", len(s.Users), maxNotified) {
		return
	}
	for i, u := range s.Users {
		where := at(location+".users", i, "")
		c.user(where, u)
		if repeated(s.Users, i) {
			c.add(where, "this user is there already")
		}
	}
}

func (c *checker) firstReply(steps []ReplyStep) {
	if !c.many("first_reply", len(steps), maxSteps) {
		return
	}
	for i, step := range steps {
		c.within(at("first_reply", i, "after_seconds"), step.AfterSeconds, 1, aMonth, "seconds")
		if i > 0 {
			c.ascending(at("first_reply", i, "after_seconds"), steps[i-1].AfterSeconds, step.AfterSeconds)
		}
		switch step.Action {
		case ReplyRemind, ReplyNotify:
		case ReplyRequeue:
			if i < len(steps)-1 {
				c.add(at("first_reply", i, "action"), "must be the last step: the agent has the chat no longer")
			}
		default:
			c.add(at("first_reply", i, "action"), "%q must be remind, notify or requeue", step.Action)
		}
	}
}

func (c *checker) silence(steps []SilenceStep) {
	if !c.many("silence", len(steps), maxSteps) {
		return
	}
	for i, step := range steps {
		c.within(at("silence", i, "after_seconds"), step.AfterSeconds, 1, aMonth, "seconds")
		if i > 0 {
			c.ascending(at("silence", i, "after_seconds"), steps[i-1].AfterSeconds, step.AfterSeconds)
		}
		c.text(at("silence", i, "text"), step.Text, step.Action == SilenceWarn)
		switch step.Action {
		case SilenceWarn:
		case SilenceEnd:
			if i < len(steps)-1 {
				c.add(at("silence", i, "action"), "must be the last step: the customer counts as gone")
			}
		default:
			c.add(at("silence", i, "action"), "%q must be warn or end", step.Action)
		}
	}
}

func (c *checker) hours(h *Hours) {
	if h == nil {
		return
	}
	if h.Zone != "" {
		c.zone("hours.zone", h.Zone)
	}
	opens := false
	for i, spans := range h.Week {
		opens = opens || len(spans) > 0
		c.spans(at("hours.week", i, ""), spans)
	}
	c.atOnce("hours.closed", h.Closed)
	if !c.many("hours.holidays", len(h.Holidays), maxHolidays) {
		return
	}
	dates := make([]string, len(h.Holidays))
	for i, day := range h.Holidays {
		dates[i] = day.Date
		opens = opens || len(day.Spans) > 0
		switch _, err := time.Parse(time.DateOnly, day.Date); {
		case err != nil:
			c.add(at("hours.holidays", i, "date"), "%q isn't a date such as 2026-12-25", day.Date)
		case repeated(dates, i):
			c.add(at("hours.holidays", i, "date"), "%s is there already", day.Date)
		}
		if n := utf8.RuneCountInString(day.Name); n > maxReasonRunes || strings.ContainsRune(day.Name, 0) {
			c.add(at("hours.holidays", i, "name"), "may have at most %d characters", maxReasonRunes)
		}
		c.spans(at("hours.holidays", i, "spans"), day.Spans)
		c.atOnce(at("hours.holidays", i, "closed"), day.Closed)
	}
	if !opens {
		c.add("hours.week", "the queue would never open; give it hours on some day, or no hours at all")
	}
}

func (c *checker) spans(location string, spans []Span) {
	if !c.many(location, len(spans), maxSpans) {
		return
	}
	for i, s := range spans {
		from, errFrom := minutes(s.From)
		to, errTo := minutes(s.To)
		switch {
		case errFrom != nil:
			c.add(at(location, i, "from"), "%s", errFrom)
		case errTo != nil:
			c.add(at(location, i, "to"), "%s", errTo)
		case from >= to:
			c.add(at(location, i, "to"), "%s must come after %s; hours over midnight are two spans, to 24:00 and from 00:00", s.To, s.From)
		case overlaps(spans[:i], from, to):
			c.add(at(location, i, "from"), "%s to %s overlaps another span of the day", s.From, s.To)
		}
	}
}

func overlaps(spans []Span, from, to int) bool {
	for _, s := range spans {
		if start, end, err := s.minutes(); err == nil && from < end && start < to {
			return true
		}
	}
	return false
}
