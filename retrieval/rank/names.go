package rank

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
)

// nameWeight is how much more a name weighs than another word of equal rarity:
// a passage can say "rubbish" for "garbage", but nothing else for "YubiKey", so
// without the name it is about something else.
const nameWeight = 2

// names are the words of a question that have no synonyms, folded: identifiers,
// numbers, abbreviations, and words that are capitalised inside a sentence. In
// German these are all nouns, which then weigh alike, as they should.
func names(question string) map[string]bool {
	found := map[string]bool{}
	starts, end := true, 0
	for _, w := range text.Words(question) { // pairs of CJK characters overlap
		starts = starts || strings.ContainsAny(question[min(end, w.Start):w.Start], ".?!:\n")
		if w.Identifier || named(question[w.Start:w.End], starts) {
			found[w.Text] = true
		}
		starts, end = false, w.End
	}
	return found
}

// named reports whether a word looks like a name as it is typed. The capital of
// a sentence's first word says nothing.
func named(typed string, starts bool) bool {
	first, size := utf8.DecodeRuneInString(typed)
	if unicode.IsDigit(first) || strings.ContainsFunc(typed[size:], unicode.IsUpper) {
		return true
	}
	return unicode.IsUpper(first) && !starts
}
