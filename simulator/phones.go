package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// PhoneMessage is a message as the phone's owner sees it.
type PhoneMessage struct {
	SID       string       `json:"sid"`
	Direction string       `json:"direction"` // "sent" by the phone, or "received"
	With      string       `json:"with"`      // the other side's number
	Text      string       `json:"text"`
	Status    string       `json:"status"`
	Media     []PhoneMedia `json:"media"`
	At        time.Time    `json:"at"`
	// Webhook is how the product took a sent message; absent while it is on its way and on received ones.
	Webhook *Webhook `json:"webhook,omitempty"`
}

// PhoneMedia is a file of a PhoneMessage.
type PhoneMedia struct {
	ContentType string `json:"content_type"`
	URL         string `json:"url"`
}

// Phone is a number somebody has used here.
type Phone struct {
	Number string    `json:"number"`
	Last   string    `json:"last"` // the newest text
	At     time.Time `json:"at"`
}

// NewPhoneMessage is what a phone sends.
type NewPhoneMessage struct {
	// To is the business's number; empty means the simulator's one.
	To    string         `json:"to"`
	Text  string         `json:"text"`
	Media []NewPhoneFile `json:"media"`
	// MessageSID sends under a given id, also a second time, to play a provider's repeat.
	MessageSID string `json:"message_sid"`
	// Retries is how often the webhook is repeated when the product doesn't take it; absent means 4.
	Retries *int `json:"retries"`
}

// NewPhoneFile is a file that a phone sends; Data is base64 in JSON.
type NewPhoneFile struct {
	ContentType string `json:"content_type"`
	Data        []byte `json:"data"`
}

// SentFromPhone answers a NewPhoneMessage.
type SentFromPhone struct {
	SID     string  `json:"sid"`
	Webhook Webhook `json:"webhook"`
}

const (
	webhookRetries = 4
	maxSMSRunes    = 1600
	maxPhoneFiles  = 10
)

func view(m Message, phone string) PhoneMessage {
	v := PhoneMessage{SID: m.SID, Direction: "received", With: m.From, Text: m.Body, Status: m.Status, At: m.CreatedAt, Media: []PhoneMedia{}}
	if m.From == phone {
		v.Direction, v.With, v.Webhook = "sent", m.To, m.Webhook
	}
	for _, file := range m.Media {
		u := file.URL
		if file.Data != nil {
			u = "/api/media/" + m.SID + "/" + file.SID
		}
		v.Media = append(v.Media, PhoneMedia{ContentType: file.ContentType, URL: u})
	}
	return v
}

// shownOn reports whether a phone has this message on its screen: its own ones, and what a carrier brought it.
func shownOn(m *Message, phone string) bool {
	return m.From == phone || m.To == phone && m.Status != "queued" && m.Status != "undelivered"
}

// phoneNumber reads the number in the path, with or without its plus.
func (s *Simulator) phoneNumber(w http.ResponseWriter, r *http.Request) (string, bool) {
	n := "+" + strings.TrimLeft(strings.TrimSpace(r.PathValue("number")), "+")
	if !e164.MatchString(n) {
		s.refuse(w, http.StatusBadRequest, "a phone's number looks like +12025550142")
		return "", false
	}
	return n, true
}

func (s *Simulator) listPhones(w http.ResponseWriter, _ *http.Request) {
	byNumber := map[string]Phone{}
	for _, m := range s.state.list(func(*Message) bool { return true }) {
		n := m.From
		if m.Direction != directionInbound {
			n = m.To
		}
		byNumber[n] = Phone{Number: n, Last: m.Body, At: m.CreatedAt}
	}
	phones := []Phone{}
	for _, p := range byNumber {
		phones = append(phones, p)
	}
	slices.SortFunc(phones, func(a, b Phone) int { return b.At.Compare(a.At) })
	s.answer(w, http.StatusOK, items[Phone]{phones})
}

