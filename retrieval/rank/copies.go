package rank

import (
	"strings"
	"unicode"
)

// A text is a copy of another when nearly all of its runs of shingleWords words
// stand in the other, and all of its numbers do. Two pages that
// differ in a price or a version are not copies, however alike they are.
const (
	shingleWords = 4
	copyShare    = 0.85
)

// shingles is a text as two sets that tell copies apart.
type shingles struct {
	runs    map[string]bool
	numbers map[string]bool
}

func newShingles(s string) shingles {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	sh := shingles{runs: make(map[string]bool, len(words)), numbers: map[string]bool{}}
	for i, w := range words {
		if strings.ContainsFunc(w, unicode.IsDigit) {
			sh.numbers[w] = true
		}
		run := words[i:min(i+shingleWords, len(words))]
		if len(run) == shingleWords || i == 0 {
			sh.runs[strings.Join(run, " ")] = true
		}
	}
	return sh
}

// copies reports whether either of two texts is nearly contained in the other.
func (a shingles) copies(b shingles) bool {
	if len(a.runs) > len(b.runs) {
		a, b = b, a
	}
	common := 0
	for run := range a.runs {
		if b.runs[run] {
			common++
		}
	}
	if float64(common) < copyShare*float64(len(a.runs)) {
		return false
	}
	for n := range a.numbers {
		if !b.numbers[n] {
			return false
		}
	}
	return true
}
