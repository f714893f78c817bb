package text

import "slices"

// measures are the words that ask for a measure behind a question word.
var measures = map[string][]string{
	"how": {"long", "much", "many", "often", "far", "big", "large", "fast", "quickly", "soon", "old", "late", "early", "high", "deep", "frequently"},
	"wie": {"lang", "lange", "viel", "viele", "vielen", "oft", "weit", "gross", "groß", "schnell", "bald", "alt", "spät", "früh", "hoch", "häufig"},
}

// Measures reports whether a word asks for a measure because of the word before
// it, as "long" does in "how long". It names the kind of answer that is wanted;
// a text that answers need not hold it. Both are folded.
func Measures(before, word string) bool { return slices.Contains(measures[before], word) }
