package twilio

import "strings"

// pair is one key with its value, in the order in which Twilio sent it.
type pair struct{ key, value string }

// form is a urlencoded body read without loss: duplicates, NUL, blanks and line ends stay, because the signature
// covers them. The standard library's parser is not used since it refuses a body with a raw ';' or a broken '%'.
type form []pair

// parseForm never fails: an escape that isn't one is taken literally, and a signature over it decides.
func parseForm(body []byte) form {
	if len(body) == 0 {
		return nil
	}
	parts := strings.Split(string(body), "&")
	out := make(form, 0, len(parts))
	for _, part := range parts {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		out = append(out, pair{key: unescape(key), value: unescape(value)})
	}
	return out
}

// get gives the first value of key and whether the key is there at all.
func (f form) get(key string) (string, bool) {
	for _, p := range f {
		if p.key == key {
			return p.value, true
		}
	}
	return "", false
}

// first gives the first non-empty value among keys, "" when there is none.
func (f form) first(keys ...string) string {
	for _, key := range keys {
		if value, _ := f.get(key); value != "" {
			return value
		}
	}
	return ""
}

func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			out = append(out, ' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return string(out)
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	default:
		return c - 'A' + 10
	}
}
