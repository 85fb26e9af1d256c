package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Trouble is the switch that makes the provider misbehave for every number. The zero value is a provider in good
// health. It is forgotten when the simulator stops.
type Trouble struct {
	// Answer replaces the answer to a create call: see Answers.
	Answer string `json:"answer"`
	// Times is for how many create calls Answer holds; 0 means until it is switched off.
	Times int `json:"times"`
	// ErrorCode is the provider's code with "refuse" (21211 when 0).
	ErrorCode int `json:"error_code"`
	// RetryAfter is in seconds, with "throttle" (1 when 0).
	RetryAfter int `json:"retry_after"`
	// Receipts is how status callbacks come: see Receipts. Empty means in order.
	Receipts string `json:"receipts"`
	// Undelivered is the code with which accepted messages end undelivered; 0 means they are delivered.
	Undelivered int `json:"undelivered"`
	// ReceiptDelayMS replaces the delay before each receipt, in milliseconds; 0 keeps the default.
	ReceiptDelayMS int `json:"receipt_delay_ms"`
}

// The answers to a create call. Those with "before" make no message, those with "after" make one first.
const (
	AnswerRefuse      = "refuse"
	AnswerThrottle    = "throttle"
	AnswerFailBefore  = "fail_before"
	AnswerFailAfter   = "fail_after"
	AnswerDropBefore  = "drop_before"
	AnswerDropAfter   = "drop_after"
	AnswerHangAfter   = "hang_after"
	AnswerGarbleAfter = "garble_after"
)

// Answers lists the answers that Trouble can ask for; empty is a good one.
func Answers() []string {
	return []string{
		"", AnswerRefuse, AnswerThrottle, AnswerFailBefore, AnswerFailAfter, AnswerDropBefore, AnswerDropAfter,
		AnswerHangAfter, AnswerGarbleAfter,
	}
}

// The ways in which receipts come.
const (
	ReceiptsReversed = "reversed" // delivered before sent
	ReceiptsRepeated = "repeated" // each one twice
	ReceiptsNone     = "none"
	ReceiptsEarly    = "early" // all of them before the create call is answered
)

// Receipts lists the ways that Trouble can ask for; empty is in order.
func Receipts() []string {
	return []string{"", ReceiptsReversed, ReceiptsRepeated, ReceiptsNone, ReceiptsEarly}
}

func (t Trouble) validate() error {
	switch {
	case !slices.Contains(Answers(), t.Answer):
		return fmt.Errorf("answer must be one of %q", Answers())
	case !slices.Contains(Receipts(), t.Receipts):
		return fmt.Errorf("receipts must be one of %q", Receipts())
	case t.Times < 0 || t.ErrorCode < 0 || t.RetryAfter < 0 || t.Undelivered < 0:
		return fmt.Errorf("numbers can't be negative")
	case t.ReceiptDelayMS < 0 || t.ReceiptDelayMS > int((10*time.Minute).Milliseconds()):
		return fmt.Errorf("receipt_delay_ms must be between 0 and 600000")
	}
	return nil
}

// Magic is a phone number with a fate: what happens to messages sent to it.
type Magic struct {
	Number string `json:"number"`
	Effect string `json:"effect"` // one sentence, for the page
	// Once limits the fate to the first call for one text; the second try goes well.
	Once    bool    `json:"once"`
	Trouble Trouble `json:"trouble"`
}

