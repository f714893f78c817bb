package web

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/kb"
)

func (s *Server) statusRoutes() {
	s.echo.GET("/healthz", s.healthz)
	s.echo.GET("/readyz", s.readyz)
	s.echo.GET("/metrics", echo.WrapHandler(s.opt.Metrics.Handler()))
	s.echo.GET("/openapi.json", s.openapi())
}

// openapi describes the API. It is fixed once all routes are known.
func (s *Server) openapi() echo.HandlerFunc {
	doc := s.rest.Huma.OpenAPI()
	// huma adds its own form of errors, which no response uses.
	for _, name := range []string{"ErrorModel", "ErrorDetail"} {
		delete(doc.Components.Schemas.Map(), name)
	}
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
		return kb.Errorf(kb.Unavailable, "The service is stopping. Try again in a moment.")
	}
	if s.opt.Ready != nil {
		if err := s.opt.Ready(c.Request().Context()); err != nil {
			return unready(err)
		}
	}
	return c.JSON(http.StatusOK, map[string]string{"status": "ready"})
}

// unready is err as a reason to try again later.
func unready(err error) error {
	if kb.CodeOf(err) != kb.Internal {
		return err
	}
	return kb.Wrap(kb.Unavailable, err, "The service is not ready yet. Try again in a moment.")
}
