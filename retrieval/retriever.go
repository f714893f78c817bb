package retrieval

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
	"github.com/askdesk/askdesk/retrieval/understand"
)

// Options of a Retriever. The zero value is lexical search with the defaults.
type Options struct {
	Embedders Embedders // of knowledge bases; nil leaves the dense leg out
	// Calibrations of knowledge bases; nil, or one that has none, leaves the default.
	Calibrations Calibrations
	Synonyms     Synonyms      // of the team; nil knows none
	Weights      *rank.Weights // of the features; nil means those that ship
	DenseWeight  float64       // above 0: factor on what meaning adds to the order; 0 means 1
	Reranker     Reranker      // has the last word on the order; nil leaves rank's
	Top          int           // passages that it reads; 0 means 20
	MaxChars     int           // longest passage in characters; 0 means 1,200
	Depth        int           // candidates wanted from each leg; 0 means 100
	Now          func() time.Time
	Log          *slog.Logger
}

const defaultLimit = 5 // passages of a search that does not say how many

// Retriever finds passages over any number of knowledge bases. It is safe for
// concurrent use.
type Retriever struct {
	index Index
	opt   Options
}

// New makes a Retriever over index.
func New(index Index, opt Options) *Retriever {
	opt.MaxChars = cmp.Or(opt.MaxChars, 1200)
	opt.Depth = cmp.Or(opt.Depth, 100)
	opt.Top = cmp.Or(opt.Top, 20)
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	return &Retriever{index: index, opt: opt}
}

// run is one call of Retrieve under way.
type run struct {
	*Retriever
	out    kb.Retrieved
	last   time.Time
	spaces []embedded // of the knowledge bases, in their order
	space  Embedding  // that the question was embedded in
	broken bool       // some candidates changed before they were read
}

// Retrieve returns at most s.Limit passages, best first, none of them a copy of
// another. An embedder that is away costs the dense leg and leaves the notice
// dense_unavailable; chunks without a vector of its model leave dense_partial. Where
// knowledge bases have different embedders, the question is embedded by that of the
// first, and the others are searched by words. A
// reranker that is away costs its order and leaves rerank_unavailable.
func (r *Retriever) Retrieve(ctx context.Context, s kb.Search) (kb.Retrieved, error) {
	c := &run{Retriever: r, last: r.opt.Now()}
	for try := 1; ; try++ {
		q, found, err := c.find(ctx, s)
		if err != nil {
			return kb.Retrieved{}, err
		}
		if c.out.Passages, err = c.passages(ctx, q, found, cmp.Or(s.Limit, defaultLimit)); err != nil {
			return kb.Retrieved{}, err
		}
		c.lap("rank")
		if c.broken && try < lasting {
			continue
		}
		if err := c.calibrate(ctx); err != nil {
			return kb.Retrieved{}, err
		}
		c.lap("rank")
		return c.out, nil
	}
}

// Candidates are all chunks that were found for s, ranked, before neighbours are
// joined and copies dropped. Its limit is ignored.
func (r *Retriever) Candidates(ctx context.Context, s kb.Search) ([]rank.Ranked, error) {
	c := &run{Retriever: r, last: r.opt.Now()}
	q, found, err := c.find(ctx, s)
	if err != nil {
		return nil, err
	}
	return rank.Order(q, c.ranking(), found...), nil
}

// find asks the index of every knowledge base. Of a search before it keeps only how
// long that took.
func (c *run) find(ctx context.Context, s kb.Search) (kb.Query, []kb.Candidates, error) {
	bases := slices.Compact(slices.Sorted(slices.Values(s.KBs)))
	if len(bases) == 0 {
		return kb.Query{}, nil, kb.Errorf(kb.Invalid, "no knowledge base named: say which to search")
	}
	if s.Limit < 0 {
		return kb.Query{}, nil, kb.Errorf(kb.Invalid, "The limit of passages is %d: ask for at least 1, or leave it out for %d.", s.Limit, defaultLimit)
	}
	for try := 1; ; try++ {
		c.out, c.broken = kb.Retrieved{Timings: c.out.Timings}, false
		c.spaces = c.embeddings(ctx, bases)
		c.space = lead(c.spaces)
		q, synonyms := c.query(ctx, s, bases)
		if err := ctx.Err(); err != nil {
			return kb.Query{}, nil, fmt.Errorf("retrieve: %w", err)
		}
		found, err := c.search(ctx, q, bases, synonyms)
		if try == lasting || !c.switched(ctx, bases) {
			return q, found, err
		}
	}
}

