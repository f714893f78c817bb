package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

func TestUnknownAddressesAndMethods(t *testing.T) {
	s := start(t, nil)
	require.Equal(t, "not_found", fails(t, s.do("GET", "/v1/nothing", ""), 404).Code)
	require.Equal(t, "not_found", fails(t, s.do("GET", "/v1/answers/a/b", ""), 404).Code)
	for _, c := range [][2]string{{"GET", "/v1/answers"}, {"PUT", "/v1/answers"}, {"PATCH", "/v1/documents/x"}, {"POST", "/v1/models"}} {
		w := s.do(c[0], c[1], "")
		require.Equal(t, "method_not_allowed", fails(t, w, 405).Code)
		require.NotEmpty(t, w.Header().Get("Allow"))
	}
	fails(t, s.do("GET", "/v1/models?limti=3", ""), 422)
	require.Contains(t, s.log.String(), "route=unknown")
}

func TestRequestIDs(t *testing.T) {
	s := start(t, nil)
	require.Equal(t, "my-id_1.2", s.do("GET", "/healthz", "", "X-Request-Id", "my-id_1.2").Header().Get("X-Request-Id"))
	for _, bad := range []string{"", "a b", "x\"y", strings.Repeat("x", 65), "<script>"} {
		id := s.do("GET", "/healthz", "", "X-Request-Id", bad).Header().Get("X-Request-Id")
		require.Regexp(t, `^[0-9a-f-]{36}$`, id)
	}
	require.Equal(t, "mine", fails(t, s.do("GET", "/v1/answers/x", "", "X-Request-Id", "mine"), 404).RequestID)
	require.Contains(t, s.log.String(), "request=mine")
}

func TestEveryResponseIsLockedDown(t *testing.T) {
	s := start(t, nil)
	for _, path := range []string{"/healthz", "/v1/models", "/nothing", "/", "/login", "/openapi.json"} {
		h := s.do("GET", path, "").Header()
		csp := h.Get("Content-Security-Policy")
		require.Contains(t, csp, "default-src 'self'", path)
		require.Contains(t, csp, "frame-ancestors 'none'", path)
		require.NotContains(t, csp, "unsafe", path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "same-origin", h.Get("Referrer-Policy"), path)
		require.Empty(t, h.Get("Access-Control-Allow-Origin"), path)
	}
}

func TestLargeResponsesAreCompressed(t *testing.T) {
	s := start(t, nil)
	once := func(path string) []byte {
		w := s.do("GET", path, "", "Accept-Encoding", "gzip")
		require.Equal(t, []string{"gzip"}, w.Header().Values("Content-Encoding"))
		z, err := gzip.NewReader(w.Body)
		require.NoError(t, err)
		body, err := io.ReadAll(z)
		require.NoError(t, err)
		return body
	}
	require.True(t, json.Valid(once("/openapi.json")))
	require.Contains(t, string(once("/metrics")), "askdesk_answers_in_progress 0")
}

func TestHealth(t *testing.T) {
	var broken error
	s := start(t, func(o *web.Options) {
		o.Version = "1.2.3"
		o.Ready = func(context.Context) error { return broken }
	})
	require.JSONEq(t, `{"status": "ok", "version": "1.2.3"}`, s.do("GET", "/healthz", "").Body.String())
	require.Equal(t, http.StatusOK, s.do("GET", "/readyz", "").Code)
	broken = errors.New("secret path is gone")
	p := fails(t, s.do("GET", "/readyz", ""), http.StatusServiceUnavailable)
	require.NotContains(t, p.Detail, "secret")
	require.Equal(t, http.StatusOK, s.do("GET", "/healthz", "").Code)
}

