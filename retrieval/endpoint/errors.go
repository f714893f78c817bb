package endpoint

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// Status is the HTTP status of the refusal in err, 0 if there is none.
func Status(err error) int {
	var r *Refusal
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

// Transient reports whether the same request may succeed later.
func Transient(err error) bool {
	switch s := Status(err); {
	case err == nil || TooMuch(err) || s == http.StatusNotImplemented:
		return false
	case s == 0: // a reply that makes no sense will not come to make any
		return !errors.Is(err, ErrReply) && !errors.Is(err, context.Canceled)
	default:
		return s == http.StatusTooManyRequests || s == http.StatusRequestTimeout || s >= 500
	}
}

// Servers say in different words, and with different statuses (500 among them),
// that a text has more tokens than the model takes, or a request more texts or
// tokens than the server does.
var lengthWords = []string{
	"too large to process", "too long", "too many tokens", "too many inputs", "context length", "context size", "maximum context",
	"must have less than", "tokens per request", "token limit", "batch size",
}

// TooMuch reports whether a server says that a text, or all texts of a request
// together, are more than it takes: with less the request may succeed.
func TooMuch(err error) bool {
	var r *Refusal
	if !errors.As(err, &r) {
		return false
	}
	switch r.Status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		said := strings.ToLower(r.Message)
		return slices.ContainsFunc(lengthWords, func(w string) bool { return strings.Contains(said, w) })
	}
	return false
}
