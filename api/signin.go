package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"tandem/domain"
)

// LoginRequest is an e-mail address and its password.
type LoginRequest struct {
	Email    string `json:"email" maxLength:"320" example:"agent1@demo.test"`
	Password string `json:"password" maxLength:"200"`
}

// LoginAnswer is who signed in.
type LoginAnswer struct {
	User domain.User `json:"user"`
}

type loginInput struct {
	Body LoginRequest
}

type loginOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      LoginAnswer
}

type cookieOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

// wrongPassword is the one answer to a failed sign-in: it never says which half was wrong.
func wrongPassword() error {
	return domain.E(domain.CodeUnauthorized, "e-mail address or password is wrong").Because("wrong_password")
}

// signIn checks the password and opens a session. An unknown address costs the same time as a wrong password.
func (s *server) signIn(ctx context.Context, in *loginInput) (*loginOutput, error) {
	email := strings.ToLower(strings.TrimSpace(in.Body.Email))
	brake := email + "\n" + callerOf(ctx).address
	if wait := s.logins.blocked(brake, s.now()); wait > 0 {
		refusal := domain.E(domain.CodeThrottled, "too many failed sign-ins; wait a few minutes").Because("too_many_sign_ins")
		refusal.RetryAfter = wait
		return nil, refusal
	}
	user, hash, err := s.store.UserForLogin(ctx, email)
	unknown := domain.CodeOf(err) == domain.CodeNotFound
	if err != nil && !unknown {
		return nil, err
	}
	if unknown {
		hash = s.passwords.decoy()
	}
	right, err := s.passwords.check(ctx, in.Body.Password, hash)
	if err != nil {
		return nil, err
	}
	if unknown || !right {
		s.logins.failed(brake, s.now())
		return nil, wrongPassword()
	}
	s.logins.forget(brake)
	cookie, err := s.openSession(ctx, user)
	if err != nil {
		return nil, err
	}
	return &loginOutput{SetCookie: cookie, Body: LoginAnswer{User: user}}, nil
}

func (s *server) openSession(ctx context.Context, user domain.User) (string, error) {
	secret := newSecret()
	now := s.now()
	if err := s.store.CreateSession(ctx, user, hashSecret(secret), now, now.Add(sessionLife)); err != nil {
		return "", err
	}
	return s.cookie(secret, sessionLife), nil
}

func (s *server) cookie(value string, life time.Duration) string {
	c := http.Cookie{ //nolint:gosec // Secure whenever browsers reach us by https; a laptop's demo has none
		Name: cookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: s.secure, MaxAge: int(life.Seconds()),
	}
	return c.String()
}

// signOut ends the session and closes its sockets. It works without a sign-in: the cookie is to go either way.
func (s *server) signOut(ctx context.Context, _ *struct{}) (*cookieOutput, error) {
	if hash := callerOf(ctx).session; hash != nil {
		if err := s.store.DeleteSession(ctx, hash); err != nil {
			return nil, err
		}
		s.hub.endSession(hash)
	}
	return &cookieOutput{SetCookie: s.cookie("", -time.Second)}, nil
}

// newSecret gives 256 random bits as a word. The system's generator doesn't fail.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // documented never to return an error
	return base64.RawURLEncoding.EncodeToString(b[:])
}
