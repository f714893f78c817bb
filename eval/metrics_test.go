package eval

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRate(t *testing.T) {
	b := bootstrap{seed: 7, resamples: 1000}
	values := make([]bool, 100)
	for i := range 30 {
		values[i] = true
	}
	r := b.rate(values)
	require.Equal(t, 30, r.Count)
	require.Equal(t, 100, r.Of)
	require.InDelta(t, 0.3, r.Share, 1e-12)
	// Standard error sqrt(.3*.7/100) = .0458; 1.96 of them at each side.
	require.InDelta(t, 0.21, r.Low, 0.02)
	require.InDelta(t, 0.39, r.High, 0.02)
	require.Equal(t, r, b.rate(values), "seeded")
	require.Equal(t, Rate{}, b.rate(nil))
	all := b.rate([]bool{true, true})
	require.Equal(t, Rate{Count: 2, Of: 2, Share: 1, Low: 1, High: 1}, all)
}

func TestQuantile(t *testing.T) {
	list := []float64{0, 10, 20, 30, 40}
	require.Equal(t, 0.0, quantile(list, 0))
	require.Equal(t, 10.0, quantile(list, 0.25))
	require.InDelta(t, 15, quantile(list, 0.375), 1e-12)
	require.Equal(t, 40.0, quantile(list, 1))
}

func TestAUROC(t *testing.T) {
	for _, tc := range []struct {
		positive, negative []float64
		want               float64
	}{
		{[]float64{3, 4}, []float64{1, 2}, 1},
		{[]float64{1, 2}, []float64{3, 4}, 0},
		{[]float64{1, 3}, []float64{2}, 0.5},
		{[]float64{2}, []float64{2}, 0.5},
		{[]float64{1, 2, 3}, []float64{2, 0}, (0 + 1 + 0.5 + 1 + 1 + 1) / 6.0},
		{nil, []float64{1}, 0.5},
	} {
		require.InDelta(t, tc.want, AUROC(tc.positive, tc.negative), 1e-12)
	}
}

func TestCutAt(t *testing.T) {
	answerable := []float64{0.2, 0.5, 0.6, 0.9}
	not := []float64{0.1, 0.3, 0.5, 0.7}
	require.Equal(t, Cut{Threshold: 0.5, Answerable: 0.25, Unanswerable: 0.5}, cutAt(answerable, not, 0.25))
	require.Equal(t, Cut{Threshold: 0.2, Answerable: 0, Unanswerable: 0.25}, cutAt(answerable, not, 0))
	require.Equal(t, Cut{}, cutAt(nil, nil, 0.25))
}
