package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/web"
	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/webtest"
	"github.com/askdesk/askdesk/kb"
)

// needs is the role that each route asks for, written down a second time on
// purpose: who may do what changes in two places or not at all.
var needs = map[string]string{
	"POST /v1/answers":                  "agent",
	"GET /v1/answers/{id}":              "agent",
	"POST /v1/answers/{id}/feedback":    "agent",
	"POST /v1/search":                   "agent",
	"GET /v1/documents":                 "agent",
	"POST /v1/documents":                "admin",
	"GET /v1/documents/{id}":            "agent",
	"DELETE /v1/documents/{id}":         "admin",
	"GET /v1/knowledge-bases":           "agent",
	"POST /v1/knowledge-bases":          "admin",
	"DELETE /v1/knowledge-bases/{name}": "admin",
	"GET /v1/conversations":             "agent",
	"DELETE /v1/conversations":          "agent",
	"GET /v1/conversations/{id}":        "agent",
	"DELETE /v1/conversations/{id}":     "agent",
	"GET /v1/models":                    "agent",
	"GET /v1/styles":                    "agent",
	"GET /v1/session":                   "agent",
	"POST /v1/session":                  "",
	"DELETE /v1/session":                "",
	"GET /healthz":                      "",
	"GET /readyz":                       "",
	"GET /metrics":                      "agent",
	"GET /openapi.json":                 "",
	"GET /":                             "agent page",
	"GET /documents":                    "agent page",
	"GET /login":                        "",
	"POST /login":                       "",
	"POST /logout":                      "",
	"GET /assets/{hash}/*":              "",
	"HEAD /assets/{hash}/*":             "",
}

func TestEveryRoleOnEveryRoute(t *testing.T) {
	s := start(t, nil)
	require.ElementsMatch(t, slices.Collect(maps.Keys(needs)), s.server.Routes())
	roles := []kb.Role{kb.RoleAgent, kb.RoleEditor, kb.RoleAdmin}
	cookies := map[kb.Role]string{}
	for _, role := range roles {
		secret := strings.TrimPrefix(s.key(string(role), role)[1], "Bearer ")
		cookies[role] = s.signIn(secret)
	}
	for route, need := range needs {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{id}", "x", "{name}", "x", "{hash}", "x", "*", "x").Replace(path)
		role, page := strings.CutSuffix(need, " page")
		t.Run(route, func(t *testing.T) {
			w := s.do(method, path, "{}")
			switch {
			case page:
				require.Equal(t, http.StatusSeeOther, w.Code)
				require.Equal(t, "/login?next="+url.QueryEscape(path), w.Header().Get("Location"))
			case role != "":
				fails(t, w, http.StatusUnauthorized)
				require.Equal(t, "Bearer", w.Header().Get("WWW-Authenticate"))
			}
			for _, have := range roles {
				w := s.do(method, path, "{}", "Cookie", cookies[have], access.CustomHeader, "askdesk")
				if role != "" && !have.Includes(kb.Role(role)) {
					require.Contains(t, fails(t, w, http.StatusForbidden).Detail, role)
					continue
				}
				require.NotEqual(t, http.StatusForbidden, w.Code, "%s: %s", have, w.Body)
				if route != "POST /v1/session" { // which is to refuse a wrong key
					require.NotEqual(t, http.StatusUnauthorized, w.Code, "%s: %s", have, w.Body)
				}
			}
		})
		if route == "DELETE /v1/session" || route == "POST /logout" {
			for _, role := range roles {
				require.NoError(t, s.memory.DeleteKey(t.Context(), string(role)))
				cookies[role] = s.signIn(strings.TrimPrefix(s.key(string(role), role)[1], "Bearer "))
			}
		}
	}
}

// signIn returns the session's cookie.
func (s *service) signIn(secret string) string {
	s.t.Helper()
	w := s.do("POST", "/v1/session", fmt.Sprintf(`{"key": %q}`, secret))
	require.Equal(s.t, http.StatusNoContent, w.Code, w.Body.String())
	c := w.Result().Cookies()[0]
	require.True(s.t, c.HttpOnly)
	require.Equal(s.t, http.SameSiteLaxMode, c.SameSite)
	require.Equal(s.t, "/", c.Path)
	return c.Name + "=" + c.Value
}

