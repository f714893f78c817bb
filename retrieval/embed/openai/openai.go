// Package openai embeds texts with any endpoint that speaks OpenAI's protocol.
package openai

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/endpoint"
)

// queryPatience is how long a query may wait for its vector in all: somebody is
// waiting, and without it the search goes on by words.
const queryPatience = 5 * time.Second

// blank stands in for texts without a character: many servers refuse those.
const blank = "-"

// MaxDimensions is how long a vector may be: the index keeps it as codes whose
// products are summed in 32 bits.
const MaxDimensions = 16_000

// Options of an Embedder. BaseURL and Model are needed.
type Options struct {
	BaseURL        string // with the version, such as https://host/v1
	APIKey         string
	Model          string
	Dimensions     int           // asked of the server; 0 takes what the model gives
	QueryPrefix    string        // some models want to be told what a text is
	DocumentPrefix string        //
	BatchItems     int           // most texts a request; 0 means 64
	BatchChars     int           // most characters a request, but for one text alone; 0 means 100,000
	Timeout        time.Duration // of a request; 0 means 60 s
	HTTPClient     *http.Client  // nil means http.DefaultClient
	Log            *slog.Logger  // nil discards
}

// Embedder is a kb.Embedder over an endpoint. Until it has seen a vector, or
// Dimensions is set, it does not know the length of its vectors. It is safe for
// concurrent use.
type Embedder struct {
	opt        Options
	client     *endpoint.Client
	dimensions atomic.Int64           // 0 until known
	served     atomic.Pointer[string] // the model that the server says it is; nil until known
	items      atomic.Int64           // most texts a request: fewer once that took too long
	wait       time.Duration          // before the second try
}

// New makes an Embedder without calling the endpoint.
func New(opt Options) (*Embedder, error) {
	switch {
	case opt.BaseURL == "" || opt.Model == "":
		return nil, kb.Errorf(kb.Invalid, "an embedder needs base_url and model: set both, or neither to search by words only")
	case opt.Dimensions < 0 || opt.Dimensions > MaxDimensions:
		return nil, kb.Errorf(kb.Invalid, "the embedder's dimensions are %d: set 1 to %d, or leave it out for what the model gives", opt.Dimensions, MaxDimensions)
	case opt.BatchItems < 0 || opt.BatchChars < 0:
		return nil, kb.Errorf(kb.Invalid, "the embedder's batch_items and batch_chars must not be negative: leave them out for the defaults")
	}
	opt.BatchItems = cmp.Or(opt.BatchItems, 64)
	opt.BatchChars = cmp.Or(opt.BatchChars, 100_000)
	opt.Timeout = cmp.Or(opt.Timeout, time.Minute)
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	client := endpoint.New(endpoint.Options{BaseURL: opt.BaseURL, APIKey: opt.APIKey, HTTPClient: opt.HTTPClient})
	e := &Embedder{opt: opt, client: client, wait: 500 * time.Millisecond}
	e.dimensions.Store(int64(opt.Dimensions))
	e.items.Store(int64(opt.BatchItems))
	return e, nil
}

// Model names the model, the length of its vectors and, by a hash, the prefix of
// documents, which changes their vectors too. Before the length is known it
// holds a ? that equals no stored name: call Probe first where the name is
// needed before the first Embed.
func (e *Embedder) Model() string {
	size := "?"
	if n := e.dimensions.Load(); n > 0 {
		size = fmt.Sprint(n)
	}
	name := e.opt.Model + "/" + size
	if e.opt.DocumentPrefix != "" {
		sum := sha256.Sum256([]byte(e.opt.DocumentPrefix))
		name += "/" + hex.EncodeToString(sum[:4])
	}
	return name
}

// Probe embeds a word, so that Model is known and a wrong setting shows now.
func (e *Embedder) Probe(ctx context.Context) error {
	_, err := e.Embed(ctx, kb.EmbedQuery, []string{"probe"})
	return err
}

// Embed implements kb.Embedder. Requests are repeated while the server is busy
// or away, for a query at most 5 s in all. Requests that are too large for it, or
// that it is too slow for, are made smaller, and a text that is too long for the
// model is cut; both are logged.
func (e *Embedder) Embed(ctx context.Context, kind kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	prefix := e.opt.DocumentPrefix
	if kind == kb.EmbedQuery {
		prefix = e.opt.QueryPrefix
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, queryPatience)
		defer cancel()
	}
	inputs := make([]string, len(texts))
	for i, t := range texts {
		if strings.TrimSpace(t) == "" {
			t = blank
		}
		inputs[i] = prefix + strings.ToValidUTF8(t, "\uFFFD")
	}
	out := make([]kb.Vector, 0, len(inputs))
	for len(inputs) > 0 {
		n := first(inputs, int(e.items.Load()), e.opt.BatchChars)
		vectors, err := e.fit(ctx, kind, inputs[:n])
		if err != nil {
			return nil, explain(err)
		}
		out = append(out, vectors...)
		inputs = inputs[n:]
	}
	return out, nil
}

// first is how many inputs make the first batch: at most items, of size characters
// together unless one alone has more.
func first(inputs []string, items, size int) int {
	chars := 0
	for i, s := range inputs {
		chars += utf8.RuneCountInString(s)
		if i > 0 && (i == items || chars > size) {
			return i
		}
	}
	return len(inputs)
}

// fit embeds a batch. Where that is too much for the server, takes it too long, or one
// of the texts may be at fault, it is halved, down to one text. One that is too much
// alone is cut.
func (e *Embedder) fit(ctx context.Context, kind kb.EmbedKind, batch []string) ([]kb.Vector, error) {
	vectors, err := e.repeat(ctx, kind, batch)
	slow, much := errors.Is(err, errSlow), endpoint.TooMuch(err)
	suspect := !much && kind == kb.EmbedDocument && ofText(err)
	switch {
	case !slow && !much && !suspect:
		return vectors, err
	case len(batch) == 1 && suspect:
		return nil, e.blame(ctx, err)
	case len(batch) == 1:
		return e.cut(ctx, kind, batch[0], err)
	}
	e.opt.Log.InfoContext(ctx, "embedding endpoint is asked for less at once: if that happens often, lower batch_items or batch_chars", "texts", len(batch), "error", err)
	half := len(batch) / 2
	if slow { // the next ones would be, too; what is too much may be due to one text
		e.items.Store(min(e.items.Load(), int64(half)))
	}
	vectors = make([]kb.Vector, 0, len(batch))
	for len(batch) > 0 {
		n := min(half, len(batch), int(e.items.Load()))
		some, err := e.fit(ctx, kind, batch[:n])
		if err != nil {
			return nil, err
		}
		vectors, batch = append(vectors, some...), batch[n:]
	}
	return vectors, nil
}

// surelyShort is a number of characters that every model's window holds.
const surelyShort = 32

// cut halves a text until the server takes it. Its end is then not searched by
// meaning; by words it is.
func (e *Embedder) cut(ctx context.Context, kind kb.EmbedKind, s string, err error) ([]kb.Vector, error) {
	runes := []rune(s)
	for n := len(runes); n > surelyShort; {
		n = max(n/2, surelyShort)
		vectors, short := e.repeat(ctx, kind, []string{string(runes[:n])})
		if !endpoint.TooMuch(short) {
			e.opt.Log.WarnContext(ctx, "text too long for the embedding model: its vector is of its beginning", "characters", len(runes), "embedded", n)
			return vectors, short
		}
	}
	return nil, kb.Wrap(kb.Unavailable, err, "The embedding endpoint finds even %d characters too long: raise its context or batch size, or choose another model.", min(len(runes), surelyShort))
}
