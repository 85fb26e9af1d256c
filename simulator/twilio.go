package simulator

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// hangFor bounds an answer that is never given.
const hangFor = time.Minute

// maxFormBytes bounds a create call.
const maxFormBytes = 256 << 10

var e164 = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)

// authorised checks the Basic credentials as Twilio does, and answers 401 with its error shape otherwise.
func (s *Simulator) authorised(w http.ResponseWriter, r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	same := func(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
	if ok && same(user, s.o.AccountSID) && same(password, s.o.AuthToken) && r.PathValue("account") == s.o.AccountSID {
		return true
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="Twilio API"`)
	s.twilioError(w, http.StatusUnauthorized, 20003, "Authenticate")
	return false
}

// twilioError answers in the shape of Twilio's errors.
func (s *Simulator) twilioError(w http.ResponseWriter, status, code int, message string) {
	s.answer(w, status, struct {
		Code     int    `json:"code"`
		Message  string `json:"message"`
		MoreInfo string `json:"more_info"`
		Status   int    `json:"status"`
	}{code, message, fmt.Sprintf("https://www.twilio.com/docs/errors/%d", code), status})
}

// createMessage is POST /2010-04-01/Accounts/{account}/Messages.json.
func (s *Simulator) createMessage(w http.ResponseWriter, r *http.Request) {
	if !s.authorised(w, r) {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		s.twilioError(w, http.StatusBadRequest, 20001, "The form can't be read")
		return
	}
	m, code, message := s.newOutbound(r.PostForm)
	if code != 0 {
		s.twilioError(w, http.StatusBadRequest, code, message)
		return
	}
	call, err := s.state.countCall(m.To, m.Body)
	if err != nil {
		s.broken(w, err)
		return
	}
	fate := s.fate(m.To, call)
	if s.state.hasOptedOut(m.To) {
		fate = Trouble{Answer: AnswerRefuse, ErrorCode: 21610}
	}
	if s.refusedBefore(w, fate) {
		return
	}
	m.Owed = s.receiptsFor(fate)
	if err := s.accept(m); err != nil {
		s.broken(w, err)
		return
	}
	if fate.Receipts == ReceiptsEarly {
		s.sendReceipts(s.ctx, m.SID) //nolint:contextcheck // receipts come also to a caller who has hung up
	} else {
		s.inBackground(func(ctx context.Context) { s.sendReceipts(ctx, m.SID) })
	}
	s.answerAfter(w, r, fate, m)
}

func (s *Simulator) accept(m Message) error {
	if err := s.state.save(m); err != nil {
		return err
	}
	return s.state.countAccepted(m.To, m.Body)
}

// newOutbound checks a create call's form and makes the message; a code other than 0 is Twilio's refusal.
func (s *Simulator) newOutbound(f url.Values) (m Message, code int, message string) {
	to, from, body, media := f.Get("To"), f.Get("From"), f.Get("Body"), f["MediaUrl"]
	if f.Get("MessagingServiceSid") != "" {
		from = s.o.Number
	}
	switch {
	case to == "":
		return m, 21604, "A 'To' phone number is required."
	case from == "":
		return m, 21603, "A 'From' phone number is required."
	case from != s.o.Number:
		return m, 21606, "The 'From' phone number is not a valid, SMS-capable number of this account."
	case body == "" && len(media) == 0:
		return m, 21602, "Message body is required."
	case utf8.RuneCountInString(body) > 1600:
		return m, 21617, "The concatenated message body exceeds the 1600 character limit."
	case len(media) > 10:
		return m, 21623, "Number of media files exceeds allowed limit."
	case !e164.MatchString(to):
		return m, 21211, "Invalid 'To' Phone Number."
	}
	now := time.Now().UTC()
	m = Message{
		SID: newSID("SM"), Direction: directionOutbound, From: from, To: to, Body: body, Status: "queued",
		StatusCallback: f.Get("StatusCallback"), CreatedAt: now, UpdatedAt: now,
	}
	if len(media) > 0 {
		m.SID = newSID("MM")
	}
	for _, u := range media {
		m.Media = append(m.Media, Media{SID: newSID("ME"), URL: u})
	}
	return m, 0, ""
}

// refusedBefore gives the answers after which no message exists, and reports whether it gave one.
func (s *Simulator) refusedBefore(w http.ResponseWriter, fate Trouble) bool {
	switch fate.Answer {
	case AnswerRefuse:
		code := fate.ErrorCode
		if code == 0 {
			code = 21211
		}
		s.twilioError(w, http.StatusBadRequest, code, "The message was refused by the simulator.")
	case AnswerThrottle:
		w.Header().Set("Retry-After", strconv.Itoa(max(fate.RetryAfter, 1)))
		s.twilioError(w, http.StatusTooManyRequests, 20429, "Too Many Requests")
	case AnswerFailBefore:
		s.twilioError(w, http.StatusInternalServerError, 20500, "An internal server error has occurred")
	case AnswerDropBefore:
		dropConnection(w)
	default:
		return false
	}
	return true
}

// answerAfter answers a call whose message exists.
func (s *Simulator) answerAfter(w http.ResponseWriter, r *http.Request, fate Trouble, m Message) {
	switch fate.Answer {
	case AnswerFailAfter:
		s.twilioError(w, http.StatusInternalServerError, 20500, "An internal server error has occurred")
	case AnswerDropAfter:
		dropConnection(w)
	case AnswerHangAfter:
		timer := time.NewTimer(hangFor)
		defer timer.Stop()
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		case <-timer.C:
		}
		dropConnection(w)
	case AnswerGarbleAfter:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		s.write(w, []byte(`{"sid": "`+m.SID[:10]))
	default:
		s.answer(w, http.StatusCreated, s.resource(m))
	}
}

// dropConnection cuts the client off without an answer.
func dropConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // HTTP/2 or a recorder: an empty 200 is as unreadable
	}
	_ = conn.Close() // nobody is left to be told
}

