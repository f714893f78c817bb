package pdf

import (
	"slices"
	"strings"
	"unicode"
)

// readingOrder puts the words of a line into the order in which they are read. The
// engine gives those of a right-to-left line from left to right, each of them
// spelt in order.
func readingOrder(s string) string {
	right, left := 0, 0
	for _, c := range s {
		switch {
		case rightToLeft(c):
			right++
		case unicode.IsLetter(c):
			left++
		}
	}
	if right <= left {
		return s
	}
	words := strings.Fields(s)
	slices.Reverse(words)
	for i := 0; i < len(words); { // words of other scripts keep their order
		j := i
		for j < len(words) && foreign(words[j]) {
			j++
		}
		slices.Reverse(words[i:j])
		i = max(j, i+1)
	}
	for i, w := range words {
		if body := strings.TrimLeft(w, ".,:;!?،؛؟"); !foreign(w) && body != w {
			words[i] = body + w[:len(w)-len(body)]
		}
	}
	return strings.Join(words, " ")
}

func rightToLeft(c rune) bool {
	return unicode.In(c, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko)
}

// foreign reports whether a word has letters, none of them of a right-to-left
// script.
func foreign(w string) bool {
	return strings.IndexFunc(w, unicode.IsLetter) >= 0 && strings.IndexFunc(w, rightToLeft) < 0
}
