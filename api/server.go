package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"tandem/channels"
)

// Limits of one request.
const (
	largestBody = 1 << 20
	readTimeout = 15 * time.Second
	// writeTimeout bounds one answer to a slow reader; sockets set their own.
	writeTimeout = 30 * time.Second
	idleTimeout  = 2 * time.Minute
	// headerBytes is room for a cookie, a signature and a browser's usual headers.
	headerBytes = 16 << 10
)

// server is what handlers share. Its fields never change after New.
type server struct {
	store    Store
	chats    Chats
	channels channels.Registry
	hub      *Hub
	temporal func(context.Context) error
	decoder  http.Handler
	console  fs.FS
	index    []byte

	widget    []byte
	widgetTag string
	squeezed  squeezer

	publicURL string
	origin    string // of publicURL
	uiOrigin  string // of the Temporal UI
	secure    bool   // publicURL is https

	upgrade    fiber.Handler
	api        huma.API
	openAPI    []byte
	docs       []byte
	visitors   visitorTokens
	passwords  *passwords
	logins     *brake
	widgetPace *pacer
	known      *channelCache
	metrics    *Metrics
	log        *slog.Logger
	now        func() time.Time
}

// New builds the public application. The caller listens with it and shuts it down; the Hub runs on its own.
func New(d Deps) (*fiber.App, error) {
	s, err := newServer(d)
	if err != nil {
		return nil, err
	}
	app := fiber.New(fiber.Config{
		AppName:               "tandem",
		DisableStartupMessage: true,
		// Fiber reuses a request's buffers for the next one: without Immutable every string a handler keeps would change
		// under its feet.
		Immutable:    true,
		ErrorHandler: s.answerError,
		BodyLimit:    largestBody,
		// A webhook's signature covers the whole body, so it is read before a handler runs.
		StreamRequestBody: false,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ReadBufferSize:    headerBytes,
		CaseSensitive:     true,
	})

	// The order matters: everything is named, everything is observed, nothing escapes as a panic, every answer has the
	// headers, everything ends; then who calls, then whether the same was asked before.
	app.Use(nameRequest, s.observe, s.recoverPanics, s.setSecurityHeaders, setDeadline)
	app.Use(widgetPrefix, s.admitWidgetOrigin)
	app.Use(apiPrefix, outside(widgetPrefix, s.authenticate), outside(widgetPrefix, s.once))

	if err := s.describe(app, d.Version); err != nil {
		return nil, err
	}
	s.plainRoutes(app)
	return app, nil
}

func newServer(d Deps) (*server, error) {
	s := &server{
		store: d.Store, chats: d.Chats, channels: d.Channels, hub: d.Hub, temporal: d.Temporal, decoder: d.Codec,
		console: d.Console, widget: d.Widget,
		publicURL: strings.TrimSuffix(d.PublicURL, "/"), origin: originOf(d.PublicURL), uiOrigin: originOf(d.TemporalUIURL),
		secure: strings.HasPrefix(d.PublicURL, "https://"), metrics: d.Metrics, log: d.Logger, now: d.Now,
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	sum := sha256.Sum256(d.Widget)
	s.widgetTag = `"` + hex.EncodeToString(sum[:8]) + `"`
	s.visitors = newVisitorTokens(d.Keys, s.now)
	s.passwords = newPasswords()
	s.logins = newBrake(loginFailures, loginWindow)
	s.widgetPace = newPacer(visitorRate, visitorBurst)
	s.known = newChannelCache(d.Store, s.now)
	s.upgrade = s.newUpgrade()
	return s, s.loadConsole()
}

// outside applies a middleware to all paths that don't start with prefix.
func outside(prefix string, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if strings.HasPrefix(c.Path(), prefix+"/") {
			return c.Next()
		}
		return h(c)
	}
}

// describe registers every typed operation and keeps the OpenAPI document they add up to.
func (s *server) describe(app *fiber.App, version string) error {
	if version == "" {
		version = "dev"
	}
	config := huma.DefaultConfig("Tandem", version)
	config.Info.Description = "Contact center for digital channels. Refusals are problem documents (RFC 9457) with a stable code."
	// No $schema field in answers, and our own documentation page: Huma's loads scripts from another host.
	config.CreateHooks = nil
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName},
		"bearer":  {Type: "http", Scheme: "bearer"},
	}
	s.api = humafiber.New(app, config)
	s.operations()
	nameChoices(s.api.OpenAPI().Components.Schemas)
	return s.render()
}
