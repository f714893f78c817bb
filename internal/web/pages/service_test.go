package pages_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/internal/web/webtest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// service is the real web server over a scripted answerer and a memory.
type service struct {
	t      *testing.T
	store  *memory
	script *script
	empty  bool   // no knowledge base at all
	agent  string // the secret of a key
	admin  string
	models []api.Model
	pages  pages.Options

	mu        sync.Mutex
	intercept http.HandlerFunc // answers the next POST to /v1/answers instead of the service
}

// site is the address of one service after another, so that a browser loads once
// what it may keep for ever.
type site struct {
	url     string
	mu      sync.RWMutex // held by every request, and by the change of the service
	service http.Handler
}

func newSite(t *testing.T) *site {
	t.Helper()
	x := &site{service: http.NotFoundHandler()}
	ts := httptest.NewServer(x)
	t.Cleanup(ts.Close)
	x.url = ts.URL
	return x
}

// blank is a page of the site that no service knows of.
const blank = "/blank"

func (x *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == blank {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<link rel="icon" href="data:,">`)
		return
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	x.service.ServeHTTP(w, r)
}

// start serves a help centre with documents from now on; prepare may change it
// before.
func (x *site) start(t *testing.T, prepare func(*service)) *service {
	t.Helper()
	s := &service{t: t, store: &memory{}, script: &script{}, pages: options(), models: webtest.Models()}
	if prepare != nil {
		prepare(s)
	}
	if !s.empty {
		s.fill(t)
	}
	srv, err := web.New(web.Options{
		Answerer: s.script, Bases: s.store, Documents: s.store, Uploads: s.store, Records: s.store,
		Conversations: s.store, Feedback: s.store, Keys: s.store, Sessions: s.store,
		Models: s.models, Styles: styles, Pages: s.pages, Loopback: true, MaxUpload: 1 << 20,
	})
	require.NoError(t, err)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.service = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := s.taken(r); h != nil {
			h(w, r)
			return
		}
		srv.Handler().ServeHTTP(w, r)
	})
	return s
}

func (s *service) taken(r *http.Request) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method != http.MethodPost || r.URL.Path != "/v1/answers" {
		return nil
	}
	h := s.intercept
	s.intercept = nil
	return h
}

func (s *service) interceptNext(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = h
}

func options() pages.Options {
	return pages.Options{
		Commands: []pages.Command{
			{Label: "Read a folder", Line: "askdesk ingest ./docs"},
			{Label: "Open the page", Line: "askdesk serve"},
		},
		Connect: []pages.Command{{Label: "Start with the address and key of a model", Line: "OPENAI_BASE_URL=http://127.0.0.1:8081/v1 OPENAI_API_KEY=none askdesk serve"}},
	}
}

func styles() prompts.Styles {
	choices := func(names ...string) (out []prompts.Choice) {
		for _, n := range names {
			out = append(out, prompts.Choice{Name: n})
		}
		return out
	}
	return prompts.Styles{
		Tones:     choices("friendly", "formal", "empathetic", "concise"),
		Formats:   choices("chat", "email", "steps", "bullets"),
		Lengths:   choices("short", "medium", "long"),
		Languages: choices("de", "en"),
	}
}

// fill makes a knowledge base with the documents that the script quotes, one
// that could not be read, and an empty knowledge base.
func (s *service) fill(t *testing.T) {
	t.Helper()
	for _, name := range []string{"default", "handbook"} {
		_, err := s.store.CreateBase(t.Context(), name)
		require.NoError(t, err)
	}
	read := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for _, p := range found() {
		s.store.Put(kb.DocumentInfo{Document: p.Document, Status: kb.Ready, Chunks: 4, Indexed: read}, p.Text)
	}
	bad := kb.DocumentInfo{Document: kb.Document{KB: "default", Source: "helpcentre", Path: "scan.pdf", Audience: kb.Agent}}
	bad.Status, bad.Reason = kb.Failed, "The file is protected by a password. Save it without one and add it again."
	s.store.Put(bad, "")
}
