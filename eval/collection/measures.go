package collection

import (
	"math"
	"slices"
)

// Measures of one ranked list, or their means over queries. All are 0..1.
type Measures struct {
	NDCG10    float64 `json:"ndcg10"` // gain is the grade, discount log2: Järvelin and Kekäläinen, 2002
	Recall5   float64 `json:"recall5"`
	Recall10  float64 `json:"recall10"`
	Recall100 float64 `json:"recall100"`
	MRR10     float64 `json:"mrr10"`
}

// Measure compares a list of document ids, best first and each once, with the
// grades of those that are relevant.
func Measure(list []string, grades map[string]int) Measures {
	return Measures{
		NDCG10: NDCG(list, grades, 10), MRR10: reciprocal(list, grades, 10),
		Recall5: recall(list, grades, 5), Recall10: recall(list, grades, 10), Recall100: recall(list, grades, 100),
	}
}

// NDCG is that of the first k of a list, as of Measure.
func NDCG(list []string, grades map[string]int, k int) float64 {
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

// Mean is the mean of each measure, zero of none.
func Mean(of []Measures) Measures {
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
