package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

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
	flat, slope := k1*(1-b), k1*b/sc.stats.average
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
