// Package codes keeps vectors small: a row is one scale and two bytes a number,
// the second refining the first, and beside them a coarse code of half a byte. A
// scan reads the coarse codes alone; the few rows that it favours are scored by the
// others, which is right to about a part in 60,000 of a row's largest number.
package codes

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/askdesk/askdesk/kb"
)

const (
	levels = 127 // a code is -levels..levels
	fine   = 254 // steps of the second code in one of the first
	lane   = 32  // rows are padded with zeros to a multiple of it, for the kernel
)

// The codes of a query have two bytes: beside the error of the rows that of the
// query is small, and the sum over a vector of up to 16,000 numbers fits in an
// int32.
const (
	sharp = 1023      // the first code is -sharp..sharp
	finer = 2 * sharp // steps of the second code in one of the first
)

// least is the smallest scale: below it a float32 loses digits.
const least = 0x1p-126

// Table holds the codes of vectors of one length. It is safe for concurrent use
// once nothing is added any more.
type Table struct {
	dim, stride int
	pairs       []int8    // a row's first codes, stride of them, and its second codes
	scales      []float32 // what a step of the first code is worth

	width  int       // bytes of a row's coarse codes
	mean   []float32 // of rows
	coarse []byte    // width a row
	steps  []float32 // what a step of the coarse code is worth
}

// NewTable returns a table for vectors of dim numbers, with room for rows of them.
func NewTable(dim, rows int) *Table {
	stride := (dim + lane - 1) / lane * lane
	width := (dim + coarseLane - 1) / coarseLane * coarseLane / 2
	return &Table{dim: dim, stride: stride, width: width,
		pairs: make([]int8, 0, 2*rows*stride), scales: make([]float32, 0, rows)}
}

// Dim is the length of the vectors.
func (t *Table) Dim() int { return t.dim }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.scales) }

// Add appends a vector as Encode packs it, of Dim numbers.
func (t *Table) Add(blob []byte) {
	largest := uint32(0)
	for i := range t.dim {
		largest = max(largest, magnitude(number(blob, i)))
	}
	scale := steps(largest, levels)
	at := len(t.pairs)
	t.pairs = grow(t.pairs, 2*t.stride)
	t.scales = append(t.scales, scale)
	if scale == 0 {
		return
	}
	a, b, perStep := t.pairs[at:][:t.dim], t.pairs[at+t.stride:][:t.dim], 1/float64(scale)
	for i := range a {
		x := float64(number(blob, i)) * perStep
		whole := nearest(x)
		a[i], b[i] = int8(whole), int8(nearest(float64((x-float64(whole))*fine)))
	}
}

// nearest rounds x, which is less than 2^31 either way, faster than the library
// does: the sum has no room for a fraction, and its last bits are the integer.
func nearest(x float64) int32 {
	const room = 3 << 51
	return int32(math.Float64bits(float64(x) + room))
}

// magnitude orders numbers by their absolute value, the greater the larger; what
// is infinite or no number comes last.
func magnitude(x float32) uint32 { return math.Float32bits(x) &^ (1 << 31) }

// steps is the scale at which n steps reach the largest magnitude of a vector; 0
// for one that is zero or has a number that is none, which then scores 0.
func steps(largest uint32, n float32) float32 {
	scale := math.Float32frombits(largest) / n
	if !(scale >= least && scale <= math.MaxFloat32) {
		return 0
	}
	return scale
}

// grow appends n zeros.
func grow(s []int8, n int) []int8 {
	at := len(s)
	s = slices.Grow(s, n)[:at+n]
	clear(s[at:])
	return s
}

// pair is a row's first and second codes.
func (t *Table) pair(row int) []int8 { return t.pairs[2*row*t.stride : 2*(row+1)*t.stride] }

// Copy appends a row of another table of the same Dim.
func (t *Table) Copy(from *Table, row int) {
	t.pairs = append(t.pairs, from.pair(row)...)
	t.scales = append(t.scales, from.scales[row])
}

// Tight returns t, not yet ready, without what appending reserved in excess.
func (t *Table) Tight() *Table {
	if cap(t.scales)-len(t.scales) <= len(t.scales)/16 && cap(t.pairs)-len(t.pairs) <= len(t.pairs)/16 {
		return t
	}
	out := NewTable(t.dim, t.Len())
	out.pairs = append(out.pairs, t.pairs...)
	out.scales = append(out.scales, t.scales...)
	return out
}

// Query is a vector that rows are compared with. It has two codes as well, each of
// two bytes.
type Query struct {
	dim           int
	first, second []int16
	scale         float64 // what a step of the first code is worth
	coarse        coarse
}

// NewQuery prepares a vector.
func NewQuery(v kb.Vector) *Query {
	n := (len(v) + lane - 1) / lane * lane
	q := &Query{dim: len(v), first: make([]int16, n), second: make([]int16, n)}
	largest := uint32(0)
	for _, x := range v {
		largest = max(largest, magnitude(x))
	}
	q.coarse = newCoarse(v, largest)
	if q.scale = float64(steps(largest, sharp)); q.scale == 0 {
		return q
	}
	for i, x := range v {
		n := float64(x) / q.scale
		whole := nearest(n)
		q.first[i], q.second[i] = int16(whole), int16(nearest(float64((n-float64(whole))*finer)))
	}
	return q
}

// Dim is the length of the vector.
func (q *Query) Dim() int { return q.dim }

// Score is the cosine of a row by all codes, alike on every processor. Of normalised
// vectors it is off by a step of the second codes at most for each of sixteen numbers or
// so, which is some 2e-6 with 256 numbers of usual size.
func (t *Table) Score(q *Query, row int) float64 {
	var first, second [2]int32 // products of both codes of the row with those of the query
	dots(first[:], t.pair(row), q.first)
	dots(second[:], t.pair(row), q.second)
	// In steps of the second codes of both, of which a sum has less than 2^53.
	sum := (int64(first[0])*finer+int64(second[0]))*fine + int64(first[1])*finer + int64(second[1])
	step, sharper := float64(t.scales[row])/fine, q.scale/finer
	return float64(sum) * step * sharper
}

// Single is what Score says of a vector that stands in no table, of the query's length.
func Single(q *Query, v kb.Vector) float64 {
	t := NewTable(len(v), 1)
	t.Add(Encode(v))
	return t.Score(q, 0)
}

// Encode packs a vector to be stored, as little-endian float32.
func Encode(v kb.Vector) []byte {
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// Decode unpacks a stored vector; nil for an empty blob.
func Decode(blob []byte) kb.Vector {
	if len(blob) == 0 {
		return nil
	}
	v := make(kb.Vector, len(blob)/4)
	for i := range v {
		v[i] = number(blob, i)
	}
	return v
}

func number(blob []byte, i int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(blob[4*i:]))
}

// plain is the kernel without help of the processor: sums[i] is the product of
// row i of rows and query.
func plain(sums []int32, rows []int8, query []int16) {
	for i := range sums {
		row, sum := rows[i*len(query):(i+1)*len(query)], int32(0)
		for j, x := range query {
			sum += int32(row[j]) * int32(x)
		}
		sums[i] = sum
	}
}