// query is what every index is asked, short of the name of its knowledge base and
// its synonyms, which come in the order of bases.
func (c *run) query(ctx context.Context, s kb.Search, bases []string) (kb.Query, [][]kb.Synonym) {
	text, shortened := understand.Condense(s.Text)
	if shortened {
		c.notice("query_shortened", "The question is long: %d of its %d words were searched for, from the sentences that ask or describe a problem.", understand.WordCount(text), understand.WordCount(s.Text))
	}
	c.out.Query = text
	q := kb.Query{
		Text:     text,
		Audience: cmp.Or(s.Audience, kb.Public),
		Filter:   s.Filter,
		AsOf:     s.AsOf,
		Depth:    c.opt.Depth,
		Excluded: understand.Exclusions(text),
	}
	synonyms := find(c.opt.Synonyms, bases, text)
	if q.AsOf.IsZero() {
		q.AsOf = c.opt.Now()
	}
	if c.space.Embedder == nil || strings.TrimSpace(text) == "" || c.space.Compare != nil && !c.space.Compare.Knows(text) {
		return q, synonyms
	}
	vectors, err := c.space.Embedder.Embed(ctx, kb.EmbedQuery, []string{meaning(q, synonyms)})
	c.lap("embed")
	if err != nil {
		c.opt.Log.WarnContext(ctx, "query not embedded, searching by words only", "error", err)
		c.notice(DenseUnavailable, "The embedding model could not be reached, so only the words of the question were searched for. %s", kb.MessageOf(err))
		return q, synonyms
	}
	q.Vector, q.Model = vectors[0], c.space.Embedder.Model()
	return q, synonyms
}

// search asks all knowledge bases at once. The answer is in the order of bases.
func (c *run) search(ctx context.Context, q kb.Query, bases []string, synonyms [][]kb.Synonym) ([]kb.Candidates, error) {
	found := make([]kb.Candidates, len(bases))
	errs := make([]error, len(bases))
	var g sync.WaitGroup
	for i, base := range bases {
		q := q
		q.KB, q.Synonyms = base, synonyms[i]
		g.Go(func() {
			found[i], errs[i] = c.index.Search(ctx, q)
		})
	}
	g.Wait()
	c.lap("search")
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("search %s: %w", bases[i], err)
		}
	}
	c.corrected(found)
	c.synonyms(q.Text, found)
	c.partial(q, bases, found)
	return found, c.excluding(ctx, found)
}

// corrected says which words were taken for mistyped ones.
func (c *run) corrected(found []kb.Candidates) {
	var said []string
	for _, f := range found {
		for _, t := range f.Query {
			if t.Meant == "" || c.out.Corrected[t.Text] != "" {
				continue
			}
			if c.out.Corrected == nil {
				c.out.Corrected = map[string]string{}
			}
			c.out.Corrected[t.Text] = t.Meant
			said = append(said, fmt.Sprintf("“%s” instead of “%s”", t.Meant, t.Text))
		}
	}
	if len(said) > 0 {
		c.notice("query_corrected", "No document has some words of the question as they are typed; searched for %s.", strings.Join(said, ", "))
	}
}

func (c *run) notice(code, format string, args ...any) {
	c.out.Notices = append(c.out.Notices, kb.Notice{Code: code, Message: fmt.Sprintf(format, args...)})
}

// lap ends a stage, or another part of one.
func (c *run) lap(stage string) {
	now := c.opt.Now()
	i := slices.IndexFunc(c.out.Timings, func(t kb.Timing) bool { return t.Stage == stage })
	if i < 0 {
		i = len(c.out.Timings)
		c.out.Timings = append(c.out.Timings, kb.Timing{Stage: stage})
	}
	c.out.Timings[i].Duration += now.Sub(c.last)
	c.last = now
}
