package memory

import (
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
)

// Scope is what of a snapshot a reader may see.
type Scope struct {
	Chunks int // how many
	snap   *Snapshot
	stats  *Statistics
	open   []bitmap // by segment
	counts []int    // of open, by segment
}

// Scope applies filter, audience and validity.
func (s *Snapshot) Scope(f kb.Filter, audience kb.Audience, asOf time.Time) *Scope {
	scope := &Scope{snap: s, stats: s.Statistics(audience), open: make([]bitmap, len(s.views)), counts: make([]int, len(s.views))}
	matching := s.matching(f)
	for i := range s.views {
		v := &s.views[i]
		own := v.sides[scope.stats.audience]
		open := v.valid(s, own.open, asOf)
		if matching != nil {
			open = v.only(open, matching)
		}
		scope.open[i], scope.counts[i] = open, own.count
		if matching != nil || len(v.bounded) > 0 {
			scope.counts[i] = open.count()
		}
		scope.Chunks += scope.counts[i]
	}
	return scope
}

// valid returns open without the chunks of documents that aren't valid.
func (v *view) valid(s *Snapshot, open bitmap, asOf time.Time) bitmap {
	if len(v.bounded) == 0 {
		return open
	}
	open = slices.Clone(open)
	for _, chunk := range v.bounded {
		if !s.docs[v.slots[chunk]].ValidAt(asOf) {
			open.clear(int(chunk))
		}
	}
	return open
}

// only returns open without the chunks of documents that aren't marked.
func (v *view) only(open bitmap, docs []bool) bitmap {
	out := newBitmap(v.Len())
	for w, word := range open {
		for rest := word; rest != 0; rest &= rest - 1 {
			bit := bits.TrailingZeros64(rest)
			if !docs[v.slots[64*w+bit]] {
				word &^= 1 << bit
			}
		}
		out[w] = word
	}
	return out
}

// matching marks the documents that a filter lets through, by slot; nil if it lets
// all through.
func (s *Snapshot) matching(f kb.Filter) []bool {
	if len(f.Document)+len(f.Product)+len(f.Version)+len(f.Tags)+len(f.Language) == 0 {
		return nil
	}
	if len(f.Language) > 0 {
		f.Language = slices.Clone(f.Language)
		for i, l := range f.Language {
			f.Language[i] = strings.ToLower(l)
		}
	}
	docs := make([]bool, len(s.docs))
	for slot, doc := range s.docs {
		docs[slot] = doc != nil && matches(&f, doc)
	}
	return docs
}

func matches(f *kb.Filter, doc *kb.Document) bool {
	one := func(want []string, have string) bool { return len(want) == 0 || slices.Contains(want, have) }
	return one(f.Product, doc.Product) && one(f.Version, doc.Version) && one(f.Document, doc.ID) &&
		(len(f.Tags) == 0 || slices.ContainsFunc(doc.Tags, func(tag string) bool { return slices.Contains(f.Tags, tag) })) &&
		(len(f.Language) == 0 || one(f.Language, strings.ToLower(doc.Language)))
}
