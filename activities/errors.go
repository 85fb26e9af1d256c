package activities

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"tandem/domain"
)

// ErrorDetail travels with an application error, so that the other side of the wire gets the domain error back whole.
type ErrorDetail struct {
	Code         domain.Code   `json:"code"`
	Reason       string        `json:"reason,omitempty"`
	Text         string        `json:"text"`
	Field        string        `json:"field,omitempty"`
	ProviderCode string        `json:"provider_code,omitempty"`
	RetryAfter   time.Duration `json:"retry_after,omitempty"` // nanoseconds
}

// ToTemporal turns a domain error into what the engine understands: its type is the finest stable word, whether it is
// tried again follows from the code, and a provider's "later" becomes the delay of the next try. Nil stays nil, and
// an error that already speaks the engine's language passes unchanged.
func ToTemporal(err error) error {
	if err == nil {
		return nil
	}
	var already *temporal.ApplicationError
	var canceled *temporal.CanceledError
	if errors.As(err, &already) || errors.As(err, &canceled) {
		return err
	}
	detail := detailOf(err)
	return temporal.NewApplicationErrorWithOptions(detail.Text, domain.ReasonOf(err), temporal.ApplicationErrorOptions{
		NonRetryable:   !retryable(detail.Code),
		Cause:          errors.Unwrap(err),
		Details:        []any{detail},
		NextRetryDelay: detail.RetryAfter,
		Category:       category(detail.Code),
	})
}

// FromTemporal gives the domain error that ToTemporal packed into err, if there is one.
func FromTemporal(err error) (*domain.Error, bool) {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || !app.HasDetails() {
		return nil, false
	}
	var detail ErrorDetail
	readable := app.Details(&detail) == nil && detail.Code != ""
	if !readable {
		return nil, false
	}
	return &domain.Error{
		Code: detail.Code, Reason: detail.Reason, Text: detail.Text, Field: detail.Field,
		ProviderCode: detail.ProviderCode, RetryAfter: detail.RetryAfter, Err: err,
	}, true
}

func detailOf(err error) ErrorDetail {
	var e *domain.Error
	if !errors.As(err, &e) {
		return ErrorDetail{Code: domain.CodeInternal, Text: err.Error()}
	}
	return ErrorDetail{
		Code: e.Code, Reason: e.Reason, Text: e.Text, Field: e.Field, ProviderCode: e.ProviderCode, RetryAfter: e.RetryAfter,
	}
}

// retryable is the table of docs/errors.md. An ambiguous outcome is tried again because the next attempt looks it up
// before it does anything; an internal error is, because each policy bounds its attempts or its time.
func retryable(code domain.Code) bool {
	switch code {
	case domain.CodeThrottled, domain.CodeUnavailable, domain.CodeAmbiguous, domain.CodeInternal:
		return true
	case domain.CodeInvalid, domain.CodeUnauthorized, domain.CodeForbidden, domain.CodeNotFound, domain.CodeConflict,
		domain.CodeRefused:
		return false
	default:
		return true
	}
}

// category keeps what is nobody's fault out of the error logs and the failure metrics.
func category(code domain.Code) temporal.ApplicationErrorCategory {
	switch code {
	case domain.CodeConflict, domain.CodeRefused, domain.CodeThrottled:
		return temporal.ApplicationErrorCategoryBenign
	default:
		return temporal.ApplicationErrorCategoryUnspecified
	}
}
