// Package static embeds texts with a table that is part of the program: a text
// is the sum of what its word pieces mean. It knows English only. How the table
// was made, and what it can do, is in MODEL_CARD.md.
package static

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Embedder is a kb.Embedder and a rank.Comparer without a file, a network
// or a key. It sums whole numbers, so its vectors are the same on every machine.
type Embedder struct{ table *table }

// New makes an Embedder. All share one table.
func New() *Embedder { return &Embedder{decoded()} }

// Model names the table, by a hash, and the length of its vectors.
func (e *Embedder) Model() string { return fmt.Sprintf("askdesk-static-en/%d/%s", Dim, e.table.hash) }

// Embed implements kb.Embedder; both sides of a search are embedded alike.
func (e *Embedder) Embed(ctx context.Context, _ kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	vectors := make([]kb.Vector, len(texts))
	share(len(texts), func(mine iter.Seq[int]) {
		s := &summer{codes: e.table.codes, weighed: e.table.factors}
		var pieces []uint16
		for i := range mine {
			if ctx.Err() != nil {
				return
			}
			var sum [Dim]int64
			pieces = text.AppendPieces(pieces[:0], texts[i])
			s.add(&sum, pieces)
			vectors[i] = unit(&sum)
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return vectors, nil
}

// unit is a sum as a vector of length 1; that of a text which says nothing is
// the first axis.
func unit(sum *[Dim]int64) kb.Vector {
	square := 0.0
	for _, x := range sum {
		square += float64(float64(x) * float64(x)) // converted, so that no compiler fuses
	}
	v := make(kb.Vector, Dim)
	if square == 0 {
		v[0] = 1
		return v
	}
	for i, x := range sum {
		v[i] = float32(float64(x) / math.Sqrt(square))
	}
	return v
}
