package memory

import "sync"

// scratch is the memory of a search.
type scratch struct {
	scores        []float64 // by chunk of a segment; all 0 between segments
	found         []uint16  // the chunks with a score
	kept          []uint16  // those of them that may still come into the list
	marks         bitmap    // all 0 between uses
	joined, spare []posting
}

func (s *scratch) forget() {
	for _, chunk := range s.found {
		s.scores[chunk] = 0
	}
	s.found = s.found[:0]
}

// scratches are used again, by all snapshots of an index.
type scratches struct{ pool sync.Pool }

func (s *scratches) get() *scratch {
	if have, ok := s.pool.Get().(*scratch); ok {
		return have
	}
	return &scratch{scores: make([]float64, MaxSegment), marks: newBitmap(MaxSegment)}
}

func (s *scratches) put(used *scratch) { s.pool.Put(used) }
