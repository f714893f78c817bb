package check

import (
	"strings"
	"unicode"
)

// unseen are the characters that a reader does not see, or that turn the order
// of others around. Joiners and direction marks stay: scripts need them.
var unseen = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00AD, Hi: 0x00AD, Stride: 1}, {Lo: 0x180E, Hi: 0x180E, Stride: 1}, {Lo: 0x200B, Hi: 0x200B, Stride: 1},
		{Lo: 0x202A, Hi: 0x202E, Stride: 1}, {Lo: 0x2060, Hi: 0x206F, Stride: 1}, {Lo: 0xFEFF, Hi: 0xFEFF, Stride: 1},
		{Lo: 0xFFF9, Hi: 0xFFFB, Stride: 1},
	},
	R32:         []unicode.Range32{{Lo: 0xE0000, Hi: 0xE007F, Stride: 1}},
	LatinOffset: 1,
}

// plain drops control characters and unseen ones.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) || unicode.Is(unseen, r):
			return -1
		}
		return r
	}, s)
}

// maxNested bounds how deep brackets stand in each other on a line: what takes
// tags out of tags passes over the text once for each level.
const maxNested = 16

// flat drops the brackets of a line that are nested deeper than in any text.
func flat(s string) string {
	var open, closed [2]int // of angle and square brackets
	return strings.Map(func(r rune) rune {
		kind := 0
		switch r {
		case '\n':
			open, closed = [2]int{}, [2]int{}
			return r
		case '[', ']':
			kind = 1
		case '<', '>':
		default:
			return r
		}
		if r == '<' || r == '[' {
			if open[kind] == maxNested {
				return -1
			}
			open[kind]++
			return r
		}
		if open[kind] > 0 {
			open[kind]--
			return r
		}
		if closed[kind] == maxNested {
			return -1
		}
		closed[kind]++
		return r
	}, s)
}
