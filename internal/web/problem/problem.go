// Package problem turns errors into RFC 9457 problem details: one table from
// kb.Code to HTTP status, for huma's handlers and echo's alike.
package problem

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/askdesk/askdesk/internal/web/api"
	"github.com/askdesk/askdesk/kb"
)

// ContentType of a problem.
const ContentType = "application/problem+json"

// RetryAfter is what a client is told to wait before it tries again, unless the
// error knows better.
const RetryAfter = 5 * time.Second

var statuses = map[kb.Code]int{
	kb.Invalid:      http.StatusUnprocessableEntity,
	kb.Unauthorized: http.StatusUnauthorized,
	kb.Forbidden:    http.StatusForbidden,
	kb.NotFound:     http.StatusNotFound,
	kb.Conflict:     http.StatusConflict,
	kb.TooLarge:     http.StatusRequestEntityTooLarge,
	kb.Unsupported:  http.StatusUnsupportedMediaType,
	kb.RateLimited:  http.StatusTooManyRequests,
	kb.Unavailable:  http.StatusServiceUnavailable,
	kb.Timeout:      http.StatusGatewayTimeout,
	kb.Internal:     http.StatusInternalServerError,
}

// codes are the codes of statuses that arise outside of our handlers. The first
// two are no kb.Code: only HTTP can be wrong in these ways.
var codes = map[int]string{
	http.StatusBadRequest:            "malformed",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusRequestTimeout:        string(kb.Timeout),
	http.StatusUnauthorized:          string(kb.Unauthorized),
	http.StatusForbidden:             string(kb.Forbidden),
	http.StatusNotFound:              string(kb.NotFound),
	http.StatusNotAcceptable:         string(kb.Unsupported),
	http.StatusConflict:              string(kb.Conflict),
	http.StatusRequestEntityTooLarge: string(kb.TooLarge),
	http.StatusUnsupportedMediaType:  string(kb.Unsupported),
	http.StatusUnprocessableEntity:   string(kb.Invalid),
	http.StatusTooManyRequests:       string(kb.RateLimited),
	http.StatusServiceUnavailable:    string(kb.Unavailable),
}

// Later wraps an error that is worth trying again after a while.
type Later struct {
	After time.Duration
	Err   error
}

func (e *Later) Error() string { return e.Err.Error() }

func (e *Later) Unwrap() error { return e.Err }

// Status is the HTTP status of an error.
func Status(err error) int {
	var h *echo.HTTPError
	switch {
	case errors.As(err, &h):
		return h.Code
	case isOurs(err):
		return statuses[kb.CodeOf(err)]
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

func isOurs(err error) bool {
	var e *kb.Error
	return errors.As(err, &e) && statuses[e.Code] != 0
}

// From describes an error for a user. What only the log should know is left out.
func From(err error, requestID string) *api.Problem {
	status := Status(err)
	var h *echo.HTTPError
	switch {
	case errors.As(err, &h):
		return describe(status, codes[status], detailOf(h), requestID)
	case isOurs(err):
		return describe(status, string(kb.CodeOf(err)), kb.MessageOf(err), requestID)
	case status == http.StatusGatewayTimeout:
		return describe(status, string(kb.Timeout), "It took too long. Try again, or ask for less.", requestID)
	}
	return describe(status, string(kb.Internal), kb.MessageOf(err), requestID)
}

func describe(status int, code, detail, requestID string) *api.Problem {
	if code == "" {
		code = string(kb.Internal)
	}
	return &api.Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: detail, Code: code, RequestID: requestID,
	}
}

func detailOf(h *echo.HTTPError) string {
	if s, ok := h.Message.(string); ok && s != http.StatusText(h.Code) {
		return s
	}
	switch h.Code {
	case http.StatusNotFound:
		return "There is nothing at this address. /openapi.json lists what there is."
	case http.StatusMethodNotAllowed:
		return "This address does not take that method; the header Allow lists those it takes."
	}
	return http.StatusText(h.Code)
}

// FromHuma describes what huma says of a request that does not validate. The
// values that it would echo are left out: they may be a customer's words.
func FromHuma(m *huma.ErrorModel, requestID string) *api.Problem {
	list := fieldProblems(m)
	p := describe(m.Status, codes[m.Status], sentence(m, list), requestID)
	if m.Status < http.StatusInternalServerError {
		p.Errors = list
	}
	return p
}

// fieldProblems are what is wrong, one at a place: that a value of the wrong type
// is also missing says nothing more. Of a body that is no JSON nothing is known.
func fieldProblems(m *huma.ErrorModel) (list []api.FieldProblem) {
	seen := map[string]bool{}
	for _, e := range m.Errors {
		if e == nil || seen[e.Location] || m.Status == http.StatusBadRequest && len(list) > 0 {
			continue
		}
		seen[e.Location] = true
		list = append(list, api.FieldProblem{Location: e.Location, Message: e.Message})
	}
	return list
}

func sentence(m *huma.ErrorModel, list []api.FieldProblem) string {
	switch m.Status {
	case http.StatusBadRequest:
		return "The body is not valid JSON."
	case http.StatusUnsupportedMediaType:
		return "Send the body as JSON, with Content-Type: application/json."
	case http.StatusRequestEntityTooLarge:
		return "The body is too large. Send a shorter one."
	case http.StatusInternalServerError:
		return kb.MessageOf(nil)
	}
	if len(list) == 0 {
		return m.Detail
	}
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = strings.TrimSpace(e.Location + ": " + e.Message)
	}
	return strings.Join(parts, "; ") + "."
}

// Header sets the headers that belong to an error.
func Header(h http.Header, err error) {
	switch Status(err) {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		after := RetryAfter
		var later *Later
		if errors.As(err, &later) {
			after = later.After
		}
		h.Set("Retry-After", strconv.Itoa(max(1, int((after+time.Second-1)/time.Second))))
	}
}
