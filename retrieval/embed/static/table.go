package static

import (
	"crypto/sha256"
	_ "embed" // the table
	"encoding/binary"
	"encoding/hex"
	"math"
	"sync"

	"github.com/askdesk/askdesk/internal/text"
)

// Dim is the length of the vectors.
const Dim = 256

// blockPieces factors of 15 bits, each times a byte, add up to no more than an
// int32 holds.
const blockPieces = 512

// tableFile holds a factor a piece, 15 bits in two bytes, little endian, then
// Dim signed bytes a piece. What a piece means is its bytes times its factor.
//
//go:embed table.bin
var tableFile []byte

type table struct {
	factors []int32
	codes   []byte
	hash    string // of both, short
}

var decoded = sync.OnceValue(func() *table {
	t := &table{factors: make([]int32, text.PieceCount), codes: tableFile[2*text.PieceCount:]}
	for i := range t.factors {
		t.factors[i] = int32(binary.LittleEndian.Uint16(tableFile[2*i:]))
	}
	sum := sha256.Sum256(tableFile)
	t.hash = hex.EncodeToString(sum[:4])
	return t
})

// weighing sums what pieces mean, each counting as its weight says; without
// weights all count alike.
type weighing struct {
	*table
	weights []float32
}

// sum leaves out pieces that are not in the table.
func (w weighing) sum(pieces []uint16) (sum [Dim]int64) {
	for len(pieces) > 0 {
		n := min(len(pieces), blockPieces)
		var block [Dim]int32
		for _, p := range pieces[:n] {
			if f := w.factor(p); f != 0 {
				addRow(&block, (*[Dim]byte)(w.codes[int(p)*Dim:]), f)
			}
		}
		for i, x := range block {
			sum[i] += int64(x)
		}
		pieces = pieces[n:]
	}
	return sum
}

func (w weighing) factor(piece uint16) int32 {
	if int(piece) >= len(w.factors) {
		return 0
	}
	f := w.factors[piece]
	if w.weights == nil {
		return f
	}
	return int32(math.RoundToEven(float64(w.weights[piece]) * float64(f)))
}

// addRow is where the time goes: four at once spare checks of bounds.
func addRow(sum *[Dim]int32, row *[Dim]byte, f int32) {
	for i := 0; i < Dim; i += 4 {
		s, r := (*[4]int32)(sum[i:]), (*[4]byte)(row[i:])
		s[0] += f * int32(int8(r[0]))
		s[1] += f * int32(int8(r[1]))
		s[2] += f * int32(int8(r[2]))
		s[3] += f * int32(int8(r[3]))
	}
}
