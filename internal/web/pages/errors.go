package pages

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/internal/web/problem"
)

// failure is what the page of an error shows.
type failure struct {
	view
	Detail string
}

// explain has people read a page where programs read a problem: a browser that
// opens an address which is not there, or not for its key.
func (p *pages) explain(next echo.HTTPErrorHandler) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		status := problem.Status(err)
		if c.Response().Committed || status >= http.StatusInternalServerError || !forPerson(c.Request()) {
			next(err, c)
			return
		}
		problem.Header(c.Response().Header(), err)
		d := problem.From(err, c.Response().Header().Get(echo.HeaderXRequestID))
		v := failure{p.view(c, "error", d.Title), d.Detail}
		if rendered := p.render(c, status, v.Page, v); rendered != nil {
			next(rendered, c)
		}
	}
}

func forPerson(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/v1/")
}
