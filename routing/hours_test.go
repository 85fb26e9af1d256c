package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tandem/routing"
)

func berlin(t *testing.T, text string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	require.NoError(t, err)
	return at
}

// office is open on weekdays 09:00 to 17:30 with an hour for lunch on Fridays, Christmas off, New Year's Eve till noon.
func office() *routing.Hours {
	day := []routing.Span{{From: "09:00", To: "17:30"}}
	return &routing.Hours{
		Zone: "Europe/Berlin",
		Week: [7][]routing.Span{1: day, 2: day, 3: day, 4: day, 5: {{From: "13:00", To: "17:30"}, {From: "09:00", To: "12:00"}}},
		Holidays: []routing.Holiday{
			{Date: "2026-12-25", Name: "Christmas", Closed: routing.Step{Action: routing.ActionClose, Text: "Merry Christmas"}},
			{Date: "2026-12-31", Name: "New Year's Eve", Spans: []routing.Span{{From: "09:00", To: "12:00"}}},
		},
		Closed: routing.Step{Action: routing.ActionText, Text: "We are closed."},
	}
}

func TestOpeningHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at      string
		open    bool
		next    string
		holiday string
	}{
		{"2026-11-25 08:59", false, "2026-11-25 09:00", ""}, // Wednesday
		{"2026-11-25 09:00", true, "2026-11-25 17:30", ""},
		{"2026-11-25 17:29", true, "2026-11-25 17:30", ""},
		{"2026-11-25 17:30", false, "2026-11-26 09:00", ""},
		{"2026-11-27 12:30", false, "2026-11-27 13:00", ""}, // Friday's lunch
		{"2026-11-27 18:00", false, "2026-11-30 09:00", ""}, // over the weekend
		{"2026-12-25 10:00", false, "2026-12-28 09:00", "Christmas"},
		{"2026-12-24 18:00", false, "2026-12-28 09:00", ""},
		{"2026-12-31 10:00", true, "2026-12-31 12:00", "New Year's Eve"},
		{"2026-12-31 13:00", false, "2027-01-01 09:00", "New Year's Eve"},
	} {
		open, next, holiday := office().Open(berlin(t, c.at).UTC(), "America/New_York")
		require.Equal(t, c.open, open, c.at)
		require.True(t, berlin(t, c.next).Equal(next), "%s: %s", c.at, next)
		require.Equal(t, c.holiday, holiday, c.at)
	}
}

func TestHoursWithoutAZoneAreInTheAccounts(t *testing.T) {
	t.Parallel()
	h := office()
	h.Zone = ""
	at := time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC)
	open, next, _ := h.Open(at, "America/New_York") // 09:00 there
	require.True(t, open)
	require.Equal(t, time.Date(2026, 11, 25, 22, 30, 0, 0, time.UTC), next.UTC())
	open, _, _ = h.Open(at.Add(-time.Minute), "America/New_York")
	require.False(t, open)
	open, _, _ = h.Open(at, "")
	require.True(t, open, "UTC when nobody says")
}

func TestNoHoursAreAlwaysOpen(t *testing.T) {
	t.Parallel()
	var none *routing.Hours
	open, next, holiday := none.Open(noon, "")
	require.True(t, open)
	require.Zero(t, next)
	require.Empty(t, holiday)
	require.Zero(t, none.WhenClosed(noon, ""))
}

func TestSpansThatMeetAtMidnightAreOneOpening(t *testing.T) {
	t.Parallel()
	all := []routing.Span{{From: "00:00", To: "24:00"}}
	h := &routing.Hours{Week: [7][]routing.Span{0: all, 1: all, 2: {{From: "00:00", To: "02:00"}}}}
	open, next, _ := h.Open(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), "UTC") // Sunday
	require.True(t, open)
	require.Equal(t, time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), next)
	for i := range h.Week {
		h.Week[i] = all
	}
	open, next, _ = h.Open(noon, "UTC")
	require.True(t, open)
	require.Zero(t, next, "it never closes")
	h.Holidays = []routing.Holiday{{Date: "2026-12-25"}}
	_, next, _ = h.Open(noon, "UTC")
	require.Equal(t, time.Date(2026, 12, 25, 0, 0, 0, 0, time.UTC), next)
}

func TestAQueueThatNeverOpens(t *testing.T) {
	t.Parallel()
	h := &routing.Hours{}
	open, next, _ := h.Open(noon, "")
	require.False(t, open)
	require.Zero(t, next)
	h.Holidays = []routing.Holiday{{Date: "2027-11-01", Spans: []routing.Span{{From: "10:00", To: "11:00"}}}}
	_, next, _ = h.Open(noon, "")
	require.Equal(t, time.Date(2027, 11, 1, 10, 0, 0, 0, time.UTC), next, "the one opening of the year is found")
}

func TestClocksPutForwardAndBack(t *testing.T) {
	t.Parallel()
	utc := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		require.NoError(t, err)
		return at
	}
	// Berlin: 29 March 2026 02:00 becomes 03:00; 25 October 2026 03:00 becomes 02:00. Both are Sundays.
	night := func(from, to string) *routing.Hours {
		return &routing.Hours{Zone: "Europe/Berlin", Week: [7][]routing.Span{0: {{From: from, To: to}}}}
	}
	for _, c := range []struct {
		name     string
		hours    *routing.Hours
		from, to string
	}{
		{"an opening in the hour that is left out begins at the change", night("02:30", "04:00"), "2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"},
		{"a closing in it ends at the change", night("01:00", "02:30"), "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"},
		{"hours over the change are an hour shorter", night("01:00", "05:00"), "2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z"},
		{"an opening in the hour that comes twice begins at the first", night("02:30", "04:00"), "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"},
		{"a closing in it ends at the second", night("01:00", "02:30"), "2026-10-24T23:00:00Z", "2026-10-25T01:30:00Z"},
		{"hours over the change are an hour longer", night("01:00", "05:00"), "2026-10-24T23:00:00Z", "2026-10-25T04:00:00Z"},
		{"a whole day of 25 hours", night("00:00", "24:00"), "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
	} {
		open, next, _ := c.hours.Open(utc(c.from).Add(-time.Second), "")
		require.False(t, open, c.name)
		require.Equal(t, utc(c.from), next.UTC(), c.name)
		open, next, _ = c.hours.Open(utc(c.from), "")
		require.True(t, open, c.name)
		require.Equal(t, utc(c.to), next.UTC(), c.name)
		open, _, _ = c.hours.Open(utc(c.to).Add(-time.Second), "")
		require.True(t, open, c.name)
		open, _, _ = c.hours.Open(utc(c.to), "")
		require.False(t, open, c.name)
	}
}

func TestAHolidayMayHaveItsOwnAnswer(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Merry Christmas", office().WhenClosed(berlin(t, "2026-12-25 10:00"), "").Text)
	require.Equal(t, "We are closed.", office().WhenClosed(berlin(t, "2026-12-31 13:00"), "").Text)
	require.Equal(t, "We are closed.", office().WhenClosed(berlin(t, "2026-11-25 20:00"), "").Text)
}
