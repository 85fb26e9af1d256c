package simulator

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// The directions of a message, in Twilio's words.
const (
	directionInbound  = "inbound"        // from a phone to the business
	directionOutbound = "outbound-api"   // from the business by the REST API
	directionReply    = "outbound-reply" // what the provider answers by itself, to STOP and its like
)

// Message is one text in either direction.
type Message struct {
	SID            string    `json:"sid"`
	Direction      string    `json:"direction"`
	From           string    `json:"from"`
	To             string    `json:"to"`
	Body           string    `json:"body"`
	Status         string    `json:"status"`
	ErrorCode      int       `json:"error_code,omitempty"`
	StatusCallback string    `json:"status_callback,omitempty"`
	Media          []Media   `json:"media,omitempty"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	// Webhook tells how the product took an inbound message.
	Webhook *Webhook `json:"webhook,omitempty"`
	// Receipts still owed, so that a restart can go on.
	Owed []receipt `json:"owed,omitempty"`
}

// Media is a file of a message. Outbound files stay at their URL, inbound ones are held here.
type Media struct {
	SID         string `json:"sid"`
	ContentType string `json:"content_type"`
	URL         string `json:"url,omitempty"`
	Data        []byte `json:"data,omitempty"`
}

// Webhook is the outcome of telling the product about an inbound message.
type Webhook struct {
	Status   int    `json:"status"` // HTTP; 0 when the product could not be reached
	Attempts int    `json:"attempts"`
	Error    string `json:"error,omitempty"`
}

// Calls counts the create calls for one text to one number: how a test proves that nothing was sent twice.
type Calls struct {
	To       string `json:"to"`
	Body     string `json:"body"`
	Calls    int    `json:"calls"`    // every authorised, well-formed call
	Accepted int    `json:"accepted"` // those that made a message
}

// line is one line of the state file. A message is written whole at each change; the last line of a SID counts.
type line struct {
	Message *Message `json:"message,omitempty"`
	Call    *Calls   `json:"call,omitempty"`
}

// maxMessages bounds what is kept; the oldest fifth goes when it is reached.
const maxMessages = 50_000

type callKey struct{ to, body string }

// state holds messages in order of birth, with an append-only file behind. Lines are written before anyone is
// answered, without fsync: they survive the death of the process, which is what is simulated here.
type state struct {
	mu       sync.Mutex
	file     *os.File
	messages []*Message
	bySID    map[string]*Message
	calls    map[callKey]*Calls
	optedOut map[string]bool
	watchers map[chan Message]string // the phone's number each one watches
}

func openState(path string) (*state, error) {
	s := &state{
		bySID: map[string]*Message{}, calls: map[callKey]*Calls{}, optedOut: map[string]bool{}, watchers: map[chan Message]string{},
	}
	if path == "" {
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the state's folder: %w", err)
	}
	if err := s.load(path); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the state file: %w", err)
	}
	s.file = file
	return s, nil
}

// load reads the file and, when it holds outdated lines, writes it anew. A torn last line, left by a kill in the
// middle of a write, is the one kind of damage that is expected and skipped.
func (s *state) load(path string) error {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening the state file: %w", err)
	}
	defer file.Close()
	scan := bufio.NewScanner(file)
	scan.Buffer(make([]byte, 0, 64<<10), 64<<20)
	for scan.Scan() {
		var l line
		if json.Unmarshal(scan.Bytes(), &l) != nil {
			continue
		}
		if l.Message != nil {
			s.put(*l.Message)
		}
		if l.Call != nil {
			s.calls[callKey{l.Call.To, l.Call.Body}] = l.Call
		}
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("reading the state file: %w", err)
	}
	return s.rewrite(path)
}

func (s *state) rewrite(path string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "simulator-*")
	if err != nil {
		return fmt.Errorf("rewriting the state file: %w", err)
	}
	defer os.Remove(tmp.Name()) // a no-op once it has been renamed
	w := bufio.NewWriter(tmp)
	encode := json.NewEncoder(w)
	for _, m := range s.messages {
		err = errors.Join(err, encode.Encode(line{Message: m}))
	}
	for _, c := range s.calls {
		err = errors.Join(err, encode.Encode(line{Call: c}))
	}
	err = errors.Join(err, w.Flush(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("rewriting the state file: %w", err)
	}
	return nil
}

// append writes one line; the caller holds the lock.
func (s *state) append(l line) error {
	if s.file == nil {
		return nil
	}
	raw, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encoding state: %w", err)
	}
	if _, err := s.file.Write(append(raw, '\n')); err != nil {
		return fmt.Errorf("writing state: %w", err)
	}
	return nil
}

// put stores m in memory; the caller holds the lock or is alone.
func (s *state) put(m Message) {
	if old, ok := s.bySID[m.SID]; ok {
		*old = m
		return
	}
	kept := &m
	s.messages = append(s.messages, kept)
	s.bySID[m.SID] = kept
	if m.Direction == directionInbound {
		switch optOutWord(m.Body) {
		case wordStop:
			s.optedOut[m.From] = true
		case wordStart:
			delete(s.optedOut, m.From)
		}
	}
	if len(s.messages) > maxMessages {
		for _, old := range s.messages[:maxMessages/5] {
			delete(s.bySID, old.SID)
		}
		s.messages = slices.Clone(s.messages[maxMessages/5:])
	}
}

// save stores a new or changed message durably and tells the phones that watch it.
func (s *state) save(m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.append(line{Message: &m}); err != nil {
		return err
	}
	s.put(m)
	for watcher, number := range s.watchers {
		if m.From != number && m.To != number {
			continue
		}
		select {
		case watcher <- m:
		default:
			// A page that doesn't keep up is cut off; it comes back and reads everything anew.
			delete(s.watchers, watcher)
			close(watcher)
		}
	}
	return nil
}

// countCall notes one create call and gives how many there have been, this one included.
func (s *state) countCall(to, body string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.callsOf(to, body)
	c.Calls++
	return c.Calls, s.append(line{Call: c})
}

// countAccepted notes that a create call made a message.
func (s *state) countAccepted(to, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.callsOf(to, body)
	c.Accepted++
	return s.append(line{Call: c})
}

func (s *state) callsOf(to, body string) *Calls {
	key := callKey{to, body}
	c, ok := s.calls[key]
	if !ok {
		c = &Calls{To: to, Body: body}
		s.calls[key] = c
	}
	return c
}

// listCalls gives the counters of one number, or of all when it is empty.
func (s *state) listCalls(to string) []Calls {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Calls{}
	for _, c := range s.calls {
		if to == "" || c.To == to {
			out = append(out, *c)
		}
	}
	slices.SortFunc(out, func(a, b Calls) int {
		if a.To != b.To {
			return cmp.Compare(a.To, b.To)
		}
		return cmp.Compare(a.Body, b.Body)
	})
	return out
}

// get gives a copy of one message.
func (s *state) get(sid string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, ok := s.bySID[sid]
	if !ok {
		return Message{}, false
	}
	return *m, true
}

// list gives copies of the messages that match, oldest first.
func (s *state) list(match func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Message{}
	for _, m := range s.messages {
		if match(m) {
			out = append(out, *m)
		}
	}
	return out
}

func (s *state) hasOptedOut(number string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.optedOut[number]
}

// watch gives a channel of the changes of one phone, closed when the reader is too slow.
func (s *state) watch(number string) chan Message {
	c := make(chan Message, 256)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers[c] = number
	return c
}

func (s *state) unwatch(c chan Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.watchers, c)
}

func (s *state) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file = nil
	if err != nil {
		return fmt.Errorf("closing the state file: %w", err)
	}
	return nil
}
