package orders

import (
	"cmp"
	"slices"

	"github.com/askdesk/askdesk/kb"
)

// rankConstant is that of reciprocal rank fusion in the paper that proposed it
// (Cormack, Clarke and Büttcher, 2009).
const rankConstant = 60

// byRank orders by the sum of 1/(60 + rank) over the lists.
func byRank(lists ...[]string) []string {
	score := map[string]float64{}
	for _, list := range lists {
		for i, id := range list {
			score[id] += 1 / float64(rankConstant+i+1)
		}
	}
	out := make([]string, 0, len(score))
	for id := range score {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
	return out
}

// Of convex fusion (Bruch, Gai and Ingber, 2023): the share of the dense leg, and
// how many chunks of each leg take part, as many as the product's ranking gets.
const (
	denseShare = 0.4
	convexTop  = 100
)

// byScore orders the paths of chunks by .4 of the cosine, from the farthest to the
// nearest of them, and .6 of BM25, as a share of the best.
func byScore(found []kb.Candidate) []string {
	type scored struct {
		kb.Candidate
		words, meaning, score float64
	}
	var list []scored
	best, near, far := 0.0, -1.0, 1.0
	for _, c := range found {
		top := func(l kb.Leg) bool { return l.Rank > 0 && l.Rank <= convexTop }
		if !top(c.Legs.Lexical) && !top(c.Legs.Dense) {
			continue
		}
		s := scored{Candidate: c, words: c.Legs.Lexical.Score, meaning: c.Cosine}
		best, near, far = max(best, s.words), max(near, s.meaning), min(far, s.meaning)
		list = append(list, s)
	}
	for i := range list {
		s := &list[i]
		if best > 0 {
			s.score = (1 - denseShare) * s.words / best
		}
		if near > far {
			s.score += denseShare * (s.meaning - far) / (near - far)
		}
	}
	slices.SortFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.Chunk.ID, b.Chunk.ID))
	})
	paths := make([]string, len(list))
	for i, s := range list {
		paths[i] = s.Document.Path
	}
	return paths
}
