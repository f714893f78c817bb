package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/internal/web/problem"
	"github.com/askdesk/askdesk/kb"
)

const (
	headerTime = 10 * time.Second // to send the headers of a request
	bodyTime   = 30 * time.Second // to send a JSON body
	uploadTime = 10 * time.Minute // to send a file
	searchTime = 30 * time.Second // to find passages
	writeTime  = time.Minute      // to take a response, or one event of a stream
	idleTime   = 2 * time.Minute
	closeTime  = 2 * time.Second // for handlers to say goodbye after their context was cancelled
)

// Server answers HTTP requests.
type Server struct {
	opt      Options
	echo     *echo.Echo
	api      huma.API
	guard    *access.Guard
	limiter  *access.Limiter
	slots    chan struct{} // one for each answer that is being written
	stopping atomic.Bool
}

// New makes a Server.
func New(opt Options) (*Server, error) {
	opt = opt.withDefaults()
	s := &Server{
		opt: opt,
		guard: access.New(access.Options{
			Keys: opt.Keys, Sessions: opt.Sessions, NoAuth: opt.NoAuth, Loopback: opt.Loopback, Now: opt.Now,
		}),
		limiter: access.NewLimiter(opt.Rate, opt.Burst, opt.Now),
		slots:   make(chan struct{}, opt.Answers),
	}
	opt.Metrics.Holds(s.holds)
	s.echo = echo.New()
	s.echo.Logger.SetOutput(discard{})
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.echo.HTTPErrorHandler = s.fail
	s.echo.Use(s.observe, s.recover, s.secure, s.compress(), s.authorize)
	s.api = humaecho.New(s.echo, s.config())
	s.routes()
	if err := s.registerPages(); err != nil {
		return nil, err
	}
	return s, s.checkRules()
}

// config leaves out what huma would add by itself: pages that load outside
// scripts, $schema in bodies, and values echoed in errors.
func (s *Server) config() huma.Config {
	c := huma.DefaultConfig("Askdesk", s.opt.Version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.Info.Description = "Answers from a team's own documents, with their sources."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":     {Type: "http", Scheme: "bearer"},
		"session": {Type: "apiKey", In: "cookie", Name: access.Cookie},
	}
	c.Transformers = []huma.Transformer{func(ctx huma.Context, _ string, v any) (any, error) {
		if m, ok := v.(*huma.ErrorModel); ok {
			return problem.FromHuma(m, requestID(ctx.Context())), nil
		}
		return v, nil
	}}
	return c
}

func (s *Server) registerPages() error {
	opt := s.opt.Pages
	opt.Version = s.opt.Version
	opt.Viewer = func(c echo.Context) pages.Viewer {
		id := access.From(c.Request().Context())
		return pages.Viewer{Keys: !id.Open, SignedIn: id.Session, Name: id.Key.Name, Role: id.Key.Role}
	}
	return pages.Register(s.echo, opt)
}

// holds counts what can be searched.
func (s *Server) holds() (documents, chunks int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	all, err := s.opt.Bases.Bases(ctx)
	for _, b := range all {
		documents, chunks = documents+b.Documents, chunks+b.Chunks
	}
	return documents, chunks, err
}

// Handler serves everything.
func (s *Server) Handler() http.Handler { return s.echo }

// Serve answers on l until ctx ends. Then it takes no new request, lets live
// ones go on for Options.DrainTime, cancels the rest, and returns nil.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	srv := &http.Server{
		Handler:           s.echo,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: headerTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	return s.drain(srv, cancel)
}

func (s *Server) drain(srv *http.Server, cancel context.CancelCauseFunc) error {
	shutdown := func(limit time.Duration) error {
		ctx, done := context.WithTimeout(context.Background(), limit)
		defer done()
		return srv.Shutdown(ctx)
	}
	err := shutdown(s.opt.DrainTime)
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	s.opt.Log.Warn("stopping before all answers were finished")
	cancel(kb.Errorf(kb.Unavailable, "The service is stopping. Try again in a moment."))
	if err := shutdown(closeTime); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return srv.Close()
}

// fail writes an error of echo, of a middleware or of a page as a problem.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := s.problem(c.Request().Context(), err)
	problem.Header(c.Response().Header(), err)
	c.Response().Header().Set(echo.HeaderContentType, problem.ContentType)
	if err := c.JSON(p.Status, p); err != nil {
		s.opt.Log.Debug("write problem", "error", err)
	}
}

// problem describes an error for the client, and logs what the client should
// not see.
func (s *Server) problem(ctx context.Context, err error) *api.Problem {
	p := problem.From(err, requestID(ctx))
	if p.Status >= http.StatusInternalServerError {
		var cause any = err.Error()
		if inner := errors.Unwrap(err); inner != nil {
			cause = fmt.Sprintf("%v: %v", err, inner)
		}
		s.opt.Log.Error("request failed", "request", p.RequestID, "error", cause)
	}
	return p
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
