package extractive

import (
	"cmp"
	"slices"
)

// selection is the units taken so far.
type selection struct {
	all    [][]unit
	taken  map[[2]int]bool
	words  int
	budget int
}

// list is what was taken, in reading order.
func (s *selection) list() (out []unit) {
	for at := range s.taken {
		out = append(out, s.all[at[0]][at[1]])
	}
	slices.SortFunc(out, func(a, b unit) int {
		return cmp.Or(cmp.Compare(a.passage, b.passage), cmp.Compare(a.pos, b.pos))
	})
	return out
}

// add takes a unit and what it makes no sense without, if there is room; the
// first one is taken in any case.
func (s *selection) add(u unit, first bool) {
	if s.taken[[2]int{u.passage, u.pos}] || s.repeats(u) {
		return
	}
	group := s.companions(u)
	words := 0
	for _, g := range group {
		if !s.taken[[2]int{g.passage, g.pos}] {
			words += g.words
		}
	}
	if !first && s.words+words > s.budget {
		return
	}
	for _, g := range group {
		at := [2]int{g.passage, g.pos}
		if s.taken[at] || g.pos != u.pos && s.words+u.words+g.words > s.budget {
			continue
		}
		s.taken[at] = true
		s.words += g.words
	}
}

// repeats reports whether the same words were taken before.
func (s *selection) repeats(u unit) bool {
	for at := range s.taken {
		if s.all[at[0]][at[1]].plain == u.plain {
			return true
		}
	}
	return false
}

// shortCode is how many words a code block has at most that is taken along with
// the sentence above it even where that does not end in a colon.
const shortCode = 25

// companions are a unit and those around it that belong to it, it first: the
// line that introduces a list item or a code block, the items and the code that
// a line with a colon introduces, the other steps of a numbered list.
func (s *selection) companions(u unit) []unit {
	units := s.all[u.passage]
	group := []unit{u}
	if u.kind == item || u.kind == code || u.kind == row {
		for i := u.pos - 1; i >= 0 && near(units[i], units[i+1]); i-- {
			if units[i].kind == prose {
				if units[i].lead || u.kind == code && i == u.pos-1 {
					group = append(group, units[i])
				}
				break
			}
			if units[i].kind != u.kind && (u.kind != item || units[i].kind != code) || u.kind == code {
				break
			}
			if u.number != "" || u.kind == row {
				group = append(group, units[i])
			}
		}
	}
	follow := u.lead || u.number != "" || u.kind == row
	if next := u.pos + 1; !follow && u.kind == prose && next < len(units) && units[next].kind == code && units[next].words <= shortCode {
		group = append(group, units[next])
	}
	for i := u.pos + 1; follow && i < len(units) && near(units[i-1], units[i]); i++ {
		switch next := units[i]; {
		case next.kind == code:
			group = append(group, next)
			follow = u.number != ""
		case u.kind == row && next.kind != row:
			follow = false
		case next.kind == item || next.kind == row:
			group = append(group, next)
		default:
			follow = false
		}
	}
	return group
}
