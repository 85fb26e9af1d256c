package api

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tandem/domain"
)

// headerKey names a mutation, so that the same one sent again is not done again.
const headerKey = "Idempotency-Key"

// headerReplayed marks an answer that was given before.
const headerReplayed = "Idempotency-Replayed"

// longestKey bounds an Idempotency-Key, in bytes.
const longestKey = 200

// once gives a mutation with an Idempotency-Key the answer it got the first time. Sign-ins and tokens are left out:
// their answers hold secrets that the ledger must not keep.
func (s *server) once(c *fiber.Ctx) error {
	key := c.Get(headerKey)
	who := callerOf(c.UserContext())
	if key == "" || !who.known || !changes(c.Method()) || answersSecrets(c.Path()) {
		return c.Next()
	}
	if len(key) > longestKey || strings.IndexFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return domain.Invalid(headerKey, "%s must be plain text of at most %d bytes", headerKey, longestKey)
	}
	first, err := s.store.BeginIdempotent(c.UserContext(), who.actor, key, hashRequest(c))
	if err != nil {
		return err
	}
	if first != nil {
		c.Set(headerReplayed, "true")
		if first.ContentType != "" {
			c.Set(fiber.HeaderContentType, first.ContentType)
		}
		return c.Status(first.Status).Send(first.Body)
	}
	done := false
	defer func() {
		if !done { // an error, a panic or a fault of ours: the caller may try again
			s.forgetAnswer(c, who.actor, key)
		}
	}()
	if err := c.Next(); err != nil {
		return err
	}
	if status := c.Response().StatusCode(); !worthKeeping(status) {
		return nil
	}
	done = true
	s.keepAnswer(c, who.actor, key)
	return nil
}

// worthKeeping reports whether an answer is final: faults of ours and refusals that mean "later" are not.
func worthKeeping(status int) bool {
	return status < fiber.StatusInternalServerError && status != fiber.StatusTooManyRequests
}

// settleTimeout bounds the bookkeeping after the answer is known; the request's own deadline may have passed by then.
const settleTimeout = 5 * time.Second

func (s *server) keepAnswer(c *fiber.Ctx, actor domain.Actor, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), settleTimeout)
	defer cancel()
	r := c.Response()
	err := s.store.FinishIdempotent(ctx, actor, key, domain.StoredAnswer{
		Status: r.StatusCode(), ContentType: string(r.Header.ContentType()), Body: append([]byte(nil), r.Body()...),
	})
	if err != nil {
		// The change itself is done. A repeat is told to wait until the key runs out.
		s.log.Error("answer not kept", "error", err.Error(), "request", requestID(ctx))
	}
}

func (s *server) forgetAnswer(c *fiber.Ctx, actor domain.Actor, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), settleTimeout)
	defer cancel()
	if err := s.store.AbandonIdempotent(ctx, actor, key); err != nil {
		s.log.Error("idempotency key not released", "error", err.Error(), "request", requestID(ctx))
	}
}

func answersSecrets(path string) bool {
	return strings.HasPrefix(path, apiPrefix+"/auth/") || strings.HasPrefix(path, apiPrefix+"/tokens")
}

// hashRequest is what must be the same for a key to name the same request.
func hashRequest(c *fiber.Ctx) []byte {
	h := sha256.New()
	h.Write([]byte(c.Method() + " " + c.OriginalURL() + "\n"))
	h.Write(c.Body())
	return h.Sum(nil)
}
