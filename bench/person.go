package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// person is a signed-in user of the product's HTTP API.
type person struct {
	base   string
	cookie string
	client *http.Client
}

// problem is what the API answers when it refuses.
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Title  string `json:"title"`
}

func (p *problem) Error() string {
	return fmt.Sprintf("HTTP %d %s: %s", p.Status, p.Code, strings.TrimSpace(p.Title+" "+p.Detail))
}

// largestAnswer bounds what the driver reads of an answer.
const largestAnswer = 16 << 20

func signIn(ctx context.Context, client *http.Client, base, email, password string) (*person, error) {
	p := &person{base: strings.TrimRight(base, "/"), client: client}
	var cookie string
	err := p.call(ctx, http.MethodPost, "/api/v1/auth/login", "", map[string]string{"email": email, "password": password}, nil,
		func(res *http.Response) {
			for _, c := range res.Cookies() {
				if c.Name == "tandem_session" {
					cookie = c.Name + "=" + c.Value
				}
			}
		})
	if err != nil {
		return nil, fmt.Errorf("signing in %s: %w", email, err)
	}
	if cookie == "" {
		return nil, fmt.Errorf("signing in %s: the answer has no session cookie", email)
	}
	p.cookie = cookie
	return p, nil
}

func (p *person) get(ctx context.Context, path string, out any) error {
	return p.call(ctx, http.MethodGet, path, "", nil, out, nil)
}

func (p *person) send(ctx context.Context, method, path string, in, out any) error {
	return p.call(ctx, method, path, "", in, out, nil)
}

// sendOnce is a command that may be sent again under the same key without being done twice.
func (p *person) sendOnce(ctx context.Context, path, key string, in any) error {
	return p.call(ctx, http.MethodPost, path, key, in, nil, nil)
}

func (p *person) header() http.Header { return http.Header{"Cookie": {p.cookie}} }

func (p *person) call(ctx context.Context, method, path, key string, in, out any, look func(*http.Response)) error {
	var body io.Reader
	if in != nil {
		encoded, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encoding the request: %w", err)
		}
		body = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, body)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if p.cookie != "" {
		req.Header.Set("Cookie", p.cookie)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("calling %s: %w", path, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", path, err)
	}
	if res.StatusCode/100 != 2 {
		refusal := &problem{}
		if json.Unmarshal(answer, refusal) != nil || refusal.Status == 0 {
			refusal.Status = res.StatusCode
		}
		return fmt.Errorf("%s %s: %w", method, path, refusal)
	}
	if look != nil {
		look(res)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("decoding the answer of %s: %w", path, err)
	}
	return nil
}

// patience bounds the retries of a call that the server asked to repeat.
const patience = 20 * time.Second

// retried runs f again while the server asks to (429, 503), as long as patience lasts.
func retried(ctx context.Context, f func() error) error { return retriedFor(ctx, patience, f) }

// retriedFor is retried with a patience of one's own.
func retriedFor(ctx context.Context, limit time.Duration, f func() error) error {
	deadline := time.Now().Add(limit)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		err := f()
		var refusal *problem
		if err == nil || !errors.As(err, &refusal) || (refusal.Status != http.StatusTooManyRequests && refusal.Status != http.StatusServiceUnavailable) {
			return err
		}
		if time.Now().Add(pause).After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(pause):
		}
	}
}
