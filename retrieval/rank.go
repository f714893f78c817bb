package retrieval

import (
	"cmp"
	"slices"

	"github.com/askdesk/askdesk/kb"
)

// Ranked is a candidate with its place, and why it has it.
type Ranked struct {
	kb.Candidate
	Score     float64      // the sum of the features' contributions; comparable within one call of Rank
	Relevance float64      // 0..1: how surely it answers; comparable between calls
	Features  []kb.Feature // always the same names in the same order
	base      int          // which of found it came from
}

// Rank orders what the legs found in one or more knowledge bases for one
// question, best first. Of the query it uses text, vector and model. It is
// a pure function: it reads nothing but its arguments, and neither the order of
// the lists nor that of found changes the result. Equal scores are ordered by
// chunk id.
func Rank(q kb.Query, found ...kb.Candidates) []Ranked {
	return newRanking(q, found).order()
}

// ranking is one question with all candidates for it.
type ranking struct {
	questions []*question // one a knowledge base: each has its own vocabulary
	query     kb.Query
	all       []Ranked
	raw       []values
	low, high values // over raw
}

func newRanking(query kb.Query, found []kb.Candidates) *ranking {
	r := &ranking{query: query}
	special := names(query.Text)
	for i, c := range found {
		q := newQuestion(c.Query, special)
		r.questions = append(r.questions, q)
		for _, cand := range c.List {
			r.all = append(r.all, Ranked{Candidate: cand, base: i})
			r.raw = append(r.raw, q.measure(cand, query))
		}
	}
	for i, v := range r.raw {
		for f, x := range v {
			if i == 0 || x < r.low[f] {
				r.low[f] = x
			}
			if i == 0 || x > r.high[f] {
				r.high[f] = x
			}
		}
	}
	return r
}

func (r *ranking) order() []Ranked {
	for i := range r.all {
		r.settle(&r.all[i], r.raw[i])
	}
	slices.SortFunc(r.all, better)
	return r.all
}

// settle turns measured values into score, relevance and explanation.
func (r *ranking) settle(c *Ranked, v values) {
	v.scale(r.low, r.high)
	c.Features = v.explain()
	c.Score = 0
	for _, f := range c.Features {
		c.Score += f.Contribution
	}
	c.Relevance = relevance(v, r.questions[c.base].reach)
}

func better(a, b Ranked) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk.ID, b.Chunk.ID))
}
