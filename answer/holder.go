package answer

import (
	"strings"

	"github.com/askdesk/askdesk/answer/check"
	"github.com/askdesk/askdesk/kb"
)

// holder keeps back what a model writes until a sentence cites a passage, so that
// quotes can still take the place of a text that is not from the documents, and
// ends one that goes round in circles.
type holder struct {
	*run
	open bool // nothing is kept back any more
	kept []check.Piece
	said map[string]int // how often a line was said
}

// circles is how often a model may say the same line.
const circles = 3

// What is wrong with a model's text.
var (
	errCircles = kb.Errorf(kb.Unavailable, "it said the same again and again")
	errUncited = kb.Errorf(kb.Unavailable, "its text cites no passage")
)

func (h *holder) take(pieces []check.Piece) error {
	for _, p := range pieces {
		line := strings.TrimSpace(p.Text)
		if h.said[line]++; line != "" && h.said[line] > circles {
			return errCircles
		}
		h.open = h.open || len(p.Citations) > 0
		h.kept = append(h.kept, p)
	}
	if !h.open {
		return nil
	}
	kept := h.kept
	h.kept = nil
	return h.release(kept)
}

// end lets out what declines to answer, which needs no citation.
func (h *holder) end() error {
	var all strings.Builder
	for _, p := range h.kept {
		all.WriteString(p.Text)
	}
	switch {
	case strings.Contains(all.String(), h.voice.Phrases.NoAnswer):
		return h.release(h.kept)
	case strings.TrimSpace(all.String()) != "":
		return errUncited
	}
	return nil
}