func TestKeysOpenTheService(t *testing.T) {
	s := start(t, nil)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/models", "").Code, "no key is asked for as long as there is none")
	who := into[api.Session](t, s.do("GET", "/v1/session", "", "Authorization", "Bearer any"), http.StatusOK)
	require.Equal(t, api.Session{Role: "admin", Audience: "agent", KB: []string{}}, who)

	key := s.key("desk", kb.RoleAgent, "help")
	secret := strings.TrimPrefix(key[1], "Bearer ")
	fails(t, s.do("GET", "/v1/models", ""), http.StatusUnauthorized)
	for _, headers := range [][]string{key, {"X-Api-Key", secret}, {"Authorization", "bearer  " + secret}} {
		who = into[api.Session](t, s.do("GET", "/v1/session", "", headers...), http.StatusOK)
		require.Equal(t, api.Session{Name: "desk", Role: "agent", Audience: "agent", KB: []string{"help"}, KeysInUse: true}, who)
	}
	for _, headers := range [][]string{{"X-Api-Key", "ak_wrong"}, {"Authorization", "Basic " + secret}, {"Cookie", "askdesk_session=wrong"}} {
		fails(t, s.do("GET", "/v1/session", "", headers...), http.StatusUnauthorized)
	}
	require.NotContains(t, s.log.String(), secret)
}

func TestWithoutLoopbackThereIsAlwaysAKey(t *testing.T) {
	s := start(t, func(o *web.Options) { o.Loopback = false })
	fails(t, s.do("GET", "/v1/models", ""), http.StatusUnauthorized)
	s = start(t, func(o *web.Options) { o.Loopback, o.NoAuth = false, true })
	s.key("desk", kb.RoleAgent)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/models", "", "Host", "desk.example.com").Code)
}

func TestWhatBelongsToAKey(t *testing.T) {
	s := start(t, nil)
	_, err := s.memory.CreateBase(t.Context(), "secret")
	require.NoError(t, err)
	mine, yours, admin := s.key("mine", kb.RoleAgent, "help"), s.key("yours", kb.RoleAgent, "secret"), s.key("admin", kb.RoleAdmin)
	a := into[api.Answer](t, s.do("POST", "/v1/answers", `{"question": "x"}`, mine...), http.StatusOK)
	for _, key := range [][]string{yours, admin} {
		fails(t, s.do("GET", "/v1/answers/"+a.ID, "", key...), http.StatusNotFound)
		fails(t, s.do("POST", "/v1/answers/"+a.ID+"/feedback", `{"up": true}`, key...), http.StatusNotFound)
		fails(t, s.do("POST", "/v1/answers", `{"from": "`+a.ID+`"}`, key...), http.StatusNotFound)
		fails(t, s.do("GET", "/v1/conversations/"+a.Conversation, "", key...), http.StatusNotFound)
		fails(t, s.do("DELETE", "/v1/conversations/"+a.Conversation, "", key...), http.StatusNotFound)
		fails(t, s.do("POST", "/v1/answers", `{"question": "x", "kb": "help", "conversation": "`+a.Conversation+`"}`, key...), http.StatusNotFound)
		require.Empty(t, into[api.Conversations](t, s.do("GET", "/v1/conversations", "", key...), http.StatusOK).Conversations)
	}
	p := fails(t, s.do("POST", "/v1/answers", `{"question": "x", "kb": "secret"}`, mine...), http.StatusNotFound)
	require.Equal(t, `There is no knowledge base "secret". There is: help.`, p.Detail)
	bases := into[api.KnowledgeBases](t, s.do("GET", "/v1/knowledge-bases", "", mine...), http.StatusOK)
	require.Len(t, bases.KnowledgeBases, 1)
	fails(t, s.do("GET", "/v1/documents?kb=secret", "", mine...), http.StatusNotFound)
	doc := s.memory.Put(kb.DocumentInfo{Document: kb.Document{KB: "secret", Source: "s", Path: "p", Audience: kb.Public}, Status: kb.Ready}, "x")
	fails(t, s.do("GET", "/v1/documents/"+doc.ID, "", mine...), http.StatusNotFound)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/documents/"+doc.ID, "", yours...).Code)

	bound := s.key("bound", kb.RoleAdmin, "help")
	fails(t, s.do("DELETE", "/v1/knowledge-bases/secret", "", bound...), http.StatusNotFound)
	fails(t, s.do("POST", "/v1/knowledge-bases", `{"name": "other"}`, bound...), http.StatusForbidden)
	fails(t, s.do("DELETE", "/v1/documents/"+doc.ID, "", bound...), http.StatusNotFound)
}

