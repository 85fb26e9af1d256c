package domain

import (
	"errors"
	"fmt"
	"time"
)

// Code classifies an error by what the receiver can do about it. The ten codes are the product's whole vocabulary;
// each border (store, channels, activities, api) translates to or from them in one place.
type Code string

// The ten codes. See docs/errors.md for what each means to a caller.
const (
	CodeInvalid      Code = "invalid"      // the request can't make sense
	CodeUnauthorized Code = "unauthorized" // nobody knows who you are
	CodeForbidden    Code = "forbidden"    // you are known and may not
	CodeNotFound     Code = "not_found"    // no such thing in your account
	CodeConflict     Code = "conflict"     // true a moment ago, not now
	CodeRefused      Code = "refused"      // the provider or the customer said never
	CodeThrottled    Code = "throttled"    // later, at a known time
	CodeUnavailable  Code = "unavailable"  // broken for now, surely not done
	CodeAmbiguous    Code = "ambiguous"    // may or may not have happened
	CodeInternal     Code = "internal"     // a bug
)

// Error is a refusal or failure with a code, a sentence for a person and, when one is to blame, the field.
type Error struct {
	Code   Code
	Reason string // stable machine word, finer than Code, e.g. "not_owner"; empty when Code says it all
	Text   string // one sentence for a person: what is wrong and the way out
	Field  string // the request's field to blame, in dotted JSON form; may be empty
	// ProviderCode is the provider's own error code ("30006"), kept for the agent and for support.
	ProviderCode string
	RetryAfter   time.Duration // with CodeThrottled: how long to wait; 0 when unknown
	Err          error         // the cause; may be nil
}

// Error gives the sentence with its cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// E makes an Error with a code and a sentence; CausedBy adds a cause.
func E(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Invalid makes a CodeInvalid error that blames one field.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Text: fmt.Sprintf(format, args...)}
}

// Because gives the error a stable reason word and returns it.
func (e *Error) Because(reason string) *Error {
	e.Reason = reason
	return e
}

// CausedBy attaches a cause and returns the error.
func (e *Error) CausedBy(err error) *Error {
	e.Err = err
	return e
}

// CodeOf gives the code of the first Error in err's chain: empty for nil, CodeInternal for a stranger.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// ReasonOf gives the finest stable word for err: its reason, else its code.
func ReasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok && e.Reason != "" {
		return e.Reason
	}
	return string(CodeOf(err))
}
