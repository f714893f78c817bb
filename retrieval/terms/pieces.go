package terms

import (
	"encoding/binary"
	"math"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Pieces packs the word pieces of a chunk: for the title of its document and each
// sentence of its text the number of pieces, and two bytes for each.
func Pieces(doc *kb.Document, chunk *kb.Chunk) []byte {
	b := make([]byte, 0, len(chunk.Text)/2)
	var pieces []uint16
	add := func(s string) {
		pieces = text.AppendPieces(pieces[:0], s)
		b = binary.AppendUvarint(b, uint64(len(pieces)))
		for _, id := range pieces {
			b = binary.LittleEndian.AppendUint16(b, id)
		}
	}
	add(doc.Title)
	for _, span := range text.Sentences(chunk.Text) {
		add(chunk.Text[span.Start:span.End])
	}
	return b
}

// EachSentence calls do with each sentence that Pieces packed; do must not keep
// what it gets.
func EachSentence(blob []byte, do func(Sentence)) error {
	for len(blob) > 0 {
		n, size := binary.Uvarint(blob)
		if size <= 0 || n > uint64(len(blob)-size)/2 {
			return ErrBlob
		}
		end := size + 2*int(n)
		do(blob[size:end])
		blob = blob[end:]
	}
	return nil
}

// Sentence is a packed list of word pieces.
type Sentence []byte

// Len is the number of pieces.
func (s Sentence) Len() int { return len(s) / 2 }

// At returns a piece.
func (s Sentence) At(i int) uint16 { return binary.LittleEndian.Uint16(s[2*i:]) }

// DecodePieces unpacks a blob, by sentence.
func DecodePieces(blob []byte) ([][]uint16, error) {
	var list [][]uint16
	all := make([]uint16, 0, len(blob)/2) // at least as many as there are
	err := EachSentence(blob, func(s Sentence) {
		from := len(all)
		for i := range s.Len() {
			all = append(all, s.At(i))
		}
		list = append(list, all[from:len(all):len(all)])
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// PieceIDF is what kb.Candidates says of it, by the number of chunks of all that have
// each piece.
func PieceIDF(chunks int, having []uint32) []float32 {
	idf := make([]float32, len(having))
	all := float64(chunks) + 1
	rarest := math.Log(all / .5)
	for id, n := range having {
		idf[id] = 1
		if n > 0 {
			idf[id] = float32(math.Sqrt(math.Log(all/(float64(n)+.5)) / rarest))
		}
	}
	return idf
}
