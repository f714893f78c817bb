package memory

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gonum.org/v1/gonum/blas/blas32"

	"github.com/askdesk/askdesk/kb"
)

// BM25's saturation of term frequencies and its normalisation of lengths.
const (
	k1 = 1.0
	b  = 0.4
)

// maxScored bounds the terms of a query that are scored: those of a very long
// mail with the least weight find nothing that the others don't.
const maxScored = 64

// Hit is a chunk in a leg's list.
type Hit struct {
	Row   int64
	ID    string
	Slot  uint32
	Score float64
}

func better(x, y Hit) int {
	if c := cmp.Compare(y.Score, x.Score); c != 0 {
		return c
	}
	return strings.Compare(x.ID, y.ID)
}

// Scope is what of a snapshot a reader may see.
type Scope struct {
	Chunks int // how many
	snap   *Snapshot
	open   []bitmap // by segment
}

// Scope applies filter, audience and validity.
func (s *Snapshot) Scope(f kb.Filter, audience kb.Audience, asOf time.Time) *Scope {
	if len(f.Language) > 0 {
		f.Language = slices.Clone(f.Language)
		for i, l := range f.Language {
			f.Language[i] = strings.ToLower(l)
		}
	}
	docs, all := make([]bool, len(s.docs)), true
	everything := audience.May(kb.Agent)
	filtered := len(f.Document)+len(f.Product)+len(f.Version)+len(f.Tags)+len(f.Language) > 0
	for slot, a := range s.access {
		docs[slot] = a.known && (everything || a.public) &&
			(!a.bounded || s.docs[slot].ValidAt(asOf)) && (!filtered || matches(&f, s.docs[slot]))
		all = all && docs[slot]
	}
	scope := &Scope{snap: s, open: make([]bitmap, len(s.views))}
	for i := range s.views {
		scope.open[i] = s.views[i].open(docs, all)
		scope.Chunks += scope.open[i].count()
	}
	return scope
}

// open marks the live chunks of the documents that are marked; all says that
// every document is.
func (v *view) open(docs []bool, all bool) bitmap {
	open := newBitmap(v.Len())
	for w := range open {
		word := ^uint64(0)
		slots := v.slots[64*w : min(64*w+64, v.Len())]
		if n := len(slots); n < 64 {
			word = 1<<n - 1
		}
		if !all {
			for j, slot := range slots {
				if !docs[slot] {
					word &^= 1 << j
				}
			}
		}
		if v.dead != nil {
			word &^= v.dead[w]
		}
		open[w] = word
	}
	return open
}

func matches(f *kb.Filter, doc *kb.Document) bool {
	one := func(want []string, have ...string) bool {
		return len(want) == 0 || slices.ContainsFunc(have, func(h string) bool { return slices.Contains(want, h) })
	}
	return one(f.Document, doc.ID) && one(f.Product, doc.Product) && one(f.Version, doc.Version) &&
		one(f.Tags, doc.Tags...) && (len(f.Language) == 0 || one(f.Language, strings.ToLower(doc.Language)))
}

// Lexical returns the best depth chunks by BM25. A term's forms count as one
// word: a chunk gets the most frequent of them.
func (sc *Scope) Lexical(ctx context.Context, query []kb.QueryTerm, depth int) ([]Hit, error) {
	query = heaviest(query)
	best := newTop(depth)
	scores := make([]float64, MaxSegment)
	var forms []uint16
	for i := range sc.snap.views {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := &sc.snap.views[i]
		acc := scores[:v.Len()]
		clear(acc)
		for _, term := range query {
			if len(term.IDs) > 1 && forms == nil {
				forms = make([]uint16, MaxSegment)
			}
			sc.score(v, acc, term, forms)
		}
		for j, score := range acc {
			if score > 0 && score >= best.least && sc.open[i].has(j) {
				best.add(Hit{v.rows[j], v.ids[j], v.slots[j], score})
			}
		}
	}
	return best.sorted(), nil
}

// score adds a term's weight to the chunks of a segment that have it. Forms is
// all zero before and after.
func (sc *Scope) score(v *view, acc []float64, term kb.QueryTerm, forms []uint16) {
	flat, slope := k1*(1-b), k1*b/sc.snap.average
	add := func(p posting, tf uint16) {
		t := float64(tf)
		acc[p.chunk] += term.IDF * t * (k1 + 1) / (t + flat + slope*float64(v.lengths[p.chunk]))
	}
	if len(term.IDs) == 1 {
		for _, p := range v.list(term.IDs[0]) {
			add(p, p.tf)
		}
		return
	}
	for _, id := range term.IDs {
		for _, p := range v.list(id) {
			forms[p.chunk] = max(forms[p.chunk], p.tf)
		}
	}
	for _, id := range term.IDs {
		for _, p := range v.list(id) {
			if tf := forms[p.chunk]; tf > 0 {
				add(p, tf)
				forms[p.chunk] = 0
			}
		}
	}
}