// MagicNumbers lists the numbers with a fate. The first ones are Twilio's own test numbers.
func MagicNumbers() []Magic {
	return []Magic{
		{Number: "+15005550001", Effect: "refused: not a valid number (21211)", Trouble: Trouble{Answer: AnswerRefuse, ErrorCode: 21211}},
		{Number: "+15005550002", Effect: "refused: no route to it (21612)", Trouble: Trouble{Answer: AnswerRefuse, ErrorCode: 21612}},
		{Number: "+15005550003", Effect: "refused: country not enabled (21408)", Trouble: Trouble{Answer: AnswerRefuse, ErrorCode: 21408}},
		{Number: "+15005550004", Effect: "refused: opted out (21610)", Trouble: Trouble{Answer: AnswerRefuse, ErrorCode: 21610}},
		{Number: "+15005550009", Effect: "refused: not a mobile number (21614)", Trouble: Trouble{Answer: AnswerRefuse, ErrorCode: 21614}},
		{Number: "+15005550010", Effect: "accepted, then undelivered: phone off (30003)", Trouble: Trouble{Undelivered: 30003}},
		{Number: "+15005550011", Effect: "accepted, then undelivered: number unknown (30005)", Trouble: Trouble{Undelivered: 30005}},
		{Number: "+15005550012", Effect: "accepted, then undelivered: landline (30006)", Trouble: Trouble{Undelivered: 30006}},
		{Number: "+15005550013", Effect: "accepted, then undelivered: filtered as spam (30007)", Trouble: Trouble{Undelivered: 30007}},
		{Number: "+15005550020", Effect: "first try 429 with Retry-After 1, then fine", Once: true, Trouble: Trouble{Answer: AnswerThrottle}},
		{Number: "+15005550021", Effect: "first try 500 before accepting, then fine", Once: true, Trouble: Trouble{Answer: AnswerFailBefore}},
		{Number: "+15005550022", Effect: "first try 500 after accepting", Once: true, Trouble: Trouble{Answer: AnswerFailAfter}},
		{Number: "+15005550023", Effect: "first try never answered, but accepted", Once: true, Trouble: Trouble{Answer: AnswerHangAfter}},
		{Number: "+15005550024", Effect: "first try accepted with an unreadable 201", Once: true, Trouble: Trouble{Answer: AnswerGarbleAfter}},
		{Number: "+15005550025", Effect: "first try: connection lost before accepting, then fine", Once: true, Trouble: Trouble{Answer: AnswerDropBefore}},
		{Number: "+15005550026", Effect: "first try: connection lost after accepting", Once: true, Trouble: Trouble{Answer: AnswerDropAfter}},
		{Number: "+15005550027", Effect: "accepted, no receipt ever comes", Trouble: Trouble{Receipts: ReceiptsNone}},
		{Number: "+15005550028", Effect: "receipts come before the answer", Trouble: Trouble{Receipts: ReceiptsEarly}},
		{Number: "+15005550029", Effect: "receipts out of order: delivered, then sent", Trouble: Trouble{Receipts: ReceiptsReversed}},
		{Number: "+15005550030", Effect: "every receipt twice", Trouble: Trouble{Receipts: ReceiptsRepeated}},
		{Number: "+15005550031", Effect: "first try never answered but accepted, and no receipts", Once: true, Trouble: Trouble{Answer: AnswerHangAfter, Receipts: ReceiptsNone}},
	}
}

// fate decides what happens to one create call: the switch when it is on, else the number's magic. call counts the
// calls for this text to this number, from 1.
func (s *Simulator) fate(to string, call int) Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.trouble; t != (Trouble{}) {
		if s.trouble.Times > 0 {
			if s.trouble.Times--; s.trouble.Times == 0 {
				s.trouble.Answer, s.trouble.ErrorCode, s.trouble.RetryAfter = "", 0, 0
			}
		}
		return t
	}
	for _, m := range MagicNumbers() {
		if m.Number == to && (!m.Once || call == 1) {
			return m.Trouble
		}
	}
	return Trouble{}
}

func (s *Simulator) getTrouble(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	t := s.trouble
	s.mu.Unlock()
	s.answer(w, http.StatusOK, t)
}

func (s *Simulator) putTrouble(w http.ResponseWriter, r *http.Request) {
	var t Trouble
	if !s.read(w, r, &t) {
		return
	}
	if err := t.validate(); err != nil {
		s.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	s.trouble = t
	s.mu.Unlock()
	s.answer(w, http.StatusOK, t)
}
