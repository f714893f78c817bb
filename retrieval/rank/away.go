package rank

import (
	"slices"
	"strings"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// nearWords is how far from a thing a word may stand that says it is not there.
const nearWords = 8

// lacks are words of texts about what is not there or not wanted. A text with one
// of them near a thing is no text about the thing as such.
var lacks = strings.Fields(`without no not none never nor lost lose missing except instead other alternative disable disabled off offline
	forgot forgotten unavailable ohne kein keine keinen keinem keiner nicht nie verloren vergessen fehlt statt anstatt außer`)

// away are the words that a question excludes.
type away struct{ *question }

// newAway reads exclusions; nil without any.
func newAway(excluded []kb.Exclusion) *away {
	var terms []kb.QueryTerm
	for _, x := range excluded {
		terms = append(terms, x.Terms...)
	}
	if len(terms) == 0 {
		return nil
	}
	return &away{newQuestion(terms, nil)}
}

// measure is how much of what is excluded stands in the title or a heading, 0 where the
// passage speaks of being without it.
func (a *away) measure(c kb.Candidate) float64 {
	if a == nil {
		return 0
	}
	title, heading := a.hits(c.Terms.Title), a.hits(c.Terms.Heading)
	share := a.share(a.mark(title, heading))
	if share == 0 || lacking(c.Document.Title, title) || lacking(strings.Join(c.Chunk.Heading, "\n"), heading) || lacking(c.Chunk.Text, a.hits(c.Terms.Body)) {
		return 0
	}
	return share
}

// lacking reports whether a text says near one of the hits that it is not there.
func lacking(s string, hits []hit) bool {
	if len(hits) == 0 {
		return false
	}
	words := text.Words(s)
	for _, h := range hits {
		from, to := max(0, int(h.pos)-nearWords), min(len(words), int(h.pos)+nearWords+1)
		for i := from; i < to; i++ {
			if w := words[i].Text; slices.Contains(lacks, w) || strings.HasSuffix(w, "n't") {
				return true
			}
		}
	}
	return false
}
