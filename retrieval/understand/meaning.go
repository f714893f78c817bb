package understand

import (
	"cmp"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Reading is what is known of a question's words beyond the words.
type Reading struct {
	Synonyms  []kb.Synonym
	Excluded  []kb.Exclusion
	Corrected map[string]string // by folded word, what it was meant to be
}

// Meaning is a question as it is compared by meaning: mistyped words are put right,
// synonyms that say it better are put in, and words with a dash are left out.
func Meaning(question string, r Reading) string {
	type edit struct {
		kb.Span
		text string
	}
	var edits []edit
	for _, x := range r.Excluded {
		if x.Exact {
			edits = append(edits, edit{x.Span, ""})
		}
	}
	for _, s := range r.Synonyms {
		if s.Put {
			edits = append(edits, edit{s.Span, s.Texts[0]})
		}
	}
	if len(r.Corrected) > 0 {
		for _, w := range text.Words(question) {
			if right := r.Corrected[w.Text]; right != "" {
				edits = append(edits, edit{kb.Span(w.Span), right})
			}
		}
	}
	if len(edits) == 0 {
		return question
	}
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.Start, b.Start) })
	var b strings.Builder
	last := 0
	for _, e := range edits {
		if e.Start >= last {
			b.WriteString(question[last:e.Start] + e.text)
			last = e.End
		}
	}
	meaning := b.String() + question[last:]
	if strings.TrimSpace(meaning) == "" {
		return question
	}
	return meaning
}
