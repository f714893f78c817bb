package static

import (
	"crypto/sha256"
	_ "embed" // the table
	"encoding/binary"
	"encoding/hex"
	"sync"

	"github.com/askdesk/askdesk/internal/text"
)

// Dim is the length of the vectors.
const Dim = 256

// tableFile holds a factor a piece, 15 bits in two bytes, little endian, then
// Dim signed bytes a piece. What a piece means is its bytes times its factor.
//
//go:embed table.bin
var tableFile []byte

type table struct {
	factors []int16 // of 15 bits
	codes   []byte
	hash    string // of both, short
}

var decoded = sync.OnceValue(func() *table {
	t := &table{factors: make([]int16, text.PieceCount), codes: tableFile[2*text.PieceCount:]}
	for i := range t.factors {
		t.factors[i] = int16(binary.LittleEndian.Uint16(tableFile[2*i:]))
	}
	sum := sha256.Sum256(tableFile)
	t.hash = hex.EncodeToString(sum[:4])
	return t
})
