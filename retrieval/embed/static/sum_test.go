package static

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzSumRows holds the kernel against the plain sum.
func FuzzSumRows(f *testing.F) {
	f.Add([]byte("rows and factors"), uint16(3))
	f.Add([]byte{0xff, 0x7f, 0x80, 0, 1}, uint16(512))
	f.Add([]byte{}, uint16(0))
	table := decoded()
	f.Fuzz(func(t *testing.T, seed []byte, n uint16) {
		n = n % (blockPieces + 1) &^ 1
		rows, factors := make([]uint32, n), make([]int16, n)
		state := binary.LittleEndian.Uint64(append(seed, make([]byte, 8)...))
		for i := range rows {
			state = state*6364136223846793005 + 1442695040888963407
			rows[i] = uint32(state>>33) % uint32(len(table.codes)/Dim) * Dim
			factors[i] = int16(state>>17) & math.MaxInt16
		}
		var want, got [Dim]int32
		got[7] = 7 // what was there before goes
		plainSum(&want, table.codes, rows, factors)
		sumRows(&got, table.codes, rows, factors)
		require.Equal(t, want, got)
	})
}

// The largest sum fits: the numbers of a block stay exact.
func TestBlocksFit(t *testing.T) {
	codes := make([]byte, Dim)
	lowest := int8(-128)
	for i := range codes {
		codes[i] = byte(lowest)
	}
	codes[1] = 127
	rows, factors := make([]uint32, blockPieces), make([]int16, blockPieces)
	for i := range factors {
		factors[i] = math.MaxInt16
	}
	var sum [Dim]int32
	sumRows(&sum, codes, rows, factors)
	require.EqualValues(t, -128*blockPieces*math.MaxInt16, int64(sum[0]))
	require.EqualValues(t, 127*blockPieces*math.MaxInt16, int64(sum[1]))
	for _, f := range decoded().factors {
		require.GreaterOrEqual(t, f, int16(0))
	}
}

func TestSumRowsRefusesRowsThatAreNotThere(t *testing.T) {
	var sum [Dim]int32
	require.Panics(t, func() { sumRows(&sum, make([]byte, Dim), []uint32{1, 0}, []int16{1, 1}) })
	require.Panics(t, func() { sumRows(&sum, make([]byte, Dim), []uint32{0, 0}, []int16{1}) })
}
