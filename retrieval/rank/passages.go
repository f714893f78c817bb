package rank

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Wanted says which passages are made.
type Wanted struct {
	Limit    int // at most as many
	MaxChars int // at most as long
	// Fill brings the texts of candidates and where they stand, as retrieval.Index does;
	// what is left without text makes no passage. Nil says that all are there.
	Fill func([]*kb.Candidate) error
}

// Passages orders what was found as Order does, joins neighbours to passages, and
// returns the best, none of them a copy of another. Its only errors are those of
// Fill, which it calls for as few candidates as it can, in few calls.
func Passages(q kb.Query, opt Options, found []kb.Candidates, want Wanted) ([]kb.Passage, error) {
	return newAssembler(newRanking(q, opt, found), want).passages()
}

// place is where a chunk stands.
type place struct {
	document string
	ordinal  int
}

// stretch is a run of neighbouring chunks of one document around its best one.
type stretch struct {
	best  Ranked // scored as the whole stretch once joined
	parts []kb.Candidate
	chars int
}

// assembler makes passages of ranked chunks.
type assembler struct {
	ranking *ranking
	ranked  []Ranked
	at      map[place]int // into ranked
	used    []bool
	filled  []bool
	want    Wanted
}

func newAssembler(r *ranking, want Wanted) *assembler {
	ranked := r.order()
	a := &assembler{ranking: r, ranked: ranked, at: make(map[place]int, len(ranked)), used: make([]bool, len(ranked)), filled: make([]bool, len(ranked)), want: want}
	for i, c := range ranked {
		a.at[place{c.Chunk.Document, c.Chunk.Ordinal}] = i
	}
	return a
}

func (a *assembler) passages() ([]kb.Passage, error) {
	var list []stretch
	var seen []shingles
	for i := range a.ranked {
		if len(list) == a.want.Limit {
			break
		}
		if a.used[i] {
			continue
		}
		if err := a.ahead(i, a.want.Limit-len(list)); err != nil {
			return nil, err
		}
		if a.ranked[i].Chunk.Text == "" {
			continue
		}
		s, err := a.grow(i)
		if err != nil {
			return nil, err
		}
		sh := newShingles(s.text())
		if slices.ContainsFunc(seen, sh.copies) {
			continue
		}
		seen = append(seen, sh)
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b stretch) int { return better(&a.best, &b.best) })
	out := make([]kb.Passage, len(list))
	for i, s := range list {
		out[i] = s.passage(a.want.MaxChars)
	}
	return out, nil
}

// ahead fills the candidate at a rank and, with it, those that will likely be wanted
// next: as many as passages are missing, and the neighbours of each.
func (a *assembler) ahead(rank, missing int) error {
	if a.filled[rank] {
		return nil
	}
	var list []int
	for i := rank; i < len(a.ranked) && missing > 0; i++ {
		if a.used[i] {
			continue
		}
		c := a.ranked[i].Candidate
		list = append(list, i, a.free(c, -1), a.free(c, 1))
		missing--
	}
	return a.fill(list...)
}

// fill fills what is not yet filled; ranks below 0 are none.
func (a *assembler) fill(ranks ...int) error {
	var list []*kb.Candidate
	for _, i := range ranks {
		if i >= 0 && !a.filled[i] {
			a.filled[i] = true
			list = append(list, &a.ranked[i].Candidate)
		}
	}
	if len(list) == 0 || a.want.Fill == nil {
		return nil
	}
	return a.want.Fill(list)
}

