package api

import (
	"context"
	"crypto/sha256"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tandem/domain"
)

// cookieName is the session's cookie: opaque to scripts, sent only to us.
const cookieName = "tandem_session"

// sessionLife is the longest a sign-in lasts; a session that isn't used for a day ends earlier (the store knows).
const sessionLife = 14 * 24 * time.Hour

// tokenPrefix marks our bearer tokens, so that a leaked one is recognised by scanners.
const tokenPrefix = "tdm_"

// caller is who made the request, as far as the credentials say.
type caller struct {
	actor   domain.Actor
	known   bool
	session []byte // hash of the session's secret; nil for a bearer token
	address string // the peer's network address
	refusal error  // why the credentials were not accepted; nil when there were none
}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(keyCaller).(caller)
	return c
}

// actorOf gives the signed-in user. Operations with an access rule always have one.
func actorOf(ctx context.Context) domain.Actor { return callerOf(ctx).actor }

// mayCall refuses callers that nobody knows or whose role may not do this.
func mayCall(ctx context.Context, allowed access) error {
	c := callerOf(ctx)
	switch {
	case c.refusal != nil:
		return c.refusal
	case !c.known:
		return domain.E(domain.CodeUnauthorized, "sign in first")
	case !allowed(c.actor.Role):
		return domain.E(domain.CodeForbidden, "your role (%s) may not do this", c.actor.Role)
	}
	return nil
}

// authenticate finds out who calls, from the cookie or a bearer token. It doesn't refuse: each operation says whom it
// lets in. Only a change that another site may have caused in a signed-in browser ends here.
func (s *server) authenticate(c *fiber.Ctx) error {
	who := caller{address: c.IP()}
	secret, bearer := bearerToken(c.Get(fiber.HeaderAuthorization))
	cookie := c.Cookies(cookieName)
	if !bearer && changes(c.Method()) {
		if err := s.checkOrigin(c); err != nil {
			return err
		}
	}
	var err error
	switch {
	case bearer:
		who.actor, err = s.store.ActorByToken(c.UserContext(), hashSecret(secret), s.now())
	case cookie != "":
		who.session = hashSecret(cookie)
		who.actor, err = s.store.ActorBySession(c.UserContext(), who.session, s.now())
	default:
		return s.goOnAs(c, who)
	}
	switch domain.CodeOf(err) {
	case "":
		who.known = true
	case domain.CodeNotFound, domain.CodeUnauthorized:
		who.refusal = domain.E(domain.CodeUnauthorized, "your sign-in has ended; sign in again").Because("signed_out")
	default:
		return err
	}
	return s.goOnAs(c, who)
}

func (s *server) goOnAs(c *fiber.Ctx, who caller) error {
	c.SetUserContext(context.WithValue(c.UserContext(), keyCaller, who))
	return c.Next()
}

func bearerToken(header string) (string, bool) {
	scheme, secret, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	return strings.TrimSpace(secret), true
}

// hashSecret is what the ledger keeps of a secret with 256 random bits; a slow hash would add nothing.
func hashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func changes(method string) bool {
	return method != fiber.MethodGet && method != fiber.MethodHead && method != fiber.MethodOptions
}

// checkOrigin refuses a change that a page of another origin sent: a browser says where a change comes from, and
// programs that say nothing hold no cookie of a person.
func (s *server) checkOrigin(c *fiber.Ctx) error {
	origin := c.Get(fiber.HeaderOrigin)
	if origin == "" {
		if c.Get("Sec-Fetch-Site") == "cross-site" {
			return foreignOrigin()
		}
		return nil
	}
	if s.ownOrigin(origin, string(c.Request().Host())) {
		return nil
	}
	if s.temporalUI(origin) && strings.HasPrefix(c.Path(), codecPrefix+"/") {
		return nil
	}
	return foreignOrigin()
}

func foreignOrigin() error {
	return domain.E(domain.CodeForbidden, "the request came from a page of another site").Because("foreign_origin")
}

// ownOrigin reports whether a page's origin is ours: the configured public one, or the host it was sent to.
func (s *server) ownOrigin(origin, host string) bool {
	if origin == s.origin {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// originOf gives the scheme and host of a URL as a browser writes an Origin; empty for what isn't a URL.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
