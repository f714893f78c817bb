package static

import "math"

// blockPieces factors of 15 bits, each times a byte, add up to no more than an
// int32 holds.
const blockPieces = 512

// summer sums what pieces mean, each counting as its weight says; without
// weights all count alike. It is for one goroutine.
type summer struct {
	*table
	weights []float32
	rows    [blockPieces]uint32 // room for one block
	factors [blockPieces]int32
}

// block sums at most blockPieces pieces. Those that are not in the table are
// left out.
func (s *summer) block(sum *[Dim]int32, pieces []uint16) {
	n := 0
	for _, p := range pieces {
		if f := s.factor(p); f != 0 {
			s.rows[n], s.factors[n] = uint32(p)*Dim, f
			n++
		}
	}
	sumRows(sum, s.codes, s.rows[:n], s.factors[:n])
}

// add adds any number of pieces to sum.
func (s *summer) add(sum *[Dim]int64, pieces []uint16) {
	var block [Dim]int32
	for len(pieces) > 0 {
		n := min(len(pieces), blockPieces)
		s.block(&block, pieces[:n])
		for i, x := range block {
			sum[i] += int64(x)
		}
		pieces = pieces[n:]
	}
}

func (s *summer) factor(piece uint16) int32 {
	if int(piece) >= len(s.table.factors) {
		return 0
	}
	f := s.table.factors[piece]
	if s.weights == nil {
		return f
	}
	return int32(math.RoundToEven(float64(s.weights[piece]) * float64(f)))
}

// plainSum is sumRows without a kernel. Four at once spare checks of bounds.
func plainSum(sum *[Dim]int32, codes []byte, rows []uint32, factors []int32) {
	*sum = [Dim]int32{}
	for k, at := range rows {
		row, f := (*[Dim]byte)(codes[at:]), factors[k]
		for i := 0; i < Dim; i += 4 {
			s, r := (*[4]int32)(sum[i:]), (*[4]byte)(row[i:])
			s[0] += f * int32(int8(r[0]))
			s[1] += f * int32(int8(r[1]))
			s[2] += f * int32(int8(r[2]))
			s[3] += f * int32(int8(r[3]))
		}
	}
}
