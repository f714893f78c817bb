package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/problem"
)

func (s *Server) routes() {
	handle(s, op("POST /v1/answers", "ask", "Ask a question", "answers", streamed), s.ask)
	handle(s, op("GET /v1/answers/{id}", "answer", "An answer again", "answers"), s.answer)
	handle(s, op("POST /v1/answers/{id}/feedback", "feedback", "Thumb an answer up or down", "answers"), s.giveFeedback)
	handle(s, op("POST /v1/search", "search", "Find passages", "search"), s.search)

	handle(s, op("GET /v1/documents", "documents", "Documents of a knowledge base", "documents"), s.documents)
	handle(s, op("POST /v1/documents", "upload", "Upload a document", "documents", accepted), s.upload)
	handle(s, op("GET /v1/documents/{id}", "document", "A document", "documents"), s.document)
	handle(s, op("DELETE /v1/documents/{id}", "delete-document", "Delete a document", "documents"), s.deleteDocument)

	handle(s, op("GET /v1/knowledge-bases", "knowledge-bases", "Knowledge bases", "knowledge bases"), s.bases)
	handle(s, op("POST /v1/knowledge-bases", "create-knowledge-base", "Make a knowledge base", "knowledge bases", created), s.createBase)
	handle(s, op("DELETE /v1/knowledge-bases/{name}", "delete-knowledge-base", "Delete a knowledge base and its documents", "knowledge bases"), s.deleteBase)

	handle(s, op("GET /v1/conversations", "conversations", "One's conversations, the latest first", "conversations"), s.conversations)
	handle(s, op("DELETE /v1/conversations", "delete-conversations", "Delete all of one's conversations", "conversations"), s.deleteConversations)
	handle(s, op("GET /v1/conversations/{id}", "conversation", "A conversation with its answers", "conversations"), s.conversation)
	handle(s, op("DELETE /v1/conversations/{id}", "delete-conversation", "Delete a conversation with its answers", "conversations"), s.deleteConversation)

	handle(s, op("GET /v1/models", "models", "Models to choose from", "choices"), s.models)
	handle(s, op("GET /v1/styles", "styles", "Tones, formats, lengths and languages to choose from", "choices"), s.styles)

	handle(s, op("GET /v1/session", "session", "Who is asking", "session"), s.session)
	handle(s, op("POST /v1/session", "sign-in", "Sign in with a key and get a session cookie", "session"), s.signIn)
	handle(s, op("DELETE /v1/session", "sign-out", "End the session", "session"), s.signOut)

	s.echo.POST("/login", s.login)
	s.echo.POST("/logout", s.logout)
	s.echo.GET("/healthz", s.healthz)
	s.echo.GET("/readyz", s.readyz)
	s.echo.GET("/metrics", echo.WrapHandler(s.opt.Metrics.Handler()))
	s.echo.GET("/openapi.json", s.openapi())
}

// op describes an operation; route is its method and path.
func op(route, id, summary, tag string, more ...func(*huma.Operation)) huma.Operation {
	method, path, _ := strings.Cut(route, " ")
	o := huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, Tags: []string{tag},
		BodyReadTimeout: bodyTime, MaxBodyBytes: 1 << 20, RejectUnknownQueryParameters: true,
	}
	if rules[route].role != anybody {
		o.Security = []map[string][]string{{"key": {}}, {"session": {}}}
		o.Description = "Needs the role " + string(rules[route].role) + "."
	}
	for _, m := range more {
		m(&o)
	}
	return o
}

func created(o *huma.Operation)  { o.DefaultStatus = http.StatusCreated }
func accepted(o *huma.Operation) { o.DefaultStatus = http.StatusAccepted }

// handle registers an operation whose errors become problems.
func handle[I, O any](s *Server, o huma.Operation, f func(context.Context, *I) (*O, error)) {
	if o.Responses == nil {
		o.Responses = map[string]*huma.Response{}
	}
	schemas := s.api.OpenAPI().Components.Schemas
	o.Responses["default"] = &huma.Response{Description: "Error", Content: map[string]*huma.MediaType{
		problem.ContentType: {Schema: schema[api.Problem](schemas)},
	}}
	huma.Register(s.api, o, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, s.statusError(ctx, err)
		}
		return out, nil
	})
}

// statusError is an error as huma writes it.
type statusError struct {
	*api.Problem
	header http.Header
}

func (e *statusError) Error() string             { return e.Detail }
func (e *statusError) GetStatus() int            { return e.Problem.Status }
func (e *statusError) GetHeaders() http.Header   { return e.header }
func (e *statusError) ContentType(string) string { return problem.ContentType }

func (s *Server) statusError(ctx context.Context, err error) error {
	h := http.Header{}
	problem.Header(h, err)
	return &statusError{s.problem(ctx, err), h}
}

// openapi describes the API. It is fixed once all routes are known.
func (s *Server) openapi() echo.HandlerFunc {
	doc := s.api.OpenAPI()
	// huma adds its own form of errors, which no response uses.
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), name)
	}
	// Told before, huma would read the form itself.
	doc.Paths["/v1/documents"].Post.RequestBody = uploadForm()
	body, err := json.Marshal(doc)
	return func(c echo.Context) error {
		if err != nil {
			return err
		}
		return c.JSONBlob(http.StatusOK, body)
	}
}

func (s *Server) healthz(c echo.Context) error {
	return c.JSON(http.StatusOK, map[string]string{"status": "ok", "version": s.opt.Version})
}

func (s *Server) readyz(c echo.Context) error {
	if s.stopping.Load() {
		return errStopping()
	}
	if s.opt.Ready != nil {
		if err := s.opt.Ready(c.Request().Context()); err != nil {
			return unready(err)
		}
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ready"})
}

// login takes the form of the sign-in page where its script does not run.
func (s *Server) login(c echo.Context) error {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, 64<<10)
	next := access.Next(c.FormValue("next"))
	cookie, err := s.guard.SignIn(r, c.FormValue("key"))
	if isUnauthorized(err) {
		return c.Redirect(http.StatusSeeOther, loginPage(next)+"&failed=1")
	}
	if err != nil {
		return err
	}
	c.SetCookie(cookie)
	return c.Redirect(http.StatusSeeOther, next)
}

func (s *Server) logout(c echo.Context) error {
	cookie, err := s.guard.SignOut(c.Request())
	if err != nil {
		return err
	}
	c.SetCookie(cookie)
	return c.Redirect(http.StatusSeeOther, "/login")
}

type sessionOutput struct{ Body api.Session }

func (s *Server) session(ctx context.Context, _ *struct{}) (*sessionOutput, error) {
	id := access.From(ctx)
	return &sessionOutput{api.Session{
		Name: id.Key.Name, Role: string(id.Key.Role), Audience: string(id.Key.Audience),
		KB: append([]string{}, id.Key.KBs...), KeysInUse: !id.Open,
	}}, nil
}

type signInInput struct {
	requested
	Body api.SignIn
}

type cookieOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Server) signIn(_ context.Context, in *signInInput) (*cookieOutput, error) {
	cookie, err := s.guard.SignIn(in.request, in.Body.Key)
	if err != nil {
		return nil, err
	}
	return &cookieOutput{*cookie}, nil
}

func (s *Server) signOut(_ context.Context, in *requested) (*cookieOutput, error) {
	cookie, err := s.guard.SignOut(in.request)
	if err != nil {
		return nil, err
	}
	return &cookieOutput{*cookie}, nil
}
