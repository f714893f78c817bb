package points

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/askdesk/askdesk/kb"
)

// rule says what an answer of a code means where its text has some words.
type rule struct {
	code  codes.Code
	says  string // "": whatever its text is
	means kb.Code
	again bool // whether the same call may succeed later
	// message is for the user; {server}, {collection} and {limit} are filled in.
	message string
}

// rules are searched in order. A key that Qdrant refuses is kb.Unavailable, as the
// one who asked a question has another key, which is right.
var rules = []rule{
	{codes.Unavailable, "does not look like a TLS handshake", kb.Unavailable, false,
		"Qdrant at {server} speaks without TLS: set index.qdrant.tls: false, or give it a certificate."},
	{codes.Unavailable, "unknown authority", kb.Unavailable, false,
		"The certificate of Qdrant at {server} is signed by an authority that is not known here: name the file of that authority as index.qdrant.ca."},
	{codes.Unavailable, "x509:", kb.Unavailable, false,
		"The certificate of Qdrant at {server} is not valid for it: check its dates and that it names this host."},
	{codes.Unavailable, "authentication handshake failed", kb.Unavailable, true,
		"TLS with Qdrant at {server} failed: check that it speaks TLS at this port."},
	{codes.Unavailable, "server preface", kb.Unavailable, true,
		"Qdrant at {server} closes the connection at once: set index.qdrant.tls: true if it speaks TLS; check that the port in index.qdrant.address is that of gRPC (6334, not 6333)."},
	{codes.Unavailable, "", kb.Unavailable, true,
		"Qdrant at {server} cannot be reached: check that it runs, and index.qdrant.address."},
	{codes.DeadlineExceeded, "", kb.Timeout, true,
		tooSlow},
	{codes.Canceled, "connection is closing", kb.Unavailable, false,
		"The connection to Qdrant at {server} is closed: Askdesk is stopping."},
	{codes.Canceled, "", kb.Timeout, true, // what some servers say once the time is over that the client gave them
		tooSlow},
	{codes.Aborted, "", kb.Unavailable, true,
		"Qdrant at {server} broke off: try again, and look at its log if that does not help."},
	{codes.ResourceExhausted, "larger than max", kb.TooLarge, false,
		"A message to or from Qdrant is too large: make chunks shorter, and ingest again."},
	{codes.ResourceExhausted, "", kb.RateLimited, true,
		"Qdrant at {server} takes no more requests for now: try again later, or raise the limits of {collection}."},
	{codes.Unauthenticated, "", kb.Unavailable, false,
		"Qdrant at {server} refuses the API key: set index.qdrant.api_key to the key that it was started with."},
	{codes.PermissionDenied, "", kb.Unavailable, false,
		"The API key of Qdrant at {server} does not allow this: set index.qdrant.api_key to one that may write, and manage collections."},
	{codes.NotFound, "", kb.NotFound, false,
		"Qdrant at {server} does not have {collection}: check index.qdrant.address, and what became of it there."},
	{codes.AlreadyExists, "", kb.Conflict, false,
		"Qdrant at {server} already has {collection} as something else: remove that, or use another name."},
	{codes.InvalidArgument, "dimension error", kb.Invalid, false,
		"The vectors have another size than those of {collection}: it was made with another embedder. Reindex the knowledge base."},
	{codes.InvalidArgument, "vector name", kb.Invalid, false,
		"There are no such vectors in {collection}: it was made without an embedder, or not by Askdesk. Reindex the knowledge base."},
	{codes.InvalidArgument, "", kb.Invalid, false,
		"Qdrant at {server} refuses the request for {collection}: the log has its reason. Where it names a limit, raise that (strict mode)."},
	{codes.Unimplemented, "unexpected HTTP status code", kb.Unavailable, false,
		notGRPC},
	{codes.Unknown, "unexpected content-type", kb.Unavailable, false,
		notGRPC},
	{codes.Unimplemented, "", kb.Unavailable, false,
		tooOld},
}

const (
	tooSlow = "Qdrant at {server} did not finish in time (a call has {limit} at most): look at its load, or raise index.qdrant.timeout."
	notGRPC = "What answers at {server} is not Qdrant's gRPC: set index.qdrant.address to the port of that (6334, not 6333)."
	tooOld  = "Qdrant at {server} is too old: update it to 1.17 or newer."
)

// failed stands for every other answer.
var failed = rule{means: kb.Unavailable, message: "Qdrant at {server} failed: look at its log, and whether its disk is full."}

// ruleOf finds the rule of an error of a call, and how long Qdrant wants not to be asked.
func ruleOf(err error) (rule, time.Duration) {
	code, said, after := status.Code(err), err.Error(), time.Duration(0)
	var exhausted *qdrant.QdrantResourceExhaustedError
	switch { // the client's own error hides the status, and grpc takes a context's for Unknown
	case errors.As(err, &exhausted):
		code, after = codes.ResourceExhausted, time.Duration(max(0, exhausted.RetryAfterS))*time.Second
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	}
	for _, r := range rules {
		if r.code == code && strings.Contains(said, r.says) {
			return r, after
		}
	}
	return failed, 0
}

// transient reports whether a call may succeed later, and after what time at the earliest.
func transient(err error) (bool, time.Duration) {
	if err == nil {
		return false, 0
	}
	r, after := ruleOf(err)
	return r.again, after
}

// away reports whether a call found nobody who answers.
func away(err error) bool {
	if status.Code(err) != codes.Unavailable {
		return false
	}
	again, _ := transient(err)
	return again
}

// explain turns the error of a call into one that a user can act on.
func (c *Client) explain(ctx context.Context, collection string, err error) error {
	var known *kb.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("ask Qdrant: %w: %w", context.Canceled, err)
	}
	r, _ := ruleOf(err)
	if ctx.Err() != nil { // whatever was tried before
		r = rule{means: kb.Timeout, message: tooSlow}
	}
	if r.means == kb.Timeout {
		err = errors.Join(context.DeadlineExceeded, err)
	}
	return kb.Wrap(r.means, err, "%s", c.fill(r.message, collection))
}

// fill completes the message of a rule. Collection is "" where a call is not about one.
func (c *Client) fill(message, collection string) string {
	name := "this"
	if collection != "" {
		name = fmt.Sprintf("the collection %q", collection)
	}
	return strings.NewReplacer("{server}", c.opt.Address, "{collection}", name, "{limit}", c.opt.Timeout.String()).Replace(message)
}