func TestMetricsHoldNoText(t *testing.T) {
	s := start(t, nil)
	s.upload("canary.md", "canary", "title", "canary")
	s.do("POST", "/v1/answers", `{"question": "canary"}`)
	s.do("GET", "/v1/answers/canary", "")
	s.do("GET", "/canary", "")
	body := s.do("GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`askdesk_answers_total{band="answer"} 1`,
		`askdesk_answers_in_progress 0`,
		`askdesk_ingest_documents_total{status="queued"} 1`,
		`askdesk_documents 1`,
		`askdesk_chunks 1`,
		`askdesk_http_requests_total{method="POST",route="/v1/answers",status="200"} 1`,
		`askdesk_http_requests_total{method="GET",route="/v1/answers/{id}",status="404"} 1`,
		`askdesk_http_requests_total{method="GET",route="unknown",status="404"} 1`,
		`askdesk_http_request_duration_seconds_count{route="/v1/answers"} 1`,
	} {
		require.Contains(t, body, line)
	}
	require.NotContains(t, body+s.log.String(), "canary")
}

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	s := start(t, nil)
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]json.RawMessage }
	}
	body := s.do("GET", "/openapi.json", "").Body.Bytes()
	require.NoError(t, json.Unmarshal(body, &doc))
	require.Equal(t, "3.1.0", doc.OpenAPI)
	for _, route := range s.server.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if strings.HasPrefix(path, "/v1/") {
			require.Contains(t, doc.Paths[path], strings.ToLower(method), route)
		}
	}
	refs := regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllSubmatch(body, -1)
	require.NotEmpty(t, refs)
	used := map[string]bool{}
	for _, ref := range refs {
		require.Contains(t, doc.Components.Schemas, string(ref[1]))
		used[string(ref[1])] = true
	}
	for name := range doc.Components.Schemas {
		require.True(t, used[name], "%s is described and never used", name)
	}
	require.NotContains(t, string(body), `["array","null"]`, "a list is never null")
	var answer struct{ Properties map[string]any }
	require.NoError(t, json.Unmarshal(doc.Components.Schemas["Answer"], &answer))
	require.Contains(t, answer.Properties, "citations")
}

// file makes the form of an upload; fields are names and values.
func file(t *testing.T, name, text string, fields ...string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		require.NoError(t, w.WriteField(fields[i], fields[i+1]))
	}
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}})
	require.NoError(t, err)
	_, err = part.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func (s *service) upload(name, text string, fields ...string) *httptest.ResponseRecorder {
	body, contentType := file(s.t, name, text, fields...)
	return s.do("POST", "/v1/documents", body, "Content-Type", contentType)
}

func TestDocumentsComeAndGo(t *testing.T) {
	s := start(t, nil)
	d := into[api.Document](t, s.upload("refunds.md", "# Refunds", "title", "Refunds", "audience", "public"), http.StatusAccepted)
	require.Equal(t, "queued", d.Status)
	require.Equal(t, kb.DocumentID("help", "upload", "refunds.md"), d.ID)
	require.Equal(t, []string{}, d.Tags)
	got := into[api.Document](t, s.do("GET", "/v1/documents/"+d.ID+"?text=true", ""), http.StatusOK)
	require.Equal(t, "# Refunds", got.Text)
	require.Equal(t, "ready", got.Status)
	require.Equal(t, "public", got.Audience)
	again := into[api.Document](t, s.upload("refunds.md", "# Refunds, new"), http.StatusAccepted)
	require.Equal(t, d.ID, again.ID)
	list := into[api.Documents](t, s.do("GET", "/v1/documents", ""), http.StatusOK)
	require.Len(t, list.Documents, 1)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v1/documents/"+d.ID, "").Code)
	fails(t, s.do("DELETE", "/v1/documents/"+d.ID, ""), http.StatusNotFound)
	fails(t, s.do("GET", "/v1/documents/"+d.ID, ""), http.StatusNotFound)
	fails(t, s.do("GET", "/v1/documents?kb=unknown", ""), http.StatusNotFound)
}

func TestBadUploads(t *testing.T) {
	s := start(t, func(o *web.Options) { o.MaxUpload = 1 << 20 })
	fails(t, s.upload("../../etc/passwd", "x"), 422)
	fails(t, s.upload("a.md", ""), 422)
	fails(t, s.upload("a.md", strings.Repeat("x", 1<<20+1)), 413)
	fails(t, s.upload("a.md", strings.Repeat("x", 5<<20)), 413)
	fails(t, s.upload("a.md", "x", "kb", "unknown"), 404)
	fails(t, s.upload("a.md", "x", "color", "red"), 422)
	fails(t, s.do("POST", "/v1/documents", "{}"), 415)
	fails(t, s.do("POST", "/v1/documents", "junk", "Content-Type", "multipart/form-data; boundary=x"), 422)
	require.Empty(t, into[api.Documents](t, s.do("GET", "/v1/documents", ""), http.StatusOK).Documents)
}

func TestTheFirstUploadMakesTheDefaultBase(t *testing.T) {
	s := start(t, nil)
	require.NoError(t, s.memory.DeleteBase(t.Context(), "help"))
	p := fails(t, s.do("POST", "/v1/answers", `{"question": "x"}`), 404)
	require.Contains(t, p.Detail, "Upload a document")
	fails(t, s.upload("a.md", "x", "kb", "other"), 404)
	d := into[api.Document](t, s.upload("a.md", "x"), http.StatusAccepted)
	require.Equal(t, "default", d.KB)
}

