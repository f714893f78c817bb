package chunk

import (
	"iter"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// What a cut before an atom costs. A span that is x times as long as wanted
// costs (x-1)², so the cheapest cuts are those that read best.
const (
	atSection   = -0.2
	atParagraph = 0.0
	atItem      = 0.05
	atLine      = 0.15
	atSentence  = 0.2
	atWord      = 1.5
	leadIn      = 0.4 // more, where the text before announces what comes
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
	atoms := atomise(s, blocks, opt.Max)
	parts := max((rest+opt.Max-1)/opt.Max, (rest+opt.Target/2)/opt.Target)
	want := float64(rest) / float64(parts)
	var spans []kb.Span
	for from, to := range divide(atoms, want, opt.Max) {
		spans = append(spans, kb.Span{Start: atoms[from].Start, End: atoms[to-1].End})
	}
	return spans
}

// divide yields the bounds of the cheapest spans of atoms, each at most limit
// characters and best about want.
func divide(atoms []atom, want float64, limit int) iter.Seq2[int, int] {
	best := make([]float64, len(atoms)+1) // cost of the atoms up to here
	from := make([]int, len(atoms)+1)     // where the last span of them starts
	for to := 1; to <= len(atoms); to++ {
		best[to] = math.Inf(1)
		size := 0
		for i := to - 1; i >= 0; i-- {
			if size += atoms[i].runes; size > limit {
				break
			}
			off := float64(size)/want - 1
			if cost := best[i] + atoms[i].cost + off*off; cost < best[to] {
				best[to], from[to] = cost, i
			}
		}
	}
	var ends []int
	for at := len(atoms); at > 0; at = from[at] {
		ends = append(ends, at)
	}
	return func(yield func(int, int) bool) {
		for _, to := range slices.Backward(ends) {
			if !yield(from[to], to) {
				return
			}
		}
	}
}

// atomise cuts blocks as finely as it makes sense: code and tables only where
// they exceed limit characters.
func atomise(s string, blocks []block, limit int) []atom {
	var out []atom
	for i, b := range blocks {
		first := len(out)
		out = appendBlock(out, s, b, limit)
		out[first].cost = costBefore(blocks, i)
		if first > 0 && announces(s, blocks, i) && out[first-1].runes+out[first].runes <= limit {
			out[first].cost += leadIn
		}
	}
	return out
}

func costBefore(blocks []block, i int) float64 {
	b := blocks[i]
	if i == 0 {
		return atSection
	}
	before := blocks[i-1]
	if before.kind == heading {
		return never
	}
	switch {
	case b.kind == heading:
		return atSection
	case b.kind == listItem && before.kind == listItem && b.level > before.level:
		return atLine
	case b.kind == listItem && before.kind == listItem:
		return atItem
	}
	return atParagraph
}

// announces reports whether the block before the i-th one leads up to it.
func announces(s string, blocks []block, i int) bool {
	b, before := blocks[i], blocks[i-1]
	return b.kind != paragraph && b.kind != heading && b.kind != before.kind &&
		strings.HasSuffix(strings.TrimSpace(s[before.start:before.end]), ":")
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
	few := limit / 40 // characters: finer atoms cost time and gain nothing
	word := atom{Span: kb.Span{Start: a.Start, End: a.Start}, cost: a.cost}
	space := false
	for i, r := range s[a.Start:a.End] {
		at := a.Start + i
		now := unicode.IsSpace(r)
		between := (space && !now || ideograph(r)) && word.runes >= few
		// A run longer than any word may be cut before any character that is
		// not part of the one before it.
		long := word.runes >= limit/2 && !unicode.Is(unicode.Mn, r) || word.runes >= limit
		if at > a.Start && (between || long) {
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
