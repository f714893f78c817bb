package metric

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Calibration tells how far scores are from probabilities.
type Calibration struct {
	Brier   float64  `json:"brier"`       // mean square distance of score and outcome
	Base    float64  `json:"brier_base"`  // the same, were the share of hits the score of all
	ECE     Estimate `json:"ece"`         // mean distance of score and share of hits, in ten bins of equal count
	Perfect float64  `json:"ece_perfect"` // what chance makes of it where these very scores are the probabilities
	Bins    []Bin    `json:"bins"`        // lowest scores first; fewer than ten of fewer scores
}

// Excess is the calibration error that chance does not explain; below 0 where
// chance makes more.
func (c Calibration) Excess() float64 { return c.ECE.Value - c.Perfect }

// Bin is one tenth of the scores. A share of hits outside of the interval is one
// that probabilities as stated would seldom give.
type Bin struct {
	Count int     `json:"count"`
	Score float64 `json:"score"` // mean
	Share float64 `json:"share"` // of hits
	Interval
}

// most bins of a calibration error.
const most = 10

// Calibration compares scores, as probabilities from 0 to 1, with hits. Equal
// scores share their hits, so that the order of the cases does not matter. The
// interval of the error lies a little high, since drawing adds noise of its own;
// what chance explains is Perfect.
func (b Bootstrap) Calibration(scores []float64, hits []bool) Calibration {
	n := len(scores)
	if n == 0 {
		return Calibration{}
	}
	raw := newSorted(scores, hits)
	s := raw.shared()
	c := Calibration{ECE: Estimate{Value: s.error()}}
	base := Mean(s.hits)
	c.Base = base * (1 - base)
	for i, score := range raw.scores {
		miss := score - raw.hits[i]
		c.Brier += miss * miss / float64(n)
	}
	c.ECE.Interval = b.interval(n, raw.redrawn)
	b.chance(s, &c)
	return c
}

// chance says what a perfectly calibrated score would show, by drawing outcomes
// with the scores as their probabilities.
func (b Bootstrap) chance(s sorted, c *Calibration) {
	rng := rand.New(rand.NewPCG(b.Seed, uint64(len(s.scores))))
	bins := s.bins()
	shares := make([][]float64, len(bins))
	drawn := sorted{scores: s.scores, hits: make([]float64, len(s.hits))}
	for range b.resamples() {
		for i, score := range s.scores {
			drawn.hits[i] = 0
			if rng.Float64() < score {
				drawn.hits[i] = 1
			}
		}
		fair := drawn.shared()
		c.Perfect += fair.error() / float64(b.resamples())
		for i, p := range bins {
			shares[i] = append(shares[i], Mean(fair.hits[p.from:p.to]))
		}
	}
	for i, p := range bins {
		c.Bins = append(c.Bins, Bin{
			Count: p.to - p.from, Score: Mean(s.scores[p.from:p.to]), Share: Mean(s.hits[p.from:p.to]), Interval: middle(shares[i]),
		})
	}
}

// sorted are scores, lowest first, with their hits as numbers from 0 to 1.
type sorted struct{ scores, hits []float64 }

func newSorted(scores []float64, hits []bool) sorted {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	s := sorted{make([]float64, len(scores)), make([]float64, len(scores))}
	for at, i := range order {
		s.scores[at] = scores[i]
		if hits[i] {
			s.hits[at] = 1
		}
	}
	return s
}

// shared gives equal scores the mean of their hits.
func (s sorted) shared() sorted {
	out := sorted{s.scores, slices.Clone(s.hits)}
	for from := 0; from < len(s.scores); {
		to := from + 1
		for to < len(s.scores) && s.scores[to] == s.scores[from] {
			to++
		}
		if to > from+1 {
			same := Mean(s.hits[from:to])
			for i := from; i < to; i++ {
				out.hits[i] = same
			}
		}
		from = to
	}
	return out
}

// part is a run of sorted scores.
type part struct{ from, to int }

// bins are at most ten parts of equal count, none empty.
func (s sorted) bins() []part {
	n := len(s.scores)
	k := min(most, n)
	list := make([]part, k)
	for i := range list {
		list[i] = part{i * n / k, (i + 1) * n / k}
	}
	return list
}

// error is the mean distance of score and share of hits over the bins.
func (s sorted) error() float64 {
	sum := 0.0
	for _, p := range s.bins() {
		gap := 0.0
		for i := p.from; i < p.to; i++ {
			gap += s.scores[i] - s.hits[i]
		}
		sum += math.Abs(gap)
	}
	return sum / float64(len(s.scores))
}

// redrawn is the error of as many cases, drawn with replacement.
func (s sorted) redrawn(rng *rand.Rand) float64 {
	n := len(s.scores)
	times := make([]int, n)
	for range n {
		times[rng.IntN(n)]++
	}
	drawn := sorted{make([]float64, 0, n), make([]float64, 0, n)}
	for i, t := range times {
		for range t {
			drawn.scores, drawn.hits = append(drawn.scores, s.scores[i]), append(drawn.hits, s.hits[i])
		}
	}
	return drawn.shared().error()
}
