package static

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
)

// fluent is the least share of an English question's words that the table has
// whole. Words of other languages come in splinters, which mean nothing; so do
// rare ones, of which a short English question may be full: it loses little.
const fluent = 0.3

// foreign are the languages by whose stop words a question is told from English.
var foreign = [...]string{"de", "fr", "es", "it", "nl", "pt"}

// longestAcronym is how many letters a word in capitals has at most that is taken for
// an abbreviation. Who shouts uses longer ones too.
const longestAcronym = 5

// international tells abbreviations and names with capitals inside, such as SAML and
// QuickBooks: they are the same in every language, and say nothing of that of a question.
func international(typed string) bool {
	_, first := utf8.DecodeRuneInString(typed)
	inside := strings.IndexFunc(typed[first:], unicode.IsUpper) >= 0
	return inside && (strings.ToUpper(typed) != typed || utf8.RuneCountInString(typed) <= longestAcronym)
}

// Knows reports whether a question seems to be English.
func (e *Embedder) Knows(question string) bool {
	words, whole, english := 0, 0, 0
	var others [len(foreign)]int
	for _, w := range text.Words(question) {
		if w.Identifier {
			continue
		}
		if text.Stop("en", w.Text) {
			english++
		}
		for i, l := range foreign {
			if text.Stop(l, w.Text) {
				others[i]++
			}
		}
		typed := question[w.Start:w.End]
		if international(typed) {
			continue
		}
		words++
		if len(text.Pieces(typed)) == 1 {
			whole++
		}
	}
	for _, n := range others {
		if n > english {
			return false
		}
	}
	return float64(whole) >= fluent*float64(words)
}
