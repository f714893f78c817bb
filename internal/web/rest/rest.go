// Package rest is what all endpoints of the API share: how an operation is
// described and registered, how its errors become problems, how lists are paged,
// which knowledge bases a request means.
package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/problem"
	"github.com/askdesk/askdesk/kb"
)

const (
	bodyBytes = 1 << 20
	// WriteTime is how long a client may take over a response, or over one event
	// of a stream.
	WriteTime = time.Minute
)

// API is where operations are registered. All fields are required.
type API struct {
	BodyTime time.Duration // to send a JSON body
	Huma     huma.API
	Role     func(route string) kb.Role // what "METHOD /path" asks for; "" asks for no key
	Log      *slog.Logger
}

// New makes the API that e serves. What huma would add by itself is left out:
// pages that load outside scripts, $schema in bodies, values echoed in errors.
func New(e *echo.Echo, version string, role func(route string) kb.Role, log *slog.Logger) *API {
	c := huma.DefaultConfig("Askdesk", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Info.Description = "Answers from a team's own documents, with their sources."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: access.Cookie},
	}
	c.Transformers = []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
		if m, ok := v.(*huma.ErrorModel); ok {
			return problem.FromHuma(m, RequestID(ctx.Context())), nil
		}
		return v, nil
	}}
	return &API{Huma: humaecho.New(e, c), Role: role, Log: log}
}

// Op is an operation: its route is a method and a path.
type Op struct {
	Route, ID, Summary, Tag string
	Status                  int                       // of success; 200, or 204 without a body
	Responses               map[string]*huma.Response // that its types do not tell
}

// Handle registers an operation whose errors become problems.
func Handle[I, O any](a *API, op Op, f func(context.Context, *I) (*O, error)) {
	method, path, _ := strings.Cut(op.Route, " ")
	o := huma.Operation{
		Method: method, Path: path, OperationID: op.ID, Summary: op.Summary, Tags: []string{op.Tag},
		DefaultStatus: op.Status, Responses: op.Responses,
		BodyReadTimeout: a.BodyTime, MaxBodyBytes: bodyBytes, RejectUnknownQueryParameters: true,
	}
	if role := a.Role(op.Route); role != "" {
		o.Security = []map[string][]string{{"key": {}}, {"session": {}}}
		o.Description = "Needs the role " + string(role) + "."
	}
	if o.Responses == nil {
		o.Responses = map[string]*huma.Response{}
	}
	o.Responses["default"] = &huma.Response{Description: "Error", Content: map[string]*huma.MediaType{
		problem.ContentType: {Schema: Schema[api.Problem](a)},
	}}
	huma.Register(a.Huma, o, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, a.statusError(ctx, err)
		}
		return out, nil
	})
}

// Schema is a type's place in the description of the API.
func Schema[T any](a *API) *huma.Schema {
	t := reflect.TypeFor[T]()
	return a.Huma.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
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

func (a *API) statusError(ctx context.Context, err error) error {
	h := http.Header{}
	problem.Header(h, err)
	return &statusError{a.Problem(ctx, err), h}
}

// Problem describes an error for the client, and logs what the client should not
// see.
func (a *API) Problem(ctx context.Context, err error) *api.Problem {
	p := problem.From(err, RequestID(ctx))
	if p.Status >= http.StatusInternalServerError {
		a.Log.Error("request failed", "request", p.RequestID, "error", withCauses(err))
	}
	return p
}

// withCauses is an error with what caused it, which a kb.Error does not say itself.
// What is said already is not said again.
func withCauses(err error) string {
	text := err.Error()
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		if said := cause.Error(); !strings.Contains(text, said) {
			text += ": " + said
		}
	}
	return text
}

// Fail writes an error as a problem, unless a response has begun.
func (a *API) Fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := a.Problem(c.Request().Context(), err)
	problem.Header(c.Response().Header(), err)
	c.Response().Header().Set(echo.HeaderContentType, problem.ContentType)
	if err := c.JSON(p.Status, p); err != nil {
		a.Log.Debug("write problem", "error", err)
	}
}

// Deadlines gives a request time to be read and then to be answered. Read 0
// lifts the limit of reading: one that passes after the body was read would
// cancel the request.
func (a *API) Deadlines(w http.ResponseWriter, read, answer time.Duration) {
	rc, now := http.NewResponseController(w), time.Now()
	var until time.Time
	if read > 0 {
		until = now.Add(read)
	}
	err := errors.Join(rc.SetReadDeadline(until), rc.SetWriteDeadline(now.Add(read+answer+WriteTime)))
	if err != nil && !errors.Is(err, http.ErrNotSupported) { // a recorder in a test has no deadlines
		a.Log.Debug("deadlines", "error", err)
	}
}

type requestKey struct{}

// WithRequestID puts a request's id into its context.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID is the id in a context, "" if none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
