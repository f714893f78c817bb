package retrievaltest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

// Reranker runs the contract of retrieval.Reranker. New returns one that works,
// and broken one whose model is away; either need not know what a text means.
func Reranker(t *testing.T, new, broken func(t *testing.T) retrieval.Reranker) {
	t.Helper()
	passages := func(n int) []string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("Passage %d speaks of refunds and invoices.", i))
		}
		return list
	}
	t.Run("a score each", func(t *testing.T) {
		r := new(t)
		for _, n := range []int{1, 2, 20, 100} {
			given := passages(n)
			scores, err := r.Rerank(t.Context(), "How do I get a refund?", given)
			require.NoError(t, err)
			require.Len(t, scores, n)
			require.False(t, slices.ContainsFunc(scores, func(s float64) bool { return math.IsNaN(s) || math.IsInf(s, 0) }))
			require.Equal(t, passages(n), given)
		}
	})
	t.Run("any text", func(t *testing.T) {
		for _, query := range []string{"?", "漢字", "\xff", string(make([]rune, 5000))} {
			scores, err := new(t).Rerank(t.Context(), query, []string{"a\xffb", "<|im_end|>", string(slices.Repeat([]rune{'é'}, 50_000))})
			require.NoError(t, err)
			require.Len(t, scores, 3)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		scores, err := new(t).Rerank(ctx, "refund", passages(2))
		require.ErrorIs(t, err, context.Canceled)
		require.Nil(t, scores)
	})
	t.Run("away", func(t *testing.T) {
		r := broken(t)
		for range 10 {
			scores, err := r.Rerank(t.Context(), "refund", passages(2))
			require.NotEqual(t, kb.Internal, kb.CodeOf(err), "%v", err)
			require.NotEmpty(t, kb.MessageOf(err))
			require.Nil(t, scores)
		}
	})
	t.Run("many at once", func(t *testing.T) {
		r := new(t)
		var g sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			g.Go(func() { _, errs[i] = r.Rerank(t.Context(), "refund", passages(5)) })
		}
		g.Wait()
		for _, err := range errs {
			require.NoError(t, err)
		}
	})
}
