package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"github.com/askdesk/askdesk/kb"
)

// Why an answer was broken off.
var (
	errTooLong  = errors.New("the answer took too long")
	errSilent   = errors.New("the server was silent for too long")
	errFiltered = errors.New("the server's content filter stopped the answer")
	errFlood    = errors.New("the server sent too much")
)

// explain turns an error of the client into one that says what is wrong with
// the server. The caller's own cancellation stays as it is.
func (g *Generator) explain(caller, request context.Context, err error) error {
	if caller.Err() != nil {
		return caller.Err()
	}
	switch cause := context.Cause(request); {
	case errors.Is(cause, errSilent):
		return kb.Wrap(kb.Timeout, err, "the model server %s sent nothing for %s", g.host, g.opt.Idle)
	case errors.Is(cause, errTooLong):
		return kb.Wrap(kb.Timeout, err, "the model server %s took longer than %s", g.host, g.opt.Timeout)
	}
	switch {
	case errors.Is(err, errCut):
		return kb.Wrap(kb.Unavailable, err, "the model server %s broke off", g.host)
	case errors.Is(err, errFlood):
		return kb.Wrap(kb.Invalid, err, "the model server %s sent more than an answer can have", g.host)
	case errors.Is(err, errFiltered):
		return kb.Wrap(kb.Invalid, err, "the model server's content filter refused the answer")
	}
	if status, message, ok := statusOf(err); ok {
		return g.explainStatus(status, message, err)
	}
	var known *kb.Error
	if errors.As(err, &known) {
		return err
	}
	return kb.Wrap(kb.Unavailable, err, "the model server %s cannot be reached: check that it runs and that base_url is right", g.host)
}

// statusOf finds the status of a response in an error of go-openai; 0 is an
// error inside of a stream.
func statusOf(err error) (status int, message string, ok bool) {
	var api *openai.APIError
	if errors.As(err, &api) {
		return api.HTTPStatusCode, fmt.Sprintf("%s %v %s", api.Type, api.Code, api.Message), true
	}
	var request *openai.RequestError
	if errors.As(err, &request) {
		return request.HTTPStatusCode, string(request.Body), true
	}
	return 0, "", false
}

func (g *Generator) explainStatus(status int, message string, err error) error {
	switch {
	case overflow(message) && status < 500:
		return kb.Wrap(kb.TooLarge, err, "the question and its passages are longer than the context of the model %q", g.model())
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return kb.Wrap(kb.Forbidden, err, "the model server %s refuses the API key: set api_key or api_key_env of this model's profile", g.host)
	case status == http.StatusNotFound:
		return kb.Wrap(kb.NotFound, err, "the model server %s does not know the model %q or this address: check model and base_url", g.host, g.model())
	case status == http.StatusTooManyRequests:
		return kb.Wrap(kb.RateLimited, err, "the model server %s has too many requests", g.host)
	case status >= 500 || status == http.StatusRequestTimeout || status == 0:
		return kb.Wrap(kb.Unavailable, err, "the model server %s reports an error of its own", g.host)
	}
	return kb.Wrap(kb.Invalid, err, "the model server %s refuses the request (status %d); the log has its reason", g.host, status)
}

// overflow reports whether a server says that its context is too small.
func overflow(message string) bool {
	m := strings.ToLower(message)
	return slices.ContainsFunc([]string{"exceed_context_size", "context_length_exceeded", "context length", "context size", "maximum context"},
		func(s string) bool { return strings.Contains(m, s) })
}

// isPermanent reports whether the request itself is at fault.
func isPermanent(err error) bool {
	status, _, ok := statusOf(err)
	return ok && status >= 400 && status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout
}

// shown is how many models an error names.
const shown = 10

// Check asks the server for its models. Its error says what to fix.
func (g *Generator) Check(ctx context.Context) error {
	names, err := g.Models(ctx)
	if err != nil {
		return err
	}
	if g.model() == "" && len(names) == 0 {
		return kb.Errorf(kb.NotFound, "the model server %s lists no model: set model to a name that it knows", g.host)
	}
	if g.model() == "" || len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return sameModel(g.model(), n) }) {
		return nil
	}
	return kb.Errorf(kb.NotFound, "the model server %s has no model %q: set model to one of %s",
		g.host, g.model(), strings.Join(names[:min(shown, len(names))], ", "))
}

// Models are the names of the models that the server has.
func (g *Generator) Models(ctx context.Context) ([]string, error) {
	limited, cancel := context.WithTimeoutCause(ctx, g.opt.Idle, errSilent)
	defer cancel()
	list, err := g.client.ListModels(limited)
	if err != nil {
		return nil, g.explain(ctx, limited, err)
	}
	var names []string
	for _, m := range list.Models {
		names = append(names, m.ID)
	}
	slices.Sort(names)
	return names, nil
}