func TestKnowledgeBasesComeAndGo(t *testing.T) {
	s := start(t, nil)
	b := into[api.KnowledgeBase](t, s.do("POST", "/v1/knowledge-bases", `{"name": "wiki"}`), http.StatusCreated)
	require.Equal(t, "wiki", b.Name)
	fails(t, s.do("POST", "/v1/knowledge-bases", `{"name": "wiki"}`), 409)
	fails(t, s.do("POST", "/v1/knowledge-bases", `{"name": "../x"}`), 422)
	one := into[api.KnowledgeBases](t, s.do("GET", "/v1/knowledge-bases?limit=1", ""), http.StatusOK)
	require.Equal(t, "help", one.KnowledgeBases[0].Name)
	two := into[api.KnowledgeBases](t, s.do("GET", "/v1/knowledge-bases?limit=1&cursor="+one.Next, ""), http.StatusOK)
	require.Equal(t, "wiki", two.KnowledgeBases[0].Name)
	require.Empty(t, two.Next)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v1/knowledge-bases/wiki", "").Code)
	fails(t, s.do("DELETE", "/v1/knowledge-bases/wiki", ""), 404)
	fails(t, s.do("GET", "/v1/knowledge-bases?limit=0", ""), 422)
	fails(t, s.do("GET", "/v1/knowledge-bases?limit=1000", ""), 422)
}

func TestDocumentsArePaged(t *testing.T) {
	s := start(t, nil)
	for _, name := range []string{"a.md", "b.md", "c.md", "d.md", "e.md"} {
		s.upload(name, "x")
	}
	seen := map[string]bool{}
	pages := 0
	for cursor := ""; ; pages++ {
		list := into[api.Documents](t, s.do("GET", "/v1/documents?limit=2&cursor="+cursor, ""), http.StatusOK)
		for _, d := range list.Documents {
			require.False(t, seen[d.ID])
			seen[d.ID] = true
		}
		if cursor = list.Next; cursor == "" {
			break
		}
	}
	require.Len(t, seen, 5)
	require.Equal(t, 2, pages)
}

func TestConversationsAreFoundAgain(t *testing.T) {
	s := start(t, nil)
	a := into[api.Answer](t, s.do("POST", "/v1/answers", `{"question": "How do I\n reset?"}`), http.StatusOK)
	b := into[api.Answer](t, s.do("POST", "/v1/answers", `{"from": "`+a.ID+`", "tone": "concise"}`), http.StatusOK)
	s.do("POST", "/v1/answers/"+b.ID+"/feedback", `{"up": true}`)
	list := into[api.Conversations](t, s.do("GET", "/v1/conversations", ""), http.StatusOK)
	require.Equal(t, []api.Conversation{{ID: a.Conversation, Title: "How do I reset?", Created: noon, Updated: noon}}, list.Conversations)
	c := into[api.ConversationDetail](t, s.do("GET", "/v1/conversations/"+a.Conversation, ""), http.StatusOK)
	b.Feedback = &api.Feedback{Up: true}
	require.Equal(t, []api.Answer{a, b}, c.Answers)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v1/conversations/"+a.Conversation, "").Code)
	fails(t, s.do("GET", "/v1/conversations/"+a.Conversation, ""), 404)
	fails(t, s.do("GET", "/v1/answers/"+a.ID, ""), 404)

	s.do("POST", "/v1/answers", `{"question": "x"}`)
	s.do("POST", "/v1/answers", `{"question": "y"}`)
	require.Equal(t, http.StatusNoContent, s.do("DELETE", "/v1/conversations", "").Code)
	require.JSONEq(t, `{"conversations": []}`, s.do("GET", "/v1/conversations", "").Body.String())
}

func TestChoices(t *testing.T) {
	s := start(t, func(o *web.Options) {
		o.DefaultStyle = func() prompts.Style { return prompts.Style{Tone: "friendly"} }
	})
	models := into[api.Models](t, s.do("GET", "/v1/models", ""), http.StatusOK)
	require.Equal(t, []api.Model{{Name: "extractive", Kind: "extractive", Default: true}}, models.Models)
	styles := into[api.Styles](t, s.do("GET", "/v1/styles", ""), http.StatusOK)
	require.Equal(t, []api.Choice{{Name: "concise", Description: "Short."}, {Name: "friendly", Description: "Warm.", Default: true}}, styles.Tones)
	require.False(t, styles.Formats[0].Default)
}

func TestPagesAreServed(t *testing.T) {
	s := start(t, nil)
	for _, path := range []string{"/", "/documents", "/login"} {
		w := s.do("GET", path, "")
		require.Equal(t, http.StatusOK, w.Code, path)
		require.Contains(t, w.Header().Get("Content-Type"), "text/html")
	}
	s.key("desk", kb.RoleAdmin)
	require.Equal(t, http.StatusOK, s.do("GET", "/login", "").Code)
	require.Equal(t, "/login?next=%2F%3Fx%3D1", s.do("GET", "/?x=1", "").Header().Get("Location"))
}
