package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/webtest"
	"github.com/askdesk/askdesk/kb"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// service is a server on fakes.
type service struct {
	t        *testing.T
	memory   *webtest.Memory
	answerer *webtest.Answerer
	handler  http.Handler
	server   *web.Server
	log      *bytes.Buffer
	now      time.Time
}

// start makes a service without keys that holds the knowledge base help; change
// changes its options.
func start(t *testing.T, change func(*web.Options)) *service {
	t.Helper()
	s := &service{t: t, memory: &webtest.Memory{}, answerer: &webtest.Answerer{}, log: &bytes.Buffer{}, now: noon}
	_, err := s.memory.CreateBase(t.Context(), "help")
	require.NoError(t, err)
	opt := web.Options{
		Answerer: s.answerer, Searcher: s.answerer, Bases: s.memory, Documents: s.memory, Uploads: s.memory,
		Records: s.memory, Conversations: s.memory, Feedback: s.memory, Keys: s.memory, Sessions: s.memory,
		Models: webtest.Models(), Styles: webtest.Styles, Loopback: true,
		Log: slog.New(slog.NewTextHandler(s.log, nil)), Now: func() time.Time { return s.now },
	}
	if change != nil {
		change(&opt)
	}
	s.server, err = web.New(opt)
	require.NoError(t, err)
	s.handler = s.server.Handler()
	return s
}

func (s *service) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "localhost:8080"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// into checks a response's status and reads its JSON.
func into[T any](t *testing.T, w *httptest.ResponseRecorder, status int) T {
	t.Helper()
	require.Equal(t, status, w.Code, w.Body.String())
	var v T
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&v))
	_, err := d.Token()
	require.ErrorIs(t, err, io.EOF)
	return v
}

// fails checks that a response is a problem of the status, and returns it.
func fails(t *testing.T, w *httptest.ResponseRecorder, status int) api.Problem {
	t.Helper()
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"), w.Body.String())
	p := into[api.Problem](t, w, status)
	require.Equal(t, status, p.Status)
	require.Equal(t, http.StatusText(status), p.Title)
	require.NotEmpty(t, p.Code)
	require.NotEmpty(t, p.Detail)
	require.Equal(t, w.Header().Get("X-Request-Id"), p.RequestID)
	require.NotEmpty(t, p.RequestID)
	return p
}

func (s *service) key(name string, role kb.Role, bases ...string) []string {
	s.t.Helper()
	secret, err := s.memory.CreateKey(s.t.Context(), kb.Key{Name: name, Role: role, Audience: kb.Agent, KBs: bases})
	require.NoError(s.t, err)
	return []string{"Authorization", "Bearer " + secret}
}
