package openai

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	goopenai "github.com/sashabaranov/go-openai"

	"github.com/askdesk/askdesk/kb"
)

// documentPatience is how long a batch of documents may wait for a busy server.
const documentPatience = 5 * time.Minute

// repeat asks until the server answers, refuses, or patience ends.
func (e *Embedder) repeat(ctx context.Context, kind kb.EmbedKind, batch []string) ([]kb.Vector, error) {
	patience := documentPatience
	if kind == kb.EmbedQuery {
		patience = queryPatience
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = e.first
	vectors, err := backoff.Retry(ctx, func() ([]kb.Vector, error) {
		return e.once(ctx, batch)
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(patience), backoff.WithMaxTries(8))
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(batch), err)
	}
	return vectors, nil
}

func (e *Embedder) once(ctx context.Context, batch []string) ([]kb.Vector, error) {
	ctx, cancel := context.WithTimeout(ctx, e.opt.Timeout)
	defer cancel()
	var after time.Duration
	res, err := e.client.CreateEmbeddings(context.WithValue(ctx, retryAfter{}, &after), goopenai.EmbeddingRequestStrings{
		Input:      batch,
		Model:      goopenai.EmbeddingModel(e.opt.Model),
		Dimensions: e.opt.Dimensions,
	})
	switch {
	case err == nil:
		vectors, err := e.vectors(res.Data, len(batch))
		return vectors, permanent(err)
	case !transient(err):
		return nil, permanent(err)
	case after > 0:
		return nil, errors.Join(err, &backoff.RetryAfterError{Duration: after})
	}
	return nil, err
}

func permanent(err error) error {
	if err == nil {
		return nil
	}
	return backoff.Permanent(err)
}

// vectors checks what came back and brings it into the order of the texts.
func (e *Embedder) vectors(data []goopenai.Embedding, want int) ([]kb.Vector, error) {
	if len(data) != want {
		return nil, kb.Errorf(kb.Unavailable, "the embedding endpoint returned %d vectors for %d texts: check that it takes lists of texts as OpenAI's does, or use another server", len(data), want)
	}
	out := make([]kb.Vector, want)
	for _, d := range data {
		if d.Index < 0 || d.Index >= want || out[d.Index] != nil {
			return nil, kb.Errorf(kb.Unavailable, "the embedding endpoint numbered its vectors wrongly: update that server, or use another one")
		}
		if err := e.size(len(d.Embedding)); err != nil {
			return nil, err
		}
		v, ok := normalise(d.Embedding)
		if !ok {
			return nil, kb.Errorf(kb.Unavailable, "the embedding endpoint returned a vector without a direction: check that %q is an embedding model", e.opt.Model)
		}
		out[d.Index] = v
	}
	return out, nil
}

// size checks the length of a vector against the length that is known.
func (e *Embedder) size(n int) error {
	if n == 0 || e.dimensions.CompareAndSwap(0, int64(n)) {
		return nil // an empty one is refused for having no direction
	}
	switch known := int(e.dimensions.Load()); {
	case n == known:
		return nil
	case e.opt.Dimensions > 0:
		return kb.Errorf(kb.Invalid, "the embedder's dimensions are set to %d, but %q returns %d: set dimensions to %d, or leave it out", known, e.opt.Model, n, n)
	default:
		return kb.Errorf(kb.Unavailable, "the embedding endpoint returned %d dimensions after %d: another model answers now; restart Askdesk and ingest again", n, known)
	}
}

func normalise(v []float32) (kb.Vector, bool) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, false
	}
	out := make(kb.Vector, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) / math.Sqrt(sum))
	}
	return out, true
}

// status is the HTTP status of a reply, 0 if there was none.
func status(err error) int {
	var api *goopenai.APIError
	var request *goopenai.RequestError
	switch {
	case errors.As(err, &api):
		return api.HTTPStatusCode
	case errors.As(err, &request):
		return request.HTTPStatusCode
	}
	return 0
}

// transient reports whether the same request may succeed later.
func transient(err error) bool {
	var transport *url.Error
	var network net.Error
	switch s := status(err); {
	case tooLong(err) || s == http.StatusNotImplemented:
		return false
	case s == 0: // a reply that is no JSON will not become one
		return errors.As(err, &transport) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF)
	default:
		return s == http.StatusTooManyRequests || s == http.StatusRequestTimeout || s >= 500
	}
}

// Servers say in different words, and with different statuses (500 among them),
// that a text has more tokens than the model takes.
var lengthWords = []string{"too large", "too long", "context length", "context size", "maximum context", "physical batch", "less than", "max_tokens", "token limit"}

func tooLong(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusInternalServerError:
	default:
		return false
	}
	text := strings.ToLower(err.Error())
	for _, w := range lengthWords {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// explain turns a failure into an error that a user can act on.
func explain(err error) error {
	var known *kb.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	switch s := status(err); {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint refused the key: check the embedder's api_key.")
	case s == http.StatusNotFound || s == http.StatusNotImplemented:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint does not embed: check the embedder's base_url (it usually ends in /v1) and model.")
	case s == http.StatusTooManyRequests:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint is busy: try again later, or raise its limits.")
	case s >= 400 && s < 500:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint refused the request (status %d): check the embedder's model and dimensions.", s)
	case s >= 500:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint failed (status %d): look at its log.", s)
	case s == 0 && !transient(err):
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint's reply makes no sense: check the embedder's base_url (it usually ends in /v1).")
	default:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint did not answer: check that it runs and the embedder's base_url.")
	}
}

// retryAfter is the key of a context value in which a waiter leaves how long the
// server asks to wait: go-openai's errors do not carry headers.
type retryAfter struct{}

type waiter struct{ client *http.Client }

func (w waiter) Do(req *http.Request) (*http.Response, error) {
	res, err := w.client.Do(req)
	if err != nil {
		return res, err
	}
	if after, ok := req.Context().Value(retryAfter{}).(*time.Duration); ok && res.StatusCode >= 400 {
		*after = parseRetryAfter(res.Header.Get("Retry-After"), res.Header.Get("Date"))
	}
	return res, nil
}

// parseRetryAfter reads seconds or a date, which counts from the server's own
// clock. 0 means that the header says nothing.
func parseRetryAfter(value, date string) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		return time.Duration(max(0, seconds)) * time.Second
	}
	until, err := http.ParseTime(value)
	now, bad := http.ParseTime(date)
	if cmp.Or(err, bad) != nil {
		return 0
	}
	return max(0, until.Sub(now))
}
