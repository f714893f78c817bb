// Package rerank has a model behind an endpoint say how well passages answer a
// question: POST /rerank, as llama.cpp, vLLM, Jina and Cohere serve it.
package rerank

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/endpoint"
)

// Options of a Client. BaseURL and Model are needed.
type Options struct {
	BaseURL    string // with the version, such as https://host/v1
	APIKey     string // "" where the server wants none
	Model      string
	Timeout    time.Duration // of a call; 0 means 2 s
	MaxChars   int           // of a passage and of the question, which are cut; 0 means 1,500
	HTTPClient *http.Client  // nil means http.DefaultClient
	Log        *slog.Logger  // nil discards
}

// Client is a retrieval.Reranker over an endpoint. It asks once: somebody is
// waiting, and without it the order of the search stands.
type Client struct {
	opt     Options
	host    string // for messages
	client  *endpoint.Client
	breaker *gobreaker.CircuitBreaker[[]float64]
}

const (
	failuresToOpen = 3                // in a row, then the server is left alone
	leftAlone      = 20 * time.Second // for so long
	maxReply       = 4 << 20          // bytes; some servers send the passages back
)

// New makes a Client without calling the endpoint.
func New(opt Options) (*Client, error) {
	base, err := url.Parse(opt.BaseURL)
	switch {
	case err != nil || base.Host == "" || opt.Model == "":
		return nil, kb.Errorf(kb.Invalid, "a reranker needs base_url, such as http://127.0.0.1:8080/v1, and model: set both, or neither to do without")
	case opt.Timeout < 0 || opt.MaxChars < 0:
		return nil, kb.Errorf(kb.Invalid, "the reranker's timeout and max_chars must not be negative: leave them out for the defaults")
	}
	opt.Timeout = cmp.Or(opt.Timeout, 2*time.Second)
	opt.MaxChars = cmp.Or(opt.MaxChars, 1500)
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{opt: opt, host: base.Host, client: endpoint.New(endpoint.Options{
		BaseURL: opt.BaseURL, APIKey: opt.APIKey, MaxReply: maxReply, HTTPClient: opt.HTTPClient,
	})}
	c.breaker = gobreaker.NewCircuitBreaker[[]float64](gobreaker.Settings{
		Name:        base.Host,
		Timeout:     leftAlone,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= failuresToOpen },
		// A caller who left and one question that is too long say nothing of the next.
		IsExcluded: func(err error) bool { return errors.Is(err, errLeft) || kb.CodeOf(err) == kb.TooLarge },
		OnStateChange: func(name string, from, to gobreaker.State) {
			opt.Log.Warn("reranker", "server", name, "was", from.String(), "is", to.String())
		},
	})
	return c, nil
}

// request and response are those of Jina and Cohere. Any other fields of a
// response, such as the documents, are passed over.
type request struct {
	Model     string   `json:"model"`
	Query     string   `json:"query"`
	Documents []string `json:"documents"`
	TopN      int      `json:"top_n"` // all of them: some servers have a default
}

type response struct {
	Results []struct {
		Index *int     `json:"index"`
		Score *float64 `json:"relevance_score"` // null stands for NaN
	} `json:"results"`
}

// Rerank implements retrieval.Reranker. After three failures in a row the server
// is left alone for 20 seconds.
func (c *Client) Rerank(ctx context.Context, query string, passages []string) ([]float64, error) {
	scores, err := c.breaker.Execute(func() ([]float64, error) { return c.ask(ctx, query, passages) })
	switch {
	case errors.Is(err, errLeft):
		return nil, ctx.Err()
	case errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests):
		return nil, kb.Wrap(kb.Unavailable, err, "The reranker %s failed several times in a row and is left alone for %d seconds; askdesk doctor says why.", c.host, int(leftAlone.Seconds()))
	}
	return scores, err
}

// errLeft marks that the caller's context ended, not the call's own.
var errLeft = errors.New("the caller left")

func (c *Client) ask(caller context.Context, query string, passages []string) ([]float64, error) {
	ctx, cancel := context.WithTimeout(caller, c.opt.Timeout)
	defer cancel()
	in := request{Model: c.opt.Model, Query: text.Cut(query, c.opt.MaxChars), Documents: make([]string, len(passages)), TopN: len(passages)}
	for i, p := range passages {
		in.Documents[i] = text.Cut(p, c.opt.MaxChars)
	}
	var out response
	if err := c.client.Post(ctx, "/rerank", in, &out); err != nil {
		if caller.Err() != nil {
			return nil, errLeft
		}
		return nil, c.explain(err)
	}
	return c.scores(out, len(passages))
}

// scores checks what came back and brings it into the order of the passages.
func (c *Client) scores(r response, want int) ([]float64, error) {
	out := make([]float64, want)
	seen := make([]bool, want)
	for _, s := range r.Results {
		if s.Index == nil || *s.Index < 0 || *s.Index >= want || seen[*s.Index] {
			return nil, kb.Errorf(kb.Unavailable, "The reranker %s numbered its results wrongly: update that server, or use another one.", c.host)
		}
		if s.Score == nil || math.IsNaN(*s.Score) || math.IsInf(*s.Score, 0) {
			return nil, kb.Errorf(kb.Unavailable, "The reranker %s returned a score that is no number: check that %q is a reranking model.", c.host, c.opt.Model)
		}
		out[*s.Index], seen[*s.Index] = *s.Score, true
	}
	if len(r.Results) != want {
		return nil, kb.Errorf(kb.Unavailable, "The reranker %s returned %d scores for %d passages: check that it serves /rerank as Jina and Cohere do, or use another one.", c.host, len(r.Results), want)
	}
	return out, nil
}

// explain turns a failure into an error that a user can act on.
func (c *Client) explain(err error) error {
	s := endpoint.Status(err)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return kb.Wrap(kb.Timeout, err, "The reranker %s took longer than %s: raise its timeout, or lower top.", c.host, c.opt.Timeout)
	case endpoint.TooMuch(err):
		return kb.Wrap(kb.TooLarge, err, "The reranker %s finds the passages too long: lower its max_chars or top, or raise that server's context and batch size.", c.host)
	case s == http.StatusUnauthorized || s == http.StatusForbidden:
		return kb.Wrap(kb.Unavailable, err, "The reranker %s refused the key: check its api_key.", c.host)
	case s >= 300 && s < 400:
		return kb.Wrap(kb.Unavailable, err, "The reranker %s sends on to another address, which is not followed: write that one as its base_url.", c.host)
	case s == http.StatusNotFound || s == http.StatusNotImplemented:
		return kb.Wrap(kb.Unavailable, err, "The reranker %s does not rerank: check its base_url (it usually ends in /v1) and model, and that the server was started for reranking.", c.host)
	case s == http.StatusTooManyRequests:
		return kb.Wrap(kb.Unavailable, err, "The reranker %s is busy: raise its limits.", c.host)
	case s >= 500:
		return kb.Wrap(kb.Unavailable, err, "The reranker %s failed (status %d): look at its log.", c.host, s)
	case s != 0:
		return kb.Wrap(kb.Unavailable, err, "The reranker %s refused the request (status %d): check its model.", c.host, s)
	case errors.Is(err, endpoint.ErrReply):
		return kb.Wrap(kb.Unavailable, err, "The reply of the reranker %s makes no sense: check its base_url (it usually ends in /v1).", c.host)
	}
	return kb.Wrap(kb.Unavailable, err, "The reranker %s did not answer: check that it runs and its base_url.", c.host)
}
