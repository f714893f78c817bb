package ledger

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// errDamaged is what a row comes to that no ledger wrote.
var errDamaged = errors.New("damaged row")

// tally is what statistics are made of, of one document.
type tally struct {
	chunks, embedded int
	length           uint64            // weighted words of all chunks
	terms            map[uint32]uint32 // chunks by term
	pieces           map[uint16]uint32 // chunks by word piece
}

func count(chunks []Chunk) (tally, error) {
	t := tally{chunks: len(chunks), terms: map[uint32]uint32{}, pieces: map[uint16]uint32{}}
	seen, seenPieces := map[uint32]bool{}, map[uint16]bool{}
	for _, c := range chunks {
		if c.Embedded {
			t.embedded++
		}
		clear(seen)
		length, err := terms.Count(c.Terms, func(term uint32, _ int) { seen[term] = true })
		if err != nil {
			return tally{}, err
		}
		t.length += uint64(length)
		for term := range seen {
			t.terms[term]++
		}
		clear(seenPieces)
		err = terms.EachSentence(c.Pieces, func(s terms.Sentence) {
			for i := range s.Len() {
				seenPieces[s.At(i)] = true
			}
		})
		if err != nil {
			return tally{}, err
		}
		for id := range seenPieces {
			if int(id) >= text.PieceCount {
				return tally{}, terms.ErrBlob
			}
			t.pieces[id]++
		}
	}
	return t, nil
}

// pack writes a tally as numbers: chunks, embedded, length, then terms and pieces in
// order, each as the step from the one before and its count.
func (t tally) pack() []byte {
	b := binary.AppendUvarint(nil, uint64(t.chunks))
	b = binary.AppendUvarint(b, uint64(t.embedded))
	b = binary.AppendUvarint(b, t.length)
	b = packCounts(b, t.terms)
	return packCounts(b, t.pieces)
}

func packCounts[K uint16 | uint32](b []byte, counts map[K]uint32) []byte {
	b = binary.AppendUvarint(b, uint64(len(counts)))
	last := K(0)
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		b = binary.AppendUvarint(b, uint64(id-last))
		b = binary.AppendUvarint(b, uint64(counts[id]))
		last = id
	}
	return b
}

// check refuses what pack did not write.
func check(packed []byte) error {
	r := reader{b: packed}
	for range 3 {
		r.next()
	}
	pieces := true
	r.counts(func(uint32, uint32) {})
	r.counts(func(id, _ uint32) { pieces = pieces && id < text.PieceCount })
	if r.bad || !pieces || len(r.b) > 0 {
		return errDamaged
	}
	return nil
}

// reader reads what pack wrote.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) next() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) counts(do func(id, n uint32)) {
	id := uint64(0)
	for n := r.next(); n > 0 && !r.bad; n-- {
		id += r.next()
		if c := r.next(); !r.bad {
			do(uint32(id), uint32(c))
		}
	}
}
