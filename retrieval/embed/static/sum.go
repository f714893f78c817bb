package static

import "math"

// blockPieces factors of 15 bits, each times a byte, add up to no more than an
// int32 holds. It is even.
const blockPieces = 512

// summer sums what pieces mean. It is for one goroutine.
type summer struct {
	codes   []byte
	weighed []int16             // factors by piece
	rows    [blockPieces]uint32 // room for one block
	factors [blockPieces]int16
}

// block sums at most blockPieces pieces. Those that are not in the table are
// left out.
func (s *summer) block(sum *[Dim]int32, pieces []uint16) {
	n := 0
	for _, p := range pieces {
		if int(p) >= len(s.weighed) {
			continue
		}
		if f := s.weighed[p]; f != 0 {
			s.rows[n], s.factors[n] = uint32(p)*Dim, f
			n++
		}
	}
	if n%2 > 0 {
		s.rows[n], s.factors[n] = 0, 0
		n++
	}
	sumRows(sum, s.codes, s.rows[:n], s.factors[:n])
}

// add adds any number of pieces to sum.
func (s *summer) add(sum *[Dim]int64, pieces []uint16) {
	var block [Dim]int32
	for len(pieces) > 0 {
		n := min(len(pieces), blockPieces)
		s.block(&block, pieces[:n])
		plus(sum, &block)
		pieces = pieces[n:]
	}
}

// weigh returns the factors of pieces, each times its weight; nil weighs all alike.
func (t *table) weigh(weights []float32) []int16 {
	if weights == nil {
		return t.factors
	}
	weighed := make([]int16, len(t.factors))
	for i, f := range t.factors {
		weighed[i] = int16(math.RoundToEven(float64(weights[i]) * float64(f)))
	}
	return weighed
}

// plainSum is sumRows without a kernel. Four at once spare checks of bounds.
func plainSum(sum *[Dim]int32, codes []byte, rows []uint32, factors []int16) {
	*sum = [Dim]int32{}
	for k, at := range rows {
		row, f := (*[Dim]byte)(codes[at:]), int32(factors[k])
		for i := 0; i < Dim; i += 4 {
			s, r := (*[4]int32)(sum[i:]), (*[4]byte)(row[i:])
			s[0] += f * int32(int8(r[0]))
			s[1] += f * int32(int8(r[1]))
			s[2] += f * int32(int8(r[2]))
			s[3] += f * int32(int8(r[3]))
		}
	}
}
