package collection

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Misspell puts a typing mistake into about the given share of the words of four
// letters and more: two letters change places, one is left out, doubled, or
// another one. The same text and seed give the same mistakes.
func Misspell(text string, share float64, seed uint64) string {
	h := fnv.New64a()
	h.Write([]byte(text))
	rng := rand.New(rand.NewPCG(seed, h.Sum64()))
	words := strings.Fields(text)
	for i, w := range words {
		if utf8.RuneCountInString(w) >= 4 && rng.Float64() < share {
			words[i] = mistake([]rune(w), rng)
		}
	}
	return strings.Join(words, " ")
}

// mistake changes a word at one place, never its first letter: people notice that.
func mistake(w []rune, rng *rand.Rand) string {
	at := 1 + rng.IntN(len(w)-2)
	switch rng.IntN(4) {
	case 0:
		w[at], w[at+1] = w[at+1], w[at]
	case 1:
		w = append(w[:at], w[at+1:]...)
	case 2:
		w = append(w[:at+1], w[at:]...)
	default:
		w[at] = rune('a' + rng.IntN(26))
	}
	return string(w)
}
