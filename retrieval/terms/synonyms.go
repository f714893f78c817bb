package terms

import (
	"cmp"
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// FirstPhrase is the id of the first phrase of a query. Those of terms are below it.
const FirstPhrase = 1 << 31

// mostPhrases is how many of a query are searched for; what more synonyms bring in
// is left out. Each is looked for in all chunks that have its words.
const mostPhrases = 64

// Phrase is two or more words that follow each other, each given by the ids of its
// forms. The nth of a query is searched for as a term with the id FirstPhrase+n.
type Phrase [][]uint32

// place is what a word of a query stands in.
type place struct {
	synonym, exclusion int // of the query; -1: none
}

func (q *query) placeOf(word text.Word, whole []string) place {
	within := func(s kb.Span) bool { return s.Start <= word.Start && word.End <= s.End }
	at := place{
		synonym:   slices.IndexFunc(q.asked.Synonyms, func(s kb.Synonym) bool { return within(s.Span) }),
		exclusion: slices.IndexFunc(q.asked.Excluded, func(x kb.Exclusion) bool { return within(x.Span) }),
	}
	if at.exclusion >= 0 && q.asked.Excluded[at.exclusion].Exact && q.known(whole) {
		at.exclusion = -1 // the documents have it as an option
	}
	return at
}

// synonym is one of a query's as the index has it.
type synonym struct {
	looked bool
	texts  []string // those whose words it has
	ids    []uint32 // of texts
	most   int      // in how many chunks the most frequent of them is, at most
	known  bool     // it has a word of the stretch itself, or the word that is meant
	meant  bool     // it has the word that is meant
	used   bool
}

// extend adds the ids of a synonym to those of a term, and says in how many chunks
// the most frequent of them is, at most.
func (q *query) extend(term *kb.QueryTerm, n int, known bool) int {
	asked, s := q.asked.Synonyms[n], &q.synonyms[n]
	s.known = s.known || known
	if asked.Meant != "" && known {
		return 0 // it is no mistake
	}
	if !s.looked {
		s.looked = true
		for _, t := range asked.Texts {
			q.look(s, t)
		}
	}
	ids, most := s.ids, s.most
	if asked.Meant != "" {
		meant := synonym{ids: slices.Clone(ids), most: most}
		q.look(&meant, asked.Meant)
		if ids, most = meant.ids, meant.most; len(meant.texts) > 0 {
			s.known, s.meant, term.Meant = true, true, asked.Meant
		}
	}
	term.IDs = union(term.IDs, ids)
	s.used = s.used || len(s.ids) > 0
	return most
}

// look adds a text to a synonym if the index has all its words. Words joined by a
// hyphen are looked for as one and apart.
func (q *query) look(s *synonym, t string) {
	words := text.Words(t)
	if !slices.ContainsFunc(words, func(w text.Word) bool { return !q.stop(w.Text) }) {
		return
	}
	var joined, apart [][]string
	for _, w := range words {
		var whole []string
		for _, language := range q.languages() {
			whole = q.a.whole(whole, language, w)
		}
		joined = append(joined, whole)
		if w.Identifier || w.Parts == nil {
			apart = append(apart, whole)
			continue
		}
		for _, part := range w.Parts {
			var forms []string
			for _, language := range q.languages() {
				forms = append(forms, q.a.stem(language, part))
			}
			apart = append(apart, forms)
		}
	}
	found := q.count(s, joined)
	if len(apart) > len(joined) {
		found = q.count(s, apart) || found
	}
	if found {
		s.texts = append(s.texts, t)
	}
}

// count adds a word or phrase, given by the forms of its words, if the index has
// all of them.
func (q *query) count(s *synonym, words [][]string) bool {
	var phrase Phrase
	rarest := 0
	for i, forms := range words {
		ids, chunks := q.ids(nil, forms)
		if len(ids) == 0 {
			return false
		}
		if phrase = append(phrase, ids); i == 0 || chunks < rarest {
			rarest = chunks
		}
	}
	switch {
	case len(phrase) == 1:
		s.ids = union(s.ids, phrase[0])
	case len(q.phrases) == mostPhrases:
		return false
	default:
		s.ids = append(s.ids, uint32(FirstPhrase+len(q.phrases)))
		q.phrases = append(q.phrases, phrase)
	}
	s.most = max(s.most, rarest)
	return true
}

// used are the synonyms that were searched for.
func (q *query) used() (list []kb.Synonym) {
	for n, s := range q.synonyms {
		if !s.used {
			continue
		}
		asked := q.asked.Synonyms[n]
		if slices.ContainsFunc(q.asked.Excluded, func(x kb.Exclusion) bool {
			return x.Exact && x.Span.Start < asked.Span.End && asked.Span.Start < x.Span.End
		}) {
			continue
		}
		asked.Put = asked.Put || !s.known
		asked.Texts = s.texts
		if !s.meant {
			asked.Meant = ""
		}
		list = append(list, asked)
	}
	return list
}

// excluded are the exclusions with their terms. A word with a dash that stands
// elsewhere in the query too is wanted.
func (q *query) excluded() (list []kb.Exclusion) {
	for n, terms := range q.unwanted {
		x := q.asked.Excluded[n]
		x.Terms = slices.DeleteFunc(terms, func(t kb.QueryTerm) bool {
			return x.Exact && slices.ContainsFunc(q.out, func(have kb.QueryTerm) bool { return len(t.IDs) > 0 && sameIDs(have.IDs, t.IDs) })
		})
		if len(x.Terms) > 0 {
			list = append(list, x)
		}
	}
	return list
}

// Mark adds the occurrences of phrases to those of a chunk's terms. A part of a
// compound follows another at the same position.
func Mark(t kb.Terms, phrases []Phrase) kb.Terms {
	for _, field := range []*[]kb.Term{&t.Title, &t.Heading, &t.Body} {
		var marks []kb.Term
		for n, p := range phrases {
			marks = p.mark(marks, *field, uint32(FirstPhrase+n))
		}
		if len(marks) > 0 {
			*field = slices.Concat(*field, marks)
			slices.SortStableFunc(*field, func(a, b kb.Term) int { return cmp.Compare(a.Pos, b.Pos) })
		}
	}
	return t
}

// mark appends an occurrence for each position of the phrase in a field.
func (p Phrase) mark(marks, field []kb.Term, id uint32) []kb.Term {
	next := uint32(0) // the first position that may not be marked yet
	for i, t := range field {
		if !slices.Contains(p[0], t.ID) {
			continue
		}
		if end, ok := p.end(field, i); ok {
			for pos := max(t.Pos, next); pos <= end; pos++ {
				marks = append(marks, kb.Term{ID: id, Pos: pos})
			}
			next = end + 1
		}
	}
	return marks
}

// end is the position of the last word of the phrase whose first is field[i].
func (p Phrase) end(field []kb.Term, i int) (pos uint32, ok bool) {
	for _, forms := range p[1:] {
		last := field[i].Pos
		next := slices.IndexFunc(field[i+1:], func(t kb.Term) bool { return t.Pos > last+1 || slices.Contains(forms, t.ID) })
		if next < 0 || field[i+1+next].Pos > last+1 {
			return 0, false
		}
		i += 1 + next
	}
	return field[i].Pos, true
}
