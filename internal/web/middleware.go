package web

import (
	"compress/gzip"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/askdesk/askdesk/internal/web/access"
	"github.com/askdesk/askdesk/internal/web/problem"
	"github.com/askdesk/askdesk/internal/web/rest"
	"github.com/askdesk/askdesk/kb"
)

var goodRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// observe gives a request its id, and logs and counts it when it is done. The
// log holds patterns and ids, nothing that a person wrote.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := c.Request().Header.Get(echo.HeaderXRequestID)
		if !goodRequestID.MatchString(id) {
			id = uuid.NewString()
		}
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		c.SetRequest(c.Request().WithContext(rest.WithRequestID(c.Request().Context(), id)))
		start := time.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		took, route := time.Since(start), s.route(c)
		s.opt.Metrics.Request(route, c.Request().Method, c.Response().Status, took)
		level := slog.LevelInfo
		if r, ok := rules[c.Request().Method+" "+route]; ok && r.quiet {
			level = slog.LevelDebug
		}
		s.opt.Log.Log(c.Request().Context(), level, "request", "request", id, "method", c.Request().Method, "route", route, "status", c.Response().Status,
			"bytes", c.Response().Size, "ms", took.Milliseconds(), "key", access.From(c.Request().Context()).Key.ID)
		return nil
	}
}

// route is the pattern that a request matched, "unknown" if none, so that a
// scanner cannot make a label of every address it tries.
func (s *Server) route(c echo.Context) string {
	if _, ok := rules[c.Request().Method+" "+pattern(c.Path())]; ok {
		return pattern(c.Path())
	}
	return "unknown"
}

// recover turns a panic into an error 500.
func (s *Server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			v := recover()
			if cause, ok := v.(error); ok && errors.Is(cause, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			if v != nil {
				err = s.panicked(v)
			}
		}()
		return next(c)
	}
}

func (s *Server) panicked(v any) error {
	s.opt.Log.Error("panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
	return errors.New("panic")
}

// hurry gives a client time to send a body, also one that nobody reads. What
// takes its time after the body lifts the limit (rest.Deadlines).
func (s *Server) hurry(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().ContentLength != 0 {
			err := http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(s.opt.BodyTime))
			if err != nil && !errors.Is(err, http.ErrNotSupported) {
				s.opt.Log.Debug("deadline", "error", err)
			}
		}
		return next(c)
	}
}

// policy allows no outside address and no inline script or style.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// secure sets the headers that keep a browser from doing more than it should. A
// page may set a stricter policy of its own.
func (s *Server) secure(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		return next(c)
	}
}

// compress leaves answers alone: a stream must not wait in a buffer.
func (s *Server) compress() echo.MiddlewareFunc {
	return middleware.GzipWithConfig(middleware.GzipConfig{
		Level: gzip.BestSpeed, MinLength: 1024,
		Skipper: func(c echo.Context) bool { return c.Path() == "/v1/answers" },
	})
}

// authorize lets a request through if its route's rule does.
func (s *Server) authorize(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if err := s.guard.CheckHost(r); err != nil {
			return err
		}
		rule, ok := rules[r.Method+" "+pattern(c.Path())]
		if !ok { // checkRules makes sure that this is no route of ours
			return next(c)
		}
		if err := s.guard.CheckOrigin(r); err != nil {
			return err
		}
		id, err := s.guard.Identify(r)
		if err := s.limit(c, id); err != nil {
			return err
		}
		switch {
		case err == nil:
		case rule.role == anybody && kb.CodeOf(err) == kb.Unauthorized:
			id = access.Identity{}
		case rule.page && kb.CodeOf(err) == kb.Unauthorized:
			return c.Redirect(http.StatusSeeOther, loginPage(r.URL.RequestURI()))
		default:
			return err
		}
		if rule.role != anybody && !id.Key.Role.Includes(rule.role) {
			return kb.Errorf(kb.Forbidden, "The key %q has the role %s; this needs %s.", id.Key.Name, id.Key.Role, rule.role)
		}
		if err := id.CheckHeader(r); err != nil && strings.HasPrefix(r.URL.Path, "/v1/") {
			return err
		}
		c.SetRequest(r.WithContext(access.With(r.Context(), id)))
		return next(c)
	}
}

// limit counts a request against its key, or against the address it comes from.
func (s *Server) limit(c echo.Context, id access.Identity) error {
	if s.opt.Rate < 0 || !strings.HasPrefix(c.Path(), "/v1/") && c.Request().Method != http.MethodPost {
		return nil
	}
	who := "key " + id.Key.ID
	if id.Key.ID == "" {
		who = "address " + c.RealIP()
	}
	if wait := s.limiter.Wait(who); wait > 0 {
		return &problem.Later{After: wait, Err: kb.Errorf(kb.RateLimited, "That were too many requests at once. Try again in a moment.")}
	}
	return nil
}
