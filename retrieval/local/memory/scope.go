package memory

import (
	"fmt"
	"math/bits"
	"slices"
	"sync"
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
	stats := s.Statistics(audience)
	cut := s.cuts.of(s, f, stats.audience)
	scope := &Scope{snap: s, stats: stats, open: slices.Clone(cut.open), counts: slices.Clone(cut.counts)}
	for i := range s.views {
		if v := &s.views[i]; len(v.bounded) > 0 {
			scope.open[i] = v.valid(s, cut.open[i], asOf)
			scope.counts[i] = scope.open[i].count()
		}
		scope.Chunks += scope.counts[i]
	}
	return scope
}

// Close leaves out the chunks that have one of the terms.
func (sc *Scope) Close(ids []uint32) {
	if len(ids) == 0 {
		return
	}
	sc.Chunks = 0
	for i := range sc.snap.views {
		open := slices.Clone(sc.open[i])
		for _, id := range ids {
			for _, p := range sc.snap.views[i].list(id) {
				open.clear(int(p.chunk))
			}
		}
		sc.open[i], sc.counts[i] = open, open.count()
		sc.Chunks += sc.counts[i]
	}
}

// cut is what filter and audience leave of a snapshot, by segment.
type cut struct {
	open   []bitmap
	counts []int // of open
}

// cuts remembers the last few of a snapshot: most callers filter by the product
// that their page is about.
type cuts struct {
	mu   sync.Mutex
	keys []string // the oldest first
	have map[string]*cut
}

const maxCuts = 16

func (c *cuts) of(s *Snapshot, f kb.Filter, audience int) *cut {
	key := fmt.Sprintf("%d %q %q %q %q %q", audience, f.Document, f.Product, f.Version, f.Tags, f.Language)
	c.mu.Lock()
	have := c.have[key]
	c.mu.Unlock()
	if have != nil {
		return have
	}
	fresh := s.cut(f, audience)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.have == nil {
		c.have = map[string]*cut{}
	}
	if c.have[key] == nil {
		c.keys = append(c.keys, key)
	}
	c.have[key] = fresh
	if len(c.keys) > maxCuts {
		delete(c.have, c.keys[0])
		c.keys = c.keys[1:]
	}
	return fresh
}

func (s *Snapshot) cut(f kb.Filter, audience int) *cut {
	c := &cut{make([]bitmap, len(s.views)), make([]int, len(s.views))}
	matching := s.matching(f)
	for i := range s.views {
		own := s.views[i].sides[audience]
		if c.open[i], c.counts[i] = own.open, own.count; matching != nil {
			c.open[i] = s.views[i].only(own.open, matching)
			c.counts[i] = c.open[i].count()
		}
	}
	return c
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
	if f.Empty() {
		return nil
	}
	docs := make([]bool, len(s.docs))
	for slot, doc := range s.docs {
		docs[slot] = doc != nil && f.Matches(doc)
	}
	return docs
}
