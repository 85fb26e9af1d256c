package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"tandem/domain"
)

// notBuilt is what a clean clone without Node answers at /.
const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tandem</title>
<h1>The console has not been built</h1>
<p>Run <code>make console</code> and start again. The API works: see <a href="/docs">/docs</a>.</p></html>`

// reserved are the beginnings of addresses that are never the console's, so that a mistyped one is told so.
var reserved = []string{"/api/", "/webhooks/", "/healthz", "/readyz", "/openapi", "/docs", "/widget.js", "/metrics", "/debug/"}

func (s *server) loadConsole() error {
	s.index = []byte(notBuilt)
	if s.console == nil {
		return nil
	}
	index, err := fs.ReadFile(s.console, "index.html")
	if errors.Is(err, fs.ErrNotExist) {
		s.console = nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the console: %w", err)
	}
	s.index = index
	return nil
}

// serveConsole answers the console's files, and its page for every other address: the page itself knows which chat an
// address means. Hashed files never change; the page is asked for each time.
func (s *server) serveConsole(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead {
		return c.Next()
	}
	for _, prefix := range reserved {
		if strings.HasPrefix(c.Path(), prefix) {
			return c.Next()
		}
	}
	name := strings.TrimPrefix(path.Clean("/"+c.Path()), "/")
	if s.console != nil && name != "" && name != "index.html" && fs.ValidPath(name) {
		file, err := fs.ReadFile(s.console, name)
		if err == nil {
			return s.sendFile(c, name, file)
		}
		if strings.HasPrefix(name, "assets/") {
			return domain.E(domain.CodeNotFound, "the console has no such file")
		}
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	return c.Send(s.index)
}

func (s *server) sendFile(c *fiber.Ctx, name string, file []byte) error {
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = fiber.MIMEOctetStream
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if strings.HasPrefix(name, "assets/") {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	return s.squeezed.send(c, name, file)
}

// squeezer answers files compressed to browsers that take it. Files never change while the process lives, so each is
// compressed once, when it is first asked for.
type squeezer struct{ done sync.Map } // name → []byte, nil when compressing gains nothing

// leastSqueezed is the smallest file worth compressing, in bytes: below it everything fits one packet anyway.
const leastSqueezed = 1200

func (q *squeezer) send(c *fiber.Ctx, name string, file []byte) error {
	c.Vary(fiber.HeaderAcceptEncoding)
	if len(file) < leastSqueezed || c.AcceptsEncodings("gzip") != "gzip" {
		return c.Send(file)
	}
	known, ok := q.done.Load(name)
	if !ok {
		small, err := squeeze(file)
		if err != nil {
			return fmt.Errorf("compressing %s: %w", name, err)
		}
		known, _ = q.done.LoadOrStore(name, small)
	}
	small, _ := known.([]byte)
	if small == nil {
		return c.Send(file)
	}
	c.Set(fiber.HeaderContentEncoding, "gzip")
	return c.Send(small)
}

// squeeze gives the file compressed, nil when that saves less than a tenth.
func squeeze(file []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(file); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if out.Len() > len(file)*9/10 {
		return nil, nil
	}
	return out.Bytes(), nil
}
