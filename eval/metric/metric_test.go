package metric

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRate(t *testing.T) {
	values := make([]bool, 100)
	for i := range 30 {
		values[i] = true
	}
	r := RateOf(values)
	require.Equal(t, 30, r.Count)
	require.Equal(t, 100, r.Of)
	require.InDelta(t, 0.3, r.Share, 1e-12)
	require.InDelta(t, 0.219, r.Low, 0.0005) // as in tables of Wilson's interval
	require.InDelta(t, 0.396, r.High, 0.0005)
	require.Equal(t, Rate{}, RateOf(nil))
	sure := RateOf([]bool{true, true, true, true, true, true, true, true, true, true})
	require.InDelta(t, 0.722, sure.Low, 0.0005, "ten of ten are not certain")
	require.InDelta(t, 1, sure.High, 1e-12)
	require.Equal(t, "1.000 [0.72 1.00]", sure.String())
	none := RateOf(make([]bool, 10))
	require.InDelta(t, 1-sure.Low, none.High, 1e-12)
}

func TestMeanNarrowsWithMoreValues(t *testing.T) {
	values := func(n int) []float64 {
		rng := rand.New(rand.NewPCG(3, 4))
		list := make([]float64, n)
		for i := range list {
			list[i] = rng.Float64()
		}
		return list
	}
	few, many := Bootstrap{}.Mean(values(30)), Bootstrap{}.Mean(values(3000))
	require.Less(t, few.Low, few.Value)
	require.Greater(t, few.High, few.Value)
	require.Less(t, many.High-many.Low, (few.High-few.Low)/5)
	require.Equal(t, few, Bootstrap{Resamples: 1000}.Mean(values(30)), "1,000 is the default")
	require.NotEqual(t, few.Interval, Bootstrap{Seed: 1}.Mean(values(30)).Interval)
	require.Equal(t, Estimate{}, Bootstrap{}.Mean(nil))
}

func TestDifferenceIsPaired(t *testing.T) {
	before := []float64{0, 1, 0, 1, 0, 1, 0, 1}
	after := make([]float64, len(before))
	for i, v := range before {
		after[i] = v + .1
	}
	d := Bootstrap{}.Difference(after, before)
	require.InDelta(t, .1, d.Gain, 1e-12)
	require.InDelta(t, .1, d.Low, 1e-12, "the cases differ, their gains do not")
	require.InDelta(t, .1, d.High, 1e-12)
	require.Equal(t, 8, d.Cases)
	require.Equal(t, "+0.100 [+0.100 +0.100]", d.String())
	require.Equal(t, Difference{}, Bootstrap{}.Difference(nil, nil))
}

func TestQuantile(t *testing.T) {
	list := []float64{0, 10, 20, 30, 40}
	require.Equal(t, 0.0, Quantile(list, 0))
	require.Equal(t, 10.0, Quantile(list, 0.25))
	require.InDelta(t, 15, Quantile(list, 0.375), 1e-12)
	require.Equal(t, 40.0, Quantile(list, 1))
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
	} {
		require.InDelta(t, tc.want, Bootstrap{Resamples: 1}.AUROC(tc.positive, tc.negative).Value, 1e-12)
	}
	require.Equal(t, Estimate{0.5, Interval{0, 1}}, Bootstrap{}.AUROC(nil, []float64{1}))
	require.Equal(t, Estimate{0.5, Interval{0, 1}}, Bootstrap{}.AUROC([]float64{1}, nil))
}

func TestAUROCIsTheShareOfPairsInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + rng.IntN(20)
		scores, hits := make([]float64, n), make([]bool, n)
		for i := range n {
			scores[i], hits[i] = float64(rng.IntN(5)), rng.IntN(2) == 0
		}
		right, pairs := 0.0, 0.0
		for i := range n {
			for j := range n {
				if hits[i] && !hits[j] {
					pairs++
					if scores[i] > scores[j] {
						right++
					} else if scores[i] == scores[j] {
						right += .5
					}
				}
			}
		}
		want := .5
		if pairs > 0 {
			want = right / pairs
		}
		got := Bootstrap{Resamples: 200}.AUROC(Split(scores, hits))
		require.InDelta(t, want, got.Value, 1e-12)
		require.LessOrEqual(t, got.Low, got.Value)
		require.GreaterOrEqual(t, got.High, got.Value)
	}
}

// Of two normal scores one deviation apart the area is .760; Hanley and McNeil
// (1982) give it a standard error of .047 with 50 of each.
func TestAUROCHasTheIntervalOfTheory(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var yes, no []float64
	for range 50 {
		yes, no = append(yes, rng.NormFloat64()+1), append(no, rng.NormFloat64())
	}
	e := Bootstrap{}.AUROC(yes, no)
	require.InDelta(t, .76, e.Value, .1)
	require.InDelta(t, 2*1.96*.047, e.High-e.Low, .05)
}

// cases are scores with outcomes drawn by chance of each.
func cases(n int, chance func(score float64) float64) ([]float64, []bool) {
	rng := rand.New(rand.NewPCG(9, uint64(n)))
	scores, hits := make([]float64, n), make([]bool, n)
	for i := range n {
		scores[i] = rng.Float64()
		hits[i] = rng.Float64() < chance(scores[i])
	}
	return scores, hits
}

func TestCalibration(t *testing.T) {
	b := Bootstrap{Resamples: 200}
	fair := b.Calibration(cases(500, func(s float64) float64 { return s }))
	require.InDelta(t, 0, fair.Excess(), .02, "all of the error is chance")
	require.Greater(t, fair.ECE.Value, .01)
	require.InDelta(t, 1.0/6, fair.Brier, .02)
	require.InDelta(t, .25, fair.Base, .01)
	require.Len(t, fair.Bins, 10)
	outside := 0
	for i, bin := range fair.Bins {
		require.Equal(t, 50, bin.Count)
		require.InDelta(t, (float64(i)+.5)/10, bin.Score, .05)
		if bin.Share < bin.Low || bin.Share > bin.High {
			outside++
		}
	}
	require.LessOrEqual(t, outside, 2)

	sure := b.Calibration(cases(500, func(s float64) float64 { return s * s }))
	require.InDelta(t, 1.0/6, sure.ECE.Value, .04, "the mean of s - s²")
	require.Greater(t, sure.Excess(), .08)
	require.Less(t, sure.ECE.Low, sure.ECE.Value)
	require.Greater(t, sure.ECE.High, sure.ECE.Value)
	require.Less(t, sure.Bins[5].Share, sure.Bins[5].Low, "no chance explains so few hits")
}

func TestCalibrationOfFewOrEqualScores(t *testing.T) {
	b := Bootstrap{Resamples: 100}
	require.Equal(t, Calibration{}, b.Calibration(nil, nil))
	one := b.Calibration([]float64{.9}, []bool{true})
	require.InDelta(t, .1, one.ECE.Value, 1e-12)
	require.InDelta(t, .01, one.Brier, 1e-12)
	require.Len(t, one.Bins, 1)

	var scores []float64
	var hits []bool
	for i := range 100 {
		scores, hits = append(scores, .9), append(hits, i < 90)
	}
	same := b.Calibration(scores, hits)
	require.InDelta(t, 0, same.ECE.Value, 1e-9, "hits of equal scores are shared, in whatever order they come")
	for _, bin := range same.Bins {
		require.InDelta(t, .9, bin.Share, 1e-12)
	}
	slices.Reverse(hits)
	back := b.Calibration(scores, hits)
	require.InDelta(t, same.ECE.Value, back.ECE.Value, 1e-12)
}
