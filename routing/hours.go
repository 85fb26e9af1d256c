package routing

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// minutesADay is what "24:00" reads as.
	minutesADay = 24 * 60
	// openAhead and closedAhead are for how many days the end of an opening and the next opening are looked for: an end
	// further away than a month interests nobody, the next opening may be a year away.
	openAhead   = 35
	closedAhead = 400
)

// zones keeps what was read of the zone table: each reading of it opens a file.
var zones sync.Map

// loadZone gives a zone by its IANA name.
func loadZone(name string) (*time.Location, error) {
	if loc, known := zones.Load(name); known {
		return loc.(*time.Location), nil
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q isn't a time zone", name)
	}
	zones.Store(name, loc)
	return loc, nil
}

// ZoneOf gives the first of the named zones that isn't empty, UTC when all are. A name that can't be loaded, which
// validation refuses, counts as empty.
func ZoneOf(names ...string) *time.Location {
	for _, name := range names {
		if name == "" {
			continue
		}
		if loc, err := loadZone(name); err == nil {
			return loc
		}
	}
	return time.UTC
}

// interval is a time during which a queue is open, from inclusive, to exclusive.
type interval struct{ from, to time.Time }

// Open reports whether the queue is open at a moment. next is when that changes: the end of the opening, or the next one; zero
// when it stays open for more than a month or closed for more than a year. holiday names the holiday that decides about that
// day, if one does.
//
// Spans are times on the wall. On the day clocks are put forward, a time that doesn't exist means the moment of the change; on
// the day they are put back, a time that comes twice means the first for an opening and the second for a closing, so that
// nobody is shut out for an hour.
//
// account is the account's zone, for hours without their own; empty means UTC. Nil hours are always open.
func (h *Hours) Open(at time.Time, account string) (open bool, next time.Time, holiday string) {
	if h == nil {
		return true, time.Time{}, ""
	}
	loc := ZoneOf(h.Zone, account)
	local := at.In(loc)
	if day, is := h.holiday(local); is {
		holiday = day.Name
	}
	var until time.Time
	for ahead := -1; ahead < closedAhead; ahead++ {
		for _, iv := range h.openings(local, ahead, loc) {
			switch {
			case open && iv.from.After(until):
				return true, until, holiday
			case open: // joins on without a gap: to midnight, and from midnight on
				until = later(until, iv.to)
			case !iv.from.After(at) && at.Before(iv.to):
				open, until = true, iv.to
			case iv.from.After(at):
				return false, iv.from, holiday
			}
		}
		if open && ahead == openAhead {
			return true, time.Time{}, holiday
		}
	}
	return open, until, holiday
}

// WhenClosed gives the step for a chat that arrives while the queue is closed: the holiday's own, else the usual one.
func (h *Hours) WhenClosed(at time.Time, account string) Step {
	if h == nil {
		return Step{}
	}
	if day, is := h.holiday(at.In(ZoneOf(h.Zone, account))); is && day.Closed.Action != ActionNone {
		return day.Closed
	}
	return h.Closed
}

// holiday gives the holiday on a local date.
func (h *Hours) holiday(local time.Time) (Holiday, bool) {
	if len(h.Holidays) == 0 {
		return Holiday{}, false
	}
	date := local.Format(time.DateOnly)
	i := slices.IndexFunc(h.Holidays, func(d Holiday) bool { return d.Date == date })
	if i < 0 {
		return Holiday{}, false
	}
	return h.Holidays[i], true
}

// openings lists when the queue is open on the day so many days from local, in order. Spans that Validate refuses are left out.
func (h *Hours) openings(local time.Time, ahead int, loc *time.Location) []interval {
	year, month, day := local.Date()
	noon := time.Date(year, month, day+ahead, 12, 0, 0, 0, loc) // a time that every day has in every zone
	spans := h.Week[noon.Weekday()]
	if off, is := h.holiday(noon); is {
		spans = off.Spans
	}
	var all []interval
	for _, s := range spans {
		start, end, err := s.minutes()
		if err != nil {
			continue
		}
		if iv := (interval{from: wall(noon, start, loc, false), to: wall(noon, end, loc, true)}); iv.from.Before(iv.to) {
			all = append(all, iv)
		}
	}
	slices.SortFunc(all, func(a, b interval) int { return a.from.Compare(b.from) })
	return all
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// wall gives the moment on date's day at which clocks on the wall show so many minutes after midnight. A time that comes twice
// means the first, with last the second; a time that doesn't exist means the moment of the change.
func wall(date time.Time, mins int, loc *time.Location, last bool) time.Time {
	year, month, day := date.Date()
	want := time.Date(year, month, day, 0, mins, 0, 0, time.UTC)
	// The moment is want less the zone's offset: the offset before or after a change on that day, if there is one.
	_, eve := want.Add(-26 * time.Hour).In(loc).Zone()
	_, morrow := want.Add(26 * time.Hour).In(loc).Zone()
	first := want.Add(-time.Duration(max(eve, morrow)) * time.Second).In(loc)
	second := want.Add(-time.Duration(min(eve, morrow)) * time.Second).In(loc)
	switch firstRight, secondRight := shown(first).Equal(want), shown(second).Equal(want); {
	case firstRight && secondRight && last, !firstRight && secondRight:
		return second
	case firstRight:
		return first
	}
	return change(first, second)
}

// shown gives what a clock on the wall shows, as if it were UTC.
func shown(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// change finds the moment between two at which the zone's offset changes; they lie a few hours apart.
func change(low, high time.Time) time.Time {
	_, offset := low.Zone()
	for high.Sub(low) > time.Second {
		middle := low.Add(high.Sub(low) / 2)
		if _, at := middle.Zone(); at == offset {
			low = middle
		} else {
			high = middle
		}
	}
	return high.Truncate(time.Second)
}

// minutes gives a span's ends as minutes after midnight; an error says what is wrong with it.
func (s Span) minutes() (from, to int, err error) {
	if from, err = minutes(s.From); err != nil {
		return 0, 0, err
	}
	if to, err = minutes(s.To); err != nil {
		return 0, 0, err
	}
	if from >= to {
		return 0, 0, fmt.Errorf("%s isn't after %s", s.To, s.From)
	}
	return from, to, nil
}

// minutes reads "09:30" as minutes after midnight; "24:00" is the day's end.
func minutes(text string) (int, error) {
	if len(text) == 5 && text[2] == ':' {
		hour, errHour := strconv.ParseUint(text[:2], 10, 8)
		minute, errMinute := strconv.ParseUint(text[3:], 10, 8)
		if n := int(hour)*60 + int(minute); errHour == nil && errMinute == nil && minute < 60 && n <= minutesADay {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%q isn't a time of day such as 09:30", text)
}
