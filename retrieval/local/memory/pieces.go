package memory

import (
	"math/bits"
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// frequencies are the numbers of open chunks by word piece.
func (s *side) frequencies(seg *Segment) []uint32 {
	if have := s.withPiece.Load(); have != nil {
		return *have
	}
	df := make([]uint32, text.PieceCount)
	tally(df, seg, s.open, 1)
	s.withPiece.Store(&df)
	return df
}

// inherit takes over what another side of the segment has counted, so that only
// the chunks are looked at that one of them lacks.
func (s *side) inherit(old *side, seg *Segment) {
	have := old.withPiece.Load()
	if have == nil {
		return
	}
	df := slices.Clone(*have)
	came, went := newBitmap(seg.Len()), newBitmap(seg.Len())
	for w := range s.open {
		came[w], went[w] = s.open[w]&^old.open[w], old.open[w]&^s.open[w]
	}
	tally(df, seg, came, 1)
	tally(df, seg, went, ^uint32(0))
	s.withPiece.Store(&df)
}

// tally adds n to the number of each piece, for each chunk that is marked.
func tally(df []uint32, seg *Segment, marked bitmap, n uint32) {
	var last []uint32 // by piece: the chunk that had it last, from 1
	for w, word := range marked {
		for ; word != 0; word &= word - 1 {
			if last == nil { // most changes touch none of a segment's chunks
				last = make([]uint32, text.PieceCount)
			}
			chunk := 64*w + bits.TrailingZeros64(word)
			_, pieces, _ := seg.unpack(chunk)
			_ = terms.EachSentence(pieces, func(s terms.Sentence) { // pack has seen that it is whole
				for i := range s.Len() {
					if id := s.At(i); last[id] != uint32(chunk)+1 {
						last[id] = uint32(chunk) + 1
						df[id] += n
					}
				}
			})
		}
	}
}

// PieceIDF says by word piece, from 0 to 1, how rare it is. Callers share it.
func (st *Statistics) PieceIDF() []float32 { return st.pieceIDF() }

func (st *Statistics) weighPieces() []float32 {
	df := make([]uint32, text.PieceCount)
	for i := range st.snap.views {
		v := &st.snap.views[i]
		for id, n := range v.sides[st.audience].frequencies(v.Segment) {
			df[id] += n
		}
	}
	return terms.PieceIDF(st.Chunks, df)
}
