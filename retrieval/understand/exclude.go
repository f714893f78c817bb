package understand

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// excluding are words by which a question says what it is not about. "Not" is none
// of them: who asks for help tells by it what fails, and that is what the question is
// about. What somebody is without is as often the subject: "without network" is
// answered by the page on working offline. So only a page that is about a thing and
// never about being without it is weighed down.
var excluding = phrases("other than", "except for", "except", "excluding", "apart from", "aside from", "instead of", "rather than", "without",
	"außer", "ausser", "abgesehen von", "anstelle von", "statt", "anstatt", "ohne")

// openers begin a sentence that asks how to do something. "Why" is none of them: it
// asks about all that it names.
var openers = set(`how can could may which what where is are do does i'd we'd please
	wie kann können könnte darf dürfen welche welcher welches was wo gibt geht bitte`)

// fillers stand between such a word and what it excludes.
var fillers = set(`a an the my our your any using having use with by via ein eine einen einem einer der die das den dem mein meine meinen meinem unser unsere unseren mit per`)

const (
	mostExcluded  = 3 // words of one exclusion
	mostKeywords  = 8 // words of a query that is no sentence
	leastKeyword  = 3 // letters of a word that "-" excludes; shorter ones are options
	leastGerund   = 5 // letters of a word that ends in -ing and is a verb
	gerundEnding  = "ing"
	infinitiveOne = "zu" // "ohne Daten zu verlieren" excludes no data
)

func phrases(list ...string) [][]string {
	out := make([][]string, len(list))
	for i, p := range list {
		out[i] = strings.Fields(p)
	}
	return out
}

// Exclusions finds what a question says that it is not about.
func Exclusions(question string) []kb.Exclusion {
	words := text.Words(question)
	if list := dashed(question, words); list != nil {
		return list
	}
	var list []kb.Exclusion
	for i := 0; i < len(words); i++ {
		n := leads(words[i:])
		if n == 0 || !opened(question, words, i) {
			continue
		}
		from, to := object(question, words, i+n)
		if from == to {
			continue
		}
		list = append(list, kb.Exclusion{Span: kb.Span{Start: words[from].Start, End: words[to-1].End}})
		i = to - 1
	}
	return list
}

// leads is how many words the phrase has that excludes, and that words begin with; 0
// if there is none.
func leads(words []text.Word) int {
	for _, p := range excluding {
		if len(p) <= len(words) && slices.EqualFunc(p, words[:len(p)], func(s string, w text.Word) bool { return s == w.Text }) {
			return len(p)
		}
	}
	return 0
}

// opened reports whether the sentence of the word at i asks how to do something.
func opened(question string, words []text.Word, i int) bool {
	first := i
	for first > 0 && !strings.ContainsAny(question[words[first-1].End:words[first].Start], ".?!:\n") {
		first--
	}
	return first < i && openers[words[first].Text]
}

// object is where what is excluded begins and ends: the words behind the fillers, up
// to a sign or a word that says nothing.
func object(question string, words []text.Word, i int) (from, to int) {
	joined := func(i int) bool {
		return i < len(words) && strings.TrimSpace(question[words[i-1].End:words[i].Start]) == ""
	}
	for joined(i) && fillers[words[i].Text] {
		i++
	}
	from = i
	for to = i; joined(to) && to-from < mostExcluded && !stop(words[to].Text); to++ {
	}
	if from == to || gerund(words[from].Text) || to < len(words) && words[to].Text == infinitiveOne {
		return from, from
	}
	return from, to
}

func stop(word string) bool { return text.Stop("en", word) || text.Stop("de", word) }

// gerund tells what one does from a thing: who cancels "without losing the data" wants
// to hear of the data.
func gerund(word string) bool {
	return utf8.RuneCountInString(word) >= leastGerund && strings.HasSuffix(word, gerundEnding)
}

// dashed are the words that a search by keywords excludes with a dash. A sentence has
// none: there a dash opens an option or a thought.
func dashed(question string, words []text.Word) (list []kb.Exclusion) {
	if len(words) > mostKeywords || strings.ContainsAny(question, ".,;:?!\n") {
		return nil
	}
	for _, w := range words {
		name, dash := strings.CutPrefix(question[w.Start:w.End], "-")
		switch {
		case !dash && stop(w.Text):
			return nil
		case dash && !stop(text.Fold(name)) && utf8.RuneCountInString(name) >= leastKeyword && strings.IndexFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) < 0:
			list = append(list, kb.Exclusion{Span: kb.Span(w.Span), Exact: true})
		}
	}
	if len(list) == len(words) {
		return nil
	}
	return list
}
