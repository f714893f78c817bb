// Package fit learns how much each feature of a candidate counts for its place,
// from collections whose relevant documents are known.
package fit

import (
	"cmp"
	"math"
	"slices"
)

// Example is one query with the documents that were found for it.
type Example struct {
	Documents []Document
}

// Document is a found document: the features of each of its chunks, and whether
// it is relevant.
type Document struct {
	ID       string
	Chunks   [][]float64 // by feature
	Relevant bool
}

// rounds is how often the best chunk of each document is chosen anew.
const rounds = 3

// Options of Weights. The zero value is the default.
type Options struct {
	Ridge float64 // how much a weight costs, as a share of its square; 0 means 0.001
}

// Weights maximises the likelihood that a relevant document is drawn when each
// is drawn by the exponential of its score, the sum of the weighted features of
// its best chunk (the list-wise loss of Cao et al., 2007, with the first place
// alone). No weight is below 0: each feature is evidence for a candidate, and one
// that seems to speak against it only repeats another. Each set of examples
// counts the same, however many it has. It starts from start, which says what
// the best chunks of the first round are.
func Weights(sets [][]Example, start []float64, opt Options) []float64 {
	if opt.Ridge == 0 {
		opt.Ridge = 0.001
	}
	w := slices.Clone(start)
	for range rounds {
		w = climb(settle(sets, w), w, opt)
	}
	return w
}

// Score is the sum of the weighted features.
func Score(weights, values []float64) float64 {
	sum := 0.0
	for f, v := range values {
		sum += weights[f] * v
	}
	return sum
}

// Order is the ids of the documents of an example, best first, equal ones by id.
func Order(e Example, weights []float64) []string {
	type placed struct {
		id    string
		score float64
	}
	list := make([]placed, len(e.Documents))
	for i, d := range e.Documents {
		list[i] = placed{d.ID, Score(weights, best(d, weights))}
	}
	slices.SortFunc(list, func(a, b placed) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.id, b.id)) })
	ids := make([]string, len(list))
	for i, p := range list {
		ids[i] = p.id
	}
	return ids
}

func best(d Document, weights []float64) []float64 {
	return slices.MaxFunc(d.Chunks, func(a, b []float64) int {
		return cmp.Compare(Score(weights, a), Score(weights, b))
	})
}

// list is a query with one vector a document.
type list struct {
	values   [][]float64
	relevant []bool
	weight   float64
}

// settle takes the best chunk of every document. Queries without a relevant or
// without any other document teach nothing.
func settle(sets [][]Example, w []float64) []list {
	var all []list
	for _, examples := range sets {
		first := len(all)
		for _, e := range examples {
			l := list{}
			relevant := 0
			for _, d := range e.Documents {
				l.values = append(l.values, best(d, w))
				l.relevant = append(l.relevant, d.Relevant)
				if d.Relevant {
					relevant++
				}
			}
			if relevant > 0 && relevant < len(l.values) {
				all = append(all, l)
			}
		}
		for i := first; i < len(all); i++ {
			all[i].weight = 1 / float64((len(all)-first)*len(sets))
		}
	}
	return all
}

// climb is projected gradient ascent with a step that halves until it gains.
func climb(lists []list, w []float64, opt Options) []float64 {
	const most, least = 500, 1e-7
	value, slope := objective(lists, w, opt.Ridge)
	step := 1.0
	for range most {
		next := make([]float64, len(w))
		gained := false
		for ; step > 1e-9; step /= 2 {
			for f := range w {
				next[f] = max(0, w[f]+step*slope[f])
			}
			v, s := objective(lists, next, opt.Ridge)
			if v > value {
				gained = v-value > least
				value, slope = v, s
				w = next
				step *= 4
				break
			}
		}
		if !gained {
			break
		}
	}
	return w
}

// objective is the mean log-likelihood less the ridge, and its gradient.
func objective(lists []list, w []float64, ridge float64) (float64, []float64) {
	value, slope := 0.0, make([]float64, len(w))
	var scores []float64
	for _, l := range lists {
		scores = scores[:0]
		top := math.Inf(-1)
		for _, v := range l.values {
			s := Score(w, v)
			scores = append(scores, s)
			top = max(top, s)
		}
		all, right := 0.0, 0.0
		for i, s := range scores {
			e := math.Exp(s - top)
			scores[i] = e
			all += e
			if l.relevant[i] {
				right += e
			}
		}
		value += l.weight * (math.Log(right) - math.Log(all))
		for i, e := range scores {
			share := -e / all
			if l.relevant[i] {
				share += e / right
			}
			for f, x := range l.values[i] {
				slope[f] += l.weight * share * x
			}
		}
	}
	for f := range w {
		value -= ridge * w[f] * w[f]
		slope[f] -= 2 * ridge * w[f]
	}
	return value, slope
}
