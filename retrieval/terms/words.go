package terms

import (
	"errors"

	"github.com/askdesk/askdesk/kb"
)

// Words are all that an index stores of a chunk's words, unpacked.
type Words struct {
	Terms  kb.Terms
	Length int        // in words that count as often as their field does
	Pieces [][]uint16 // word pieces by sentence, the title first
}

// Unpack reads what Encode and Pieces packed.
func Unpack(terms, pieces []byte) (w Words, err error) {
	var damaged error
	w.Terms, w.Length, err = Decode(terms)
	w.Pieces, damaged = DecodePieces(pieces)
	return w, errors.Join(err, damaged)
}

// Bytes is about what they take in memory.
func (w *Words) Bytes() int {
	n := 8 * (len(w.Terms.Title) + len(w.Terms.Heading) + len(w.Terms.Body))
	for _, pieces := range w.Pieces {
		n += 24 + 2*len(pieces)
	}
	return n
}
