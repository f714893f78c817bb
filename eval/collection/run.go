package collection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

// Options say what to measure. All but the last four are needed.
type Options struct {
	Collection *Collection
	KB         string           // holds the collection, as its files were ingested
	Index      retrieval.Index  // of the legs
	Retriever  answer.Retriever // of the product's own order
	Now        func() time.Time

	Embedder  kb.Embedder // nil: there is no dense leg
	Typos     float64     // share of the queries' words that get a typing mistake
	Seed      uint64      // of mistakes and intervals
	Resamples int         // of the intervals; 0 means 1,000
}

// depth is how many candidates each leg is asked for: recall is counted among the
// first hundred documents, and a document may have several chunks.
const depth = 300

// rankConstant is that of reciprocal rank fusion in the paper that proposed it
// (Cormack, Clarke and Büttcher, 2009).
const rankConstant = 60

// The lists that are measured.
const (
	Lexical = "lexical" // the words' leg alone
	Dense   = "dense"   // the embedder's leg alone
	RRF     = "rrf"     // both by reciprocal rank fusion
	Product = "product" // as the product orders passages
)

// run is one measurement under way.
type run struct {
	Options
	ids map[string]string // of the collection by path
}

// Run asks every query.
func Run(ctx context.Context, opt Options) (Report, error) {
	opt.Resamples = cmp.Or(opt.Resamples, 1000)
	r := &run{Options: opt, ids: opt.Collection.byPath()}
	var results []Result
	for _, q := range opt.Collection.Queries {
		if opt.Typos > 0 {
			q.Text = misspell(q.Text, opt.Typos, opt.Seed)
		}
		result, err := r.ask(ctx, q)
		if err != nil {
			return Report{}, fmt.Errorf("query %s: %w", q.ID, err)
		}
		results = append(results, result)
	}
	return r.report(results), nil
}

func (r *run) ask(ctx context.Context, q Query) (Result, error) {
	lists, err := r.legs(ctx, q.Text)
	if err != nil {
		return Result{}, err
	}
	start := r.Now()
	got, err := r.Retriever.Retrieve(ctx, kb.Search{KBs: []string{r.KB}, Text: q.Text, Audience: kb.Agent, Limit: 100})
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: q.ID, Query: q.Text, Milliseconds: float64(r.Now().Sub(start).Microseconds()) / 1000, Legs: map[string]Measures{}}
	var product []string
	for _, p := range got.Passages {
		product = append(product, p.Document.Path)
	}
	lists[Product] = r.documents(product)
	for name, list := range lists {
		result.Legs[name] = measure(list, q.Grades)
	}
	if len(got.Passages) > 0 {
		result.First, result.Relevance = lists[Product][0], got.Passages[0].Relevance
		result.Hit = q.Grades[result.First] > 0
	}
	return result, nil
}

// legs are the documents that the legs find, and those of both by rank fusion.
func (r *run) legs(ctx context.Context, text string) (map[string][]string, error) {
	q := kb.Query{KB: r.KB, Text: text, Audience: kb.Agent, AsOf: r.Now(), Depth: depth}
	if r.Embedder != nil {
		vectors, err := r.Embedder.Embed(ctx, kb.EmbedQuery, []string{text})
		if err != nil {
			return nil, err
		}
		q.Vector, q.Model = vectors[0], r.Embedder.Model()
	}
	found, err := r.Index.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	lists := map[string][]string{Lexical: r.ranked(found.List, func(l kb.Legs) int { return l.Lexical.Rank })}
	if r.Embedder != nil {
		lists[Dense] = r.ranked(found.List, func(l kb.Legs) int { return l.Dense.Rank })
		lists[RRF] = fuse(lists[Lexical], lists[Dense])
	}
	return lists, nil
}

// ranked are the documents of a leg in its order.
func (r *run) ranked(found []kb.Candidate, rank func(kb.Legs) int) []string {
	in := slices.DeleteFunc(slices.Clone(found), func(c kb.Candidate) bool { return rank(c.Legs) == 0 })
	slices.SortFunc(in, func(a, b kb.Candidate) int { return cmp.Compare(rank(a.Legs), rank(b.Legs)) })
	var paths []string
	for _, c := range in {
		paths = append(paths, c.Document.Path)
	}
	return r.documents(paths)
}

// documents are the ids of paths, each once, at its first place.
func (r *run) documents(paths []string) []string {
	seen := map[string]bool{}
	var list []string
	for _, p := range paths {
		if !seen[p] {
			seen[p] = true
			list = append(list, r.ids[p])
		}
	}
	return list
}

// fuse orders by the sum of 1/(60 + rank) over the lists.
func fuse(lists ...[]string) []string {
	score := map[string]float64{}
	for _, list := range lists {
		for i, id := range list {
			score[id] += 1 / float64(rankConstant+i+1)
		}
	}
	out := make([]string, 0, len(score))
	for id := range score {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
	return out
}
