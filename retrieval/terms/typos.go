package terms

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
)

const (
	// leastMended is how many letters a word has at least that is taken for a
	// mistyped one: short words are all one letter from another.
	leastMended = 5
	mostMended  = 20
	// mostMistakes bounds the work for a query that is in no language of the index.
	mostMistakes = 8
)

// letters are what people type by mistake.
const letters = "abcdefghijklmnopqrstuvwxyzäöüß"

// mended is a word of the index that a word of the query may stand for.
type mended struct {
	word   string
	ids    []uint32
	chunks int
}

// mend finds what a word that no chunk has was meant to be: of the words that one
// typing mistake after the first letter makes of it (a letter more, less or
// another, or two that changed places), the one that most chunks have. The first
// letter is seldom wrong, and Damerau (1964) found four of five mistyped words to
// be one such mistake from the right one.
func (q *query) mend(word string) (best mended) {
	n := utf8.RuneCountInString(word)
	if n < leastMended || n > mostMended || q.mistakes == mostMistakes || strings.ContainsFunc(word, notLatin) || common(word) {
		return best
	}
	q.mistakes++
	for variant := range variants(word) {
		ids, most := []uint32(nil), 0
		for _, language := range q.languages() {
			id, chunks := q.v.Find(text.Unaccent(text.Stem(language, variant)))
			if chunks > 0 && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
			most = max(most, chunks)
		}
		m := mended{variant, ids, most}
		if most > 0 && better(m, best) {
			best = m
		}
	}
	return best
}

// better prefers what more chunks have, then the longer word, which shows more of
// what was meant than its stem does.
func better(a, b mended) bool {
	return cmp.Or(cmp.Compare(a.chunks, b.chunks), cmp.Compare(utf8.RuneCountInString(a.word), utf8.RuneCountInString(b.word)), cmp.Compare(b.word, a.word)) > 0
}

// common reports whether a word is one that English texts have often, and so a
// piece of its own: nobody mistyped it, though no document has it.
func common(word string) bool { return len(text.Pieces(word)) == 1 }

func notLatin(r rune) bool { return !unicode.Is(unicode.Latin, r) }

// variants are the words one mistake from word, some of them more than once.
func variants(word string) func(yield func(string) bool) {
	w := []rune(word)
	return func(yield func(string) bool) {
		for i := 1; i <= len(w); i++ {
			head, tail := string(w[:i]), string(w[i:])
			rest := ""
			if i < len(w) {
				rest = string(w[i+1:])
				if !yield(head + rest) {
					return
				}
			}
			if i+1 < len(w) && w[i] != w[i+1] && !yield(head+string(w[i+1])+string(w[i])+string(w[i+2:])) {
				return
			}
			for _, l := range letters {
				if !yield(head+string(l)+tail) || i < len(w) && l != w[i] && !yield(head+string(l)+rest) {
					return
				}
			}
		}
	}
}