func TestTheAudienceComesFromTheKey(t *testing.T) {
	s := start(t, nil)
	secret, err := s.memory.CreateKey(t.Context(), kb.Key{Name: "widget", Role: kb.RoleAgent, Audience: kb.Public})
	require.NoError(t, err)
	key := []string{"X-Api-Key", secret}
	put := func(path string, a kb.Audience) string {
		return s.memory.Put(kb.DocumentInfo{Document: kb.Document{KB: "help", Source: "s", Path: path, Audience: a}, Status: kb.Ready, Chunks: 1}, "text").ID
	}
	open, inner := put("open.md", kb.Public), put("inner.md", kb.Agent)
	s.do("POST", "/v1/answers", `{"question": "x"}`, key...)
	require.Equal(t, kb.Public, s.answerer.Asked()[0].Audience)
	fails(t, s.do("POST", "/v1/answers", `{"question": "x", "audience": "agent"}`, key...), 422)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/documents/"+open, "", key...).Code)
	fails(t, s.do("GET", "/v1/documents/"+inner+"?text=true", "", key...), http.StatusNotFound)
	list := into[api.Documents](t, s.do("GET", "/v1/documents?limit=1", "", key...), http.StatusOK)
	require.Len(t, list.Documents, 1)
	require.Equal(t, open, list.Documents[0].ID)
	require.Empty(t, list.Next)
}

func TestThePublicSeesOnlyWhatIsValid(t *testing.T) {
	s := start(t, nil)
	secret, err := s.memory.CreateKey(t.Context(), kb.Key{Name: "widget", Role: kb.RoleAgent, Audience: kb.Public})
	require.NoError(t, err)
	key, agent := []string{"X-Api-Key", secret}, s.key("desk", kb.RoleAgent)
	put := func(path string, from, until time.Time) string {
		return s.memory.Put(kb.DocumentInfo{
			Document: kb.Document{KB: "help", Source: "s", Path: path, Audience: kb.Public, ValidFrom: from, ValidUntil: until},
			Status:   kb.Ready, Chunks: 1,
		}, "text").ID
	}
	now := put("now.md", noon.Add(-time.Hour), noon.Add(time.Hour))
	early, late := put("early.md", noon.Add(time.Hour), time.Time{}), put("late.md", time.Time{}, noon)
	list := into[api.Documents](t, s.do("GET", "/v1/documents", "", key...), http.StatusOK)
	require.Len(t, list.Documents, 1)
	require.Equal(t, now, list.Documents[0].ID)
	for _, id := range []string{early, late} {
		fails(t, s.do("GET", "/v1/documents/"+id, "", key...), http.StatusNotFound)
		fails(t, s.do("GET", "/v1/documents/"+id+"?text=true", "", key...), http.StatusNotFound)
		require.Equal(t, http.StatusOK, s.do("GET", "/v1/documents/"+id+"?text=true", "", agent...).Code)
	}
	require.Len(t, into[api.Documents](t, s.do("GET", "/v1/documents", "", agent...), http.StatusOK).Documents, 3)

	for path, body := range map[string]string{
		"/v1/search":  `{"query": "x", "as_of": "2031-01-01T00:00:00Z"}`,
		"/v1/answers": `{"question": "x", "as_of": "2031-01-01T00:00:00Z"}`,
	} {
		require.Contains(t, fails(t, s.do("POST", path, body, key...), http.StatusForbidden).Detail, "as_of")
		require.Equal(t, http.StatusOK, s.do("POST", path, body, agent...).Code)
	}
}

// counted counts the looks at a list of documents.
type counted struct {
	*webtest.Memory
	looks int
}

func (c *counted) List(ctx context.Context, l kb.Listing) ([]kb.DocumentInfo, error) {
	c.looks++
	return c.Memory.List(ctx, l)
}

