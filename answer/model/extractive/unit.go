package extractive

import (
	"regexp"
	"strings"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

type kind int

const (
	prose kind = iota
	heading
	item
	row
	code
)

// unit is a stretch of a passage that is quoted whole or not at all.
type unit struct {
	passage int // index into the passages
	pos     int // among the units of the passage
	kind    kind
	number  string // "3." of a numbered list item
	plain   string // as it is shown
	words   int
	bag     map[string]bool // stems and parts of its words
	block   int             // units of one paragraph or list share it
	lead    bool            // ends in a colon: what follows belongs to it
	score   float64
}

var (
	itemMark = regexp.MustCompile(`^[ \t]*(?:>[ \t]*)*(?:[-*+•]|(\d{1,9}[.)])|[a-zA-Z][.)])[ \t]+(?:\[[ xX]\][ \t]+)?$`)
	headMark = regexp.MustCompile(`^[ \t]*#{1,6}[ \t]+$`)
)

// unitsOf cuts a passage into units.
func unitsOf(index int, p kb.Passage) (list []unit) {
	block, last := 0, 0
	for _, span := range text.Sentences(p.Text) {
		raw := p.Text[span.Start:span.End]
		before := p.Text[strings.LastIndexByte(p.Text[:span.Start], '\n')+1 : span.Start]
		u := unit{passage: index, pos: len(list), kind: kindOf(raw, before)}
		if u.kind == item {
			u.number = itemMark.FindStringSubmatch(before)[1]
		}
		if gap := p.Text[last:span.Start]; strings.Count(gap, "\n") > 1 {
			block++
		}
		u.block, last = block, span.End
		if u.plain = plain(raw, u.kind); strings.Trim(u.plain, " .,:;-–") == "" {
			continue
		}
		u.bag = map[string]bool{}
		for _, w := range text.Words(raw) {
			u.words++
			for _, form := range append(w.Parts, w.Text) {
				u.bag[text.Stem(p.Document.Language, form)] = true
			}
		}
		u.lead = strings.HasSuffix(u.plain, ":")
		list = append(list, u)
	}
	return list
}

func kindOf(raw, before string) kind {
	switch {
	case strings.HasPrefix(raw, "```") || strings.HasPrefix(raw, "~~~"):
		return code
	case headMark.MatchString(before):
		return heading
	case itemMark.MatchString(before):
		return item
	case strings.HasPrefix(raw, "|"):
		return row
	case len(before) >= 4 && strings.TrimSpace(before) == "":
		return code
	}
	return prose
}
