package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"tandem/domain"
)

// problemType is the content type of every refusal.
const problemType = "application/problem+json"

// Problem is the body of every refusal, as RFC 9457 has it, with a stable code.
type Problem struct { //nolint:errname // the API's document names its schema after it, and the RFC calls it a problem
	Type      string         `json:"type" doc:"Where the problem is explained" example:"/docs#not_owner"`
	Title     string         `json:"title" doc:"The status in words" example:"Conflict"`
	Status    int            `json:"status" doc:"The HTTP status" example:"409"`
	Detail    string         `json:"detail" doc:"One sentence for a person: what is wrong and the way out"`
	Code      string         `json:"code" doc:"A stable word for programs" example:"not_owner"`
	Errors    []ProblemField `json:"errors,omitempty" doc:"The fields to blame, when there are any"`
	RequestID string         `json:"request_id,omitempty" doc:"What to name when asking for help"`

	retryAfter int // seconds; 0 when unknown
}

// ProblemField blames one field of a request.
type ProblemField struct {
	Location string `json:"location" example:"body.text"`
	Message  string `json:"message"`
}

// Error gives the sentence.
func (p *Problem) Error() string { return p.Detail }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders gives Retry-After when the time is known.
func (p *Problem) GetHeaders() http.Header {
	if p.retryAfter == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(p.retryAfter)}}
}

// ContentType makes Huma answer problem documents as such.
func (p *Problem) ContentType(string) string { return problemType }

// statusOf is the one table from a domain code to an HTTP status.
func statusOf(code domain.Code) int {
	switch code {
	case domain.CodeInvalid, domain.CodeRefused:
		return http.StatusUnprocessableEntity
	case domain.CodeUnauthorized:
		return http.StatusUnauthorized
	case domain.CodeForbidden:
		return http.StatusForbidden
	case domain.CodeNotFound:
		return http.StatusNotFound
	case domain.CodeConflict:
		return http.StatusConflict
	case domain.CodeThrottled:
		return http.StatusTooManyRequests
	case domain.CodeUnavailable:
		return http.StatusServiceUnavailable
	case domain.CodeAmbiguous:
		return http.StatusBadGateway
	case domain.CodeInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// codeOfStatus names refusals that Fiber and Huma make themselves.
func codeOfStatus(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return string(domain.CodeInvalid)
	case http.StatusUnauthorized:
		return string(domain.CodeUnauthorized)
	case http.StatusForbidden:
		return string(domain.CodeForbidden)
	case http.StatusNotFound:
		return string(domain.CodeNotFound)
	case http.StatusMethodNotAllowed:
		return "method_not_allowed"
	case http.StatusNotAcceptable:
		return "not_acceptable"
	case http.StatusRequestTimeout:
		return "request_timeout"
	case http.StatusConflict:
		return string(domain.CodeConflict)
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusUnsupportedMediaType:
		return "unsupported_media_type"
	case http.StatusUpgradeRequired:
		return "upgrade_required"
	case http.StatusTooManyRequests:
		return string(domain.CodeThrottled)
	case http.StatusRequestHeaderFieldsTooLarge:
		return "headers_too_large"
	case http.StatusServiceUnavailable:
		return string(domain.CodeUnavailable)
	default:
		return string(domain.CodeInternal)
	}
}

func newProblem(status int, code, detail string) *Problem {
	return &Problem{
		Type:   "/docs#" + code,
		Title:  http.StatusText(status),
		Status: status,
		Detail: detail,
		Code:   code,
	}
}

// problemOf turns any error into a problem document. What nobody classified stays opaque: the log has it under the
// request's id.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	if fe, ok := errors.AsType[*fiber.Error](err); ok {
		return newProblem(fe.Code, codeOfStatus(fe.Code), detailOfStatus(fe.Code))
	}
	var e *domain.Error
	if !errors.As(err, &e) || e.Code == domain.CodeInternal {
		return newProblem(http.StatusInternalServerError, string(domain.CodeInternal),
			"Something went wrong on our side. Try again; if it happens again, tell us the request id.")
	}
	p = newProblem(statusOf(e.Code), domain.ReasonOf(e), sentence(e.Text))
	if e.Field != "" {
		p.Errors = []ProblemField{{Location: "body." + e.Field, Message: e.Text}}
	}
	if e.Code == domain.CodeThrottled && e.RetryAfter > 0 {
		p.retryAfter = int(math.Ceil(e.RetryAfter.Seconds()))
	}
	return p
}

// sentence begins a domain error's text as a person would write it.
func sentence(text string) string {
	if text == "" {
		return text
	}
	if c := text[0]; c >= 'a' && c <= 'z' && !startsWithField(text) {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// startsWithField reports whether the text starts with a field's name ("client_id is needed"), which keeps its case.
func startsWithField(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	return strings.Contains(word, "_")
}

func detailOfStatus(status int) string {
	switch status {
	case http.StatusNotFound:
		return "There is nothing at this address."
	case http.StatusMethodNotAllowed:
		return "This address doesn't answer to this method; see the Allow header."
	case http.StatusRequestEntityTooLarge:
		return "The request is too large; at most 1 MiB is accepted."
	case http.StatusUpgradeRequired:
		return "This address speaks WebSocket only."
	case http.StatusRequestHeaderFieldsTooLarge:
		return "The request's headers are too large."
	case http.StatusRequestTimeout:
		return "The request took too long to arrive."
	default:
		return http.StatusText(status) + "."
	}
}

// write sends the problem as the whole answer.
func (p *Problem) write(c *fiber.Ctx) error {
	answer := *p
	if answer.RequestID == "" {
		answer.RequestID = requestID(c.UserContext())
	}
	if answer.RequestID == "" { // refused before anything of ours ran
		answer.RequestID = mintRequestID()
	}
	body, err := json.Marshal(&answer)
	if err != nil {
		return err
	}
	for name, values := range p.GetHeaders() {
		c.Set(name, values[0])
	}
	c.Set(fiber.HeaderContentType, problemType)
	return c.Status(p.Status).Send(body)
}

func init() {
	// Huma keeps these in package variables: they are set once, before any API is made, and never again.
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return problemOfHuma(context.Background(), status, msg, errs)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return problemOfHuma(ctx.Context(), status, msg, errs)
	}
}

// problemOfHuma makes the document for what Huma refuses before a handler runs. It never echoes the refused value:
// it may be a password.
func problemOfHuma(ctx context.Context, status int, msg string, errs []error) huma.StatusError {
	var fields []ProblemField
	for _, err := range errs {
		var d huma.ErrorDetailer
		switch {
		case err == nil:
		case errors.As(err, &d):
			detail := d.ErrorDetail()
			fields = append(fields, ProblemField{Location: detail.Location, Message: detail.Message})
		default:
			fields = append(fields, ProblemField{Message: err.Error()})
		}
	}
	if status == http.StatusInternalServerError {
		fields, msg = nil, "Something went wrong on our side."
	}
	if len(fields) > 0 {
		msg = strings.TrimSpace(fields[0].Location + ": " + fields[0].Message)
	}
	p := newProblem(status, codeOfStatus(status), sentence(msg))
	p.Errors = fields
	p.RequestID = requestID(ctx)
	return p
}
