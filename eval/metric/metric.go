// Package metric turns scores and outcomes into figures with intervals. All of it
// is pure: the same arguments and seed give the same figures.
package metric

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a 95 % interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Estimate is a figure with its interval.
type Estimate struct {
	Value float64 `json:"value"`
	Interval
}

// String is the figure with its interval, as .878 [.830 .921].
func (e Estimate) String() string { return fmt.Sprintf("%.3f [%.3f %.3f]", e.Value, e.Low, e.High) }

// Rate is a share of a whole with its interval.
type Rate struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Share float64 `json:"share"` // 0 where Of is 0
	Interval
}

// String is the share with its interval, as .425 [.34 .52].
func (r Rate) String() string { return fmt.Sprintf("%.3f [%.2f %.2f]", r.Share, r.Low, r.High) }

// Difference is a mean gain over an earlier run of the same cases, case by case,
// with its interval.
type Difference struct {
	Gain float64 `json:"gain"`
	Interval
	Cases int `json:"cases"` // in both runs
}

// String is the gain with its interval, as +.100 [+.033 +.167].
func (d Difference) String() string {
	return fmt.Sprintf("%+.3f [%+.3f %+.3f]", d.Gain, d.Low, d.High)
}

// Bootstrap estimates intervals by drawing from a list, with replacement, as many
// values as it has. The zero value is the default.
type Bootstrap struct {
	Seed      uint64
	Resamples int // 0 means 1,000
}

// interval holds the middle 95 % of what once returns.
func (b Bootstrap) interval(n int, once func(*rand.Rand) float64) Interval {
	rng := rand.New(rand.NewPCG(b.Seed, uint64(n)))
	list := make([]float64, b.resamples())
	for i := range list {
		list[i] = once(rng)
	}
	return middle(list)
}

func (b Bootstrap) resamples() int { return cmp.Or(b.Resamples, 1000) }

// Mean is that of values; zero of none.
func (b Bootstrap) Mean(values []float64) Estimate {
	n := len(values)
	if n == 0 {
		return Estimate{}
	}
	return Estimate{Mean(values), b.interval(n, func(rng *rand.Rand) float64 {
		sum := 0.0
		for range n {
			sum += values[rng.IntN(n)]
		}
		return sum / float64(n)
	})}
}

// RateOf is the share of true values, with the interval of Wilson (1927): drawing
// from values that are all alike would call a few of them certain.
func RateOf(values []bool) Rate {
	r := Rate{Of: len(values)}
	if len(values) == 0 {
		return r
	}
	for _, v := range values {
		if v {
			r.Count++
		}
	}
	const z = 1.959964 // of 95 %
	n := float64(r.Of)
	r.Share = float64(r.Count) / n
	middle := (r.Share + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(r.Share*(1-r.Share)/n+z*z/(4*n*n))
	r.Low, r.High = max(0, middle-half), min(1, middle+half)
	return r
}

// Difference is the mean of what each case gained: after[i] and before[i] are the
// same case in two runs.
func (b Bootstrap) Difference(after, before []float64) Difference {
	gains := make([]float64, min(len(after), len(before)))
	for i := range gains {
		gains[i] = after[i] - before[i]
	}
	e := b.Mean(gains)
	return Difference{Gain: e.Value, Interval: e.Interval, Cases: len(gains)}
}

// Mean is that of values; 0 of none.
func Mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(len(values), 1))
}

// Quantile of a sorted list that is not empty, p from 0 to 1, by linear interpolation.
func Quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// middle sorts a list and returns what holds its middle 95 %.
func middle(list []float64) Interval {
	slices.Sort(list)
	return Interval{Quantile(list, 0.025), Quantile(list, 0.975)}
}
