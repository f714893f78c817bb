package extractive

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/askdesk/askdesk/answer"
	"github.com/askdesk/askdesk/internal/text"
)

// questionTerm is a word of the question that some unit holds.
type questionTerm struct {
	forms  map[string]string // stem by language of the passage
	word   string
	parts  []string
	also   [][]string // the words of each synonym, which count as the word does
	weight float64    // how rare it is among the units, as a share of all terms' weights
}

func (t questionTerm) in(bag map[string]bool, language string) bool {
	if bag[t.forms[language]] || bag[t.word] {
		return true
	}
	return holdsAll(bag, language, t.parts) || slices.ContainsFunc(t.also, func(words []string) bool { return holdsAll(bag, language, words) })
}

func holdsAll(bag map[string]bool, language string, words []string) bool {
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !bag[text.Stem(language, w)] })
}

// also are the words of the synonyms of each word of a phrase that has some.
func also(synonyms map[string][]string) map[string][][]string {
	list := map[string][][]string{}
	for phrase, texts := range synonyms {
		for _, t := range texts {
			var words []string
			for _, w := range text.Words(t) {
				words = append(words, w.Text)
			}
			for _, w := range text.Words(phrase) {
				list[w.Text] = append(list[w.Text], words)
			}
		}
	}
	return list
}

// questionTerms are the question's words that some unit holds, or a synonym of them,
// stop words apart.
func questionTerms(r answer.Request, all [][]unit) (list []questionTerm) {
	passages, synonyms := r.Passages, also(r.Synonyms)
	languages := map[string]bool{"en": true}
	units := 0
	for i, p := range passages {
		languages[p.Document.Language] = true
		units += len(all[i])
	}
	seen, total := map[string]bool{}, 0.0
	for _, w := range text.Words(r.Question) {
		stop := false
		for l := range languages {
			stop = stop || text.Stop(l, w.Text)
		}
		if seen[w.Text] || stop && !w.Identifier {
			continue
		}
		seen[w.Text] = true
		t := questionTerm{word: w.Text, parts: w.Parts, also: synonyms[w.Text], forms: map[string]string{}}
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
		if held == 0 {
			continue
		}
		t.weight = math.Log(1 + float64(units)/(float64(held)+0.5))
		total += t.weight
		list = append(list, t)
	}
	for i := range list {
		list[i].weight /= total
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

// codesOf are the identifiers of s that have digits, folded.
func codesOf(s string) (codes []string) {
	for _, w := range text.Words(s) {
		if w.Identifier && strings.IndexFunc(w.Text, unicode.IsDigit) >= 0 {
			codes = append(codes, w.Text)
		}
	}
	return codes
}

// shape is equal for codes of one series: NS-4031 and NS-1007.
func shape(code string) string {
	var b strings.Builder
	for _, r := range code {
		switch {
		case !unicode.IsDigit(r):
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "0"):
			b.WriteByte('0')
		}
	}
	return b.String()
}

// otherCode reports whether u is about another code than those asked about: it is
// the row of another, or it has one of the same series and none of them.
func otherCode(u unit, asked []string) bool {
	other := u.key != "" && len(asked) > 0
	for _, c := range u.codes {
		if slices.Contains(asked, c) {
			return false
		}
		other = other || slices.ContainsFunc(asked, func(a string) bool { return shape(a) == shape(c) })
	}
	return other
}
