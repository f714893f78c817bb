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

	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/ask"
	"github.com/askdesk/askdesk/internal/web/library"
	"github.com/askdesk/askdesk/internal/web/pages"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
)

const (
	headerTime = 10 * time.Second // to send the headers of a request
	idleTime   = 2 * time.Minute
	closeTime  = 2 * time.Second // for handlers to say goodbye after their context was cancelled
)

// Server answers HTTP requests.
type Server struct {
	opt      Options
	echo     *echo.Echo
	rest     *rest.API
	guard    *access.Guard
	limiter  *access.Limiter
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
	}
	opt.Metrics.Holds(s.holds)
	s.echo = echo.New()
	s.echo.Logger.SetOutput(discard{})
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.rest = rest.New(s.echo, opt.Version, func(route string) kb.Role { return rules[route].role }, opt.Log)
	s.rest.BodyTime = opt.BodyTime
	s.echo.HTTPErrorHandler = s.rest.Fail
	s.echo.Use(s.observe, s.recover, s.hurry, s.secure, s.compress(), s.authorize)
	s.routes()
	if err := s.registerPages(); err != nil {
		return nil, err
	}
	return s, s.checkRules()
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

func (s *Server) routes() {
	ask.Register(s.rest, ask.Options{
		Answerer: s.opt.Answerer, Searcher: s.opt.Searcher, Bases: s.opt.Bases,
		Records: s.opt.Records, Conversations: s.opt.Conversations, Feedback: s.opt.Feedback,
		Models: s.opt.Models, Styles: s.opt.Styles, DefaultStyle: s.opt.DefaultStyle,
		Slots: s.opt.Answers, AnswerTime: s.opt.AnswerTime, KeepAlive: s.opt.KeepAlive,
		Metrics: s.opt.Metrics, Log: s.opt.Log, Now: s.opt.Now,
	})
	library.Register(s.rest, library.Options{
		Bases: s.opt.Bases, Documents: s.opt.Documents, Uploads: s.opt.Uploads,
		MaxUpload: s.opt.MaxUpload, UploadDir: s.opt.UploadDir, Metrics: s.opt.Metrics, Now: s.opt.Now,
	})
	s.sessionRoutes()
	s.statusRoutes()
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
		WriteTimeout:      rest.WriteTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	warm := s.warm(base)
	defer func() { cancel(nil); <-warm }()
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	return s.drain(srv, cancel)
}

// warm asks whether the service is ready, in the background, so that what is
// loaded for an answer is loaded before somebody asks.
func (s *Server) warm(ctx context.Context) (done <-chan struct{}) {
	end := make(chan struct{})
	go func() {
		defer close(end)
		if s.opt.Ready == nil {
			return
		}
		if err := s.opt.Ready(ctx); err != nil && ctx.Err() == nil {
			s.opt.Log.Warn("the service is not ready yet", "error", err)
		}
	}()
	return end
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

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