// grow joins the chunk with its neighbours among the hits, the better side
// first, as long as they fit.
func (a *assembler) grow(seed int) (stretch, error) {
	s := stretch{best: a.ranked[seed], parts: []kb.Candidate{a.ranked[seed].Candidate}}
	s.chars = utf8.RuneCountInString(s.best.Chunk.Text)
	a.used[seed] = true
	for {
		before, after := a.free(s.parts[0], -1), a.free(s.parts[len(s.parts)-1], 1)
		next := before
		if next < 0 || after >= 0 && after < before {
			next = after
		}
		if next < 0 {
			break
		}
		if err := a.fill(next); err != nil {
			return s, err
		}
		n := utf8.RuneCountInString(a.ranked[next].Chunk.Text)
		if n == 0 || s.chars+n > a.want.MaxChars || !s.adjoins(a.ranked[next].Chunk, next == before) {
			break
		}
		s.chars += n
		a.used[next] = true
		if next == before {
			s.parts = slices.Insert(s.parts, 0, a.ranked[next].Candidate)
		} else {
			s.parts = append(s.parts, a.ranked[next].Candidate)
		}
	}
	a.rescore(&s)
	return s, nil
}

// adjoins reports whether a neighbour stands right before or behind the stretch. It does
// not if its document changed between two calls of Fill: then it is of another edition.
func (s *stretch) adjoins(c kb.Chunk, before bool) bool {
	if before {
		return c.Span.End == s.parts[0].Chunk.Span.Start
	}
	return c.Span.Start == s.parts[len(s.parts)-1].Chunk.Span.End
}

// free is the rank of the chunk's neighbour, -1 if it is no hit or in a passage.
func (a *assembler) free(c kb.Candidate, step int) int {
	i, ok := a.at[place{c.Chunk.Document, c.Chunk.Ordinal + step}]
	if !ok || a.used[i] {
		return -1
	}
	return i
}

// rescore measures the stretch as one text. Its legs and their scores stay
// those of its best chunk.
func (a *assembler) rescore(s *stretch) {
	if len(s.parts) == 1 {
		return
	}
	joined := s.parts[0]
	for _, p := range s.parts[1:] {
		joined.Terms.Heading = follow(joined.Terms.Heading, p.Terms.Heading)
		joined.Terms.Body = follow(joined.Terms.Body, p.Terms.Body)
		joined.Chunk.Text += p.Chunk.Text
	}
	joined.Legs = s.best.Legs
	v := a.ranking.questions[s.best.base].measure(joined)
	v[featDense], v[featSentence], v[featAsked] = s.best.near[0], s.best.near[1], s.best.near[2]
	a.ranking.settle(&s.best, v)
}

// follow is field a with b behind it.
func follow(a, b []kb.Term) []kb.Term {
	next := uint32(0)
	if len(a) > 0 {
		next = a[len(a)-1].Pos + 1
	}
	out := slices.Clone(a)
	for _, t := range b {
		out = append(out, kb.Term{ID: t.ID, Pos: t.Pos + next})
	}
	return out
}

func (s stretch) text() string {
	var b strings.Builder
	for _, p := range s.parts {
		b.WriteString(p.Chunk.Text)
	}
	return b.String()
}

// passage is the stretch without white space around it, cut to maxChars where
// one chunk alone is longer.
func (s stretch) passage(maxChars int) kb.Passage {
	first := s.parts[0].Chunk
	whole := s.text()
	body := strings.TrimLeftFunc(whole, unicode.IsSpace)
	lead := whole[:len(whole)-len(body)]
	body = strings.TrimRightFunc(text.Cut(body, maxChars), unicode.IsSpace)
	start := first.Span.Start + len(lead)
	p := kb.Passage{
		Document:  s.best.Document,
		Heading:   s.best.Chunk.Heading,
		Page:      first.Page,
		Text:      body,
		Span:      kb.Span{Start: start, End: start + len(body)},
		RuneStart: first.RuneStart + utf8.RuneCountInString(lead),
		Evidence:  s.best.Evidence,
		Scale:     s.best.Scale,
		Legs:      s.best.Legs,
		Features:  s.best.Features,
	}
	for _, part := range s.parts {
		p.Chunks = append(p.Chunks, part.Chunk.ID)
	}
	return p
}
