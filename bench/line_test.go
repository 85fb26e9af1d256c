package bench_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The routing of the product that answers from memory: caps, a line, the oldest first.

func (p *product) routingRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/settings/routing", func(w http.ResponseWriter, _ *http.Request) { answer(w, p.routing) })
	mux.HandleFunc("GET /api/v1/settings/queues/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, fmt.Sprintf(`{"id":%q,"name":"Support","policy":%s}`, r.PathValue("id"), p.policy))
	})
	mux.HandleFunc("GET /api/v1/agents", func(w http.ResponseWriter, _ *http.Request) {
		status := map[bool]string{true: "available", false: "break"}[p.strays]
		answer(w, fmt.Sprintf(`{"items":[
			{"email":"ada@demo.test","status":%q,"queue_ids":["support"]},
			{"email":"cam@demo.test","status":"available","queue_ids":["sales"]},
			{"email":"bench-001@bench.invalid","status":"available","queue_ids":["support"]}],"next":""}`, status))
	})
}

// arrive opens a chat, under the lock.
func (p *product) arrive(from string) {
	if p.lose != nil && p.lose(from) {
		return
	}
	p.open[from] = true
	p.line = append(p.line, from)
	p.serve()
}

// serve hands out what waits while somebody has room, under the lock.
func (p *product) serve() {
	for len(p.line) > 0 {
		user := p.pick()
		if user == "" {
			return
		}
		next := 0
		if p.newestFirst {
			next = len(p.line) - 1
		}
		from := p.line[next]
		p.line = slices.Delete(p.line, next, next+1)
		p.owner[from] = user
		p.tell("chat.assigned", from, nil)
		if p.double != nil && p.double(from) {
			p.tell("chat.assigned", from, nil)
		}
	}
}

func (p *product) pick() string {
	for user, status := range p.status {
		if status == "available" && p.load(user) < p.most(user) {
			return user
		}
	}
	return ""
}

func (p *product) load(user string) (chats int) {
	for from := range p.open {
		if p.owner[from] == user {
			chats++
		}
	}
	return chats
}

func (p *product) most(user string) int {
	most := 0
	for _, u := range p.users {
		if n, ok := u["max_chats"].(float64); ok && u["id"] == user {
			most = int(n)
		}
	}
	if p.overfill && most > 0 {
		most++
	}
	return most
}

func (p *product) dispose(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := r.PathValue("id")
	var in struct {
		Disposition string `json:"disposition_id"`
	}
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Disposition != "resolved" {
		w.WriteHeader(http.StatusUnprocessableEntity)
		answer(w, `{"status":422,"code":"invalid","title":"no such result here"}`)
		return
	}
	if !p.open[from] {
		w.WriteHeader(http.StatusConflict)
		answer(w, `{"status":409,"code":"chat_closed","title":"closed already"}`)
		return
	}
	if p.owner[from] != p.sessions[cookie(r)] {
		w.WriteHeader(http.StatusConflict)
		answer(w, `{"status":409,"code":"not_owner","title":"belongs to somebody else"}`)
		return
	}
	delete(p.open, from)
	p.serve()
	if p.late != nil && p.late(from) {
		w.WriteHeader(http.StatusServiceUnavailable)
		answer(w, `{"status":503,"code":"engine_unavailable","title":"try again"}`)
		return
	}
	answer(w, `{}`)
}

// inLine lists who waits, under the lock.
func (p *product) inLine() []map[string]any {
	var items []map[string]any
	start := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for i, from := range p.line {
		items = append(items, map[string]any{
			"id": from, "queued_at": start.Add(time.Duration(i) * time.Millisecond),
			"customer": map[string]string{"address": from}, "queue": map[string]string{"id": "support"},
		})
	}
	return items
}

// isNth reports whether a customer is the n-th of a run.
func isNth(n int) func(string) bool {
	return func(from string) bool { return strings.HasSuffix(from, fmt.Sprintf("55501%02d", n)) }
}
