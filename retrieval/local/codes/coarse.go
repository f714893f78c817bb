package codes

import (
	"math"

	"github.com/askdesk/askdesk/kb"
)

// The coarse code of a number is 0..15, for -7.5..7.5 steps from the mean of the
// table: what all vectors have in common would else take most of the range.
const (
	coarseMiddle = 7.5
	coarseLane   = 64 // numbers in 32 bytes: the first half of them low, the others high
)

// sure is how many standard deviations Scan's upper bound lies above its estimate.
const sure = 6

// deviation is the standard deviation of what rounding to whole numbers loses.
var deviation = 1 / math.Sqrt(12)

// coarse is a query as Scan takes it: one byte a number.
type coarse struct {
	codes  []int8
	sum    float64 // of codes
	scale  float64 // what a step of codes is worth
	length float64
}

func newCoarse(v kb.Vector, largest uint32) coarse {
	c := coarse{codes: make([]int8, (len(v)+coarseLane-1)/coarseLane*coarseLane)}
	if c.scale = float64(steps(largest, levels)); c.scale == 0 {
		return c
	}
	square := 0.0
	for i, x := range v {
		n := nearest(float64(x) / c.scale)
		c.codes[i] = int8(n)
		c.sum += float64(n)
		square += float64(x) * float64(x)
	}
	c.length = math.Sqrt(square)
	return c
}

// sample is about how many rows the mean is taken of.
const sample = 1024

// Ready makes what Scan needs. It is called once, when all rows are there.
func (t *Table) Ready() {
	t.mean = make([]float32, t.dim)
	rows := 0
	for row := 0; row < t.Len(); row += t.Len()/sample + 1 {
		scale := t.scales[row]
		if scale > 1 { // not of length 1, whatever it is
			continue
		}
		rows++
		for i, code := range t.pair(row)[:t.dim] {
			t.mean[i] += float32(scale * float32(code))
		}
	}
	for i := range t.mean {
		t.mean[i] /= float32(max(rows, 1))
	}
	t.coarse, t.steps = make([]byte, t.Len()*t.width), make([]float32, t.Len())
	room := make([]float32, 2*t.width)
	for row := range t.steps {
		t.steps[row] = t.coarsen(room, row)
	}
}

// coarsen sets the coarse codes of a row and returns what a step of them is worth.
// From is room for its numbers, zero behind dim.
func (t *Table) coarsen(from []float32, row int) float32 {
	scale, largest := t.scales[row], float32(0)
	for i, code := range t.pair(row)[:t.dim] {
		x := float32(scale*float32(code)) - t.mean[i]
		from[i] = x
		largest = max(largest, x, -x)
	}
	step := largest / coarseMiddle
	if !(step >= least) {
		return 0
	}
	perStep, out := 1/step, t.coarse[row*t.width:][:t.width]
	for i := range out {
		at := i/(coarseLane/2)*coarseLane + i%(coarseLane/2)
		out[i] = nibble(float32(from[at]*perStep)) | nibble(float32(from[at+coarseLane/2]*perStep))<<4
	}
	return step
}

// nibble is the code of what lies steps from the middle, -7.5..7.5.
func nibble(steps float32) byte { return min(byte(steps+(coarseMiddle+.5)), 15) }

// Block is how many rows Scan takes at most.
const Block = 64

// Near is a row whose cosine may be as great as it was asked for.
type Near struct {
	Row             int
	Estimate, Bound float32 // of the cosine: vectors of length 1 hardly exceed the bound
}

// Scanner compares one query with the rows of a table. It is for one goroutine.
type Scanner struct {
	table        *Table
	codes        []int8
	base         float32 // the product of query and mean
	step, offset float32
	blur, spread float32 // how far a bound is above its estimate: in steps of a row, and in all
	sums         [Block]int32
}

// Scanner returns one for a table that is ready and a query of its length.
func (t *Table) Scanner(q *Query) *Scanner {
	c := &q.coarse
	base := 0.0
	for i, x := range t.mean {
		base += float64(float64(x) * float64(c.codes[i]))
	}
	return &Scanner{table: t, codes: c.codes, base: float32(base * c.scale),
		step: float32(c.scale), offset: float32(float64(coarseMiddle*c.sum) * c.scale),
		blur: float32(sure * deviation * c.length), spread: float32(sure * deviation * c.scale)}
}

// Scan appends to found, of the n rows from on, those whose bound by their coarse codes
// is not below least. N is at most Block.
func (s *Scanner) Scan(found []Near, from, n int, least float32) []Near {
	t, sums := s.table, s.sums[:n]
	coarseDots(sums, t.coarse[from*t.width:(from+n)*t.width], s.codes)
	high, floor := s.blur-s.offset, least-s.base-s.spread
	for i, step := range t.steps[from : from+n] {
		product := float32(float32(sums[i]) * s.step)
		if float32(step*float32(product+high)) < floor { // as most are, so no more is done for these
			continue
		}
		estimate := s.base + float32(step*float32(product-s.offset))
		found = append(found, Near{from + i, estimate, estimate + float32(step*s.blur) + s.spread})
	}
	return found
}

// plainCoarse is the kernel without help of the processor: sums[i] is the product
// of the coarse codes of row i and query.
func plainCoarse(sums []int32, rows []byte, query []int8) {
	const half = coarseLane / 2
	width := len(query) / 2
	for i := range sums {
		row, sum := rows[i*width:(i+1)*width], int32(0)
		for at := 0; at < width; at += half {
			low, high := query[2*at:][:half], query[2*at+half:][:half]
			for j, both := range row[at : at+half] {
				sum += int32(both&15)*int32(low[j]) + int32(both>>4)*int32(high[j])
			}
		}
		sums[i] = sum
	}
}
