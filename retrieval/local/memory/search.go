package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

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
	counts []int    // of open, by segment
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
	scope := &Scope{snap: s, open: make([]bitmap, len(s.views)), counts: make([]int, len(s.views))}
	for i := range s.views {
		scope.open[i] = s.views[i].open(docs, all)
		scope.counts[i] = scope.open[i].count()
		scope.Chunks += scope.counts[i]
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
	best := newTop(depth, better)
	scores := make([]float64, MaxSegment)
	var forms []uint16
	least := 0.0
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
			if score > 0 && score >= least && sc.open[i].has(j) {
				best.add(Hit{v.rows[j], v.ids[j], v.slots[j], score})
				if best.full() {
					least = best.worst().Score
				}
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
