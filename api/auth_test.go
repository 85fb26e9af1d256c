package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/api"
	"tandem/domain"
)

func TestSigningInSetsACookieThatSignsRequestsUntilSigningOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ada := b.Agents[0]
	got := b.call(t, "POST", "/api/v1/auth/login", map[string]string{"email": " " + email(ada), "password": password})
	require.Equal(t, 200, got.StatusCode, string(got.body))
	require.NotContains(t, string(got.body), "password")
	cookie := got.Cookies()[0]
	require.True(t, cookie.HttpOnly)
	require.True(t, cookie.Secure, "the public URL is https")
	require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	require.Equal(t, "/", cookie.Path)
	signed := func(r *http.Request) { r.AddCookie(cookie) }

	var me api.Me
	got = b.call(t, "GET", "/api/v1/me", nil, signed)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	got.into(t, &me)
	require.Equal(t, ada.User, me.User.ID)
	require.NotNil(t, me.Features)
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))

	got = b.call(t, "POST", "/api/v1/auth/logout", nil, signed)
	require.Equal(t, 204, got.StatusCode, string(got.body))
	b.call(t, "GET", "/api/v1/me", nil, signed).refused(t, 401, "signed_out")
	require.Equal(t, 204, b.call(t, "POST", "/api/v1/auth/logout", nil, signed).StatusCode, "signing out twice")
}

func TestAWrongPasswordAndAnUnknownAddressAnswerTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wrong := b.call(t, "POST", "/api/v1/auth/login", map[string]string{"email": email(b.Agents[0]), "password": "wrong"})
	unknown := b.call(t, "POST", "/api/v1/auth/login", map[string]string{"email": "nobody@test.invalid", "password": "wrong"})
	require.Equal(t, wrong.refused(t, 401, "wrong_password").Detail, unknown.refused(t, 401, "wrong_password").Detail)
	require.NotContains(t, b.log.String(), "nobody@test.invalid")
}

func TestGuessingIsBraked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	try := func(a domain.Actor, word string) answer {
		return b.call(t, "POST", "/api/v1/auth/login", map[string]string{"email": email(a), "password": word})
	}
	for range 10 {
		try(b.Agents[0], "wrong").refused(t, 401, "wrong_password")
	}
	got := try(b.Agents[0], password)
	got.refused(t, 429, "too_many_sign_ins")
	require.NotEmpty(t, got.Header.Get("Retry-After"))
	require.Equal(t, 200, try(b.Agents[1], password).StatusCode, "others sign in as ever")
}

func TestAChangeFromAnotherSitesPageIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cookie := b.signIn(t, b.Agents[0])
	status := map[string]string{"status": "available"}
	for name, try := range map[string]struct {
		with   with
		status int
	}{
		"own origin":     {header("Origin", publicURL), 200},
		"own host":       {header("Origin", "http://example.com"), 200}, // httptest's host
		"no origin":      {header("X-Nothing", "1"), 200},
		"foreign origin": {header("Origin", "https://evil.test"), 403},
		"opaque origin":  {header("Origin", "null"), 403},
		"cross-site":     {header("Sec-Fetch-Site", "cross-site"), 403},
		"temporal's UI":  {header("Origin", temporalUI), 403},
	} {
		got := b.call(t, "PUT", "/api/v1/me/status", status, cookie, try.with)
		require.Equal(t, try.status, got.StatusCode, name)
		if try.status == 403 {
			got.refused(t, 403, "foreign_origin")
		}
	}
	require.Equal(t, 403, b.call(t, "POST", "/api/v1/auth/login",
		map[string]string{"email": email(b.Agents[0]), "password": password}, header("Origin", "https://evil.test")).StatusCode)
	require.Equal(t, 200, b.call(t, "PUT", "/api/v1/me/status", status, b.as(t, b.Agents[0]),
		header("Origin", "https://evil.test")).StatusCode, "a bearer token isn't sent by a browser by itself")
}

