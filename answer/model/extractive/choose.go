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
	inHeading = 0.55 // a question word in the headings above or the title
	figure    = 1.20 // factor of a unit with a number where the question asks for one
	question  = 0.30 // factor of a unit that asks itself, as headings in an FAQ do
	worst     = 0.30 // factor of a passage without relevance, 1 with the best
	floor     = 0.30 // share of the best score that a further unit must have
	onwards   = 0.80 // share of its score that a unit passes to the next one: answers follow what names the question
	backwards = 0.65 // and to the one before
)

// choose picks the units that answer the question, in the order in which they
// are to be read: passages as ranked, units as they stand.
func choose(asked string, passages []kb.Passage, voice prompts.Voice) []unit {
	var all [][]unit
	for i, p := range passages {
		all = append(all, unitsOf(i, p))
	}
	score(asked, passages, all)
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
func score(asked string, passages []kb.Passage, all [][]unit) {
	terms := questionTerms(asked, passages, all)
	total, numeric := 0.0, asksNumber(asked)
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
		pass(units, raw)
		for j := range units {
			units[j].score = raw[j] * prior
			if units[j].asks {
				units[j].score *= question
			}
		}
	}
}

// pass lets units share the score of their neighbours under the same heading.
func pass(units []unit, raw []float64) {
	for j := range units {
		if units[j].kind == heading {
			raw[j] = 0
		} else if units[j].words < 3 && units[j].kind == prose {
			raw[j] /= 2
		}
	}
	for j := 1; j < len(units); j++ {
		raw[j] = max(raw[j], onwards*raw[j-1])
		if units[j].kind == heading {
			raw[j] = 0
		}
	}
	for j := len(units) - 2; j >= 0; j-- {
		raw[j] = max(raw[j], backwards*raw[j+1])
		if units[j].kind == heading {
			raw[j] = 0
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
