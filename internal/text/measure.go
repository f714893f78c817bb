package text

import (
	"slices"
	"strings"
)

// measures are the words that ask for a measure behind a question word.
var measures = map[string][]string{
	"how": {"long", "much", "many", "often", "far", "big", "large", "fast", "quickly", "soon", "old", "late", "early", "high", "deep", "frequently"},
	"wie": {"lang", "lange", "viel", "viele", "vielen", "oft", "weit", "gross", "groß", "schnell", "bald", "alt", "spät", "früh", "hoch", "häufig"},
}

// Measures reports whether a word asks for a measure because of the word before
// it, as "long" does in "how long". It names the kind of answer that is wanted;
// a text that answers need not hold it. Both are folded.
func Measures(before, word string) bool { return slices.Contains(measures[before], word) }

// AsksNumber reports whether a question wants a number or a date.
func AsksNumber(question string) bool {
	q := " " + Fold(question) + " "
	return slices.ContainsFunc(numeric[:], func(w string) bool { return strings.Contains(q, w) })
}

var numeric = [...]string{
	" how many ", " how much ", " how long ", " how big ", " how large ", " how old ", " how often ", " when ", " which year ", " what year ", " port ",
	" wie viele ", " wie viel ", " wie lange ", " wie groß ", " wie oft ", " wann ", " limit", " maximum ", " cost", " kostet ",
}
