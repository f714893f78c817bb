package memory

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// The audiences, by which statistics are kept.
const (
	public = iota
	agent
	audiences
)

func audienceOf(a kb.Audience) int {
	if a.May(kb.Agent) {
		return agent
	}
	return public
}

// side is what one audience has of a segment: its live chunks that are of
// documents for that audience. It never changes but for what it remembers.
type side struct {
	open   bitmap
	count  int
	length uint64 // weighted words

	once sync.Once
	df   []atomic.Uint32 // by place in Segment.terms: 1 + the chunks of open; 0 while not counted

	withPiece atomic.Pointer[[]uint32] // by piece: chunks of open; nil while not counted
}

// frequency is the number of open chunks with the term at a place of the segment.
// It counts each term once, when it is first asked for: most never are.
func (s *side) frequency(seg *Segment, place int) int {
	list := seg.postings[seg.offsets[place]:seg.offsets[place+1]]
	switch s.count {
	case 0:
		return 0
	case seg.Len():
		return len(list)
	}
	s.once.Do(func() { s.df = make([]atomic.Uint32, len(seg.terms)) })
	if n := s.df[place].Load(); n > 0 {
		return int(n - 1)
	}
	n := 0
	for _, p := range list {
		if s.open.has(int(p.chunk)) {
			n++
		}
	}
	s.df[place].Store(uint32(n + 1))
	return n
}

// Statistics are those of the live chunks that are meant for one audience. All are
// sums of integers, so that they don't depend on the order of chunks.
//
// They know nothing of other chunks: by its scores alone, a reader could else tell
// whether a word is in a document that is kept from it. Filters and validity don't
// change them. A filter hides nothing, it only narrows; and what an audience may
// read on some days is no secret from it on others, while weights that moved with
// the clock would give one question another answer although nothing was written.
type Statistics struct {
	Languages []string // by which its documents are stemmed, sorted
	Chunks    int

	snap     *Snapshot
	audience int
	average  float64 // weighted length of a chunk, at least 1
	pieceIDF func() []float32
}

// DF is the number of chunks with a term.
func (st *Statistics) DF(term uint32) int {
	n := 0
	for i := range st.snap.views {
		v := &st.snap.views[i]
		if place, found := slices.BinarySearch(v.terms, term); found {
			n += v.sides[st.audience].frequency(v.Segment, place)
		}
	}
	return n
}

// Statistics returns those of an audience.
func (s *Snapshot) Statistics(a kb.Audience) *Statistics { return &s.stats[audienceOf(a)] }

// access is what every search asks of a document, apart from it so that the scan
// of all documents stays in the processor's cache.
type access struct {
	known, public, bounded bool // bounded: has a validity
	used                   bool // has a live chunk
}

// account makes all that follows from views and documents.
func (s *Snapshot) account() {
	s.access = make([]access, len(s.docs))
	for slot, doc := range s.docs {
		if doc != nil {
			s.access[slot] = access{known: true, public: kb.Public.May(doc.Audience), bounded: !doc.ValidFrom.IsZero() || !doc.ValidUntil.IsZero()}
		}
	}
	s.stats, s.cuts = [audiences]Statistics{}, &cuts{}
	for i := range s.views {
		s.divide(&s.views[i])
	}
	for audience := range s.stats {
		s.total(&s.stats[audience], audience)
	}
}

// divide makes the sides of a view. It keeps those that are still right, for what
// they remember.
func (s *Snapshot) divide(v *view) {
	var sides [audiences]*side
	for i := range sides {
		sides[i] = &side{open: newBitmap(v.Len())}
	}
	v.bounded = nil
	for j, slot := range v.slots {
		a := &s.access[slot]
		if !a.known || !v.live(j) {
			continue
		}
		a.used = true
		if a.bounded {
			v.bounded = append(v.bounded, uint16(j))
		}
		sides[agent].add(j, v.lengths[j])
		if a.public {
			sides[public].add(j, v.lengths[j])
		}
	}
	for i, fresh := range sides {
		if old := v.sides[i]; old == nil || !slices.Equal(old.open, fresh.open) {
			if old != nil {
				fresh.inherit(old, v.Segment)
			}
			v.sides[i] = fresh
		}
	}
}

func (s *side) add(chunk int, length uint32) {
	s.open.set(chunk)
	s.count++
	s.length += uint64(length)
}

func (s *Snapshot) total(st *Statistics, audience int) {
	st.snap, st.audience, st.average = s, audience, 1
	st.pieceIDF = sync.OnceValue(st.weighPieces)
	length := uint64(0)
	for i := range s.views {
		st.Chunks += s.views[i].sides[audience].count
		length += s.views[i].sides[audience].length
	}
	if st.Chunks > 0 {
		st.average = max(float64(length)/float64(st.Chunks), 1)
	}
	seen := map[string]bool{}
	for slot, a := range s.access {
		if a.used && (a.public || audience == agent) {
			seen[terms.Language(s.docs[slot].Language)] = true
		}
	}
	for language := range seen {
		st.Languages = append(st.Languages, language)
	}
	slices.Sort(st.Languages)
}
