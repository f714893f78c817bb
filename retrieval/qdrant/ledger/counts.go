package ledger

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// errDamaged is what a row comes to that no ledger wrote.
var errDamaged = errors.New("damaged row")

// tally is what statistics are made of, of one document.
type tally struct {
	chunks, embedded int
	length           uint64   // weighted words of all chunks
	terms            []uint32 // of each chunk those that it has, once
	pieces           []uint16 // the same of word pieces
}

func count(chunks []Chunk) (tally, error) {
	t := tally{chunks: len(chunks)}
	for _, c := range chunks {
		if c.Embedded {
			t.embedded++
		}
		before := len(t.terms)
		length, err := terms.Count(c.Terms, func(term uint32, _ int) { t.terms = append(t.terms, term) })
		if err != nil {
			return tally{}, err
		}
		t.length += uint64(length)
		t.terms = once(t.terms, before)
		before = len(t.pieces)
		err = terms.EachSentence(c.Pieces, func(s terms.Sentence) {
			for i := range s.Len() {
				t.pieces = append(t.pieces, s.At(i))
			}
		})
		if err != nil {
			return tally{}, err
		}
		if t.pieces = once(t.pieces, before); len(t.pieces) > before && int(t.pieces[len(t.pieces)-1]) >= text.PieceCount {
			return tally{}, terms.ErrBlob
		}
	}
	return t, nil
}

// once sorts a list from an index on and leaves out there what comes again.
func once[K uint16 | uint32](list []K, from int) []K {
	slices.Sort(list[from:])
	return list[:from+len(slices.Compact(list[from:]))]
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

func packCounts[K uint16 | uint32](b []byte, list []K) []byte {
	slices.Sort(list)
	b = binary.AppendUvarint(b, uint64(len(slices.Compact(slices.Clone(list)))))
	last := K(0)
	for len(list) > 0 {
		id, n := list[0], 1
		for n < len(list) && list[n] == id {
			n++
		}
		b = binary.AppendUvarint(b, uint64(id-last))
		b = binary.AppendUvarint(b, uint64(n))
		last, list = id, list[n:]
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
