// Package synonyms reads a team's file of words that mean the same, and finds them
// in questions.
package synonyms

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// longest is how many words a phrase has at most.
const longest = 6

// Set is what one file says. It never changes. The zero value knows no synonyms.
type Set struct {
	everywhere *list
	of         map[string]*list // by the knowledge base that has a section of its own
}

// list is what holds in one knowledge base.
type list struct {
	exact   map[string]*word            // by key
	stems   map[string]map[string]*word // by language, then by the stems of the key's words
	initial map[rune][]*word            // single words of plain letters, which may be mistyped
}

// word is a word or phrase as it may stand in a question.
type word struct {
	key    string
	plain  string   // one word of letters, folded; else ""
	others []string // what means the same, the best first
	put    bool     // the first of others says it better
	typed  string   // matches only as it is typed here: "IT", not "it"; else ""
}

// languages are those by which the forms of a word are told, each with its stop words.
var languages = [...]string{"en", "de", "fr", "es", "it", "nl", "pt"}

// token is a word of a question or entry, or a part of one that is joined by a hyphen.
type token struct {
	text  string
	plain bool // of letters only
	span  kb.Span
}

// tokens cuts s into words, those with a hyphen into their parts if apart is set,
// or else without the hyphen.
func tokens(s string, apart bool) (list []token) {
	for _, w := range text.Words(s) {
		parts := []string{w.Text}
		if !w.Identifier && w.Parts != nil {
			if parts = w.Parts; !apart {
				parts = []string{strings.Join(w.Parts, "")}
			}
		}
		for _, part := range parts {
			plain := strings.IndexFunc(part, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
			list = append(list, token{text.Unaccent(part), plain, kb.Span(w.Span)})
		}
	}
	return list
}

// keyOf is equal for two ways to write a phrase.
func keyOf(list []token) string {
	words := make([]string, len(list))
	for i, t := range list {
		words[i] = t.text
	}
	return strings.Join(words, " ")
}

func stemsOf(list []token, language string) string {
	stems := make([]string, len(list))
	for i, t := range list {
		stems[i] = text.Unaccent(text.Stem(language, t.text))
	}
	return strings.Join(stems, " ")
}

// match is an entry among the words of a question.
type match struct {
	kb.Synonym
	part bool // begins or ends within a word that is joined by a hyphen
}

// preferred orders matches that overlap: the longest first, then those that use all
// parts of a word, then those without a typing mistake.
func preferred(a, b match) int {
	worse := func(m match) (n int) {
		if m.part {
			n += 2
		}
		if m.Meant != "" {
			n++
		}
		return n
	}
	return cmp.Or((b.Span.End-b.Span.Start)-(a.Span.End-a.Span.Start), worse(a)-worse(b))
}

// Find returns the synonyms of the words and phrases of a question to a knowledge
// base, in order, of those that overlap the longest. Each has a text.
func (s *Set) Find(base, question string) []kb.Synonym {
	l := s.everywhere
	if own := s.of[base]; own != nil {
		l = own
	}
	if l == nil {
		return nil
	}
	spoken := languagesOf(question)
	var found []match
	for _, apart := range []bool{true, false} {
		found = append(found, l.in(question, tokens(question, apart), spoken)...)
	}
	slices.SortStableFunc(found, preferred)
	var kept []kb.Synonym
	for _, f := range found {
		if !slices.ContainsFunc(kept, func(k kb.Synonym) bool { return f.Span.Start < k.Span.End && k.Span.Start < f.Span.End }) {
			kept = append(kept, f.Synonym)
		}
	}
	slices.SortFunc(kept, func(a, b kb.Synonym) int { return a.Span.Start - b.Span.Start })
	return kept
}

// languagesOf are those to which most words of a question are stop words, or English
// and German, where there are none.
func languagesOf(question string) (best []string) {
	most := 1
	words := text.Words(question)
	for _, language := range languages {
		hits := 0
		for _, w := range words {
			if text.Stop(language, w.Text) {
				hits++
			}
		}
		if hits > most {
			best, most = best[:0], hits
		}
		if hits == most {
			best = append(best, language)
		}
	}
	if best == nil {
		best = []string{"en", "de"}
	}
	return best
}

// in finds entries among the tokens, also such that overlap.
func (l *list) in(question string, all []token, spoken []string) (found []match) {
	inside := func(i int) bool { return i > 0 && i < len(all) && all[i-1].span == all[i].span }
	add := func(w *word, i, end int, meant string) {
		span := kb.Span{Start: all[i].span.Start, End: all[end-1].span.End}
		found = append(found, match{kb.Synonym{Span: span, Texts: slices.Clone(w.others), Put: w.put, Meant: meant}, inside(i) || inside(end)})
	}
	for i, first := range all {
		matched := false
		for n := min(longest, len(all)-i); n > 0; n-- {
			some := all[i : i+n]
			span := kb.Span{Start: first.span.Start, End: some[n-1].span.End}
			if w := l.match(some, spoken); w != nil && (w.typed == "" || question[span.Start:span.End] == w.typed) {
				add(w, i, i+n, "")
				matched = true
				break
			}
		}
		if w := l.meant(first, spoken); w != nil && !matched {
			add(w, i, i+1, w.plain)
		}
	}
	return found
}

func (l *list) match(some []token, spoken []string) *word {
	if w := l.exact[keyOf(some)]; w != nil {
		return w
	}
	for _, language := range spoken {
		if w := l.stems[language][stemsOf(some, language)]; w != nil {
			return w
		}
	}
	return nil
}

// leastMended is how many letters a word has at least that may be mistyped: as in
// the index, where short words are all one letter from another.
const leastMended = 5

// meant is the entry that a word may be a mistyped form of.
func (l *list) meant(t token, spoken []string) *word {
	if !t.plain || utf8.RuneCountInString(t.text) < leastMended ||
		slices.ContainsFunc(spoken, func(language string) bool { return text.Stop(language, t.text) }) {
		return nil
	}
	typed := []rune(t.text)
	for _, w := range l.initial[typed[0]] {
		if mistaken(typed, []rune(w.plain)) {
			return w
		}
	}
	return nil
}

// mistaken reports whether one typing mistake makes a word of another: a letter
// more, less or another, or two that changed places.
func mistaken(a, b []rune) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return slices.Equal(a[i:], b[i+1:])
	}
	if i == len(a) {
		return false
	}
	return slices.Equal(a[i+1:], b[i+1:]) ||
		i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && slices.Equal(a[i+2:], b[i+2:])
}