func TestEachOperationSaysWhoMay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	campaigner := b.AddUser(t, "Cam", domain.RoleCampaignManager)
	for _, try := range []struct {
		method, path string
		body         any
		actor        domain.Actor
		status       int
	}{
		{"GET", "/api/v1/chats", nil, b.Agents[0], 200},
		{"GET", "/api/v1/chats", nil, b.Supervisor, 200},
		{"GET", "/api/v1/chats", nil, b.Operator, 403},
		{"GET", "/api/v1/chats", nil, campaigner, 403},
		{"GET", "/api/v1/settings/users", nil, b.Agents[0], 403},
		{"GET", "/api/v1/settings/users", nil, b.Supervisor, 200},
		{"POST", "/api/v1/settings/queues", map[string]any{"name": "Returns"}, b.Supervisor, 403},
		{"POST", "/api/v1/settings/queues", map[string]any{"name": "Returns"}, b.Admin, 201},
		{"PUT", "/api/v1/me/status", map[string]any{"status": "break"}, b.Admin, 403},
		{"GET", "/api/v1/me", nil, campaigner, 200},
		{"POST", "/api/v1/temporal/codec/decode", map[string]any{}, b.Agents[0], 403},
	} {
		got := b.call(t, try.method, try.path, try.body, b.as(t, try.actor))
		require.Equal(t, try.status, got.StatusCode, "%s %s as %s: %s", try.method, try.path, try.actor.Role, got.body)
		require.Equal(t, 401, b.call(t, try.method, try.path, try.body).StatusCode, "%s %s", try.method, try.path)
	}
}

func TestATokensSecretIsShownOnceAndWorksUntilRevoked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cookie := b.signIn(t, b.Agents[0])
	var made api.NewToken
	got := b.call(t, "POST", "/api/v1/tokens", map[string]string{"name": "export"}, cookie, header("Idempotency-Key", "once"))
	require.Equal(t, 201, got.StatusCode, string(got.body))
	got.into(t, &made)
	require.Regexp(t, `^tdm_[A-Za-z0-9_-]{43}$`, made.Secret)
	require.Equal(t, 0, b.count(t, "idempotency_keys"), "an answer with a secret is never kept")
	bearer := header("Authorization", "bearer "+made.Secret)
	require.Equal(t, 200, b.call(t, "GET", "/api/v1/me", nil, bearer).StatusCode)
	got = b.call(t, "GET", "/api/v1/tokens", nil, cookie)
	require.NotContains(t, string(got.body), made.Secret)
	require.Equal(t, 204, b.call(t, "DELETE", "/api/v1/tokens/"+string(made.Token.ID), nil, cookie).StatusCode)
	b.call(t, "GET", "/api/v1/me", nil, bearer).refused(t, 401, "signed_out")
	b.call(t, "DELETE", "/api/v1/tokens/"+string(made.Token.ID), nil, cookie).refused(t, 404, "unknown_token")
}

func TestUsersAreMadeAndChangedWithCareForPasswords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.as(t, b.Admin)
	user := map[string]any{"email": "New@Test.invalid", "name": "New", "role": "agent", "password": "short", "queue_ids": []string{string(b.Queue)}}
	b.call(t, "POST", "/api/v1/settings/users", user, admin).refused(t, 422, "invalid")
	user["password"] = "long enough for all"
	user["email"] = "not an address"
	b.call(t, "POST", "/api/v1/settings/users", user, admin).refused(t, 422, "invalid")
	user["email"] = "New@Test.invalid"
	got := b.call(t, "POST", "/api/v1/settings/users", user, admin)
	require.Equal(t, 201, got.StatusCode, string(got.body))
	require.NotContains(t, string(got.body), "argon2")
	var made domain.User
	got.into(t, &made)
	require.Equal(t, "new@test.invalid", made.Email)
	require.Equal(t, domain.DefaultMaxChats, made.MaxChats)
	b.call(t, "POST", "/api/v1/settings/users", user, admin).refused(t, 409, "conflict")
	login := map[string]string{"email": made.Email, "password": "long enough for all"}
	require.Equal(t, 200, b.call(t, "POST", "/api/v1/auth/login", login).StatusCode)
	got = b.call(t, "PATCH", "/api/v1/settings/users/"+string(made.ID), map[string]any{"max_chats": 20, "disabled": true}, admin)
	require.Equal(t, 200, got.StatusCode, string(got.body))
	b.call(t, "POST", "/api/v1/auth/login", login).refused(t, 401, "wrong_password")
}
