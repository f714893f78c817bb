package fit_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval/fit"
)

// drawn are queries whose relevant document was drawn by the given weights.
func drawn(n int, weights []float64, seed uint64) []fit.Example {
	rng := rand.New(rand.NewPCG(seed, 1))
	list := make([]fit.Example, n)
	for i := range list {
		top, right := -1e9, 0
		for d := range 8 {
			values := make([]float64, len(weights))
			for f := range values {
				values[f] = rng.Float64()
			}
			list[i].Documents = append(list[i].Documents, fit.Document{ID: fmt.Sprint(d), Chunks: [][]float64{values}})
			// A Gumbel variable added to a score makes the greatest one a draw by
			// the exponentials of the scores.
			gumbel := rng.ExpFloat64()
			if s := fit.Score(weights, values) - math.Log(gumbel); s > top {
				top, right = s, d
			}
		}
		list[i].Documents[right].Relevant = true
	}
	return list
}

func TestWeightsFindsWhatTheExamplesWereDrawnBy(t *testing.T) {
	want := []float64{4, 0, 1.5}
	got := fit.Weights([][]fit.Example{drawn(4000, want, 1)}, []float64{1, 1, 1}, fit.Options{Ridge: 1e-9})
	require.InDeltaSlice(t, want, got, 0.25)
}

func TestASetCountsTheSameHoweverLarge(t *testing.T) {
	many, few := drawn(3000, []float64{4, 0}, 1), drawn(300, []float64{0, 4}, 2)
	got := fit.Weights([][]fit.Example{many, few}, []float64{1, 1}, fit.Options{Ridge: 1e-9})
	require.InDelta(t, 1, got[0]/got[1], 0.25)
}

func TestWhatSpeaksAgainstCountsNothing(t *testing.T) {
	got := fit.Weights([][]fit.Example{drawn(500, []float64{4, -2}, 1)}, []float64{1, 1}, fit.Options{})
	require.Positive(t, got[0])
	require.Zero(t, got[1])
}

func TestTheBestChunkSpeaksForItsDocument(t *testing.T) {
	e := fit.Example{Documents: []fit.Document{
		{ID: "b", Chunks: [][]float64{{.1}, {.9}}},
		{ID: "a", Chunks: [][]float64{{.5}}},
		{ID: "c", Chunks: [][]float64{{.5}}},
	}}
	require.Equal(t, []string{"b", "a", "c"}, fit.Order(e, []float64{1}))
}

func TestExamplesThatTeachNothing(t *testing.T) {
	e := fit.Example{Documents: []fit.Document{{ID: "a", Chunks: [][]float64{{1}}}}}
	require.InDeltaSlice(t, []float64{2}, fit.Weights([][]fit.Example{{e, {}}}, []float64{2}, fit.Options{Ridge: 1e-12}), 1e-6)
}
