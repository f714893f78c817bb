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

// Asked is a query as an index searches for it.
type Asked struct {
	Terms    []kb.QueryTerm
	Phrases  []Phrase       // that are among the ids of terms, as Phrase says
	Synonyms []kb.Synonym   // see kb.Candidates
	Excluded []kb.Exclusion // see kb.Candidates
}

// Barred are the ids of words that no chunk may have.
func (a Asked) Barred() (ids []uint32) {
	for _, x := range a.Excluded {
		for _, t := range x.Terms {
			if x.Exact {
				ids = append(ids, t.IDs...)
			}
		}
	}
	return ids
}

// Query analyses a query. Words that say nothing are left out,
// unless all are such. An identifier comes as a whole and then by its parts, a
// compound by its parts; they share a position, and the ids of a part include
// those of the whole, because a chunk with the whole has its parts too. A word that
// no chunk has, and that is no identifier, may be taken for a mistyped one. The ids
// of a word include those of its synonyms.
func Query(asked kb.Query, v Vocabulary) Asked {
	q := newQuery(asked, v)
	q.read()
	if len(q.out) == 0 && len(q.asked.Excluded) > 0 {
		asked.Excluded = nil // of what is left nothing can be found: it was no exclusion
		q = newQuery(asked, v)
		q.read()
	}
	if len(q.out) == 0 {
		q.all = true
		q.read()
	}
	return Asked{Terms: q.out, Phrases: q.phrases, Synonyms: q.used(), Excluded: q.excluded()}
}

type query struct {
	v     Vocabulary
	a     *Analyzer
	asked kb.Query
	words []text.Word
	stops []string // languages whose stop words are left out
	all   bool     // stop words are kept
	out   []kb.QueryTerm
	own   [][]uint32 // the ids of out without those of synonyms

	mistakes int // words that were looked at as mistyped

	phrases  []Phrase
	synonyms []synonym        // of asked.Synonyms
	unwanted [][]kb.QueryTerm // by asked.Excluded
}

func newQuery(asked kb.Query, v Vocabulary) *query {
	q := &query{v: v, a: NewAnalyzer(), asked: asked, words: text.Words(asked.Text)}
	q.stops = q.stopLanguages()
	q.synonyms = make([]synonym, len(asked.Synonyms))
	q.unwanted = make([][]kb.QueryTerm, len(asked.Excluded))
	return q
}

func (q *query) read() {
	for pos, word := range q.words {
		q.word(word, pos)
	}
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
	at := q.placeOf(word, whole)
	if at.exclusion >= 0 && q.asked.Excluded[at.exclusion].Exact {
		q.bar(word, pos, at.exclusion)
		return
	}
	parts := q.parts(word)
	switch {
	case word.Identifier || len(parts) == 0:
		if len(whole) == 0 {
			whole = []string{word.Text}
		}
		q.add(kb.QueryTerm{Text: word.Text, Pos: pos, Identifier: word.Identifier}, whole, at)
	case q.known(whole) && !strings.ContainsFunc(word.Text, notLetter):
		q.add(kb.QueryTerm{Text: word.Text, Pos: pos}, whole, at) // a name such as GitHub
		return
	}
	for _, part := range parts {
		var forms []string
		for _, language := range q.languages() {
			forms = append(forms, q.a.stem(language, part))
		}
		q.add(kb.QueryTerm{Text: part, Pos: pos}, append(forms, whole...), at)
	}
}

// bar adds the word that a dash excludes: as it is, for what no chunk may have must
// not be guessed.
func (q *query) bar(dashed text.Word, pos, exclusion int) {
	for _, word := range text.Words(strings.TrimLeft(q.asked.Text[dashed.Start:dashed.End], "-")) {
		var whole []string
		for _, language := range q.languages() {
			whole = q.a.whole(whole, language, word)
		}
		ids, most := q.ids(nil, whole)
		q.unwanted[exclusion] = append(q.unwanted[exclusion], kb.QueryTerm{Text: word.Text, IDs: ids, IDF: IDF(q.v.Chunks, most), Pos: pos})
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

// add appends a term with those of its forms that the index has and those of its
// synonyms, unless the query has it already.
func (q *query) add(term kb.QueryTerm, forms []string, at place) {
	own, most := q.ids(nil, forms)
	known := len(own) > 0
	term.IDs = slices.Clone(own)
	if at.synonym >= 0 {
		most = max(most, q.extend(&term, at.synonym, known))
	}
	if len(term.IDs) == 0 && !term.Identifier {
		if m := q.mend(term.Text); m.chunks > 0 {
			term.IDs, term.Meant, most = m.ids, m.word, m.chunks
		}
	}
	term.IDF = IDF(q.v.Chunks, most)
	if at.exclusion >= 0 {
		q.unwanted[at.exclusion] = append(q.unwanted[at.exclusion], term)
	}
	for i := range q.out {
		have := &q.out[i]
		if len(term.IDs) > 0 && sameIDs(have.IDs, term.IDs) {
			return
		}
		// The same word, once within a phrase that has a synonym and once alone.
		if known && sameIDs(q.own[i], own) || !known && len(q.own[i]) == 0 && have.Text == term.Text {
			have.IDs = union(have.IDs, term.IDs)
			have.IDF = min(have.IDF, term.IDF)
			return
		}
	}
	q.out, q.own = append(q.out, term), append(q.own, own)
}

// ids appends those of forms that the index has to list, each once, and says in how
// many chunks the most frequent is.
func (q *query) ids(list []uint32, forms []string) (ids []uint32, most int) {
	for _, form := range forms {
		id, chunks := q.v.Find(form)
		if chunks > 0 && !slices.Contains(list, id) {
			list = append(list, id)
		}
		most = max(most, chunks)
	}
	return list, most
}

func union(a, b []uint32) []uint32 {
	for _, id := range b {
		if !slices.Contains(a, id) {
			a = append(a, id)
		}
	}
	return a
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
