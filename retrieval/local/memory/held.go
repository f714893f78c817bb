package memory

import (
	"encoding/binary"
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Held is what a snapshot knows of a chunk. Its slices are shared, and not to be
// changed.
type Held struct {
	Document               *kb.Document
	Ordinal                int
	Model                  string // of its vector; "" without one
	Cosine                 float64
	Terms, Pieces, Heading []byte // as they came
}

// Held is what there is of a hit. The query is nil, or the vector of a model, that
// the chunk is compared with if it has one of the same.
func (sc *Scope) Held(h Hit, q *codes.Query, model string) Held {
	v := &sc.snap.views[h.at.view]
	chunk := int(h.at.chunk)
	held := Held{Document: sc.snap.docs[v.slots[chunk]], Ordinal: int(v.ordinals[chunk])}
	held.Terms, held.Pieces, held.Heading = v.unpack(chunk)
	for i := range v.vectors {
		group := &v.vectors[i]
		row, found := slices.BinarySearch(group.chunks, h.at.chunk)
		if !found {
			continue
		}
		held.Model = group.model
		if q != nil && group.model == model && group.table.Dim() == q.Dim() {
			held.Cosine = group.table.Score(q, row)
		}
	}
	return held
}

// pack appends what a chunk is ranked by: terms, pieces, each behind its length, and
// the heading. It copies them.
func (s *Segment) pack(c Chunk) error {
	bad := false
	err := terms.EachSentence(c.Pieces, func(p terms.Sentence) {
		for i := range p.Len() {
			bad = bad || p.At(i) >= text.PieceCount
		}
	})
	if err != nil {
		return err
	}
	if bad {
		return terms.ErrBlob
	}
	for _, part := range [][]byte{c.Terms, c.Pieces} {
		s.packed = binary.AppendUvarint(s.packed, uint64(len(part)))
		s.packed = append(s.packed, part...)
	}
	s.packed = append(s.packed, c.Heading...)
	s.ends = append(s.ends, uint32(len(s.packed)))
	return nil
}

// of is what pack has made of a chunk.
func (s *Segment) of(chunk int) []byte {
	from := uint32(0)
	if chunk > 0 {
		from = s.ends[chunk-1]
	}
	return s.packed[from:s.ends[chunk]]
}

func (s *Segment) unpack(chunk int) (terms, pieces, heading []byte) {
	rest := s.of(chunk)
	next := func() []byte {
		n, size := binary.Uvarint(rest)
		part := rest[size : size+int(n)]
		rest = rest[size+int(n):]
		return part
	}
	terms, pieces = next(), next()
	return terms, pieces, rest
}
