package openai

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/endpoint"
)

const (
	tries           = 8
	documentTimeout = 5 * time.Minute // that a batch of documents may wait for a busy server
)

// request is OpenAI's.
type request struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Encoding   string   `json:"encoding_format"` // float: the one form that all servers know
	Dimensions int      `json:"dimensions,omitempty"`
}

type response struct {
	Model string `json:"model"`
	Data  []struct {
		Index     int     `json:"index"`
		Embedding numbers `json:"embedding"`
	} `json:"data"`
}

// repeat asks until the server answers, refuses, or patience ends.
func (e *Embedder) repeat(ctx context.Context, kind kb.EmbedKind, batch []string) ([]kb.Vector, error) {
	patience := documentTimeout
	if kind == kb.EmbedQuery {
		patience = queryPatience
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = e.wait
	vectors, err := backoff.Retry(ctx, func() ([]kb.Vector, error) {
		return e.once(ctx, batch)
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(patience), backoff.WithMaxTries(tries),
		backoff.WithNotify(func(err error, after time.Duration) {
			e.opt.Log.InfoContext(ctx, "embedding endpoint is tried again", "after", after, "error", err)
		}))
	if err != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(batch), err)
	}
	return vectors, nil
}

// errSlow marks a request of several texts that took too long. The same one would
// again: with fewer it may not.
var errSlow = errors.New("too slow for so many texts")

// errUndirected marks a vector of zeros, or of what are no numbers.
var errUndirected = errors.New("vector without a direction")

// ofText reports whether it may be due to a text that it got no vector.
func ofText(err error) bool {
	s := endpoint.Status(err)
	return s == http.StatusBadRequest || s == http.StatusUnprocessableEntity || errors.Is(err, errUndirected)
}

// blame finds out who is at fault that a document's text got no vector: the text, where
// the server has one for another text, and then the code says so.
func (e *Embedder) blame(ctx context.Context, err error) error {
	if _, failed := e.once(ctx, []string{e.opt.DocumentPrefix + "probe"}); failed != nil {
		return err
	}
	return kb.Wrap(kb.Invalid, err, "The embedding endpoint has no vector for a part of this document, and has one for other texts: its log may say why. Change the document, or leave it out.")
}

func (e *Embedder) once(caller context.Context, batch []string) ([]kb.Vector, error) {
	ctx, cancel := context.WithTimeout(caller, e.opt.Timeout)
	defer cancel()
	var out response
	err := e.client.Post(ctx, "/embeddings", request{Model: e.opt.Model, Input: batch, Encoding: "float", Dimensions: e.opt.Dimensions}, &out)
	if err == nil {
		vectors, err := e.vectors(out, len(batch))
		if err != nil {
			err = backoff.Permanent(err)
		}
		return vectors, err
	}
	if len(batch) > 1 && errors.Is(err, context.DeadlineExceeded) && caller.Err() == nil {
		err = fmt.Errorf("%w: %w", errSlow, err)
	}
	if errors.Is(err, errSlow) || !endpoint.Transient(err) {
		return nil, backoff.Permanent(err)
	}
	var r *endpoint.Refusal
	if errors.As(err, &r) && r.RetryAfter > 0 {
		return nil, errors.Join(err, &backoff.RetryAfterError{Duration: r.RetryAfter})
	}
	return nil, err
}

// vectors checks what came back and brings it into the order of the texts.
func (e *Embedder) vectors(r response, want int) ([]kb.Vector, error) {
	if len(r.Data) != want {
		return nil, kb.Errorf(kb.Unavailable, "the embedding endpoint returned %d vectors for %d texts: check that it takes lists of texts as OpenAI's does, or use another server", len(r.Data), want)
	}
	if err := e.same(r.Model); err != nil {
		return nil, err
	}
	out := make([]kb.Vector, want)
	for _, d := range r.Data {
		if d.Index < 0 || d.Index >= want || out[d.Index] != nil {
			return nil, kb.Errorf(kb.Unavailable, "the embedding endpoint numbered its vectors wrongly: update that server, or use another one")
		}
		v, ok := normalise(d.Embedding)
		if !ok {
			return nil, kb.Wrap(kb.Unavailable, errUndirected, "the embedding endpoint returned a vector without a direction: check that %q is an embedding model", e.opt.Model)
		}
		if err := e.size(len(v)); err != nil {
			return nil, err
		}
		out[d.Index] = v
	}
	return out, nil
}

// same refuses the vectors of another model than those before: a server that is
// restarted with one of the same size would else fill an index with both.
func (e *Embedder) same(model string) error {
	if model == "" || e.served.CompareAndSwap(nil, &model) {
		return nil
	}
	if before := *e.served.Load(); before != model {
		return kb.Errorf(kb.Unavailable, "the embedding endpoint answers with the model %q after %q: give embedder.model the name of the one that you want, restart Askdesk, and ingest again", model, before)
	}
	return nil
}

// size checks the length of a vector against the length that is known. Another one is
// the server's fault or the settings', never the text's: no text would get a vector.
func (e *Embedder) size(n int) error {
	if n > MaxDimensions {
		return kb.Errorf(kb.Unavailable, "the model %q returns %d dimensions, and %d are the most: set dimensions if it can give fewer, or choose another model", e.opt.Model, n, MaxDimensions)
	}
	if e.dimensions.CompareAndSwap(0, int64(n)) {
		return nil
	}
	switch known := int(e.dimensions.Load()); {
	case n == known:
		return nil
	case e.opt.Dimensions > 0:
		return kb.Errorf(kb.Unavailable, "the embedder's dimensions are set to %d, but %q returns %d: set dimensions to %d, or leave it out", known, e.opt.Model, n, n)
	default:
		return kb.Errorf(kb.Unavailable, "the embedding endpoint returned %d dimensions after %d: another model answers now; restart Askdesk and ingest again", n, known)
	}
}

// normalise is v with length 1. It is false where v has no direction, or holds
// what is no number.
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

// explain turns a failure into an error that a user can act on.
func explain(err error) error {
	var known *kb.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	switch s := endpoint.Status(err); {
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint refused the key: check the embedder's api_key.")
	case s >= 300 && s < 400:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint sends on to another address, which is not followed: write that one as the embedder's base_url.")
	case s == http.StatusNotFound || s == http.StatusNotImplemented:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint does not embed: check the embedder's base_url (it usually ends in /v1) and model.")
	case s == http.StatusTooManyRequests:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint is busy: try again later, or raise its limits.")
	case s >= 500:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint failed (status %d): look at its log.", s)
	case s != 0:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint refused the request (status %d): check the embedder's model and dimensions.", s)
	case errors.Is(err, endpoint.ErrReply):
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint's reply makes no sense: check the embedder's base_url (it usually ends in /v1).")
	default:
		return kb.Wrap(kb.Unavailable, err, "The embedding endpoint did not answer: check that it runs and the embedder's base_url.")
	}
}
