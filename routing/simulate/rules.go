package simulate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"tandem/domain"
	"tandem/routing"
)

// Ground is what is known of queues before a file of rules is read: in a replay of a recorded period the account's own rules,
// else the queues that the arrivals and shifts speak of, with the default rules.
type Ground struct {
	Settings routing.Settings
	Queues   []routing.HistoryQueue
}

// GroundOf gives the ground of files: every queue they name, with default rules.
func GroundOf(arrivals []routing.Arrival, shifts []routing.Shift) Ground {
	known := map[domain.QueueID]bool{}
	for _, a := range arrivals {
		known[a.Queue] = true
	}
	for _, s := range shifts {
		for q := range s.Queues {
			known[q] = true
		}
	}
	g := Ground{Settings: routing.DefaultSettings()}
	for _, q := range slices.Sorted(maps.Keys(known)) {
		g.Queues = append(g.Queues, routing.HistoryQueue{ID: q, Name: string(q), Priority: middlePriority, Policy: routing.DefaultPolicy()})
	}
	return g
}

// Rules gives the ground's own rules.
func (g Ground) Rules() Rules {
	r := Rules{
		Settings: g.Settings, Policies: map[domain.QueueID]routing.Policy{}, Priorities: map[domain.QueueID]int{},
		Names: map[domain.QueueID]string{},
	}
	for _, q := range g.Queues {
		r.Policies[q.ID], r.Priorities[q.ID], r.Names[q.ID] = q.Policy, q.Priority, q.Name
	}
	return r
}

// queue finds a queue by its id or its name.
func (g Ground) queue(word string) (routing.HistoryQueue, bool) {
	i := slices.IndexFunc(g.Queues, func(q routing.HistoryQueue) bool { return string(q.ID) == word || q.Name == word })
	if i < 0 {
		return routing.HistoryQueue{}, false
	}
	return g.Queues[i], true
}

// rulesFile is a file of rules: what it leaves out stays as the ground has it.
type rulesFile struct {
	Settings json.RawMessage      `json:"settings"`
	Queues   map[string]queueFile `json:"queues"`
}

type queueFile struct {
	Priority int             `json:"priority"`
	Policy   json.RawMessage `json:"policy"`
}

// ReadRules reads rules from JSON: {"settings": {…}, "queues": {"Support": {"priority": 5, "policy": {…}}}}. Queues go by
// name or id; a policy replaces the queue's whole policy, settings change only the fields they name. Everything is checked as
// Admin Settings check it. file is for errors: *FileError for what can't be read, else one that lists all problems.
func ReadRules(file string, data []byte, ground Ground) (Rules, error) {
	var in rulesFile
	if err := decode(file, data, data, &in); err != nil {
		return Rules{}, err
	}
	rules := ground.Rules()
	if len(in.Settings) > 0 {
		var err error
		rules.Settings, err = rules.Settings.With(func(s *routing.Settings) error { return decode(file, data, in.Settings, s) })
		if err != nil {
			return Rules{}, err
		}
	}
	problems := prefixed("settings.", rules.Settings.Validate())
	for _, word := range slices.Sorted(maps.Keys(in.Queues)) {
		q, known := ground.queue(word)
		if !known {
			problems = append(problems, routing.Problem{Location: "queues." + word, Message: "there is no such queue"})
			continue
		}
		from := in.Queues[word]
		switch {
		case from.Priority < 0 || from.Priority > 9:
			problems = append(problems, routing.Problem{Location: "queues." + word + ".priority", Message: "must be between 1 and 9"})
		case from.Priority > 0:
			rules.Priorities[q.ID] = from.Priority
		}
		if len(from.Policy) == 0 {
			continue
		}
		policy := routing.DefaultPolicy()
		if err := decode(file, data, from.Policy, &policy); err != nil {
			return Rules{}, err
		}
		policy = ground.resolve(policy)
		problems = append(problems, prefixed("queues."+word+".policy.", policy.Validate(fileNames{rules.Names}, q.ID))...)
		rules.Policies[q.ID] = policy.Filled()
	}
	return rules, problemsError(file, problems)
}

func prefixed(prefix string, problems []routing.Problem) []routing.Problem {
	for i := range problems {
		problems[i].Location = prefix + problems[i].Location
	}
	return problems
}

func problemsError(file string, problems []routing.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.Location + ": " + p.Message
	}
	return &FileError{File: file, Text: strings.Join(lines, "; ")}
}

// fileNames knows the queues; users and dispositions of a file of rules play no part in a replay, so any will do.
type fileNames struct{ queues map[domain.QueueID]string }

// Queue knows the ground's queues.
func (n fileNames) Queue(id domain.QueueID) (string, bool) {
	name, known := n.queues[id]
	return name, known
}

// User takes any id for a name.
func (fileNames) User(id domain.UserID) (string, bool) { return string(id), true }

// Disposition takes any id for a name.
func (fileNames) Disposition(id domain.DispositionID) (string, bool) { return string(id), true }

// resolve turns names of queues in a policy into their ids.
func (g Ground) resolve(p routing.Policy) routing.Policy {
	g.resolveStep(&p.Overflow)
	for i := range p.Fallback {
		g.resolveStep(&p.Fallback[i])
	}
	if p.Hours != nil {
		g.resolveStep(&p.Hours.Closed)
		for i := range p.Hours.Holidays {
			g.resolveStep(&p.Hours.Holidays[i].Closed)
		}
	}
	return p
}

func (g Ground) resolveStep(s *routing.Step) {
	if q, known := g.queue(string(s.Queue)); known {
		s.Queue = q.ID
	}
	for i, word := range s.Queues {
		if q, known := g.queue(string(word)); known {
			s.Queues[i] = q.ID
		}
	}
}

// decode reads part of a file's JSON strictly; an error names the line and column in the whole file.
func decode(file string, whole, part []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(part))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	offset := decoder.InputOffset()
	if err == nil {
		rest := bytes.TrimSpace(part[offset:])
		if len(rest) == 0 {
			return nil
		}
		err, offset = errors.New("something follows the end of the JSON object"), int64(len(part)-len(rest))
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	text := err.Error()
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset - 1
	case errors.As(err, &kind):
		offset = kind.Offset - 1
		text = fmt.Sprintf("%s must be of another kind: found a %s", kind.Field, kind.Value)
	}
	return place(file, whole, base(whole, part)+max(offset, 0), strings.TrimPrefix(text, "json: "))
}

// base gives where part lies in whole. Raw messages are copies, so it is looked for: the first occurrence is the right one but for
// files that repeat themselves, whose error is then the same in both places.
func base(whole, part []byte) int64 { return max(int64(bytes.Index(whole, part)), 0) }

func place(file string, data []byte, offset int64, text string) error {
	before := data[:min(int(offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return &FileError{File: file, Line: line, Column: column, Text: text}
}
