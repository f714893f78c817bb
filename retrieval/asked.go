package retrieval

import (
	"slices"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/understand"
)

// Synonyms knows what else words may be called.
type Synonyms interface {
	// Find returns the synonyms of words and phrases of a question to a knowledge
	// base, ordered by span. Spans do not overlap, and each synonym has at least one
	// text. It is safe for concurrent use.
	Find(base, question string) []kb.Synonym
}

// find asks for the synonyms of a question in each knowledge base, in the order of
// bases; there are none where there is nobody to ask.
func find(synonyms Synonyms, bases []string, question string) [][]kb.Synonym {
	list := make([][]kb.Synonym, len(bases))
	if synonyms != nil {
		for i, base := range bases {
			list[i] = synonyms.Find(base, question)
		}
	}
	return list
}

// meaning is the text of a query to be embedded, once for all knowledge bases: with
// the synonyms that all of them have.
func meaning(q kb.Query, synonyms [][]kb.Synonym) string {
	common := slices.DeleteFunc(slices.Clone(synonyms[0]), func(s kb.Synonym) bool {
		return s.Meant != "" || slices.ContainsFunc(synonyms[1:], func(list []kb.Synonym) bool {
			return !slices.ContainsFunc(list, func(o kb.Synonym) bool { return o.Span == s.Span && o.Put == s.Put && o.Texts[0] == s.Texts[0] })
		})
	})
	return understand.Meaning(q.Text, understand.Reading{Synonyms: common, Excluded: q.Excluded})
}

// synonyms says what was searched for besides the words of the question.
func (c *run) synonyms(question string, found []kb.Candidates) {
	for _, f := range found {
		for _, s := range f.Synonyms {
			if c.out.Synonyms == nil {
				c.out.Synonyms = map[string][]string{}
			}
			words := text.Fold(question[s.Span.Start:s.Span.End])
			for _, t := range s.Texts {
				if !slices.Contains(c.out.Synonyms[words], t) {
					c.out.Synonyms[words] = append(c.out.Synonyms[words], t)
				}
			}
		}
	}
}
