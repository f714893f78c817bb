package static

import (
	"iter"
	"math"
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// Compare implements rank.Comparer by cosines. What says nothing, or only
// what weighs nothing, is near nothing: 0. Weights are one for each of
// text.PieceCount pieces. A sentence of more than 512 pieces counts as several.
func (e *Embedder) Compare(query string, weights []float32, passages [][][]uint16) []rank.Similarity {
	out := make([]rank.Similarity, len(passages))
	var asked [Dim]int64
	weighed := e.table.weigh(weights)
	s := &summer{codes: e.table.codes, weighed: weighed}
	if s.add(&asked, text.Pieces(query)); asked == [Dim]int64{} {
		return out
	}
	share(len(passages), func(mine iter.Seq[int]) {
		c := &comparison{summer: summer{codes: e.table.codes, weighed: weighed}, query: [Dim]float32(unit(&asked))}
		for i := range mine {
			out[i] = c.similarity(passages[i])
		}
	})
	return out
}

// Near returns how near each text is to a question, as a cosine from -1 to 1, every
// piece weighed alike; 0 where either says nothing.
func (e *Embedder) Near(question string, texts []string) []float64 {
	passages := make([][][]uint16, len(texts))
	for i, t := range texts {
		passages[i] = [][]uint16{text.Pieces(t)}
	}
	near := make([]float64, len(texts))
	for i, s := range e.Compare(question, nil, passages) {
		near[i] = s.Whole
	}
	return near
}

// comparison is one goroutine's share of Compare.
type comparison struct {
	summer
	query [Dim]float32 // of length 1
	block [Dim]int32
}

func (c *comparison) similarity(sentences [][]uint16) rank.Similarity {
	var whole [Dim]int64
	best := math.Inf(-1)
	for _, pieces := range sentences {
		for some := range slices.Chunk(pieces, blockPieces) {
			c.summer.block(&c.block, some)
			plus(&whole, &c.block)
			if near, ok := cosine(&c.query, &c.block); ok {
				best = max(best, near)
			}
		}
	}
	near, ok := cosine(&c.query, &whole)
	if math.IsInf(best, -1) || !ok {
		return rank.Similarity{}
	}
	return rank.Similarity{Whole: near, Sentence: best}
}

// plus adds a block to a sum, four at once to spare checks of bounds.
func plus(sum *[Dim]int64, block *[Dim]int32) {
	for i := 0; i < Dim; i += 4 {
		s, b := (*[4]int64)(sum[i:]), (*[4]int32)(block[i:])
		s[0] += int64(b[0])
		s[1] += int64(b[1])
		s[2] += int64(b[2])
		s[3] += int64(b[3])
	}
}

// cosine of two vectors, the first of length 1; not ok if the second is zero. It
// keeps four sums, which do not wait for each other. The conversions keep a
// compiler from fusing: the result is the same on every machine.
func cosine[T int32 | int64](unit *[Dim]float32, sum *[Dim]T) (near float64, ok bool) {
	var dot0, dot1, dot2, dot3, square0, square1, square2, square3 float32
	for i := 0; i < Dim; i += 4 {
		u, s := (*[4]float32)(unit[i:]), (*[4]T)(sum[i:])
		x0, x1, x2, x3 := float32(s[0]), float32(s[1]), float32(s[2]), float32(s[3])
		dot0, square0 = dot0+float32(x0*u[0]), square0+float32(x0*x0)
		dot1, square1 = dot1+float32(x1*u[1]), square1+float32(x1*x1)
		dot2, square2 = dot2+float32(x2*u[2]), square2+float32(x2*x2)
		dot3, square3 = dot3+float32(x3*u[3]), square3+float32(x3*x3)
	}
	square := float64(square0) + float64(square1) + float64(square2) + float64(square3)
	if square == 0 {
		return 0, false
	}
	dot := float64(dot0) + float64(dot1) + float64(dot2) + float64(dot3)
	return max(-1, min(1, dot/math.Sqrt(square))), true
}
