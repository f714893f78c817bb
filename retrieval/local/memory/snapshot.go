package memory

import (
	"math/bits"
	"slices"

	"github.com/askdesk/askdesk/kb"
)

// Snapshot is the state of an index at one commit. It never changes.
type Snapshot struct {
	Seq int64 // of the commit

	views  []view
	docs   []*kb.Document // by slot; nil where not known
	access []access       // by slot
	stats  [audiences]Statistics

	cuts    *cuts
	scratch *scratches
}

// view is a segment with what of it is live.
type view struct {
	*Segment
	dead    bitmap // nil while all chunks are live
	gone    int    // how many are not
	sides   [audiences]*side
	bounded []uint16 // live chunks of documents with a validity
}

type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

func (b bitmap) set(i int) { b[i>>6] |= 1 << (i & 63) }

func (b bitmap) clear(i int) { b[i>>6] &^= 1 << (i & 63) }

// any reports whether a bit from lo to hi is set; it may look at a few beside them.
func (b bitmap) any(lo, hi int) bool {
	for _, w := range b[lo>>6 : hi>>6+1] {
		if w != 0 {
			return true
		}
	}
	return false
}

func (b bitmap) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (v *view) live(i int) bool { return v.dead == nil || !v.dead.has(i) }

// Change is what happened between two commits.
type Change struct {
	Seq      int64
	Dead     []int64                 // rows of chunks; unknown ones are ignored
	Segments []*Segment              // new chunks, behind all others by row
	Docs     map[uint32]*kb.Document // new or changed, by slot
}

// Apply returns the snapshot after a change.
func (s *Snapshot) Apply(c Change) *Snapshot {
	next := &Snapshot{Seq: c.Seq, docs: s.docs, views: slices.Clone(s.views), scratch: s.scratch}
	if next.scratch == nil {
		next.scratch = &scratches{}
	}
	if len(c.Docs) > 0 {
		next.docs = slices.Clone(s.docs)
		for slot, doc := range c.Docs {
			for int(slot) >= len(next.docs) {
				next.docs = append(next.docs, nil)
			}
			next.docs[slot] = doc
		}
	}
	for _, seg := range c.Segments {
		if seg.Len() > 0 {
			next.views = append(next.views, view{Segment: seg})
		}
	}
	fresh := make([]bool, len(next.views)) // bitmaps that are not shared with s
	for _, row := range c.Dead {
		for i := range next.views {
			v := &next.views[i]
			at, found := slices.BinarySearch(v.rows, row)
			if !found || !v.live(at) {
				continue
			}
			if !fresh[i] {
				fresh[i] = true
				dead := newBitmap(v.Len())
				copy(dead, v.dead)
				v.dead = dead
			}
			v.dead.set(at)
			v.gone++
			break
		}
	}
	next.views = slices.DeleteFunc(next.views, func(v view) bool { return v.gone == v.Len() })
	next.account()
	return next
}
