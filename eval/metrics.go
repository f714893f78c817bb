package eval

import (
	"math/rand/v2"
	"slices"
)

// Rate is a share of a whole with its 95 % bootstrap interval.
type Rate struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"` // 0 where Of is 0
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// bootstrap draws resamples of a list with a fixed seed.
type bootstrap struct {
	seed      uint64
	resamples int
}

// rate is the share of true values.
func (b bootstrap) rate(values []bool) Rate {
	n := len(values)
	r := Rate{Of: n}
	for _, v := range values {
		if v {
			r.Count++
		}
	}
	if n == 0 {
		return r
	}
	r.Share = float64(r.Count) / float64(n)
	rng := rand.New(rand.NewPCG(b.seed, uint64(n)))
	shares := make([]float64, b.resamples)
	for i := range shares {
		hits := 0
		for range n {
			if values[rng.IntN(n)] {
				hits++
			}
		}
		shares[i] = float64(hits) / float64(n)
	}
	slices.Sort(shares)
	r.Low, r.High = quantile(shares, 0.025), quantile(shares, 0.975)
	return r
}

// quantile of a sorted list, by linear interpolation.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// AUROC is how often a positive scores above a negative, ties counting half;
// 0.5 where either list is empty.
func AUROC(positive, negative []float64) float64 {
	if len(positive) == 0 || len(negative) == 0 {
		return 0.5
	}
	sum := 0.0
	for _, p := range positive {
		for _, n := range negative {
			switch {
			case p > n:
				sum++
			case p == n:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(positive)*len(negative))
}

// Cut is what one threshold on answerability would do.
type Cut struct {
	Threshold    float64 `json:"threshold"` // below it is handed off
	Answerable   float64 `json:"answerable_handed_off"`
	Unanswerable float64 `json:"unanswerable_handed_off"`
}

// cutAt is the highest threshold that hands off at most the given share of the
// answerable questions. The values are those seen, so ties are never split.
func cutAt(positive, negative []float64, share float64) Cut {
	var best Cut
	for _, t := range slices.Sorted(slices.Values(slices.Concat(positive, negative))) {
		if below(positive, t) > share {
			break
		}
		best = Cut{Threshold: t, Answerable: below(positive, t), Unanswerable: below(negative, t)}
	}
	return best
}

// below is the share of values under t.
func below(values []float64, t float64) float64 {
	if len(values) == 0 {
		return 0
	}
	n := 0
	for _, v := range values {
		if v < t {
			n++
		}
	}
	return float64(n) / float64(len(values))
}
