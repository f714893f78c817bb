package ledger

import (
	"slices"
	"sync/atomic"

	"github.com/askdesk/askdesk/internal/text"
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

// side is what one audience may see, added up. It knows nothing of other chunks,
// for the reasons that the embedded index gives.
type side struct {
	chunks, embedded int
	length           uint64
	df               map[uint32]uint32 // chunks by term
	pieces           []uint32          // chunks by word piece
	languages        map[string]int    // documents with chunks
	bounded          int               // documents with chunks and a validity

	pieceIDF atomic.Pointer[[]float32] // nil while not made
}

func newSide() *side {
	return &side{df: map[uint32]uint32{}, pieces: make([]uint32, text.PieceCount), languages: map[string]int{}}
}

// add takes a document in, or out again if sign is -1. Sums of integers do not
// depend on the order.
func (s *side) add(d *document, sign int) {
	r := reader{b: d.counts}
	chunks := int(r.next())
	s.chunks += sign * chunks
	s.embedded += sign * int(r.next())
	s.length += uint64(sign) * r.next()
	r.counts(func(id, n uint32) {
		if left := s.df[id] + uint32(sign)*n; left > 0 {
			s.df[id] = left
		} else {
			delete(s.df, id)
		}
	})
	r.counts(func(id, n uint32) { s.pieces[id] += uint32(sign) * n })
	s.pieceIDF.Store(nil)
	if chunks > 0 {
		if d.bounded() {
			s.bounded += sign
		}
		language := terms.Language(d.meta.Language)
		if s.languages[language] += sign; s.languages[language] == 0 {
			delete(s.languages, language)
		}
	}
}

// average is the weighted length of a chunk, at least 1.
func (s *side) average() float64 {
	if s.chunks == 0 {
		return 1
	}
	return max(float64(s.length)/float64(s.chunks), 1)
}

func (s *side) vocabulary(known func(term string) bool, id func(term string) uint32) terms.Vocabulary {
	languages := make([]string, 0, len(s.languages))
	for l := range s.languages {
		languages = append(languages, l)
	}
	slices.Sort(languages)
	return terms.Vocabulary{Languages: languages, Chunks: s.chunks, Find: func(term string) (uint32, int) {
		if !known(term) {
			return 0, 0
		}
		n := id(term)
		return n, int(s.df[n])
	}}
}

// weighPieces is what kb.Candidates says of PieceIDF.
func (s *side) weighPieces() []float32 {
	if have := s.pieceIDF.Load(); have != nil {
		return *have
	}
	idf := terms.PieceIDF(s.chunks, s.pieces)
	s.pieceIDF.Store(&idf)
	return idf
}
