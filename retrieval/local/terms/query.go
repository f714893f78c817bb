package terms

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Vocabulary is what a query needs to know of an index.
type Vocabulary struct {
	Languages []string // by which its documents are stemmed, sorted
	Chunks    int
	// Find returns a term's id and in how many chunks it is; 0 if in none.
	Find func(term string) (id uint32, chunks int)
}

// smallest is how many chunks a knowledge base counts as at least: a few pages
// hold every word of their subject, and would call none of them telling.
const smallest = 3000

// IDF is the weight of a term that is in df of n chunks.
func IDF(n, df int) float64 {
	n = max(n, smallest)
	return math.Log(1 + (float64(n-df)+.5)/(float64(df)+.5))
}

// Query analyses the text of a query. Words that say nothing are left out,
// unless all are such. An identifier comes as a whole and then by its parts, a
// compound by its parts; they share a position, and the ids of a part include
// those of the whole, because a chunk with the whole has its parts too. A word that
// no chunk has, and that is no identifier, may be taken for a mistyped one.
func Query(s string, v Vocabulary) []kb.QueryTerm {
	q := query{v: v, a: NewAnalyzer(), words: text.Words(s)}
	q.stops = q.stopLanguages()
	for pos, word := range q.words {
		q.word(word, pos)
	}
	if len(q.out) == 0 {
		q.all = true
		for pos, word := range q.words {
			q.word(word, pos)
		}
	}
	return q.out
}

type query struct {
	v     Vocabulary
	a     *Analyzer
	words []text.Word
	stops []string // languages whose stop words are left out
	all   bool     // stop words are kept
	out   []kb.QueryTerm

	mistakes int // words that were looked at as mistyped
}

// stopLanguages are the languages of the index to which most words of the query
// are stop words: what is one in German may be the subject in English.
func (q *query) stopLanguages() []string {
	var best []string
	most := 0
	for _, language := range q.v.Languages {
		hits := 0
		for _, w := range q.words {
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
	return best
}

func (q *query) stop(word string) bool {
	return !q.all && slices.ContainsFunc(q.stops, func(l string) bool { return text.Stop(l, word) })
}

func (q *query) word(word text.Word, pos int) {
	if q.stop(word.Text) || !q.all && pos > 0 && text.Measures(q.words[pos-1].Text, word.Text) {
		return
	}
	var whole []string
	for _, language := range q.languages() {
		whole = q.a.whole(whole, language, word)
	}
	parts := q.parts(word)
	if word.Identifier || len(parts) == 0 {
		if len(whole) == 0 {
			whole = []string{word.Text}
		}
		q.add(kb.QueryTerm{Text: word.Text, Pos: pos, Identifier: word.Identifier}, whole)
	} else if q.known(whole) && !strings.ContainsFunc(word.Text, notLetter) {
		q.add(kb.QueryTerm{Text: word.Text, Pos: pos}, whole) // a name such as GitHub
		return
	}
	for _, part := range parts {
		var forms []string
		for _, language := range q.languages() {
			forms = append(forms, q.a.stem(language, part))
		}
		q.add(kb.QueryTerm{Text: part, Pos: pos}, append(forms, whole...))
	}
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// parts are those that are searched: no single letters, no stop words, and not
// the word itself.
func (q *query) parts(word text.Word) []string {
	return slices.DeleteFunc(slices.Clone(word.Parts), func(part string) bool {
		return utf8.RuneCountInString(part) < minPart || part == word.Text || q.stop(part)
	})
}

// languages are those of the index, or the fallback for an empty one.
func (q *query) languages() []string {
	if len(q.v.Languages) == 0 {
		return []string{Fallback}
	}
	return q.v.Languages
}

func (q *query) known(forms []string) bool {
	return slices.ContainsFunc(forms, func(form string) bool {
		_, chunks := q.v.Find(form)
		return chunks > 0
	})
}

// add appends a term with those of its forms that the index has, unless the
// query has it already.
func (q *query) add(term kb.QueryTerm, forms []string) {
	most := 0
	for _, form := range forms {
		id, chunks := q.v.Find(form)
		if chunks > 0 && !slices.Contains(term.IDs, id) {
			term.IDs = append(term.IDs, id)
		}
		most = max(most, chunks)
	}
	if len(term.IDs) == 0 && !term.Identifier {
		if m := q.mend(term.Text); m.chunks > 0 {
			term.IDs, term.Meant, most = m.ids, m.word, m.chunks
		}
	}
	term.IDF = IDF(q.v.Chunks, most)
	for _, have := range q.out {
		if len(term.IDs) > 0 && sameIDs(have.IDs, term.IDs) || len(term.IDs) == 0 && have.Text == term.Text {
			return
		}
	}
	q.out = append(q.out, term)
}

func sameIDs(a, b []uint32) bool {
	if len(a) != len(b) {
		return false
	}
	for _, id := range a {
		if !slices.Contains(b, id) {
			return false
		}
	}
	return true
}
