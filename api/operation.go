package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"tandem/domain"
)

// access says who may call an operation: nil means everybody, signed in or not.
type access func(domain.Role) bool

// anyone is for operations that work without a sign-in.
var anyone access

// The other kinds of access. Finer rules (only the owner may send) are the store's.
func signedIn(domain.Role) bool        { return true }
func worksChats(r domain.Role) bool    { return r.TakesChats() || r.Supervises() }
func takesChats(r domain.Role) bool    { return r.TakesChats() }
func supervises(r domain.Role) bool    { return r.Supervises() }
func administers(r domain.Role) bool   { return r.Administers() }
func seesTheEngine(r domain.Role) bool { return r.SeesEngine() }

// operation is one line of the table in routes.go.
type operation struct {
	method  string
	path    string
	id      string
	tag     string
	summary string
	allowed access
	status  int // of success; 0 means 200, or 204 when there is nothing to answer
}

// add registers a typed operation: who may call it is checked first, then Huma reads and validates the request, then
// the handler runs, and whatever it refuses becomes a problem document.
func add[I, O any](s *server, op operation, handle func(context.Context, *I) (*O, error)) {
	h := huma.Operation{
		OperationID:   op.id,
		Method:        op.method,
		Path:          op.path,
		Summary:       op.summary,
		Tags:          []string{op.tag},
		DefaultStatus: op.status,
		// The app's own read time-out and body limit hold; Huma's would need the connection of a streamed request.
		BodyReadTimeout: noReadTimeout,
	}
	if op.allowed != nil {
		h.Security = []map[string][]string{{"session": {}}, {"bearer": {}}}
		h.Middlewares = huma.Middlewares{s.allow(op.allowed)}
	}
	huma.Register(s.api, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err == nil {
			return out, nil
		}
		return nil, s.refuse(ctx, err)
	})
}

// refuse makes the problem document of a handler's error and logs what is our fault.
func (s *server) refuse(ctx context.Context, err error) error {
	p := *problemOf(err)
	p.RequestID = requestID(ctx)
	if p.Status >= http.StatusInternalServerError {
		s.log.ErrorContext(ctx, "request failed", "error", err.Error(), "request", p.RequestID)
	}
	return &p
}

// allow lets a caller through whose role may do this.
func (s *server) allow(allowed access) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if err := mayCall(ctx.Context(), allowed); err != nil {
			s.writeProblem(ctx, err)
			return
		}
		next(ctx)
	}
}

func (s *server) writeProblem(ctx huma.Context, err error) {
	p := *problemOf(err)
	if err := p.write(humafiber.Unwrap(ctx)); err != nil {
		s.log.Error("problem not written", "error", err.Error(), "request", requestID(ctx.Context()))
	}
}
