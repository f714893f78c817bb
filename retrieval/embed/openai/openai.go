// Package openai embeds texts with any endpoint that speaks OpenAI's protocol.
package openai

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/askdesk/askdesk/kb"
)

// queryPatience is how long a query may wait for its vector in all: somebody is
// waiting, and without it the search goes on by words.
const queryPatience = 5 * time.Second

// blank stands in for texts without a character: many servers refuse those.
const blank = "-"

// Options of an Embedder. BaseURL and Model are needed.
type Options struct {
	BaseURL        string // with the version, such as https://host/v1
	APIKey         string
	Model          string
	Dimensions     int           // asked of the server; 0 takes what the model gives
	QueryPrefix    string        // some models want to be told what a text is
	DocumentPrefix string        //
	BatchItems     int           // most texts a request; 0 means 64
	BatchBytes     int           // most bytes of text a request; 0 means 128 KiB
	Timeout        time.Duration // of a request; 0 means 60 s
	HTTPClient     *http.Client  // nil means http.DefaultClient
}

// Embedder is a kb.Embedder over an endpoint. Until it has seen a vector, or
// Dimensions is set, it does not know the length of its vectors.
type Embedder struct {
	opt        Options
	client     *goopenai.Client
	dimensions atomic.Int64  // 0 until known
	first      time.Duration // wait before the second try
}

// New makes an Embedder without calling the endpoint.
func New(opt Options) (*Embedder, error) {
	if opt.BaseURL == "" || opt.Model == "" {
		return nil, kb.Errorf(kb.Invalid, "an embedder needs base_url and model: set both, or neither to search by words only")
	}
	opt.BatchItems = cmp.Or(opt.BatchItems, 64)
	opt.BatchBytes = cmp.Or(opt.BatchBytes, 128<<10)
	opt.Timeout = cmp.Or(opt.Timeout, time.Minute)
	opt.HTTPClient = cmp.Or(opt.HTTPClient, http.DefaultClient)
	config := goopenai.DefaultConfig(opt.APIKey)
	config.BaseURL = strings.TrimRight(opt.BaseURL, "/")
	config.HTTPClient = waiter{opt.HTTPClient}
	e := &Embedder{opt: opt, client: goopenai.NewClientWithConfig(config), first: 500 * time.Millisecond}
	e.dimensions.Store(int64(opt.Dimensions))
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
// or away, for a query at most 5 s in all. A text that is too long for the model
// is cut and tried once more.
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
	for _, batch := range batches(inputs, e.opt.BatchItems, e.opt.BatchBytes) {
		vectors, err := e.fit(ctx, kind, batch)
		if err != nil {
			return nil, explain(err)
		}
		out = append(out, vectors...)
	}
	return out, nil
}

// batches cuts inputs into runs of at most items texts and size bytes; a longer
// text is a run of its own.
func batches(inputs []string, items, size int) [][]string {
	var out [][]string
	start, bytes := 0, 0
	for i, s := range inputs {
		if i > start && (i-start == items || bytes+len(s) > size) {
			out = append(out, inputs[start:i])
			start, bytes = i, 0
		}
		bytes += len(s)
	}
	if start < len(inputs) {
		out = append(out, inputs[start:])
	}
	return out
}

// fit embeds a batch. Where the server finds it too long the texts go one by
// one, and one that is too long alone is cut.
func (e *Embedder) fit(ctx context.Context, kind kb.EmbedKind, batch []string) ([]kb.Vector, error) {
	vectors, err := e.repeat(ctx, kind, batch)
	if !tooLong(err) {
		return vectors, err
	}
	if len(batch) == 1 {
		return e.repeat(ctx, kind, []string{shorten(batch[0])})
	}
	vectors = make([]kb.Vector, 0, len(batch))
	for _, s := range batch {
		one, err := e.fit(ctx, kind, []string{s})
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, one...)
	}
	return vectors, nil
}

// A model's window is at least 512 tokens, and 1,000 characters fit into it in
// nearly every language.
const surelyShort = 1000

// shorten keeps the first half, and at most surelyShort characters.
func shorten(s string) string {
	runes := []rune(s)
	return string(runes[:max(1, min(len(runes)/2, surelyShort))])
}
