package simulator

import (
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"strings"
)

//go:embed pages
var pages embed.FS

var shopPage = template.Must(template.ParseFS(pages, "pages/webchat.html"))

// maxJSONBytes bounds a request to the simulator's own API: a few pictures in base64.
const maxJSONBytes = 8 << 20

// items is a list in an answer.
type items[T any] struct {
	Items []T `json:"items"`
}

// info is what the pages need to know.
type info struct {
	TandemURL string   `json:"tandem_url"`
	Number    string   `json:"number"`
	Magic     []Magic  `json:"magic"`
	Answers   []string `json:"answers"`
	Receipts  []string `json:"receipts"`
}

func (s *Simulator) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", s.createMessage)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages.json", s.listMessages)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages/{sid}", s.fetchMessage)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages/{sid}/Media/{media}", s.fetchMedia)

	mux.HandleFunc("GET /api/info", s.getInfo)
	mux.HandleFunc("GET /api/trouble", s.getTrouble)
	mux.HandleFunc("PUT /api/trouble", s.putTrouble)
	mux.HandleFunc("GET /api/messages", s.listMessagesForTests)
	mux.HandleFunc("GET /api/phones", s.listPhones)
	mux.HandleFunc("GET /api/phones/{number}/messages", s.listPhoneMessages)
	mux.HandleFunc("POST /api/phones/{number}/messages", s.sendFromPhone)
	mux.HandleFunc("POST /api/phones/{number}/messages/{sid}/retry", s.retryFromPhone)
	mux.HandleFunc("GET /api/phones/{number}/events", s.watchPhone)
	mux.HandleFunc("GET /api/media/{sid}/{media}", s.phoneMedia)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		s.answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})

	mux.HandleFunc("GET /{$}", s.page("index.html"))
	mux.HandleFunc("GET /phone", s.page("phone.html"))
	mux.HandleFunc("GET /webchat", s.shop)
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets())))
	return s.guarded(mux)
}

func assets() fs.FS {
	sub, err := fs.Sub(pages, "pages/assets")
	if err != nil {
		return pages // unreachable: the folder is embedded above
	}
	return sub
}

// guarded sets the pages' security headers. Scripts and styles come from files only, and from the product for its
// widget: a shop with a strict policy must be able to use it.
func (s *Simulator) guarded(next http.Handler) http.Handler {
	sockets := strings.Replace(s.o.TandemURL, "http", "ws", 1)
	policy := "default-src 'self'; img-src 'self' data: https:; script-src 'self' " + s.o.TandemURL +
		"; connect-src 'self' " + s.o.TandemURL + " " + sockets + "; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (s *Simulator) page(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		raw, err := pages.ReadFile("pages/" + name)
		if err != nil {
			s.broken(w, err)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		s.write(w, raw)
	}
}

// shop is the page with the widget's script tag.
func (s *Simulator) shop(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := shopPage.Execute(w, struct{ TandemURL, Key string }{s.o.TandemURL, s.o.WidgetKey}); err != nil {
		s.log.Warn("page not written", "error", err)
	}
}

func (s *Simulator) getInfo(w http.ResponseWriter, _ *http.Request) {
	s.answer(w, http.StatusOK, info{s.o.TandemURL, s.o.Number, MagicNumbers(), Answers(), Receipts()})
}

// read decodes a JSON body. It insists on the content type: a form of a foreign page can't set it.
func (s *Simulator) read(w http.ResponseWriter, r *http.Request, into any) bool {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		s.refuse(w, http.StatusUnsupportedMediaType, "the content type must be application/json")
		return false
	}
	decode := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSONBytes))
	decode.DisallowUnknownFields()
	if err := decode.Decode(into); err != nil {
		s.refuse(w, http.StatusBadRequest, "the body can't be read: "+err.Error())
		return false
	}
	return true
}

func (s *Simulator) answer(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		s.broken(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	s.write(w, raw)
}

func (s *Simulator) write(w http.ResponseWriter, raw []byte) {
	if _, err := w.Write(raw); err != nil {
		s.log.Debug("answer not written", "error", err)
	}
}

func (s *Simulator) refuse(w http.ResponseWriter, status int, text string) {
	s.answer(w, status, map[string]string{"error": text})
}

func (s *Simulator) broken(w http.ResponseWriter, err error) {
	s.log.Error("request failed", "error", err)
	http.Error(w, "the simulator failed: see its log", http.StatusInternalServerError)
}
