package chunk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// What a cut before an atom costs, in shares of the wanted length: a cut at a
// paragraph is as good as one at a sentence that is nearer to it by a third.
const (
	atSection   = -0.2
	atParagraph = 0.0
	atItem      = 0.15
	atLine      = 0.3
	atSentence  = 0.35
	atWord      = 1.5
	leadIn      = 0.6 // more, where the text before announces what comes
	tinyRest    = 1.0 // more, where only a scrap would be left
	never       = 1e6 // after a heading; done only where it would not fit otherwise
)

// atom is a stretch that is never cut. It ends with the space after it.
type atom struct {
	kb.Span
	runes int
	cost  float64 // of a cut before it
}

// cut divides adjacent blocks into spans of at most opt.Max characters. All of
// them at once are one span if they fit.
func cut(s string, blocks []block, opt Options) []kb.Span {
	whole := kb.Span{Start: blocks[0].start, End: blocks[len(blocks)-1].end}
	rest := utf8.RuneCountInString(s[whole.Start:whole.End])
	if rest <= opt.Max {
		return []kb.Span{whole}
	}
	var spans []kb.Span
	atoms := atomise(s, blocks, opt.Max)
	for rest > opt.Max {
		n := best(atoms, rest, opt)
		for _, a := range atoms[:n] {
			rest -= a.runes
		}
		spans = append(spans, kb.Span{Start: atoms[0].Start, End: atoms[n-1].End})
		atoms = atoms[n:]
	}
	return append(spans, kb.Span{Start: atoms[0].Start, End: whole.End})
}

// best is how many of the atoms, which have rest characters together, make the
// best next span.
func best(atoms []atom, rest int, opt Options) int {
	parts := max((rest+opt.Max-1)/opt.Max, (rest+opt.Target/2)/opt.Target)
	want := float64(rest) / float64(parts)
	size, choice, lowest := 0, 1, 0.0
	for i, a := range atoms[:len(atoms)-1] {
		if size += a.runes; size > opt.Max {
			break
		}
		cost := atoms[i+1].cost + max(want-float64(size), float64(size)-want)/want
		if rest-size < opt.Target/4 {
			cost += tinyRest
		}
		if i == 0 || cost < lowest {
			choice, lowest = i+1, cost
		}
	}
	return choice
}

// atomise cuts blocks as finely as it makes sense: code and tables only where
// they exceed limit characters.
func atomise(s string, blocks []block, limit int) []atom {
	var out []atom
	for i, b := range blocks {
		first := len(out)
		out = appendBlock(out, s, b, limit)
		out[first].cost = costBefore(s, blocks, i)
	}
	return out
}

func costBefore(s string, blocks []block, i int) float64 {
	b := blocks[i]
	if i == 0 {
		return atSection
	}
	before := blocks[i-1]
	if before.kind == heading {
		return never
	}
	cost := atParagraph
	switch {
	case b.kind == heading:
		return atSection
	case b.kind == listItem && before.kind == listItem:
		cost = atItem
		if b.level > before.level {
			cost = atLine
		}
	}
	if b.kind != paragraph && before.kind != b.kind && strings.HasSuffix(strings.TrimSpace(s[before.start:before.end]), ":") {
		cost += leadIn
	}
	return cost
}

func appendBlock(out []atom, s string, b block, limit int) []atom {
	runes := utf8.RuneCountInString(s[b.start:b.end])
	whole := atom{Span: kb.Span{Start: b.start, End: b.end}, runes: runes}
	switch {
	case b.kind == heading && runes <= limit, (b.kind == code || b.kind == table) && runes <= limit:
		return append(out, whole)
	case b.kind == code || b.kind == table:
		for at := b.start; at < b.end; {
			l := lineAt(s, at)
			cost := atLine
			if b.kind == code && at > b.start && strings.TrimSpace(lineBefore(s, at)) == "" {
				cost = atItem
			}
			out = appendText(out, s, atom{Span: kb.Span{Start: l.start, End: l.end}, cost: cost}, limit)
			at = l.end
		}
		return out
	}
	starts := []int{b.start}
	for i, units := 1, text.Sentences(s[b.start:b.end]); i < len(units); i++ {
		start, before := b.start+units[i].Start, b.start+units[i-1].End
		if line := strings.LastIndexByte(s[before:start], '\n'); line >= 0 {
			start = before + line + 1 // a list marker stays with its item
		}
		starts = append(starts, start)
	}
	starts = append(starts, b.end)
	for i, start := range starts[:len(starts)-1] {
		a := atom{Span: kb.Span{Start: start, End: starts[i+1]}, cost: atSentence}
		if start > b.start && s[start-1] == '\n' {
			a.cost = atLine
		}
		out = appendText(out, s, a, limit)
	}
	return out
}

func lineBefore(s string, at int) string {
	return s[strings.LastIndexByte(s[:at-1], '\n')+1 : at]
}

// appendText adds a, by words where it exceeds limit characters.
func appendText(out []atom, s string, a atom, limit int) []atom {
	a.runes = utf8.RuneCountInString(s[a.Start:a.End])
	if a.runes <= limit {
		return append(out, a)
	}
	word := atom{Span: kb.Span{Start: a.Start, End: a.Start}, cost: a.cost}
	space := false
	for i, r := range s[a.Start:a.End] {
		at := a.Start + i
		now := unicode.IsSpace(r)
		// A run that knows no spaces, or is longer than any word, may be cut
		// before any character that is not part of the one before it.
		long := word.runes >= limit/2 && !unicode.Is(unicode.Mn, r) || word.runes >= limit
		if at > a.Start && (space && !now || ideograph(r) || long) {
			word.End = at
			out = append(out, word)
			word = atom{Span: kb.Span{Start: at, End: at}, cost: atWord}
		}
		word.runes++
		space = now
	}
	word.End = a.End
	return append(out, word)
}

// ideograph reports whether r belongs to a script in which a line may break
// before any letter.
func ideograph(r rune) bool {
	return r >= 0x2E80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
