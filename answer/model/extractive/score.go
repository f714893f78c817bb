package extractive

import (
	"maps"
	"strings"
	"unicode"

	"github.com/askdesk/askdesk/kb"
)

// The weights of the score of a unit, relative to a question word in the unit
// itself.
const (
	inHeading = 0.80 // a question word in the headings above, the title or the column names
	figure    = 1.20 // factor of a unit with a number where the question asks for one
	question  = 0.30 // factor of a unit that asks itself, as headings in an FAQ do
	onwards   = 0.70 // share of its score that a unit passes to the next one: answers follow what names the question
	backwards = 0.50 // and to the one before
)

// score sets the score of every unit: which share of the question's words,
// weighted by how rare they are among the units, it and its surroundings hold,
// times the relevance of its passage.
func score(terms []questionTerm, numeric bool, passages []kb.Passage, all [][]unit) {
	best := 0.0
	for _, p := range passages {
		best = max(best, p.Relevance)
	}
	for i, units := range all {
		p := passages[i]
		prior := 1 / float64(i+1)
		if best > 0 {
			prior = p.Relevance / best
		}
		title := p.Document.Title + "\n" + strings.Join(p.Heading, "\n")
		raw := rawScores(terms, numeric, p.Document, bagOf(title, p.Document.Language), units)
		pass(units, raw)
		for j := range units {
			units[j].score = raw[j] * prior
			if units[j].asks {
				units[j].score *= question
			}
		}
	}
}

// rawScores are those of the units on their own, below the given headings.
func rawScores(terms []questionTerm, numeric bool, d kb.Document, above map[string]bool, units []unit) []float64 {
	raw := make([]float64, len(units))
	for j, u := range units {
		if u.kind == heading { // it also stands above what follows
			above = merged(bagOf(d.Title, d.Language), u.bag)
			continue
		}
		over := above
		if u.columns != nil {
			over = merged(maps.Clone(above), u.columns)
		}
		raw[j] = hold(terms, d.Language, u.bag, over)
		if numeric && strings.IndexFunc(u.plain, unicode.IsDigit) >= 0 {
			raw[j] *= figure
		}
		if u.words < 3 && u.kind == prose {
			raw[j] /= 2
		}
	}
	return raw
}

// pass lets units share the score of their neighbours under the same heading. A
// table row says only what it holds.
func pass(units []unit, raw []float64) {
	for j := 1; j < len(units); j++ {
		if units[j].kind != heading && units[j].kind != row {
			raw[j] = max(raw[j], onwards*raw[j-1])
		}
	}
	for j := len(units) - 2; j >= 0; j-- {
		if units[j].kind != heading && units[j].kind != row {
			raw[j] = max(raw[j], backwards*raw[j+1])
		}
	}
}

// near reports whether b goes on from a.
func near(a, b unit) bool { return b.block-a.block <= 1 }

func hold(terms []questionTerm, language string, bag, above map[string]bool) (sum float64) {
	for _, t := range terms {
		switch {
		case t.in(bag, language):
			sum += t.weight
		case t.in(above, language):
			sum += inHeading * t.weight
		}
	}
	return sum
}

func merged(a, b map[string]bool) map[string]bool {
	maps.Copy(a, b)
	return a
}
