package extractive

import (
	"cmp"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
)

// selection is the units taken so far.
type selection struct {
	all      [][]unit
	passages []kb.Passage
	terms    []questionTerm
	codes    []string        // that the question asks about and some unit holds
	best     int             // the passage that speaks first
	title    map[string]bool // where its steps are the answer: what their title says
	budget   int             // words
	taken    map[[2]int]bool
	words    int
	outside  int // words taken from other passages than the best
}

// list is what was taken, in reading order, without lines that introduce what
// was not taken.
func (s *selection) list() (out []unit) {
	for at := range s.taken {
		u := s.all[at[0]][at[1]]
		if !s.dangles(u) {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b unit) int {
		return cmp.Or(cmp.Compare(s.place(a), s.place(b)), cmp.Compare(a.pos, b.pos))
	})
	return out
}

// place puts the best passage before the others.
func (s *selection) place(u unit) int {
	if u.passage == s.best {
		return -1
	}
	return u.passage
}

// dangles reports whether u ends in a colon and what follows was left out.
func (s *selection) dangles(u unit) bool {
	next := u.pos + 1
	return u.kind == prose && strings.HasSuffix(u.plain, ":") && next < len(s.all[u.passage]) && len(s.taken) > 1 &&
		s.all[u.passage][next].kind != heading && !s.taken[[2]int{u.passage, next}] && !s.skipped(u.passage, next)
}

// skipped reports whether the list or table that begins at pos is taken in part.
func (s *selection) skipped(passage, pos int) bool {
	units := s.all[passage]
	for i := pos; i < len(units) && units[i].kind == units[pos].kind && units[i].kind != prose; i++ {
		if s.taken[[2]int{passage, i}] {
			return true
		}
	}
	return false
}

// gain is the share of the question that a unit would add to the text.
func (s *selection) gain(u unit) (sum float64) {
	for _, t := range s.terms {
		if language := s.passages[u.passage].Document.Language; t.in(u.bag, language) && !s.says(t) && !t.in(s.title, language) {
			sum += t.weight
		}
	}
	return sum
}

// says reports whether a word of the question is in the text.
func (s *selection) says(t questionTerm) bool {
	for at := range s.taken {
		if t.in(s.all[at[0]][at[1]].bag, s.passages[at[0]].Document.Language) {
			return true
		}
	}
	return false
}

// add takes a unit and what it makes no sense without, if there is room; the
// first one is taken in any case. Steps of another passage are a procedure that
// was not asked for.
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
	elsewhere := u.passage != s.best
	full := s.words+words > s.budget || elsewhere && float64(s.outside+words) > others*float64(s.budget)
	if !first && (full || elsewhere && slices.ContainsFunc(group, func(g unit) bool { return g.number != "" })) {
		return
	}
	for _, g := range group {
		at := [2]int{g.passage, g.pos}
		if s.taken[at] || g.pos != u.pos && s.words+g.words > s.budget {
			continue
		}
		s.taken[at] = true
		s.words += g.words
		if elsewhere {
			s.outside += g.words
		}
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
	if u.kind == item || u.kind == code {
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
			if u.number != "" {
				group = append(group, units[i])
			}
		}
	}
	follow := u.lead || u.number != ""
	if next := u.pos + 1; !follow && u.kind == prose && next < len(units) && units[next].kind == code && units[next].words <= shortCode {
		group = append(group, units[next])
	}
	for i := u.pos + 1; follow && i < len(units) && near(units[i-1], units[i]); i++ {
		switch next := units[i]; {
		case next.kind == code:
			group = append(group, next)
			follow = u.number != ""
		case next.kind == item:
			group = append(group, next)
		default:
			follow = false
		}
	}
	return slices.DeleteFunc(group, func(g unit) bool { return otherCode(g, s.codes) })
}
