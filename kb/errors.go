package kb

import (
	"errors"
	"fmt"
)

// Code classes an error that a user sees. internal/web maps codes to HTTP
// statuses, cmd/askdesk to exit codes.
type Code string

// The classes of errors.
const (
	Invalid      Code = "invalid"      // the request or the input is wrong
	Unauthorized Code = "unauthorized" // no key, or an unknown one
	Forbidden    Code = "forbidden"    // the key's role does not allow it
	NotFound     Code = "not_found"
	Conflict     Code = "conflict" // it contradicts what is already there
	TooLarge     Code = "too_large"
	Unsupported  Code = "unsupported" // a kind of file nobody reads
	RateLimited  Code = "rate_limited"
	Unavailable  Code = "unavailable" // something it needs is away; try again later
	Timeout      Code = "timeout"
	Internal     Code = "internal" // ours; details are in the log
)

// Error is an error whose Message a user may read: it says what is wrong and
// what to do next, and holds no path, key or text of a document that the user
// did not name.
type Error struct {
	Code    Code
	Message string
	Err     error // the cause, for the log; may be nil
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error. A %w in the format becomes its cause as well as part
// of its message.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// Wrap makes an Error with a message for the user and a cause for the log.
func Wrap(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Err: cause}
}

// CodeOf is the code of the first Error in err's chain, Internal if there is
// none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// MessageOf is what a user may read of err: the message of the first Error in
// its chain, or one that says no more than that it failed.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "Something went wrong inside Askdesk. The log has the details."
}
