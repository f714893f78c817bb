package rank

import "github.com/askdesk/askdesk/kb"

// relevance is how surely a passage answers the question, 0..1: how much it holds
// of what would be enough of the question's words, weighed by how rare they are
// and names double; by a third how much it holds within two sentences, because
// words far apart seldom belong together. It takes no feature that depends on
// the other candidates, so that it means the same for every question and
// knowledge base that is searched alike: by words alone, or by meaning too. It
// is not a probability.
func relevance(v values, reach float64) float64 {
	coverage, window := min(1, reach*v[featCoverage]), min(1, reach*v[featWindow])
	return (2*coverage + window) / 3
}

// What meaning adds to relevance where sentences were compared: the same words
// may stand in a passage that speaks of something else.
const (
	meaning  = 0.2 // its share of the whole
	distant  = 0.2 // cosine of a best sentence that has nothing to do with the question,
	adjacent = 0.8 // and of one that says nearly the same
)

// withMeaning is relevance by words, corrected by the cosine of the best sentence.
func withMeaning(words, cosine float64) float64 {
	near := min(1, max(0, (cosine-distant)/(adjacent-distant)))
	return (1-meaning)*words + meaning*near
}

// Answerability is how surely the passages together answer, 0..1: the relevance
// of the best. A second good passage or a lead over it made the score no better
// at telling questions that the documents answer from others.
func Answerability(passages []kb.Passage) float64 {
	best := 0.0
	for _, p := range passages {
		best = max(best, p.Relevance)
	}
	return best
}