func (s *Simulator) listPhoneMessages(w http.ResponseWriter, r *http.Request) {
	phone, ok := s.phoneNumber(w, r)
	if !ok {
		return
	}
	out := []PhoneMessage{}
	for _, m := range s.state.list(func(m *Message) bool { return shownOn(m, phone) }) {
		out = append(out, view(m, phone))
	}
	s.answer(w, http.StatusOK, items[PhoneMessage]{out})
}

func (s *Simulator) sendFromPhone(w http.ResponseWriter, r *http.Request) {
	phone, ok := s.phoneNumber(w, r)
	if !ok {
		return
	}
	var n NewPhoneMessage
	if !s.read(w, r, &n) {
		return
	}
	if err := n.validate(); err != nil {
		s.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	m := s.fromPhone(phone, n, "http://"+r.Host)
	if err := s.state.save(m); err != nil {
		s.broken(w, err)
		return
	}
	retries := webhookRetries
	if n.Retries != nil {
		retries = *n.Retries
	}
	s.answer(w, http.StatusOK, SentFromPhone{SID: m.SID, Webhook: s.carry(r.Context(), m, retries)})
}

func (n NewPhoneMessage) validate() error {
	switch {
	case strings.TrimSpace(n.Text) == "" && len(n.Media) == 0:
		return errors.New("text is empty")
	case len([]rune(n.Text)) > maxSMSRunes:
		return fmt.Errorf("text is longer than %d characters", maxSMSRunes)
	case len(n.Media) > maxPhoneFiles:
		return fmt.Errorf("at most %d files", maxPhoneFiles)
	case n.To != "" && !e164.MatchString(n.To):
		return errors.New("to must look like +12025550100")
	case n.Retries != nil && (*n.Retries < 0 || *n.Retries > 10):
		return errors.New("retries must be between 0 and 10")
	}
	return nil
}

// fromPhone makes the message; base is this simulator's own address, where its files are fetched.
func (s *Simulator) fromPhone(phone string, n NewPhoneMessage, base string) Message {
	now := time.Now().UTC()
	m := Message{SID: n.MessageSID, Direction: directionInbound, From: phone, To: n.To, Body: n.Text, Status: "received", CreatedAt: now, UpdatedAt: now}
	if old, ok := s.state.get(m.SID); ok {
		m.CreatedAt = old.CreatedAt
	}
	if m.To == "" {
		m.To = s.o.Number
	}
	if m.SID == "" && len(n.Media) > 0 {
		m.SID = newSID("MM")
	} else if m.SID == "" {
		m.SID = newSID("SM")
	}
	for _, file := range n.Media {
		media := Media{SID: newSID("ME"), ContentType: file.ContentType, Data: file.Data}
		media.URL = base + "/2010-04-01/Accounts/" + s.o.AccountSID + "/Messages/" + m.SID + "/Media/" + media.SID
		m.Media = append(m.Media, media)
	}
	return m
}

// carry tells the product about a message of a phone, notes the outcome, and answers as the provider would by itself.
func (s *Simulator) carry(ctx context.Context, m Message, retries int) Webhook {
	word := optOutWord(m.Body)
	if reply := automaticReply(word, word == wordStart && m.Webhook == nil && s.hadLeft(m)); reply != "" {
		now := time.Now().UTC()
		auto := Message{SID: newSID("SM"), Direction: directionReply, From: m.To, To: m.From, Body: reply, Status: "delivered", CreatedAt: now, UpdatedAt: now}
		if err := s.state.save(auto); err != nil {
			s.log.Error("automatic reply not stored", "error", err)
		}
	}
	// A phone that hangs up doesn't take its message back.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	stop := context.AfterFunc(s.ctx, cancel) //nolint:contextcheck // the simulator's end ends the call, the phone's doesn't
	defer stop()
	hook := s.deliver(ctx, s.inboundURL(), s.inboundForm(m), retries)
	m.Webhook, m.UpdatedAt = &hook, time.Now().UTC()
	if err := s.state.save(m); err != nil {
		s.log.Error("webhook outcome not stored", "sid", m.SID, "error", err)
	}
	return hook
}

// hadLeft reports whether the newest of the phone's earlier opt-out words was a stop.
func (s *Simulator) hadLeft(m Message) bool {
	earlier := s.state.list(func(o *Message) bool {
		word := optOutWord(o.Body)
		return o.Direction == directionInbound && o.From == m.From && o.SID != m.SID && (word == wordStop || word == wordStart)
	})
	return len(earlier) > 0 && optOutWord(earlier[len(earlier)-1].Body) == wordStop
}

// retryFromPhone calls the webhook once more for a message that the product has not taken.
func (s *Simulator) retryFromPhone(w http.ResponseWriter, r *http.Request) {
	phone, ok := s.phoneNumber(w, r)
	if !ok {
		return
	}
	m, found := s.state.get(r.PathValue("sid"))
	if !found || m.From != phone {
		s.refuse(w, http.StatusNotFound, "this phone has sent no such message")
		return
	}
	s.answer(w, http.StatusOK, SentFromPhone{SID: m.SID, Webhook: s.carry(r.Context(), m, 0)})
}

// watchPhone streams a phone's new and changed messages as server-sent events. Each stream begins with an empty
// "ready" event, upon which a page reads the whole list, so nothing falls between the two.
func (s *Simulator) watchPhone(w http.ResponseWriter, r *http.Request) {
	phone, ok := s.phoneNumber(w, r)
	if !ok {
		return
	}
	changes := s.state.watch(phone)
	defer s.state.unwatch(changes)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	s.write(w, []byte("event: ready\ndata: {}\n\n"))
	if flush.Flush() != nil {
		return
	}
	beat := time.NewTicker(15 * time.Second)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.ctx.Done():
			return
		case <-beat.C:
			s.write(w, []byte(": beat\n\n"))
		case m, open := <-changes:
			if !open {
				return
			}
			if !shownOn(&m, phone) {
				continue
			}
			raw, err := json.Marshal(view(m, phone))
			if err != nil {
				s.log.Error("event not encoded", "error", err)
				return
			}
			s.write(w, fmt.Appendf(nil, "event: message\ndata: %s\n\n", raw))
		}
		if flush.Flush() != nil {
			return
		}
	}
}

