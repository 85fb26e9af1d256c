package twilio

import (
	"net/url"

	"tandem/channels"
	"tandem/domain"
)

// messageIDParam is the query parameter of the status callback's URL that carries our own message id. A callback
// may come before our own call has returned, and after a call whose answer was lost; then it is the only tie.
const messageIDParam = "mid"

// statusOf translates Twilio's word. From "accepted" on Twilio has the message, which is what sent means here;
// empty for a word nobody knows, so that the shown state stays as it is.
func statusOf(word string) domain.Status {
	switch word {
	case "accepted", "scheduled", "queued", "sending", "sent", "partially_delivered":
		return domain.StatusSent
	case "delivered":
		return domain.StatusDelivered
	case "read":
		return domain.StatusRead
	case "failed", "undelivered", "canceled":
		return domain.StatusFailed
	default:
		return ""
	}
}

func report(ch domain.Channel, r channels.Request, f form, sid string) domain.DeliveryReport {
	word := storable(f.first("MessageStatus", "SmsStatus"))
	d := domain.DeliveryReport{
		Channel:    ch,
		MessageID:  messageID(r.URL),
		ProviderID: sid,
		Status:     statusOf(word),
		RawStatus:  word,
		At:         r.ReceivedAt,
	}
	if d.Status == domain.StatusFailed {
		code := storable(f.first("ErrorCode"))
		if code == "" {
			code = word
		}
		d.Error = &domain.MessageError{Code: code, Text: causeOf(code).text}
	}
	return d
}

// messageID reads our id from the callback's URL. A value that is no id of ours is dropped: the provider's id still
// identifies the message.
func messageID(raw string) domain.MessageID {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	id, err := domain.ParseID[domain.MessageID](messageIDParam, u.Query().Get(messageIDParam))
	if err != nil {
		return ""
	}
	return id
}

// withMessageID adds our message id to the callback URL unless the caller has done so.
func withMessageID(callback string, id domain.MessageID) string {
	u, err := url.Parse(callback)
	if err != nil || callback == "" {
		return callback
	}
	q := u.Query()
	if q.Has(messageIDParam) {
		return callback
	}
	q.Set(messageIDParam, string(id))
	u.RawQuery = q.Encode()
	return u.String()
}
