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
	quotes bool // what comes are the documents' own words
	open   bool // nothing is kept back any more
	ended  bool // nothing more leaves
	kept   []check.Piece
	last   string // line
	times  int    // it was said in a row
}

// circles is how often a model may say a line without a citation in a row.
const circles = 3

// What is wrong with a model's text.
var (
	errCircles = kb.Errorf(kb.Unavailable, "it said the same again and again")
	errUncited = kb.Errorf(kb.Unavailable, "its text cites no passage")
)

func (h *holder) take(pieces []check.Piece) error {
	if h.ended {
		return nil
	}
	for _, p := range pieces {
		if h.ended = !h.quotes && h.circling(p); h.ended {
			break
		}
		h.open = h.open || h.quotes || len(p.Citations) > 0
		h.kept = append(h.kept, p)
	}
	if h.open {
		kept := h.kept
		h.kept = nil
		if err := h.release(kept); err != nil {
			return err
		}
	}
	if h.ended {
		return errCircles
	}
	return nil
}

// circling reports whether a line was said too often in a row.
func (h *holder) circling(p check.Piece) bool {
	line := strings.TrimSpace(p.Text)
	if line == "" {
		return false
	}
	if line != h.last || len(p.Citations) > 0 {
		h.last, h.times = line, 0
	}
	h.times++
	return h.times > circles
}

// end is what became of a text that ended without a citation. One that declines
// to answer is the phrase for that and nothing else.
func (h *holder) end() error {
	var all strings.Builder
	for _, p := range h.kept {
		all.WriteString(p.Text)
	}
	switch phrase := h.voice.Phrases.NoAnswer; {
	case strings.Contains(all.String(), phrase):
		return h.release([]check.Piece{{Text: phrase}})
	case strings.TrimSpace(all.String()) != "":
		return errUncited
	}
	return nil
}
