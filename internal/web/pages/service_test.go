package pages_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// service is the real web server over a scripted answerer and a memory.
type service struct {
	store  *memory
	script *script
	models []api.Model
	pages  pages.Options
	url    string

	mu        sync.Mutex
	intercept http.HandlerFunc // answers the next POST to /v1/answers instead of the service
}

// start serves a help centre with documents; prepare may change it before.
func start(t *testing.T, prepare ...func(*service)) *service {
	t.Helper()
	s := &service{store: newMemory(), script: &script{}, pages: options(), models: []api.Model{{Name: "extractive", Kind: "extractive", Default: true}}}
	s.fill()
	for _, p := range prepare {
		p(s)
	}
	srv, err := web.New(web.Options{
		Answerer: s.script, Bases: s.store, Documents: s.store, Uploads: s.store, Records: s.store,
		Conversations: s.store, Feedback: s.store, Keys: s.store, Sessions: s.store,
		Models: s.models, Styles: styles, Pages: s.pages, Loopback: true, MaxUpload: 1 << 20,
	})
	require.NoError(t, err)
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := s.taken(r); h != nil {
			h(w, r)
			return
		}
		srv.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(ts.Close)
	s.url = ts.URL
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

func (s *service) fill() {
	s.store.bases = []kb.Base{{Name: "default"}, {Name: "handbook"}}
	for _, p := range found() {
		d := kb.DocumentInfo{Document: p.Document, Status: kb.Ready, Chunks: 4, Bytes: 2048, Indexed: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
		s.store.documents = append(s.store.documents, d)
		s.store.texts[d.ID] = p.Text
	}
	bad := s.store.documents[0]
	bad.Path, bad.Title, bad.Chunks = "scan.pdf", "", 0
	bad.ID = kb.DocumentID(bad.KB, bad.Source, bad.Path)
	bad.Status, bad.Reason = kb.Failed, "The file is protected by a password. Save it without one and add it again."
	s.store.documents = append(s.store.documents, bad)
}
