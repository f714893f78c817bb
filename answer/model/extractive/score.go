package extractive

import (
	"maps"
	"math"
	"slices"
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
	procedure = 1.50 // factor of the steps of a section that is titled as the question is,
	titled    = 0.75 // which is one whose title and heading hold that share of it
	defines   = 2.00 // factor of a table row of the code whose meaning the question asks for
	toDo      = 0.50 // factor of a step where the question asks what something means
	agrees    = 1.50 // factor of what tells how to turn off what the question wants off
	contrary  = 0.30 // and of what tells how to turn it on
)

// What meaning counts where it is compared. The documents say in other words what
// customers ask: half and half found more right answers than words alone on each
// of four documentations.
const (
	meaning  = 0.5 // its share of the score
	distant  = 0.2 // cosine of a unit that has nothing to do with the question,
	adjacent = 0.8 // and of one that says nearly the same
)

// The weights of a passage.
const (
	rank  = 0.97 // factor for each place further down
	named = 1.50 // factor of an article named after the code that is asked about
	whole = 0.25 // how much it counts that the passage holds all words of the question
)

// score sets the score of every unit: which share of the question's words,
// weighted by how rare they are among the units, it and its surroundings hold,
// times what its passage is worth.
func (q asked) score(passages []kb.Passage, all [][]unit) {
	best := 0.0
	for _, p := range passages {
		best = max(best, p.Evidence)
	}
	for i, units := range all {
		p := passages[i]
		prior := 1 / float64(i+1)
		if best > 0 {
			prior = p.Evidence / best * math.Pow(rank, float64(i))
		}
		title := p.Document.Title + "\n" + strings.Join(p.Heading, "\n")
		if q.names(title) {
			prior *= named
		}
		all := bagOf(title+"\n"+p.Text, p.Document.Language)
		prior *= 1 - whole + whole*hold(q.terms, p.Document.Language, all, nil)
		raw := q.rawScores(p.Document, title, units)
		pass(units, raw)
		for j := range units {
			units[j].score = raw[j] * prior
			if units[j].asks {
				units[j].score *= question
			}
		}
	}
}

// rawScores are those of the units on their own, below the given title.
func (q asked) rawScores(d kb.Document, title string, units []unit) []float64 {
	raw := make([]float64, len(units))
	near := q.meanings(d, title, units)
	above := bagOf(title, d.Language)
	for j, u := range units {
		if u.kind == heading { // it also stands above what follows
			title = d.Title + "\n" + u.plain
			above = bagOf(title, d.Language)
			continue
		}
		over := above
		if u.columns != nil {
			over = merged(maps.Clone(above), u.columns)
		}
		raw[j] = hold(q.terms, d.Language, u.bag, over)
		if near != nil {
			raw[j] = (1-meaning)*raw[j] + meaning*near[j]
		}
		if q.numeric && strings.IndexFunc(u.plain, unicode.IsDigit) >= 0 {
			raw[j] *= figure
		}
		turned := q.turns(title + "\n" + u.plain)
		if q.steps && turned >= 1 && u.number != "" && hold(q.terms, d.Language, above, nil) >= titled {
			raw[j] *= procedure
			units[j].titled = above
		}
		switch {
		case q.meaning && u.number != "":
			raw[j] *= toDo
		case q.meaning && u.kind == row && slices.ContainsFunc(u.codes, func(c string) bool { return slices.Contains(q.codes, c) }):
			raw[j] *= defines
		}
		raw[j] *= turned
		if u.words < 3 && u.kind == prose {
			raw[j] /= 2
		}
	}
	return raw
}

// meanings are how near the units are to the question, 0..1: by themselves, or read
// below their headings. Nil where meaning is not compared.
func (q asked) meanings(d kb.Document, title string, units []unit) []float64 {
	if q.near == nil {
		return nil
	}
	texts := make([]string, 0, 2*len(units))
	for _, u := range units {
		if u.kind == heading {
			title = d.Title + "\n" + u.plain
		}
		texts = append(texts, u.plain, title+"\n"+u.plain)
	}
	cosines := q.near(texts)
	near := make([]float64, len(units))
	for j := range near {
		best := max(cosines[2*j], cosines[2*j+1])
		near[j] = min(1, max(0, (best-distant)/(adjacent-distant)))
	}
	return near
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
