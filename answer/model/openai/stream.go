package openai

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cenkalti/backoff/v5"
	openai "github.com/sashabaranov/go-openai"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
)

const (
	tries     = 3
	firstWait = 300 * time.Millisecond
	longest   = 20 * time.Second // that Retry-After may ask for
)

// reply is a stream whose first piece of text has come.
type reply struct {
	stream *openai.ChatCompletionStream
	stop   context.CancelFunc
	why    func(error) error // explains an error of the stream
	done   answer.Completion
	first  string
	think  thoughts
	ended  bool
}

// complete opens a stream, trying again until its first piece of text, and
// emits it.
func (g *Generator) complete(ctx, limited context.Context, request openai.ChatCompletionRequest, emit func(string) error) (answer.Completion, error) {
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval = firstWait
	r, err := backoff.Retry(limited, func() (*reply, error) { return g.open(ctx, limited, request) },
		backoff.WithBackOff(wait), backoff.WithMaxTries(tries), backoff.WithMaxElapsedTime(g.opt.Timeout),
		backoff.WithNotify(func(err error, after time.Duration) {
			g.opt.Log.InfoContext(ctx, "model server is tried again", "server", g.host, "after", after, "error", err)
		}))
	if err != nil {
		if limited.Err() != nil {
			return answer.Completion{}, g.explain(ctx, limited, err)
		}
		return answer.Completion{}, err
	}
	defer r.close()
	for delta := r.first; ; {
		if err := r.let(limited, delta, emit); err != nil {
			if limited.Err() != nil {
				err = r.why(err)
			}
			return r.done, err
		}
		if r.ended {
			g.compare(r)
			return r.done, nil
		}
		if delta, err = r.next(); err != nil {
			return r.done, r.why(err)
		}
	}
}

const (
	// maxText bounds a whole answer, in bytes: a server that writes on and on
	// is not read any further.
	maxText = 64 << 10
	// maxEmit bounds what is emitted before the context is looked at again.
	maxEmit = 2 << 10
)

// let emits a delta in short pieces, and ends the answer where it gets too long.
func (r *reply) let(ctx context.Context, delta string, emit func(string) error) error {
	if left := maxText - len(r.done.Text); len(delta) > left {
		delta = delta[:runeEnd(delta, left)]
		r.done.Finish, r.ended = answer.FinishLength, true
	}
	for delta != "" {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := runeEnd(delta, maxEmit)
		if err := emit(delta[:n]); err != nil {
			return emitError{err}
		}
		r.done.Text += delta[:n]
		delta = delta[n:]
	}
	return nil
}

// runeEnd is the end of the last character that is whole within n bytes of s.
func runeEnd(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// open starts a stream and reads up to its first piece of text or its end.
func (g *Generator) open(ctx, limited context.Context, request openai.ChatCompletionRequest) (*reply, error) {
	a := &attempt{idle: g.opt.Idle}
	watched, cancel := a.watch(limited)
	r := &reply{stop: cancel, why: func(err error) error { return g.explain(ctx, watched, err) }}
	stream, err := g.client.CreateChatCompletionStream(watched, request)
	if err == nil {
		r.stream = stream
		for r.first == "" && !r.ended && err == nil {
			r.first, err = r.next()
		}
	}
	if err == nil {
		return r, nil
	}
	explained := r.why(err)
	r.close()
	if !worthwhile(explained, err) || limited.Err() != nil {
		return nil, backoff.Permanent(explained)
	}
	if a.after > 0 {
		if a.after > longest {
			return nil, backoff.Permanent(explained)
		}
		return nil, later{explained, a.after}
	}
	return nil, explained
}

// worthwhile reports whether another try may help.
func worthwhile(explained, cause error) bool {
	var api *openai.APIError
	if errors.As(cause, &api) && api.HTTPStatusCode == 500 && strings.Contains(api.Message, "too large to process") {
		return false
	}
	code := kb.CodeOf(explained)
	return (code == kb.Unavailable || code == kb.RateLimited) && !isPermanent(cause)
}

// later is an error with the wait that the server asked for.
type later struct {
	error
	after time.Duration
}

func (l later) Unwrap() error { return l.error }

// As tells backoff how long to wait.
func (l later) As(target any) bool {
	t, ok := target.(**backoff.RetryAfterError)
	if ok {
		*t = &backoff.RetryAfterError{Duration: l.after}
	}
	return ok
}

func (r *reply) close() {
	if r.stream != nil {
		_ = r.stream.Close() // the request is cancelled next; there is nothing left to lose
	}
	r.stop()
}

// errCut is a stream that ends without saying why.
var errCut = errors.New("stream ended without a finish reason")

// next reads one chunk and returns its text, which may be empty.
func (r *reply) next() (string, error) {
	chunk, err := r.stream.Recv()
	if errors.Is(err, io.EOF) {
		if r.done.Finish == "" {
			return "", errCut
		}
		r.ended = true
		return r.think.rest(), nil
	}
	if err != nil {
		return "", err
	}
	if chunk.Model != "" {
		r.done.Model = chunk.Model
	}
	if chunk.Usage != nil {
		r.done.Usage = answer.Usage{Prompt: chunk.Usage.PromptTokens, Completion: chunk.Usage.CompletionTokens}
	}
	if len(chunk.Choices) == 0 {
		return "", nil
	}
	choice := chunk.Choices[0]
	switch choice.FinishReason {
	case "", openai.FinishReasonNull:
	case openai.FinishReasonLength:
		r.done.Finish = answer.FinishLength
	case openai.FinishReasonContentFilter:
		return "", errFiltered
	default:
		r.done.Finish = "stop"
	}
	return r.think.filter(choice.Delta.Content), nil
}

// compare notices when a server answers with another model than was asked for:
// many do so silently where they do not know the name.
func (g *Generator) compare(r *reply) {
	if r.done.Model == "" {
		r.done.Model = g.model()
	}
	if sameModel(g.model(), r.done.Model) {
		return
	}
	r.done.Notices = append(r.done.Notices, kb.Notice{
		Code:    "model_mismatch",
		Message: "The model server answered with “" + r.done.Model + "”, not with “" + g.model() + "”.",
	})
	if !g.told.Swap(true) {
		g.opt.Log.Warn("model server answers with another model", "server", g.host, "asked", g.model(), "answers", r.done.Model)
	}
}

// sameModel allows for a path, a dated version and a file ending.
func sameModel(asked, answers string) bool {
	a, b := strings.ToLower(path.Base(asked)), strings.ToLower(path.Base(answers))
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}
