package retrieval

import "github.com/askdesk/askdesk/kb"

// relevance is how surely a passage answers the question, 0..1.
func relevance(v values) float64 {
	return (v[featCoverage] + v[featWindow]) / 2
}

// answerability is how surely the passages together answer, 0..1.
func answerability(passages []kb.Passage) float64 {
	best := 0.0
	for _, p := range passages {
		best = max(best, p.Relevance)
	}
	return best
}
