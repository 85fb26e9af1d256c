package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with HMAC-SHA1.
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// receipt is one status callback still to be sent.
type receipt struct {
	Status    string        `json:"status"`
	ErrorCode int           `json:"error_code,omitempty"`
	Delay     time.Duration `json:"delay"`
}

// signature is X-Twilio-Signature for a form whose keys are unique, which all of ours are.
func signature(token, u string, form url.Values) string {
	keys := make([]string, 0, len(form))
	for key := range form {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(u))
	for _, key := range keys {
		mac.Write([]byte(key + form.Get(key)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post sends one signed form to the product and gives the HTTP status, 0 with an error when there was no answer.
func (s *Simulator) post(ctx context.Context, u string, form url.Values, token string) (int, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	u, _, _ = strings.Cut(u, "#") // connection overrides are for Twilio and are not part of what is called
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, fmt.Errorf("making the webhook: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("X-Twilio-Signature", signature(s.o.AuthToken, u, form))
	req.Header.Set("I-Twilio-Idempotency-Token", token)
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("calling the webhook: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil {
		return 0, fmt.Errorf("reading the webhook's answer: %w", err)
	}
	return resp.StatusCode, nil
}

// deliver calls a webhook until it is taken: up to retries more times after no answer or a 5xx, as Twilio does for
// a webhook address with #rc=5&rp=all.
func (s *Simulator) deliver(ctx context.Context, u string, form url.Values, retries int) Webhook {
	token := newSID("")
	var w Webhook
	wait := 500 * time.Millisecond
	for {
		status, err := s.post(ctx, u, form, token)
		w.Attempts++
		w.Status, w.Error = status, ""
		if err != nil {
			w.Error = "no answer"
		}
		if err == nil && status < 500 || w.Attempts > retries || !pause(ctx, wait) {
			return w
		}
		wait *= 2
	}
}

// pause waits and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// receiptsFor plans the status callbacks of a message that is accepted under fate.
func (s *Simulator) receiptsFor(fate Trouble) []receipt {
	delay := s.o.ReceiptDelay
	if fate.ReceiptDelayMS > 0 {
		delay = time.Duration(fate.ReceiptDelayMS) * time.Millisecond
	}
	sent, last := receipt{Status: "sent", Delay: delay}, receipt{Status: "delivered", Delay: delay}
	if fate.Undelivered != 0 {
		last = receipt{Status: "undelivered", ErrorCode: fate.Undelivered, Delay: delay}
	}
	switch fate.Receipts {
	case ReceiptsReversed:
		return []receipt{last, sent}
	case ReceiptsRepeated:
		return []receipt{sent, sent, last, last}
	case ReceiptsEarly:
		sent.Delay, last.Delay = 0, 0
	}
	return []receipt{sent, last}
}

// receiptRetries is how often a status callback is repeated; then it is lost, as real ones are.
const receiptRetries = 3

// sendReceipts works off what a message owes, one after the other. Each is struck off only once it is delivered, so
// that a restart repeats rather than forgets it.
func (s *Simulator) sendReceipts(ctx context.Context, sid string) {
	for {
		m, ok := s.state.get(sid)
		if !ok || len(m.Owed) == 0 || !pause(ctx, m.Owed[0].Delay) {
			return
		}
		next := m.Owed[0]
		if rank(next.Status) > rank(m.Status) {
			m.Status, m.ErrorCode, m.UpdatedAt = next.Status, next.ErrorCode, time.Now().UTC()
			if err := s.state.save(m); err != nil {
				s.log.Error("receipt not stored", "sid", sid, "error", err)
				return
			}
		}
		if m.StatusCallback != "" && !s.silent(m.To) {
			if w := s.deliver(ctx, m.StatusCallback, s.receiptForm(m, next), receiptRetries); w.Status < 200 || w.Status > 299 {
				s.log.Warn("status callback not taken", "sid", sid, "status", w.Status, "attempts", w.Attempts)
			}
		}
		if ctx.Err() != nil {
			return
		}
		m.Owed = m.Owed[1:]
		if err := s.state.save(m); err != nil {
			s.log.Error("receipt not stored", "sid", sid, "error", err)
			return
		}
	}
}

// silent reports whether receipts for this number are withheld, by the switch or by its magic.
func (s *Simulator) silent(to string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble.Receipts == ReceiptsNone {
		return true
	}
	return slices.ContainsFunc(MagicNumbers(), func(m Magic) bool {
		return m.Number == to && m.Trouble.Receipts == ReceiptsNone
	})
}

func rank(status string) int {
	return slices.Index([]string{"queued", "sent", "undelivered", "delivered"}, status)
}

func (s *Simulator) receiptForm(m Message, next receipt) url.Values {
	form := url.Values{
		"AccountSid": {s.o.AccountSID}, "ApiVersion": {"2010-04-01"}, "From": {m.From}, "To": {m.To},
		"MessageSid": {m.SID}, "SmsSid": {m.SID}, "MessageStatus": {next.Status}, "SmsStatus": {next.Status},
	}
	if next.ErrorCode != 0 {
		form.Set("ErrorCode", strconv.Itoa(next.ErrorCode))
	}
	if next.Status == "delivered" {
		form.Set("RawDlrDoneDate", time.Now().UTC().Format("0601021504"))
	}
	return form
}

// resumeReceipts goes on with what a previous process owed, at once: it is late already.
func (s *Simulator) resumeReceipts() {
	for _, m := range s.state.list(func(m *Message) bool { return len(m.Owed) > 0 }) {
		m.Owed = slices.Clone(m.Owed)
		for i := range m.Owed {
			m.Owed[i].Delay = 0
		}
		if err := s.state.save(m); err != nil {
			s.log.Error("receipt not stored", "sid", m.SID, "error", err)
		}
		s.inBackground(func(ctx context.Context) { s.sendReceipts(ctx, m.SID) })
	}
}

// inboundURL is the address that the business's number has at the provider.
func (s *Simulator) inboundURL() string {
	return s.o.TandemURL + "/webhooks/twilio/" + s.o.ChannelKey
}

// inboundForm is what Twilio posts for a message from a phone.
func (s *Simulator) inboundForm(m Message) url.Values {
	form := url.Values{
		"AccountSid": {s.o.AccountSID}, "ApiVersion": {"2010-04-01"}, "From": {m.From}, "To": {m.To}, "Body": {m.Body},
		"MessageSid": {m.SID}, "SmsSid": {m.SID}, "SmsMessageSid": {m.SID}, "SmsStatus": {"received"},
		"NumMedia": {strconv.Itoa(len(m.Media))}, "NumSegments": {strconv.Itoa(segments(m.Body))},
		"FromCountry": {"US"}, "FromState": {"DC"}, "FromCity": {"WASHINGTON"}, "FromZip": {""},
		"ToCountry": {"US"}, "ToState": {"DC"}, "ToCity": {"WASHINGTON"}, "ToZip": {""},
	}
	for i, file := range m.Media {
		form.Set("MediaUrl"+strconv.Itoa(i), file.URL)
		form.Set("MediaContentType"+strconv.Itoa(i), file.ContentType)
	}
	return form
}