// messageResource is a message as Twilio's API shows it.
type messageResource struct {
	AccountSID          string            `json:"account_sid"`
	APIVersion          string            `json:"api_version"`
	Body                string            `json:"body"`
	DateCreated         string            `json:"date_created"`
	DateSent            *string           `json:"date_sent"`
	DateUpdated         string            `json:"date_updated"`
	Direction           string            `json:"direction"`
	ErrorCode           *int              `json:"error_code"`
	ErrorMessage        *string           `json:"error_message"`
	From                string            `json:"from"`
	MessagingServiceSID *string           `json:"messaging_service_sid"`
	NumMedia            string            `json:"num_media"`
	NumSegments         string            `json:"num_segments"`
	Price               *string           `json:"price"`
	PriceUnit           string            `json:"price_unit"`
	SID                 string            `json:"sid"`
	Status              string            `json:"status"`
	SubresourceURIs     map[string]string `json:"subresource_uris"`
	To                  string            `json:"to"`
	URI                 string            `json:"uri"`
}

func (s *Simulator) resource(m Message) messageResource {
	base := "/2010-04-01/Accounts/" + s.o.AccountSID + "/Messages/" + m.SID
	res := messageResource{
		AccountSID: s.o.AccountSID, APIVersion: "2010-04-01", Body: m.Body,
		DateCreated: m.CreatedAt.Format(time.RFC1123Z), DateUpdated: m.UpdatedAt.Format(time.RFC1123Z),
		Direction: m.Direction, From: m.From, To: m.To, Status: m.Status, SID: m.SID, PriceUnit: "USD",
		NumMedia: strconv.Itoa(len(m.Media)), NumSegments: strconv.Itoa(segments(m.Body)),
		SubresourceURIs: map[string]string{"media": base + "/Media.json"}, URI: base + ".json",
	}
	if m.Status != "queued" {
		sent := m.UpdatedAt.Format(time.RFC1123Z)
		res.DateSent = &sent
	}
	if m.ErrorCode != 0 {
		res.ErrorCode = &m.ErrorCode
	}
	return res
}

// fetchMessage is GET …/Messages/{sid}.json.
func (s *Simulator) fetchMessage(w http.ResponseWriter, r *http.Request) {
	if !s.authorised(w, r) {
		return
	}
	sid, ok := strings.CutSuffix(r.PathValue("sid"), ".json")
	m, found := s.state.get(sid)
	if !ok || !found {
		s.twilioError(w, http.StatusNotFound, 20404, "The requested resource was not found")
		return
	}
	s.answer(w, http.StatusOK, s.resource(m))
}

// fetchMedia is GET …/Messages/{sid}/Media/{media}: the file itself.
func (s *Simulator) fetchMedia(w http.ResponseWriter, r *http.Request) {
	if !s.authorised(w, r) {
		return
	}
	m, _ := s.state.get(r.PathValue("sid"))
	for _, file := range m.Media {
		if file.SID == r.PathValue("media") && file.Data != nil {
			w.Header().Set("Content-Type", file.ContentType)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.WriteHeader(http.StatusOK)
			s.write(w, file.Data)
			return
		}
	}
	s.twilioError(w, http.StatusNotFound, 20404, "The requested resource was not found")
}

func newSID(prefix string) string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the process instead
	return prefix + hex.EncodeToString(raw[:])
}