func TestAListIsReadAtOnce(t *testing.T) {
	documents := &counted{}
	s := start(t, func(o *web.Options) {
		documents.Memory = o.Documents.(*webtest.Memory)
		o.Documents = documents
	})
	secret, err := s.memory.CreateKey(t.Context(), kb.Key{Name: "widget", Role: kb.RoleAgent, Audience: kb.Public})
	require.NoError(t, err)
	for i := range 50 {
		s.memory.Put(kb.DocumentInfo{Document: kb.Document{KB: "help", Source: "s", Path: fmt.Sprint(i), Audience: kb.Agent}, Status: kb.Ready}, "text")
	}
	list := into[api.Documents](t, s.do("GET", "/v1/documents?limit=1", "", "X-Api-Key", secret), http.StatusOK)
	require.Empty(t, list.Documents)
	require.Equal(t, 1, documents.looks)
}

func TestTextIsShownByWhatIsSearched(t *testing.T) {
	s := start(t, nil)
	secret, err := s.memory.CreateKey(t.Context(), kb.Key{Name: "widget", Role: kb.RoleAgent, Audience: kb.Public})
	require.NoError(t, err)
	d := s.memory.Put(kb.DocumentInfo{Document: kb.Document{KB: "help", Source: "s", Path: "a.md", Audience: kb.Public}, Status: kb.Ready, Chunks: 1}, "open")
	get := func() *httptest.ResponseRecorder {
		return s.do("GET", "/v1/documents/"+d.ID+"?text=true", "", "X-Api-Key", secret)
	}
	require.Equal(t, "open", into[api.Document](t, get(), http.StatusOK).Text)
	for _, change := range []func(*kb.Document){
		func(d *kb.Document) { d.Audience = kb.Agent },
		func(d *kb.Document) { d.ValidFrom = noon.Add(time.Hour) },
	} {
		next := d.Document
		change(&next)
		s.memory.Index(next, "secret") // and the manifest is not marked yet
		fails(t, get(), http.StatusNotFound)
	}
}

func TestSessions(t *testing.T) {
	s := start(t, nil)
	secret := strings.TrimPrefix(s.key("desk", kb.RoleAdmin)[1], "Bearer ")
	cookie := []string{"Cookie", s.signIn(" " + secret + "\n")}
	who := into[api.Session](t, s.do("GET", "/v1/session", "", cookie...), http.StatusOK)
	require.Equal(t, "desk", who.Name)
	fails(t, s.do("POST", "/v1/session", `{"key": "ak_wrong"}`), http.StatusUnauthorized)

	s.now = s.now.Add(11 * time.Hour)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/session", "", cookie...).Code)
	s.now = s.now.Add(11 * time.Hour)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/session", "", cookie...).Code, "it slides")
	s.now = s.now.Add(12*time.Hour + time.Second)
	fails(t, s.do("GET", "/v1/session", "", cookie...), http.StatusUnauthorized)

	cookie = []string{"Cookie", s.signIn(secret)}
	w := s.do("DELETE", "/v1/session", "", append(cookie, access.CustomHeader, "askdesk")...)
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Negative(t, w.Result().Cookies()[0].MaxAge)
	fails(t, s.do("GET", "/v1/session", "", cookie...), http.StatusUnauthorized)

	cookie = []string{"Cookie", s.signIn(secret)}
	require.NoError(t, s.memory.DeleteKey(t.Context(), "desk"))
	s.key("other", kb.RoleAdmin)
	fails(t, s.do("GET", "/v1/session", "", cookie...), http.StatusUnauthorized)
}

