package rank

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Passages orders what was found as Order does, joins neighbours to passages of
// at most maxChars characters, and returns the best, at most limit, none of them a
// copy of another.
func Passages(q kb.Query, opt Options, found []kb.Candidates, limit, maxChars int) []kb.Passage {
	return newAssembler(newRanking(q, opt, found), maxChars).passages(limit)
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
	ranking  *ranking
	ranked   []Ranked
	at       map[place]int // into ranked
	used     []bool
	maxChars int
}

func newAssembler(r *ranking, maxChars int) *assembler {
	ranked := r.order()
	a := &assembler{ranking: r, ranked: ranked, at: make(map[place]int, len(ranked)), used: make([]bool, len(ranked)), maxChars: maxChars}
	for i, c := range ranked {
		a.at[place{c.Chunk.Document, c.Chunk.Ordinal}] = i
	}
	return a
}

// passages returns at most limit passages, best first, none a copy of another.
func (a *assembler) passages(limit int) []kb.Passage {
	var list []stretch
	var seen []shingles
	for i := range a.ranked {
		if len(list) == limit {
			break
		}
		if a.used[i] {
			continue
		}
		s := a.grow(i)
		sh := newShingles(s.text())
		if slices.ContainsFunc(seen, sh.copies) {
			continue
		}
		seen = append(seen, sh)
		list = append(list, s)
	}
	slices.SortStableFunc(list, func(a, b stretch) int { return better(a.best, b.best) })
	out := make([]kb.Passage, len(list))
	for i, s := range list {
		out[i] = s.passage(a.maxChars)
	}
	return out
}

// grow joins the chunk with its neighbours among the hits, the better side
// first, as long as they fit.
func (a *assembler) grow(seed int) stretch {
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
		n := utf8.RuneCountInString(a.ranked[next].Chunk.Text)
		if s.chars+n > a.maxChars {
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
	return s
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
