package twilio

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"tandem/domain"
)

// maxAddressBytes bounds a sender: the longest real one is a WhatsApp business-scoped id of about 140 bytes.
const maxAddressBytes = 200

const whatsappPrefix = "whatsapp:"

// address makes the canonical form of a sender: E.164 for phone numbers, short codes and named senders as they
// are, with Twilio's channel prefix kept since a person on WhatsApp is another identity than the same number on SMS.
func address(raw string) (string, error) {
	a := strings.TrimSpace(raw)
	switch {
	case a == "":
		return "", domain.Invalid("From", "From is missing: nobody to answer to")
	case len(a) > maxAddressBytes:
		return "", domain.Invalid("From", "From is longer than %d bytes", maxAddressBytes)
	case !utf8.ValidString(a) || strings.ContainsFunc(a, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", domain.Invalid("From", "From holds characters no address has")
	}
	if rest, ok := strings.CutPrefix(a, whatsappPrefix); ok {
		return whatsappPrefix + canonicalNumber(rest), nil
	}
	return canonicalNumber(a), nil
}

// canonicalNumber gives E.164 where the text is an international number, else the text unchanged. A number that
// lost its plus to a form that wasn't escaped is repaired; anything short is a short code and stays.
func canonicalNumber(a string) string {
	candidate := a
	if !strings.HasPrefix(a, "+") {
		if len(a) < 10 || strings.Trim(a, "0123456789") != "" {
			return a
		}
		candidate = "+" + a
	}
	number, err := phonenumbers.Parse(candidate, "")
	if err != nil {
		return a
	}
	return phonenumbers.Format(number, phonenumbers.E164)
}