func (s *Simulator) phoneMedia(w http.ResponseWriter, r *http.Request) {
	m, _ := s.state.get(r.PathValue("sid"))
	for _, file := range m.Media {
		if file.SID == r.PathValue("media") && file.Data != nil && strings.HasPrefix(file.ContentType, "image/") && !strings.Contains(file.ContentType, "svg") {
			w.Header().Set("Content-Type", file.ContentType)
			s.write(w, file.Data)
			return
		}
	}
	s.refuse(w, http.StatusNotFound, "no such picture")
}

// listMessagesForTests answers who was sent what and how often the product asked for it.
func (s *Simulator) listMessagesForTests(w http.ResponseWriter, r *http.Request) {
	to, from := plused(r.URL.Query(), "to"), plused(r.URL.Query(), "from")
	found := s.state.list(func(m *Message) bool {
		return (to == "" || m.To == to) && (from == "" || m.From == from)
	})
	for i := range found {
		found[i].Media = slices.Clone(found[i].Media)
		for j := range found[i].Media {
			found[i].Media[j].Data = nil
		}
	}
	s.answer(w, http.StatusOK, struct {
		Items []Message `json:"items"`
		Calls []Calls   `json:"calls"`
	}{found, s.state.listCalls(to)})
}

// plused reads a number from a query, where an unescaped plus has become a blank.
func plused(q url.Values, key string) string {
	n := strings.TrimSpace(q.Get(key))
	if n != "" && !strings.HasPrefix(n, "+") {
		n = "+" + n
	}
	return n
}
