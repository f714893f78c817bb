package kbtest

import (
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// Lexicon makes candidates of plain words: every word is a term of its own, a
// word in upper case is an identifier.
type Lexicon struct{ ids map[string]uint32 }

// NewLexicon knows no word yet.
func NewLexicon() *Lexicon { return &Lexicon{ids: map[string]uint32{}} }

// Terms are the words of s, at their positions.
func (l *Lexicon) Terms(s string) []kb.Term {
	var out []kb.Term
	for pos, w := range strings.Fields(s) {
		id, ok := l.ids[w]
		if !ok {
			id = uint32(len(l.ids) + 1)
			l.ids[w] = id
		}
		out = append(out, kb.Term{ID: id, Pos: uint32(pos)})
	}
	return out
}

// Query weighs every word 1; words after "*" weigh 3.
func (l *Lexicon) Query(s string) []kb.QueryTerm {
	var out []kb.QueryTerm
	for pos, w := range strings.Fields(s) {
		word, rare := strings.CutPrefix(w, "*")
		t := kb.QueryTerm{Text: word, Pos: pos, IDF: 1, Identifier: strings.ToUpper(word) == word}
		if rare {
			t.IDF = 3
		}
		if id, ok := l.ids[word]; ok {
			t.IDs = []uint32{id}
		}
		out = append(out, t)
	}
	return out
}

// Candidate is a chunk with a heading, found by the lexical leg where bm25 is above 0.
func (l *Lexicon) Candidate(id, heading, body string, bm25 float64) kb.Candidate {
	c := kb.Candidate{
		Chunk:    kb.Chunk{ID: id, Document: "doc-" + id, Text: body, Heading: []string{heading}},
		Document: kb.Document{ID: "doc-" + id},
		Terms:    kb.Terms{Heading: l.Terms(heading), Body: l.Terms(body)},
	}
	if bm25 > 0 {
		c.Legs.Lexical = kb.Leg{Rank: 1, Score: bm25}
	}
	return c
}
