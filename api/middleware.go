package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
)

// requestDeadline bounds everything one request may wait for. Sockets are exempt: they end by their own rules.
const requestDeadline = 10 * time.Second

// headerRequestID names a request in answers and logs; a caller may bring their own.
const headerRequestID = "X-Request-Id"

type contextKey int

const (
	keyRequestID contextKey = iota
	keyCaller
)

// requestID gives the request's id; empty outside a request.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequestID).(string)
	return id
}

// recoverPanics turns a panic into an opaque 500 and keeps the stack for the log.
func (s *server) recoverPanics(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("request panicked", "panic", fmt.Sprint(r), "request", requestID(c.UserContext()),
				"method", c.Method(), "route", c.Route().Path, "stack", string(debug.Stack()))
			err = problemOf(errors.New("panicked")).write(c)
		}
	}()
	return c.Next()
}

// nameRequest gives the request an id, taking the caller's when it is a plain word.
func nameRequest(c *fiber.Ctx) error {
	id := c.Get(headerRequestID)
	if !plainWord(id) {
		id = mintRequestID()
	}
	c.Set(headerRequestID, id)
	c.SetUserContext(context.WithValue(c.UserContext(), keyRequestID, id))
	return c.Next()
}

func mintRequestID() string { return uuid.Must(uuid.NewV7()).String() }

func plainWord(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) < 0
}

// setDeadline gives the request's context an end. Fiber's own context never ends by itself.
func setDeadline(c *fiber.Ctx) error {
	if isSocket(c) {
		return c.Next()
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), requestDeadline)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// observe writes the access log and the metrics. It settles a handler's error first, so that the status it notes is the
// status that was sent. Only the route's pattern is logged: addresses, queries and bodies may hold personal data.
func (s *server) observe(c *fiber.Ctx) error {
	begun := time.Now()
	if err := c.Next(); err != nil {
		if err := s.answerError(c, err); err != nil {
			return err
		}
	}
	took := time.Since(begun)
	status := c.Response().StatusCode()
	route := c.Route().Path
	s.metrics.observeRequest(c.Method(), route, status, took)
	level := slog.LevelInfo
	switch {
	case status >= fiber.StatusInternalServerError:
		level = slog.LevelError
	case status < fiber.StatusBadRequest && !strings.HasPrefix(route, "/api/v1"):
		level = slog.LevelDebug
	}
	s.log.Log(c.UserContext(), level, "request served", "method", c.Method(), "route", route, "status", status,
		"took_ms", float64(took.Microseconds())/1000, "request", requestID(c.UserContext()))
	return nil
}

// answerError is the one place where an error becomes an answer. Errors that are our fault are logged here.
func (s *server) answerError(c *fiber.Ctx, err error) error {
	p := problemOf(err)
	if p.Status >= fiber.StatusInternalServerError {
		s.log.Error("request failed", "error", err.Error(), "route", c.Route().Path, "request", requestID(c.UserContext()))
	}
	return p.write(c)
}

// contentPolicy lets the console load from its own origin only. Styles may be inline because component libraries place
// them so; scripts may not.
const contentPolicy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func (s *server) setSecurityHeaders(c *fiber.Ctx) error {
	c.Set("Content-Security-Policy", contentPolicy)
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("X-Frame-Options", "DENY")
	c.Set("Referrer-Policy", "same-origin")
	c.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	if s.secure {
		c.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if strings.HasPrefix(c.Path(), "/api/") {
		c.Set(fiber.HeaderCacheControl, "no-store")
	}
	return c.Next()
}
