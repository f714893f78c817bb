// Package openai writes answers with any server that speaks OpenAI's chat
// completions: a hosted one, or llama.cpp, vLLM, Ollama and the like with a
// base or a fine-tuned model.
package openai

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	openai "github.com/sashabaranov/go-openai"
	"github.com/sony/gobreaker/v2"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// Options of a Generator. BaseURL and Model are needed.
type Options struct {
	BaseURL     string        // with or without /v1
	APIKey      string        // "" where the server wants none
	Model       string        // "" is the first that the server lists
	Temperature *float64      // 0 to 2; nil is the prompt's
	MaxTokens   int           // of an answer; 0 is the prompt's
	Timeout     time.Duration // of a whole answer; 0 is two minutes
	Idle        time.Duration // longest silence of the server; 0 is one minute
	Concurrency int           // answers at once, others wait; 0 is 4
	HTTPClient  *http.Client  // nil is a new one
	Log         *slog.Logger  // nil discards
}

// Generator is an answer.Generator over a model server. It is safe for
// concurrent use.
type Generator struct {
	opt     Options
	host    string // for messages
	client  *openai.Client
	breaker *gobreaker.CircuitBreaker[answer.Completion]
	slots   chan struct{}
	told    atomic.Bool  // that another model answers
	first   atomic.Value // string: the model taken where none is set
}

const (
	defaultTimeout     = 2 * time.Minute
	defaultIdle        = time.Minute
	defaultConcurrency = 4
	failuresToOpen     = 5                // in a row, then the server is left alone
	leftAlone          = 20 * time.Second // for so long
)

// New makes a Generator. It does not connect; Check does.
func New(opt Options) (*Generator, error) {
	base, err := normalise(opt.BaseURL)
	switch {
	case err != nil:
		return nil, err
	case opt.Temperature != nil && (*opt.Temperature < 0 || *opt.Temperature > 2):
		return nil, kb.Errorf(kb.Invalid, "temperature is %g: set it to 0 to 2", *opt.Temperature)
	case opt.MaxTokens < 0 || opt.Timeout < 0 || opt.Idle < 0 || opt.Concurrency < 0:
		return nil, kb.Errorf(kb.Invalid, "max_tokens, timeout and concurrency must not be negative")
	}
	opt.Timeout = orElse(opt.Timeout, defaultTimeout)
	opt.Idle = orElse(opt.Idle, defaultIdle)
	opt.Concurrency = orElse(opt.Concurrency, defaultConcurrency)
	if opt.HTTPClient == nil {
		opt.HTTPClient = &http.Client{}
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	cfg := openai.DefaultConfig(opt.APIKey)
	cfg.BaseURL = base.String()
	cfg.HTTPClient = doer{opt.HTTPClient}
	cfg.EmptyMessagesLimit = math.MaxUint32 // pings count as empty; the idle limit bounds them
	g := &Generator{opt: opt, host: base.Host, client: openai.NewClientWithConfig(cfg), slots: make(chan struct{}, opt.Concurrency)}
	g.breaker = gobreaker.NewCircuitBreaker[answer.Completion](gobreaker.Settings{
		Name:        base.Host,
		Timeout:     leftAlone,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
		IsExcluded:  func(err error) bool { return err != nil && !serverFault(err) },
		OnStateChange: func(name string, from, to gobreaker.State) {
			opt.Log.Warn("model server", "server", name, "was", from.String(), "is", to.String())
		},
	})
	return g, nil
}

func orElse[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// serverFault reports whether an error says that the server is not well, rather
// than that the caller left or the request was wrong.
func serverFault(err error) bool {
	var gone emitError
	if err == nil || errors.As(err, &gone) || errors.Is(err, context.Canceled) {
		return false
	}
	code := kb.CodeOf(err)
	return code == kb.Unavailable || code == kb.Timeout || code == kb.RateLimited
}

// emitError marks an error of the caller's emit.
type emitError struct{ error }

func (e emitError) Unwrap() error { return e.error }

// Generate has the model write. It waits for a slot, tries again while nothing
// was emitted and the server is busy or failing, and gives up after a silence of
// Options.Idle or after Options.Timeout in all. Its errors are kb errors whose
// message says what is wrong with the server, or the caller's own.
func (g *Generator) Generate(ctx context.Context, r answer.Request, emit func(delta string) error) (answer.Completion, error) {
	limited, cancel := context.WithTimeoutCause(ctx, g.opt.Timeout, errTooLong)
	defer cancel()
	select {
	case g.slots <- struct{}{}:
		defer func() { <-g.slots }()
	case <-limited.Done():
		return answer.Completion{}, g.explain(ctx, limited, limited.Err())
	}
	if err := g.settle(ctx, limited); err != nil {
		return answer.Completion{}, err
	}
	request, err := g.request(r)
	if err != nil {
		return answer.Completion{}, err
	}
	done, err := g.breaker.Execute(func() (answer.Completion, error) {
		return g.complete(ctx, limited, request, emit)
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = kb.Wrap(kb.Unavailable, err, "the model server %s failed several times in a row and is left alone for %d seconds", g.host, int(leftAlone.Seconds()))
	}
	var gone emitError
	if errors.As(err, &gone) {
		err = gone.error
	}
	return done, err
}

// model is the name that requests carry.
func (g *Generator) model() string {
	if first, ok := g.first.Load().(string); ok {
		return first
	}
	return g.opt.Model
}

// settle finds out which model to ask for where the options name none.
func (g *Generator) settle(ctx, limited context.Context) error {
	if g.model() != "" {
		return nil
	}
	list, err := g.client.ListModels(limited)
	if err != nil {
		return g.explain(ctx, limited, err)
	}
	if len(list.Models) == 0 {
		return kb.Errorf(kb.NotFound, "the model server %s lists no model: set model to a name that it knows", g.host)
	}
	g.first.Store(list.Models[0].ID)
	return nil
}

// request is r as the protocol has it. Control tokens of chat templates are
// broken in every message, because servers parse them in content too.
func (g *Generator) request(r answer.Request) (openai.ChatCompletionRequest, error) {
	out := openai.ChatCompletionRequest{
		Model: g.model(), Stream: true, StreamOptions: &openai.StreamOptions{IncludeUsage: true},
	}
	for _, m := range r.Messages {
		if m.Role != prompts.System && m.Role != prompts.User && m.Role != prompts.Assistant {
			return out, fmt.Errorf("message with role %q", m.Role)
		}
		out.Messages = append(out.Messages, openai.ChatCompletionMessage{Role: m.Role, Content: prompts.BreakControl(m.Content)})
	}
	if len(out.Messages) == 0 {
		return out, errors.New("request without messages")
	}
	tokens := orElse(g.opt.MaxTokens, r.Output.MaxTokens)
	if reasons(g.model()) { // these models refuse max_tokens and any temperature
		out.MaxCompletionTokens = tokens
		return out, nil
	}
	out.MaxTokens = tokens //nolint:staticcheck // deprecated for OpenAI's own models, the only name many other servers know
	temperature := g.opt.Temperature
	if temperature == nil {
		temperature = r.Output.Temperature
	}
	if temperature != nil {
		// go-openai leaves a zero out, and the server would take its default.
		out.Temperature = max(float32(*temperature), math.SmallestNonzeroFloat32)
	}
	return out, nil
}

// reasons reports whether a model is one of OpenAI's reasoning models.
func reasons(model string) bool {
	for _, prefix := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}
