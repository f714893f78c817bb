// Package orders measures, on a judged collection, the order that the product
// serves beside those that its legs and simpler ways to fuse them would give.
package orders

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// Searcher is what serves; retrieval.Retriever is one.
type Searcher interface {
	// Retrieve returns at most s.Limit passages, best first.
	Retrieve(ctx context.Context, s kb.Search) (kb.Retrieved, error)
	// Candidates are all chunks that were found, as they are ranked before they are
	// joined to passages.
	Candidates(ctx context.Context, s kb.Search) ([]rank.Ranked, error)
}

// Options say what to measure. All but the last three are needed.
type Options struct {
	Collection *collection.Collection
	KB         string          // holds the collection, as its files were ingested
	Index      retrieval.Index // of the legs
	Searcher   Searcher        // of the product's own order
	Now        func() time.Time

	Embedder kb.Embedder // nil: there is no dense leg
	Typos    float64     // share of the queries' words that get a typing mistake
	Seed     uint64      // of mistakes and intervals
}

const (
	depth = 300 // candidates asked of each leg: recall counts 100 documents, and a document may have several chunks
	shown = 10  // passages of a search, as many as are measured closely
)

// The orders that are measured.
const (
	Lexical = "lexical" // the words' leg alone
	Dense   = "dense"   // the embedder's leg alone
	RRF     = "rrf"     // both by reciprocal rank fusion
	Convex  = "convex"  // both by a weighted sum of their scores
	Product = "product" // as the product orders passages
)

// names of the orders as they are printed.
var names = []string{Lexical, Dense, RRF, Convex, Product}

// run is one measurement under way.
type run struct {
	Options
	ids map[string]string // of the collection by path
}

// Run asks every query.
func Run(ctx context.Context, opt Options) (Report, error) {
	r := &run{Options: opt, ids: opt.Collection.ByPath()}
	var results []Result
	for _, q := range opt.Collection.Queries {
		if opt.Typos > 0 {
			q.Text = collection.Misspell(q.Text, opt.Typos, opt.Seed)
		}
		result, err := r.ask(ctx, q)
		if err != nil {
			return Report{}, fmt.Errorf("query %s: %w", q.ID, err)
		}
		results = append(results, result)
	}
	return r.report(results, metric.Bootstrap{Seed: opt.Seed}), nil
}

func (r *run) ask(ctx context.Context, q collection.Query) (Result, error) {
	lists, err := r.legs(ctx, q.Text)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: q.ID, Query: q.Text, Orders: map[string]collection.Measures{}}
	if lists[Product], err = r.product(ctx, q.Text, &result); err != nil {
		return Result{}, err
	}
	for name, list := range lists {
		result.Orders[name] = collection.Measure(list, q.Grades)
	}
	result.Hit = q.Grades[result.First] > 0
	return result, nil
}

// product are the documents of the passages that are shown, then those of the
// chunks that would come next.
func (r *run) product(ctx context.Context, text string, result *Result) ([]string, error) {
	s := kb.Search{KBs: []string{r.KB}, Text: text, Audience: kb.Agent, Limit: shown}
	start := r.Now()
	got, err := r.Searcher.Retrieve(ctx, s)
	if err != nil {
		return nil, err
	}
	result.Away = slices.ContainsFunc(got.Notices, func(n kb.Notice) bool { return n.Code == retrieval.DenseUnavailable })
	result.Milliseconds = float64(r.Now().Sub(start).Microseconds()) / 1000
	more, err := r.Searcher.Candidates(ctx, s)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, p := range got.Passages {
		paths = append(paths, p.Document.Path)
	}
	for _, c := range more {
		paths = append(paths, c.Document.Path)
	}
	list := r.documents(paths)
	if len(got.Passages) > 0 {
		result.First, result.Relevance = list[0], got.Passages[0].Relevance
	}
	return list, nil
}

// legs are the documents that the legs find, and those of both by each fusion.
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
		lists[RRF] = byRank(lists[Lexical], lists[Dense])
		lists[Convex] = r.documents(byScore(found.List))
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
