package metric

import (
	"math/rand/v2"
	"slices"
)

// AUROC is how often a positive scores above a negative, ties counting half. For
// its interval both are drawn apart. Where either list is empty nothing is known:
// 0.5 [0 1]; of fewer than five, drawing says nothing of what it may be.
func (b Bootstrap) AUROC(positive, negative []float64) Estimate {
	if len(positive) == 0 || len(negative) == 0 {
		return Estimate{0.5, Interval{0, 1}}
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(slices.Concat(positive, negative))))
	steps := func(scores []float64) []int { // places of scores among the distinct ones
		at := make([]int, len(scores))
		for i, s := range scores {
			at[i], _ = slices.BinarySearch(distinct, s)
		}
		return at
	}
	yes, no := steps(positive), steps(negative)
	above, below := make([]int, len(distinct)), make([]int, len(distinct))
	area := func(yes, no func(i int) int) float64 {
		clear(above)
		clear(below)
		for i := range positive {
			above[yes(i)]++
		}
		for i := range negative {
			below[no(i)]++
		}
		twice, under := 0, 0 // pairs in order count two, ties one
		for i := range distinct {
			twice += above[i] * (2*under + below[i])
			under += below[i]
		}
		return float64(twice) / float64(2*len(positive)*len(negative))
	}
	e := Estimate{Value: area(func(i int) int { return yes[i] }, func(i int) int { return no[i] })}
	if min(len(positive), len(negative)) < 5 {
		e.Interval = Interval{0, 1}
		return e
	}
	e.Interval = b.interval(len(positive)+len(negative), func(rng *rand.Rand) float64 {
		return area(func(int) int { return yes[rng.IntN(len(yes))] }, func(int) int { return no[rng.IntN(len(no))] })
	})
	return e
}

// Split tells the scores of hits from those of misses.
func Split(scores []float64, hits []bool) (hit, miss []float64) {
	for i, s := range scores {
		if hits[i] {
			hit = append(hit, s)
		} else {
			miss = append(miss, s)
		}
	}
	return hit, miss
}
