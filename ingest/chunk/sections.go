package chunk

import (
	"slices"
	"unicode/utf8"
)

// tinyPart is the share of the target below which a section is too small to
// stand alone beside another such one, or above its own first subsection.
const tinyPart = 7

// group is one or more sections that are cut as one text.
type group struct {
	path   []string
	blocks []block
}

// section is a heading with what follows until the next one, or several joined.
type section struct {
	group
	parent []string
	level  int  // 0 before the first heading
	bare   bool // nothing but a heading
	joined bool // made of tiny neighbours
	length int  // characters
}

// groups parses a text into sections and joins those that do not stand alone: a
// bare heading goes with what follows, a tiny introduction with its first
// subsection, tiny neighbours under the same parent with each other.
func groups(text string, opt Options) []group {
	tiny := opt.Target / tinyPart
	var out []group
	var open *section // may still grow
	for _, s := range sections(text) {
		switch {
		case open == nil:
		case open.bare, open.length < tiny && !open.joined && s.level > open.level:
			s.blocks = append(open.blocks, s.blocks...)
			s.length += open.length
		case open.joins(s, tiny, opt.Target):
			s.path, s.joined = s.parent, true
			s.blocks = append(open.blocks, s.blocks...)
			s.length += open.length
		default:
			out = append(out, open.group)
		}
		open = &s
	}
	if open == nil {
		return out
	}
	if open.bare && len(out) > 0 { // nothing follows: it ends what came before
		last := &out[len(out)-1]
		last.blocks = append(last.blocks, open.blocks...)
		return out
	}
	return append(out, open.group)
}

// joins reports whether s and next are tiny neighbours.
func (s *section) joins(next section, tiny, target int) bool {
	return (s.joined || s.length < tiny) && next.length < tiny && !next.bare &&
		s.length+next.length <= target && s.level > 0 && s.level == next.level && slices.Equal(s.parent, next.parent)
}

func sections(text string) []section {
	type step struct {
		level int
		title string
	}
	var (
		out  []section
		path []step
	)
	for _, b := range parse(text) {
		if b.kind == heading {
			for len(path) > 0 && path[len(path)-1].level >= b.level {
				path = path[:len(path)-1]
			}
			s := section{level: b.level, bare: true}
			for _, p := range path {
				s.parent = append(s.parent, p.title)
			}
			s.path = slices.Clone(s.parent)
			if b.title != "" {
				path = append(path, step{b.level, b.title})
				s.path = append(s.path, b.title)
			}
			out = append(out, s)
		} else if len(out) == 0 {
			out = append(out, section{})
		}
		last := &out[len(out)-1]
		last.blocks = append(last.blocks, b)
		last.bare = last.bare && b.kind == heading
		last.length += utf8.RuneCountInString(text[b.start:b.end])
	}
	return out
}
