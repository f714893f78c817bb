package collection

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/askdesk/askdesk/eval"
)

// Measures of one ranked list, or their means over queries. All are 0..1.
type Measures struct {
	NDCG10    float64 `json:"ndcg10"` // gain is the grade, discount log2: Järvelin and Kekäläinen, 2002
	Recall5   float64 `json:"recall5"`
	Recall10  float64 `json:"recall10"`
	Recall100 float64 `json:"recall100"`
	MRR10     float64 `json:"mrr10"`
}

// measure compares a list of document ids, best first and each once, with the grades.
func measure(list []string, grades map[string]int) Measures {
	return Measures{
		NDCG10: ndcg(list, grades, 10), MRR10: reciprocal(list, grades, 10),
		Recall5: recall(list, grades, 5), Recall10: recall(list, grades, 10), Recall100: recall(list, grades, 100),
	}
}

func ndcg(list []string, grades map[string]int, k int) float64 {
	gain := 0.0
	for i, id := range list[:min(k, len(list))] {
		gain += float64(grades[id]) / math.Log2(float64(i+2))
	}
	best := make([]int, 0, len(grades))
	for _, g := range grades {
		best = append(best, g)
	}
	slices.SortFunc(best, func(a, b int) int { return b - a })
	ideal := 0.0
	for i, g := range best[:min(k, len(best))] {
		ideal += float64(g) / math.Log2(float64(i+2))
	}
	return gain / ideal
}

func recall(list []string, grades map[string]int, k int) float64 {
	found := 0
	for _, id := range list[:min(k, len(list))] {
		if grades[id] > 0 {
			found++
		}
	}
	return float64(found) / float64(len(grades))
}

func reciprocal(list []string, grades map[string]int, k int) float64 {
	for i, id := range list[:min(k, len(list))] {
		if grades[id] > 0 {
			return 1 / float64(i+1)
		}
	}
	return 0
}

func mean(of []Measures) Measures {
	var m Measures
	n := float64(max(len(of), 1))
	for _, x := range of {
		m.NDCG10 += x.NDCG10 / n
		m.Recall5 += x.Recall5 / n
		m.Recall10 += x.Recall10 / n
		m.Recall100 += x.Recall100 / n
		m.MRR10 += x.MRR10 / n
	}
	return m
}

// Interval is a 95 % bootstrap interval.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// interval is that of the mean of values, by resampling with a fixed seed.
func interval(values []float64, seed uint64, resamples int) Interval {
	if len(values) == 0 {
		return Interval{}
	}
	rng := rand.New(rand.NewPCG(seed, uint64(len(values))))
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range values {
			sum += values[rng.IntN(len(values))]
		}
		means[i] = sum / float64(len(values))
	}
	slices.Sort(means)
	at := func(p float64) float64 { return means[int(math.Round(p*float64(resamples-1)))] }
	return Interval{at(0.025), at(0.975)}
}

// calibration is the expected calibration error of scores as probabilities, in
// ten bins of equal size: the mean distance between score and share of hits.
func calibration(scores []float64, hits []bool) float64 {
	const bins = 10
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case scores[a] < scores[b]:
			return -1
		case scores[a] > scores[b]:
			return 1
		}
		return 0
	})
	sum := 0.0
	for bin := range bins {
		part := order[bin*len(order)/bins : (bin+1)*len(order)/bins]
		score, share := 0.0, 0.0
		for _, i := range part {
			score += scores[i]
			if hits[i] {
				share++
			}
		}
		sum += math.Abs(score - share)
	}
	return sum / float64(max(len(order), 1))
}

// auroc is how often a hit scores above a miss.
func auroc(scores []float64, hits []bool) float64 {
	var hit, miss []float64
	for i, s := range scores {
		if hits[i] {
			hit = append(hit, s)
		} else {
			miss = append(miss, s)
		}
	}
	return eval.AUROC(hit, miss)
}
