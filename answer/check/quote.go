package check

import (
	"strings"

	"github.com/askdesk/askdesk/internal/text"
)

// source is a passage cut into the units that can be quoted.
type source struct {
	text     string
	language string
	spans    []text.Span
	words    []map[string]bool
}

func (c *Checker) source(i int) *source {
	if c.sources[i] == nil {
		p := c.passages[i]
		s := &source{text: p.Text, language: p.Document.Language, spans: text.Sentences(p.Text)}
		for _, span := range s.spans {
			s.words = append(s.words, s.bag(p.Text[span.Start:span.End]))
		}
		c.sources[i] = s
	}
	return c.sources[i]
}

func (s *source) bag(t string) map[string]bool {
	bag := map[string]bool{}
	for _, w := range text.Words(t) {
		bag[text.Stem(s.language, w.Text)] = true
	}
	return bag
}

const (
	// minCarried is the share of a sentence's words below which no single
	// sentence of the passage carries it: then the whole passage is quoted.
	minCarried = 0.15
	// pairGain is how much more of it two neighbours must carry than one.
	pairGain = 0.2
)

// carries is the span of the passage that best carries a sentence: of its
// sentences and pairs of neighbours the one that shares most of its words, and
// among those the one with fewest others.
func (s *source) carries(sentence string) text.Span {
	want := s.bag(sentence)
	best, bestScore, bestShare := -1, 0.0, 0.0
	for i, words := range s.words {
		share, score := overlap(want, words)
		if strings.Contains(sentence, strings.TrimSpace(s.text[s.spans[i].Start:s.spans[i].End])) {
			score += share // word for word
		}
		if score > bestScore {
			best, bestScore, bestShare = i, score, share
		}
	}
	if best < 0 || bestShare < minCarried {
		return s.whole()
	}
	span := s.spans[best]
	for _, pair := range [][2]int{{best, best + 1}, {best - 1, best}} {
		if pair[0] < 0 || pair[1] >= len(s.spans) {
			continue
		}
		if share, _ := overlap(want, s.words[pair[0]], s.words[pair[1]]); share >= bestShare+pairGain {
			span = text.Span{Start: s.spans[pair[0]].Start, End: s.spans[pair[1]].End}
			bestShare = share
		}
	}
	return span
}

func (s *source) whole() text.Span {
	start := len(s.text) - len(strings.TrimLeft(s.text, " \t\r\n"))
	return text.Span{Start: start, End: max(start, len(strings.TrimRight(s.text, " \t\r\n")))}
}

// overlap is the share of want's words that the bags hold, and a score that
// among equal shares prefers the bags with fewest other words.
func overlap(want map[string]bool, bags ...map[string]bool) (share, score float64) {
	shared, size := 0, 0
	for w := range want {
		for _, b := range bags {
			if b[w] {
				shared++
				break
			}
		}
	}
	for _, b := range bags {
		size += len(b)
	}
	if len(want) == 0 || size == 0 {
		return 0, 0
	}
	share = float64(shared) / float64(len(want))
	return share, share + float64(shared)/float64(size)/2
}
