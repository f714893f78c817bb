package memory

import (
	"math/bits"
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// pieces takes in the word pieces of a chunk, each once. Mark tells the chunks
// apart.
func (b *Builder) pieces(blob []byte, mark uint32) error {
	if b.marks == nil {
		b.marks = make([]uint32, text.PieceCount)
	}
	bad := false
	err := terms.EachSentence(blob, func(s terms.Sentence) {
		for i := range s.Len() {
			switch id := s.At(i); {
			case int(id) >= text.PieceCount:
				bad = true
			case b.marks[id] != mark:
				b.marks[id] = mark
				b.seg.pieces = append(b.seg.pieces, id)
			}
		}
	})
	if bad {
		return terms.ErrBlob
	}
	b.seg.pieceEnds = append(b.seg.pieceEnds, uint32(len(b.seg.pieces)))
	return err
}

func (s *Segment) piecesOf(chunk int) []uint16 {
	from := uint32(0)
	if chunk > 0 {
		from = s.pieceEnds[chunk-1]
	}
	return s.pieces[from:s.pieceEnds[chunk]]
}

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
	for w, word := range marked {
		for ; word != 0; word &= word - 1 {
			for _, id := range seg.piecesOf(64*w + bits.TrailingZeros64(word)) {
				df[id] += n
			}
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
