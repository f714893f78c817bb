package static

import "github.com/askdesk/askdesk/internal/text"

// fluent is the least share of an English question's words that the table has
// whole. Words of other languages come in splinters, which mean nothing; so do
// rare ones, of which a short English question may be full: it loses little.
const fluent = 0.3

// foreign are the languages by whose stop words a question is told from English.
var foreign = [...]string{"de", "fr", "es", "it", "nl", "pt"}

// Knows reports whether a question seems to be English.
func (e *Embedder) Knows(question string) bool {
	words, whole, english := 0, 0, 0
	var others [len(foreign)]int
	for _, w := range text.Words(question) {
		if w.Identifier {
			continue
		}
		words++
		if len(text.Pieces(question[w.Start:w.End])) == 1 {
			whole++
		}
		if text.Stop("en", w.Text) {
			english++
		}
		for i, l := range foreign {
			if text.Stop(l, w.Text) {
				others[i]++
			}
		}
	}
	for _, n := range others {
		if n > english {
			return false
		}
	}
	return float64(whole) >= fluent*float64(words)
}
