package twilio

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"tandem/channels"
	"tandem/domain"
)

const (
	// maxSIDBytes bounds an id we take as a key. Twilio's have 34 characters.
	maxSIDBytes = 100
	// maxMedia is how many MediaUrl parameters Twilio numbers, from 0.
	maxMedia = 10
)

// Parse reads an inbound message or a status callback. Twilio posts both as forms to whatever URL it is given, so
// the shape decides: a callback carries a status other than "received" and no content.
func (*Channel) Parse(ch domain.Channel, r channels.Request) (channels.Parsed, error) {
	f := parseForm(r.Body)
	sid := f.first("MessageSid", "SmsMessageSid", "SmsSid")
	if err := checkSID(sid); err != nil {
		return channels.Parsed{}, err
	}
	if isReport(f) {
		return channels.Parsed{Reports: []domain.DeliveryReport{report(ch, r, f, sid)}}, nil
	}
	m, err := inbound(ch, r, f, sid)
	if err != nil {
		return channels.Parsed{}, err
	}
	return channels.Parsed{Messages: []domain.Inbound{m}}, nil
}

func checkSID(sid string) error {
	switch {
	case sid == "":
		return domain.Invalid("MessageSid", "MessageSid is missing")
	case len(sid) > maxSIDBytes:
		return domain.Invalid("MessageSid", "MessageSid is longer than %d bytes", maxSIDBytes)
	case strings.ContainsFunc(sid, func(r rune) bool { return r <= ' ' || r > '~' }):
		return domain.Invalid("MessageSid", "MessageSid holds characters no id has")
	}
	return nil
}

// isReport tells a status callback from a message. A callback that lost its status is still one when it has
// nothing that a message has: treating it as a message would invent an empty one.
func isReport(f form) bool {
	switch status := f.first("MessageStatus", "SmsStatus"); status {
	case "received", "receiving":
		return false
	case "":
		for _, key := range []string{"From", "Body", "NumMedia", "MediaUrl0", "Latitude", "MessageType"} {
			if _, ok := f.get(key); ok {
				return false
			}
		}
		return true
	default:
		return true
	}
}

func inbound(ch domain.Channel, r channels.Request, f form, sid string) (domain.Inbound, error) {
	from, err := address(f.first("From"))
	if err != nil {
		return domain.Inbound{}, err
	}
	m := domain.Inbound{
		Channel:     ch,
		ProviderID:  sid,
		Address:     from,
		Name:        strings.TrimSpace(storable(f.first("ProfileName"))),
		Kind:        domain.KindText,
		Text:        readable(storable(f.first("Body"))),
		Attachments: attachments(f),
		ReceivedAt:  r.ReceivedAt,
		Raw:         bytes.Clone(r.Body),
	}
	if blank(m.Text) && len(m.Attachments) == 0 {
		m.Kind, m.Text = domain.KindPlaceholder, placeholder(f)
	}
	return m, nil
}

// storable makes text that PostgreSQL can hold: without NUL, valid UTF-8. Nothing else is touched: customers see
// their blanks and line ends again, and agents what customers wrote.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), string(utf8.RuneError))
}

// blank reports whether a reader would see nothing.
func blank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool {
		return r == '\u200b' || r == '\u200e' || r == '\u200f' || r == '\ufeff' || r == '\u2060' || strings.TrimSpace(string(r)) == ""
	}) == ""
}

// placeholder says in words what came when there is neither text nor file.
func placeholder(f form) string {
	lat, lon := f.first("Latitude"), f.first("Longitude")
	if lat != "" && lon != "" {
		parts := make([]string, 0, 3)
		for _, part := range []string{f.first("Label"), f.first("Address"), lat + ", " + lon} {
			if part = strings.TrimSpace(storable(part)); part != "" {
				parts = append(parts, part)
			}
		}
		return "Location: " + strings.Join(parts, " · ")
	}
	if kind := storable(f.first("MessageType")); kind != "" && kind != "text" {
		return "A message of a kind that can't be shown here: " + kind
	}
	return "Empty message"
}

// attachments lists the media in Twilio's order. The URLs themselves are counted because NumMedia can be wrong; a
// file that NumMedia promises and no URL names is listed without a URL, so that its loss is seen.
func attachments(f form) []domain.Attachment {
	var out []domain.Attachment
	for i := range maxMedia {
		raw := f.first("MediaUrl" + strconv.Itoa(i))
		if raw == "" {
			continue
		}
		contentType := storable(f.first("MediaContentType" + strconv.Itoa(i)))
		a := domain.Attachment{Name: mediaName(contentType, len(out)+1), ContentType: contentType, URL: webURL(raw)}
		if a.URL == "" {
			a.Name = fmt.Sprintf("File %d could not be loaded", len(out)+1)
		}
		out = append(out, a)
	}
	promised, err := strconv.Atoi(f.first("NumMedia"))
	if err != nil {
		promised = 0
	}
	for len(out) < min(promised, maxMedia) {
		out = append(out, domain.Attachment{Name: fmt.Sprintf("File %d could not be loaded", len(out)+1)})
	}
	return out
}

// webURL lets only web addresses through: the URL ends up as a link on an agent's screen.
func webURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// mediaName makes a file name, since Twilio tells none.
func mediaName(contentType string, n int) string {
	known := map[string]string{
		"image/jpeg": "image-%d.jpg", "image/png": "image-%d.png", "image/gif": "image-%d.gif", "image/webp": "image-%d.webp",
		"text/vcard": "contact-%d.vcf", "text/x-vcard": "contact-%d.vcf", "application/pdf": "document-%d.pdf",
		"audio/ogg": "audio-%d.ogg", "audio/amr": "audio-%d.amr", "audio/mpeg": "audio-%d.mp3", "video/mp4": "video-%d.mp4",
		"video/3gpp": "video-%d.3gp",
	}
	if pattern, ok := known[strings.ToLower(contentType)]; ok {
		return fmt.Sprintf(pattern, n)
	}
	return fmt.Sprintf("file-%d", n)
}