// heaviest returns the known terms, at most maxScored of them, in order.
func heaviest(query []kb.QueryTerm) []kb.QueryTerm {
	known := slices.DeleteFunc(slices.Clone(query), func(t kb.QueryTerm) bool { return len(t.IDs) == 0 })
	if len(known) <= maxScored {
		return known
	}
	weights := make([]float64, len(known))
	for i, t := range known {
		weights[i] = t.IDF
	}
	slices.Sort(weights)
	least := weights[len(weights)-maxScored]
	known = slices.DeleteFunc(known, func(t kb.QueryTerm) bool { return t.IDF < least })
	return known[:maxScored]
}

// block is how many vectors a goroutine takes at a time.
const block = 4096

type span struct {
	view, group, from, to int
}

// Dense returns the best depth chunks by cosine, and how many chunks of the
// scope have a vector of the model.
func (sc *Scope) Dense(ctx context.Context, query kb.Vector, model string, depth int) ([]Hit, int, error) {
	var work []span
	for i := range sc.snap.views {
		for g, group := range sc.snap.views[i].vectors {
			if group.model != model || group.dim != len(query) {
				continue
			}
			for from := 0; from < len(group.chunks); from += block {
				work = append(work, span{i, g, from, min(from+block, len(group.chunks))})
			}
		}
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	tops := make([]*top, min(runtime.GOMAXPROCS(0), len(work)))
	seen := make([]int, len(tops))
	for i := range tops {
		tops[i] = newTop(depth)
		wait.Go(func() {
			x := make([]float32, (len(query)+15)&^15)
			copy(x, query)
			for n := next.Add(1) - 1; n < int64(len(work)) && ctx.Err() == nil; n = next.Add(1) - 1 {
				seen[i] += sc.scan(work[n], x, tops[i])
			}
		})
	}
	wait.Wait()
	best, with := newTop(depth), 0
	for i, t := range tops {
		with += seen[i]
		for _, hit := range t.hits {
			best.add(hit)
		}
	}
	return best.sorted(), with, ctx.Err()
}

func (sc *Scope) scan(w span, query []float32, best *top) int {
	v := &sc.snap.views[w.view]
	group, open := &v.vectors[w.group], sc.open[w.view]
	seen := 0
	x := blas32.Vector{N: len(query), Inc: 1, Data: query}
	for row := w.from; row < w.to; row++ {
		chunk := int(group.chunks[row])
		if !open.has(chunk) {
			continue
		}
		seen++
		y := blas32.Vector{N: len(query), Inc: 1, Data: group.flat[row*group.stride : (row+1)*group.stride]}
		if score := float64(blas32.Dot(x, y)); score >= best.least || len(best.hits) < best.n {
			best.add(Hit{v.rows[chunk], v.ids[chunk], v.slots[chunk], score})
		}
	}
	return seen
}

// top keeps the n best hits.
type top struct {
	n     int
	hits  []Hit // a heap, the worst first
	least float64
}

func newTop(n int) *top { return &top{n: max(n, 1)} }

func (t *top) add(hit Hit) {
	if len(t.hits) < t.n {
		t.hits = append(t.hits, hit)
		for i := len(t.hits) - 1; i > 0; {
			parent := (i - 1) / 2
			if better(t.hits[parent], t.hits[i]) >= 0 {
				break
			}
			t.hits[parent], t.hits[i] = t.hits[i], t.hits[parent]
			i = parent
		}
	} else if better(hit, t.hits[0]) < 0 {
		t.hits[0] = hit
		t.sink()
	}
	if len(t.hits) == t.n {
		t.least = t.hits[0].Score
	}
}

func (t *top) sink() {
	for i := 0; ; {
		worst := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(t.hits) && better(t.hits[child], t.hits[worst]) > 0 {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.hits[i], t.hits[worst] = t.hits[worst], t.hits[i]
		i = worst
	}
}

func (t *top) sorted() []Hit {
	slices.SortFunc(t.hits, better)
	return t.hits
}
