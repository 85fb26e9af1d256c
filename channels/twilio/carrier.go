package twilio

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"
)

// decodedNote follows a text that was decoded, so that nobody takes it for the customer's own form.
const decodedNote = "\n\n(The carrier sent this text in Base64; it is shown decoded.)"

// shortestBase64 keeps codes and tokens that a customer typed out of this: carriers do it to long, joined texts.
const shortestBase64 = 80

// readable undoes what some carriers do to concatenated messages: they deliver one Base64 string. Only a text that
// passes every check is decoded, since a customer may mean a Base64 string; the original stays in the raw record.
func readable(text string) string {
	if len(text) < shortestBase64 || len(text)%4 != 0 {
		return text
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || !utf8.Valid(raw) {
		return text
	}
	decoded := string(raw)
	if strings.Count(decoded, " ") < 4 {
		return text
	}
	for _, r := range decoded {
		if !unicode.IsPrint(r) && r != '\n' && r != '\r' && r != '\t' {
			return text
		}
	}
	return decoded + decodedNote
}
