package config

import "log/slog"

// masked is what a secret prints as, whatever its length.
const masked = "••••••••"

// Secret is a text that prints as dots everywhere: in logs, in formatted output, in JSON. Reveal gives the text itself.
type Secret string

// Reveal gives the secret's text, for the one call that needs it.
func (s Secret) Reveal() string { return string(s) }

// String gives dots, or nothing when the secret is empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString gives what String gives, so that %#v does not reveal the text.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue gives what String gives.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText gives what String gives.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
