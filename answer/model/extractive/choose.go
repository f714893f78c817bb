package extractive

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// The weights of the score of a unit, relative to a question word in the unit
// itself.
const (
	inHeading  = 0.45 // a question word in the headings above or the title
	fromBefore = 0.40 // a share of the unit before in the same block, which often asks or introduces
	fromAfter  = 0.25 // and of the one after
	figure     = 1.20 // factor of a unit with a number where the question asks for one
	worst      = 0.45 // factor of a passage without relevance, 1 with the best
	floor      = 0.40 // share of the best score that a further unit must have
)

// choose picks the units that answer the question, in the order in which they
// are to be read: passages as ranked, units as they stand.
func choose(question string, passages []kb.Passage, voice prompts.Voice) []unit {
	var all [][]unit
	for i, p := range passages {
		all = append(all, unitsOf(i, p))
	}
	score(question, passages, all)
	s := selection{all: all, taken: map[[2]int]bool{}, budget: voice.Words.Max}
	order := slices.Concat(all...)
	order = slices.DeleteFunc(order, func(u unit) bool { return u.kind == heading })
	slices.SortStableFunc(order, func(a, b unit) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return 0
	})
	for i, u := range order {
		if i > 0 && u.score < floor*order[0].score {
			break
		}
		s.add(u, i == 0)
	}
	return s.list()
}

type questionTerm struct {
	forms  map[string]string // stem by language of the passage
	word   string
	parts  []string
	weight float64
}

// score sets the score of every unit: which share of the question's words,
// weighted by how rare they are among the units, it and its surroundings hold.
func score(question string, passages []kb.Passage, all [][]unit) {
	terms := questionTerms(question, passages, all)
	total, numeric := 0.0, asksNumber(question)
	for _, t := range terms {
		total += t.weight
	}
	best := 0.0
	for _, p := range passages {
		best = max(best, p.Relevance)
	}
	for i, units := range all {
		p := passages[i]
		prior := 1 - (1-worst)*float64(i)/float64(max(len(passages), 2))
		if best > 0 {
			prior = worst + (1-worst)*p.Relevance/best
		}
		above := bagOf(p.Document.Title+"\n"+strings.Join(p.Heading, "\n"), p.Document.Language)
		raw := make([]float64, len(units))
		for j := range units {
			if units[j].kind == heading { // it also stands above what follows
				above = merged(bagOf(p.Document.Title, p.Document.Language), units[j].bag)
			}
			raw[j] = hold(terms, p.Document.Language, units[j].bag, above) / max(total, 1e-9)
			if numeric && strings.IndexFunc(units[j].plain, unicode.IsDigit) >= 0 {
				raw[j] *= figure
			}
		}
		for j := range units {
			s := raw[j]
			if j > 0 && near(units[j-1], units[j]) {
				s += fromBefore * raw[j-1]
			}
			if j+1 < len(units) && near(units[j], units[j+1]) {
				s += fromAfter * raw[j+1]
			}
			if units[j].words < 3 && units[j].kind == prose {
				s /= 2
			}
			units[j].score = s * prior
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

func (t questionTerm) in(bag map[string]bool, language string) bool {
	if bag[t.forms[language]] || bag[t.word] {
		return true
	}
	return len(t.parts) > 0 && !slices.ContainsFunc(t.parts, func(p string) bool { return !bag[text.Stem(language, p)] })
}

func questionTerms(question string, passages []kb.Passage, all [][]unit) (list []questionTerm) {
	languages := map[string]bool{"en": true}
	for _, p := range passages {
		languages[p.Document.Language] = true
	}
	units := 0
	for _, u := range all {
		units += len(u)
	}
	seen := map[string]bool{}
	for _, w := range text.Words(question) {
		stop := false
		for l := range languages {
			stop = stop || text.Stop(l, w.Text)
		}
		if seen[w.Text] || stop && !w.Identifier {
			continue
		}
		seen[w.Text] = true
		t := questionTerm{word: w.Text, parts: w.Parts, forms: map[string]string{}}
		for l := range languages {
			t.forms[l] = text.Stem(l, w.Text)
		}
		held := 0
		for i, list := range all {
			for _, u := range list {
				if t.in(u.bag, passages[i].Document.Language) {
					held++
				}
			}
		}
		t.weight = math.Log(1 + float64(units)/(float64(held)+0.5))
		list = append(list, t)
	}
	return list
}

func bagOf(s, language string) map[string]bool {
	bag := map[string]bool{}
	for _, w := range text.Words(s) {
		for _, form := range append(w.Parts, w.Text) {
			bag[text.Stem(language, form)] = true
		}
	}
	return bag
}

func merged(a, b map[string]bool) map[string]bool {
	for k := range b {
		a[k] = true
	}
	return a
}

// asksNumber reports whether the question wants a number or a date.
func asksNumber(question string) bool {
	q := " " + text.Fold(question) + " "
	for _, w := range []string{" how many ", " how much ", " how long ", " how big ", " how old ", " when ", " which year ", " what year ", " port ",
		" wie viele ", " wie viel ", " wie lange ", " wann ", " limit", " maximum ", " cost", " kostet "} {
		if strings.Contains(q, w) {
			return true
		}
	}
	return false
}
