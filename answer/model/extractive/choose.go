package extractive

import (
	"cmp"
	"slices"

	"github.com/askdesk/askdesk/answer"
)

// A unit is quoted while it earns its place. The best passage, that of the unit
// with the best score, speaks first and most; another one is heard where it
// says what is missing, or answers nearly as well.
const (
	floor    = 0.2  // share of the best score that a further unit of the best passage must have
	elsewise = 0.4  // and one of another passage,
	adds     = 0.05 // which must also add that share of the question's words to the text
	rivals   = 0.55 // or have that share of the best score
	others   = 0.4  // share of the length that other passages may take together
)

// choose picks the units that answer the question, in the order in which they
// are to be read: the best passage, then others as ranked, units as they stand.
func (g Generator) choose(r answer.Request) []unit {
	question, passages := r.Question, r.Passages
	var all [][]unit
	for i, p := range passages {
		all = append(all, unitsOf(i, p))
	}
	terms := questionTerms(r, all)
	codes := slices.DeleteFunc(codesOf(question), func(code string) bool { return !held(code, all) })
	q := understand(question, terms, codes)
	if c := g.opt.Compare; c != nil && c.Knows(question) {
		q.near = func(texts []string) []float64 { return c.Near(question, texts) }
	}
	q.score(passages, all)
	order := slices.Concat(all...)
	order = slices.DeleteFunc(order, func(u unit) bool { return u.kind == heading || otherCode(u, codes) })
	slices.SortStableFunc(order, func(a, b unit) int { return cmp.Compare(b.score, a.score) })
	if len(order) == 0 {
		return nil
	}
	best := order[0]
	s := selection{all: all, passages: passages, terms: terms, codes: codes, best: best.passage, title: best.titled, budget: r.Voice.Words.Max, taken: map[[2]int]bool{}}
	s.add(best, true)
	for _, u := range order[1:] {
		switch share := u.score / max(best.score, 1e-9); {
		case best.titled != nil && (u.passage != best.passage || u.section > best.section) && s.gain(u) < adds:
			// the steps are the answer, and this is beside them
		case u.passage == best.passage && share >= floor,
			u.passage != best.passage && share >= elsewise && (share >= rivals || s.gain(u) >= adds):
			s.add(u, false)
		}
	}
	return s.list()
}

// held reports whether a unit has a code.
func held(code string, all [][]unit) bool {
	return slices.ContainsFunc(all, func(units []unit) bool {
		return slices.ContainsFunc(units, func(u unit) bool { return slices.Contains(u.codes, code) })
	})
}
