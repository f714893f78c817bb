package kbtest

import (
	"math"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// asked analyses a query as words that are looked up as they are in what the
// reader's audience may see.
func (x *Index) asked(q kb.Query, all []kb.Candidate) (out kb.Candidates) {
	found := words(q.Text)
	content := slices.DeleteFunc(slices.Clone(found), func(w string) bool { return slices.Contains(stops, w) })
	if len(content) == 0 {
		content = found
	}
	a := &analysis{x: x, q: q, all: all}
	for pos, word := range found {
		at := a.next(word)
		repeated := slices.ContainsFunc(out.Query, func(t kb.QueryTerm) bool { return t.Text == word })
		if repeated || !slices.Contains(content, word) {
			continue
		}
		term, synonym := a.term(word, pos, at)
		if n := slices.IndexFunc(q.Excluded, func(e kb.Exclusion) bool { return e.Span.Start <= at && at < e.Span.End }); n >= 0 {
			e := q.Excluded[n]
			if e.Exact {
				term.IDs = a.own(word)
			}
			e.Terms = []kb.QueryTerm{term}
			out.Excluded = append(out.Excluded, e)
			if e.Exact {
				continue
			}
		}
		out.Query = append(out.Query, term)
		if synonym != nil {
			out.Synonyms = append(out.Synonyms, *synonym)
		}
	}
	if len(out.Query) == 0 && len(out.Excluded) > 0 {
		q.Excluded = nil
		return x.asked(q, all)
	}
	return out
}

// analysis goes through the words of a query.
type analysis struct {
	x   *Index
	q   kb.Query
	all []kb.Candidate
	end int // of the last word
}

// next is where a word begins.
func (a *analysis) next(word string) int {
	at := a.end + strings.Index(strings.ToLower(a.q.Text[a.end:]), word)
	a.end = at + len(word)
	return at
}

// df is in how many chunks a word or phrase is.
func (a *analysis) df(id uint32) (df int) {
	for _, c := range a.all {
		if count(c.Terms, id) > 0 {
			df++
		}
	}
	return df
}

// own is the id of a word that some chunk has.
func (a *analysis) own(word string) []uint32 {
	if id := a.x.id(word); a.df(id) > 0 {
		return []uint32{id}
	}
	return nil
}

// barred reports whether a candidate has a word that none may have.
func barred(excluded []kb.Exclusion, c kb.Candidate) bool {
	return slices.ContainsFunc(excluded, func(e kb.Exclusion) bool {
		return e.Exact && slices.ContainsFunc(e.Terms, func(t kb.QueryTerm) bool {
			return slices.ContainsFunc(t.IDs, func(id uint32) bool { return count(c.Terms, id) > 0 })
		})
	})
}

// term is a word with its synonyms, and what was found of them.
func (a *analysis) term(word string, pos, at int) (term kb.QueryTerm, used *kb.Synonym) {
	term = kb.QueryTerm{Text: word, Pos: pos, Identifier: strings.ContainsAny(word, "_0123456789")}
	own := a.df(a.x.id(word))
	most := own
	add := func(text string) bool {
		id := a.x.id(strings.ToLower(text))
		df := a.df(id)
		if df > 0 && !slices.Contains(term.IDs, id) {
			term.IDs, most = append(term.IDs, id), max(most, df)
		}
		return df > 0
	}
	add(word)
	n := slices.IndexFunc(a.q.Synonyms, func(s kb.Synonym) bool { return s.Span.Start <= at && at < s.Span.End })
	if n >= 0 && (a.q.Synonyms[n].Meant == "" || own == 0) {
		s := a.q.Synonyms[n]
		if s.Meant != "" && !add(s.Meant) {
			s.Meant = ""
		}
		s.Put = s.Put || own == 0 && s.Meant == ""
		s.Texts = slices.DeleteFunc(slices.Clone(s.Texts), func(text string) bool { return !add(text) })
		term.Meant = s.Meant
		if len(s.Texts) > 0 {
			used = &s
		}
	}
	term.IDF = math.Log(1 + (float64(len(a.all)-most)+.5)/(float64(most)+.5))
	return term, used
}

// phrases gives every phrase of a query's synonyms an id, and marks it in all chunks.
func (x *Index) phrases(q kb.Query, all []kb.Candidate) {
	for _, s := range q.Synonyms {
		for _, text := range append(slices.Clone(s.Texts), s.Meant) {
			phrase := words(text)
			if len(phrase) < 2 {
				continue
			}
			id, ids := x.id(strings.ToLower(text)), make([]uint32, len(phrase))
			for i, word := range phrase {
				ids[i] = x.id(word)
			}
			for i := range all {
				t := &all[i].Terms
				for _, field := range []*[]kb.Term{&t.Title, &t.Heading, &t.Body} {
					*field = mark(*field, ids, id)
				}
			}
		}
	}
}

// mark adds a phrase's id at each of its positions.
func mark(field []kb.Term, phrase []uint32, id uint32) (out []kb.Term) {
	in := make([]bool, len(field))
	for i := range field {
		run := field[i:min(i+len(phrase), len(field))]
		if slices.EqualFunc(run, phrase, func(t kb.Term, id uint32) bool { return t.ID == id }) {
			for j := range phrase {
				in[i+j] = true
			}
		}
	}
	for i, t := range field {
		if out = append(out, t); in[i] {
			out = append(out, kb.Term{ID: id, Pos: t.Pos})
		}
	}
	return out
}
