package static

import (
	"math"
	"runtime"
	"sync"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/retrieval"
)

// sharePassages is how many passages make another goroutine worth its start.
const sharePassages = 16

// Compare implements retrieval.Comparer by cosines. What says nothing, or only
// what weighs nothing, is near nothing: 0. Weights are one for each of
// text.PieceCount pieces.
func (e *Embedder) Compare(query string, weights []float32, passages [][][]uint16) []retrieval.Similarity {
	w := weighing{table: e.table, weights: weights}
	asked := w.sum(text.Pieces(query))
	c := comparison{weighing: w, query: unit(&asked)}
	out := make([]retrieval.Similarity, len(passages))
	if asked == [Dim]int64{} {
		return out
	}
	workers := min(runtime.GOMAXPROCS(0), (len(passages)+sharePassages-1)/sharePassages)
	var all sync.WaitGroup
	for k := range workers {
		all.Go(func() {
			for i := k; i < len(passages); i += workers {
				out[i] = c.similarity(passages[i])
			}
		})
	}
	all.Wait()
	return out
}

type comparison struct {
	weighing
	query []float32 // of length 1
}

func (c *comparison) similarity(sentences [][]uint16) retrieval.Similarity {
	var whole [Dim]int64
	best := 0.0
	for i, pieces := range sentences {
		sum := c.sum(pieces)
		for k, x := range sum {
			whole[k] += x
		}
		if near := c.cosine(&sum); i == 0 || near > best {
			best = near
		}
	}
	return retrieval.Similarity{Whole: c.cosine(&whole), Sentence: best}
}

// cosine keeps four sums, which do not wait for each other. The conversions keep
// a compiler from fusing: the result is the same on every machine.
func (c *comparison) cosine(sum *[Dim]int64) float64 {
	var dot0, dot1, dot2, dot3, square0, square1, square2, square3 float64
	query := (*[Dim]float32)(c.query)
	for i := 0; i < Dim; i += 4 {
		s, v := (*[4]int64)(sum[i:]), (*[4]float32)(query[i:])
		x0, x1, x2, x3 := float64(s[0]), float64(s[1]), float64(s[2]), float64(s[3])
		dot0, square0 = dot0+float64(x0*float64(v[0])), square0+float64(x0*x0)
		dot1, square1 = dot1+float64(x1*float64(v[1])), square1+float64(x1*x1)
		dot2, square2 = dot2+float64(x2*float64(v[2])), square2+float64(x2*x2)
		dot3, square3 = dot3+float64(x3*float64(v[3])), square3+float64(x3*x3)
	}
	square := square0 + square1 + square2 + square3
	if square == 0 {
		return 0
	}
	return max(-1, min(1, (dot0+dot1+dot2+dot3)/math.Sqrt(square)))
}
