package simulate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"tandem/domain"
	"tandem/routing"
)

// FileError says what is wrong in a file, and where.
type FileError struct {
	File   string
	Line   int // from 1; 0 when it is about the whole file
	Column int // in characters, from 1
	Text   string
}

// Error gives "arrivals.csv:3:12: what is wrong".
func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// row is one line of a CSV file whose columns have names.
type row struct {
	file    string
	reader  *csv.Reader
	columns map[string]int
	fields  []string
	err     *FileError // the first thing wrong
}

// rows reads a CSV file with a header and calls visit for each line. Columns may come in any order; those of needed must be
// there, those of other may, and no others. Empty lines are left out.
func rows(file string, r io.Reader, needed, other []string, visit func(*row)) error {
	reader := csv.NewReader(r)
	reader.TrimLeadingSpace = true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return &FileError{File: file, Text: "is empty; its first line names the columns " + strings.Join(needed, ", ")}
	}
	if err != nil {
		return brokenCSV(file, err)
	}
	at := &row{file: file, reader: reader, columns: map[string]int{}, fields: header}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		_, twice := at.columns[name]
		switch {
		case twice:
			return at.wrong(i, "column %q is there twice", name)
		case !slices.Contains(needed, name) && !slices.Contains(other, name):
			return at.wrong(i, "column %q is unknown; there are %s", name, strings.Join(append(slices.Clone(needed), other...), ", "))
		}
		at.columns[name] = i
	}
	for _, name := range needed {
		if _, there := at.columns[name]; !there {
			return &FileError{File: file, Line: 1, Column: 1, Text: fmt.Sprintf("column %q is missing", name)}
		}
	}
	for {
		at.fields, err = reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return brokenCSV(file, err)
		}
		if visit(at); at.err != nil {
			return at.err
		}
	}
}

func brokenCSV(file string, err error) error {
	var parse *csv.ParseError
	if !errors.As(err, &parse) {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	text := parse.Err.Error()
	if errors.Is(err, csv.ErrFieldCount) {
		text = "has another number of fields than the first line"
	}
	return &FileError{File: file, Line: parse.Line, Column: parse.Column, Text: text}
}

// wrong makes an error about the field at an index.
func (r *row) wrong(index int, format string, args ...any) *FileError {
	line, column := r.reader.FieldPos(index)
	return &FileError{File: r.file, Line: line, Column: column, Text: fmt.Sprintf(format, args...)}
}

// fail records the first thing wrong about a column.
func (r *row) fail(name, format string, args ...any) {
	if r.err == nil {
		r.err = r.wrong(r.columns[name], name+" "+format, args...)
	}
}

// text gives a field; empty when the file hasn't the column.
func (r *row) text(name string) string {
	if i, there := r.columns[name]; there {
		return strings.TrimSpace(r.fields[i])
	}
	return ""
}

func (r *row) needed(name string) string {
	text := r.text(name)
	if text == "" {
		r.fail(name, "is empty")
	}
	return text
}

func (r *row) time(name string) time.Time {
	text := r.text(name)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC()
		}
	}
	r.fail(name, "%q isn't a time such as 2026-11-25T09:00:00Z", text)
	return time.Time{}
}

// maxSeconds bounds patience and handle times: a month.
const maxSeconds = 30 * 24 * 60 * 60

func (r *row) seconds(name string) time.Duration {
	text := r.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > maxSeconds {
		r.fail(name, "%q isn't a number of seconds between 0 and %d", text, maxSeconds)
		return 0
	}
	return time.Duration(n * float64(time.Second)).Round(time.Millisecond)
}

func (r *row) whole(name string, low, high, otherwise int) int {
	text := r.text(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		r.fail(name, "%q isn't a whole number between %d and %d", text, low, high)
	}
	return n
}

func (r *row) channel(name, text string) domain.ChannelType {
	t := domain.ChannelType(strings.ToLower(text))
	switch t {
	case domain.ChannelSMS, domain.ChannelWhatsApp, domain.ChannelWebchat, domain.ChannelMessenger, domain.ChannelX:
	default:
		r.fail(name, "%q isn't a channel type: sms, whatsapp, webchat, messenger or x", text)
	}
	return t
}

// list gives the words of a field, separated by semicolons.
func (r *row) list(name string) []string {
	var words []string
	for word := range strings.SplitSeq(r.text(name), ";") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// ReadArrivals reads arrivals from CSV with the columns at, queue, channel, customer, patience_seconds, handle_seconds and, if
// there, agent (the customer's own). Times are RFC 3339; without a zone they are UTC. Empty patience waits for ever. Queues and
// agents are their own ids. file is for errors, which are *FileError.
func ReadArrivals(file string, r io.Reader) ([]routing.Arrival, error) {
	var arrivals []routing.Arrival
	err := rows(file, r, []string{"at", "queue", "channel", "customer", "patience_seconds", "handle_seconds"}, []string{"agent"}, func(at *row) {
		arrivals = append(arrivals, routing.Arrival{
			At: at.time("at"), Queue: domain.QueueID(at.needed("queue")), Type: at.channel("channel", at.text("channel")),
			Customer: at.text("customer"), Patience: at.seconds("patience_seconds"),
			Handle: at.seconds("handle_seconds"), Agent: domain.UserID(at.text("agent")),
		})
		if at.text("handle_seconds") == "" {
			at.fail("handle_seconds", "is empty")
		}
	})
	return arrivals, err
}

// ReadShifts reads shifts from CSV with the columns agent, from, to, queues and cap and, if there, state (available or break),
// channels and priority. Lists are separated by semicolons. An agent's shifts must not overlap.
func ReadShifts(file string, r io.Reader) ([]routing.Shift, error) {
	var shifts []routing.Shift
	earlier := map[domain.UserID][]routing.Shift{}
	err := rows(file, r, []string{"agent", "from", "to", "queues", "cap"}, []string{"state", "channels", "priority"}, func(at *row) {
		s := at.shift()
		for _, other := range earlier[s.Agent] {
			if s.From.Before(other.To) && other.From.Before(s.To) {
				at.fail("from", "overlaps another shift of %s", s.Agent)
			}
		}
		shifts, earlier[s.Agent] = append(shifts, s), append(earlier[s.Agent], s)
	})
	return shifts, err
}

func (r *row) shift() routing.Shift {
	agent := r.needed("agent")
	s := routing.Shift{
		Agent: domain.UserID(agent), Name: agent, From: r.time("from"), To: r.time("to"), Queues: map[domain.QueueID]routing.Member{},
		Cap: r.whole("cap", 1, domain.LargestMaxChats, domain.DefaultMaxChats),
	}
	if !s.To.After(s.From) {
		r.fail("to", "isn't after from")
	}
	priority := r.whole("priority", 1, 9, routing.DefaultMemberPriority)
	for _, q := range r.list("queues") {
		s.Queues[domain.QueueID(q)] = routing.Member{Priority: priority}
	}
	if len(s.Queues) == 0 {
		r.fail("queues", "is empty")
	}
	for _, t := range r.list("channels") {
		s.Types = append(s.Types, r.channel("channels", t))
	}
	switch state := strings.ToLower(r.text("state")); state {
	case "", string(domain.Available):
	case string(domain.OnBreak):
		s.Break = true
	default:
		r.fail("state", "%q must be available or break", state)
	}
	return s
}
