package api

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Health says that the process lives.
type Health struct {
	Status string `json:"status" example:"ok"`
}

// Readiness says which of the parts we stand on answer: "ok" or what is wrong.
type Readiness struct {
	Postgres string `json:"postgres" example:"ok"`
	Temporal string `json:"temporal" example:"ok"`
}

type healthOutput struct{ Body Health }

type readinessOutput struct {
	Status int
	Body   Readiness
}

// checkTimeout bounds one look at a part we stand on.
const checkTimeout = 2 * time.Second

const wellWord = "ok"

func (s *server) healthz(context.Context, *struct{}) (*healthOutput, error) {
	return &healthOutput{Body: Health{Status: wellWord}}, nil
}

func (s *server) readyz(ctx context.Context, _ *struct{}) (*readinessOutput, error) {
	ready := checkParts(ctx, s.store.Ping, s.temporal)
	return &readinessOutput{Status: ready.status(), Body: ready}, nil
}

func (r Readiness) status() int {
	if r.Postgres != wellWord || r.Temporal != wellWord {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}

// checkParts asks both parts at once; the answer names the part, never the cause, which may hold addresses.
func checkParts(ctx context.Context, postgres, temporal func(context.Context) error) Readiness {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	var r Readiness
	var both sync.WaitGroup
	for part, check := range map[*string]func(context.Context) error{&r.Postgres: postgres, &r.Temporal: temporal} {
		both.Go(func() {
			*part = wellWord
			if check == nil {
				return
			}
			if err := check(ctx); err != nil {
				*part = "unreachable"
			}
		})
	}
	both.Wait()
	return r
}