func (s *service) form(path string, values url.Values, headers ...string) *httptest.ResponseRecorder {
	return s.do("POST", path, values.Encode(), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

func TestSigningInByForm(t *testing.T) {
	s := start(t, nil)
	secret := strings.TrimPrefix(s.key("desk", kb.RoleAdmin)[1], "Bearer ")
	for next, want := range map[string]string{
		"": "/", "/documents?x=1#y": "/documents?x=1#y", "https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/",
		"/\tevil": "/", "javascript:alert(1)": "/", "/login?next=/": "/", "documents": "/",
	} {
		w := s.form("/login", url.Values{"key": {secret}, "next": {next}})
		require.Equal(t, http.StatusSeeOther, w.Code)
		require.Equal(t, want, w.Header().Get("Location"), next)
		require.False(t, w.Result().Cookies()[0].Secure)
	}
	w := s.form("/login", url.Values{"key": {"ak_wrong"}, "next": {"/documents"}})
	require.Equal(t, "/login?next=%2Fdocuments&failed=1", w.Header().Get("Location"))
	require.Empty(t, w.Result().Cookies())
	w = s.form("/login", url.Values{"key": {secret}}, "X-Forwarded-Proto", "https")
	require.True(t, w.Result().Cookies()[0].Secure)
	fails(t, s.form("/login", url.Values{"key": {secret}}, "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)

	cookie := w.Result().Cookies()[0]
	w = s.form("/logout", nil, "Cookie", cookie.Name+"="+cookie.Value)
	require.Equal(t, "/login", w.Header().Get("Location"))
	fails(t, s.do("GET", "/v1/session", "", "Cookie", cookie.Name+"="+cookie.Value), http.StatusUnauthorized)
}

func TestForeignPagesCannotWrite(t *testing.T) {
	s := start(t, nil)
	ask := func(headers ...string) int { return s.do("POST", "/v1/answers", `{"question": "x"}`, headers...).Code }
	foreign := [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
		{"Origin", "http://localhost:9999"},
	}
	for _, h := range foreign {
		require.Equal(t, http.StatusForbidden, ask(h...), "without keys: %v", h)
	}
	require.Equal(t, http.StatusOK, ask("Sec-Fetch-Site", "same-origin"))
	require.Equal(t, http.StatusOK, ask("Origin", "http://localhost:8080"))

	key := s.key("desk", kb.RoleAdmin)
	session := []string{"Cookie", s.signIn(strings.TrimPrefix(key[1], "Bearer "))}
	own := append(slices.Clone(session), access.CustomHeader, "askdesk")
	require.Equal(t, http.StatusOK, ask(own...))
	require.Equal(t, http.StatusForbidden, ask(session...), "without the header that a form cannot send")
	require.Equal(t, http.StatusForbidden, ask(append(session, "Sec-Fetch-Site", "same-origin")...))
	for _, h := range foreign {
		require.Equal(t, http.StatusForbidden, ask(append(slices.Clone(own), h...)...), "with a session: %v", h)
	}
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/session", "", append(session, "Sec-Fetch-Site", "cross-site")...).Code)
	require.Equal(t, http.StatusOK, ask(key...))
}

func TestReboundNamesAreRefused(t *testing.T) {
	s := start(t, nil)
	get := func(host string) int { return s.do("GET", "/v1/models", "", "Host", host).Code }
	for _, host := range []string{"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "127.0.0.2", "[::1]:8080", "[::1]", "desk.localhost:1"} {
		require.Equal(t, http.StatusOK, get(host), host)
	}
	for _, host := range []string{"evil.example", "evil.example:8080", "localhost.evil.example", "192.168.0.1", "127.0.0.1.nip.io", ""} {
		require.Equal(t, http.StatusForbidden, s.doHost(host), host)
	}
	key := s.key("desk", kb.RoleAgent)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/models", "", append(key, "Host", "desk.example.com")...).Code)
}

func (s *service) doHost(host string) int {
	r := httptest.NewRequest(http.MethodGet, "/v1/models", nil)
	r.Host = host
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w.Code
}

func TestRateLimitIsPerKeyOrAddress(t *testing.T) {
	s := start(t, func(o *web.Options) { o.Rate, o.Burst = 0.5, 3 })
	one, two := s.key("one", kb.RoleAgent), s.key("two", kb.RoleAgent)
	for range 3 {
		require.Equal(t, http.StatusOK, s.do("GET", "/v1/models", "", one...).Code)
	}
	w := s.do("GET", "/v1/models", "", one...)
	require.Equal(t, string(kb.RateLimited), fails(t, w, http.StatusTooManyRequests).Code)
	require.Equal(t, "2", w.Header().Get("Retry-After"))
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/models", "", two...).Code)
	require.Equal(t, http.StatusOK, s.do("GET", "/healthz", "", one...).Code)
	s.now = s.now.Add(2 * time.Second)
	require.Equal(t, http.StatusOK, s.do("GET", "/v1/models", "", one...).Code)
	fails(t, s.do("GET", "/v1/models", "", one...), http.StatusTooManyRequests)

	for range 3 {
		fails(t, s.do("POST", "/v1/session", `{"key": "ak_guess"}`), http.StatusUnauthorized)
	}
	fails(t, s.do("POST", "/v1/session", `{"key": "ak_guess"}`, "X-Forwarded-For", "1.2.3.4"), http.StatusTooManyRequests)
}
