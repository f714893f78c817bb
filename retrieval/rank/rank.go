// Package rank puts what an index found for a question in order: it measures
// every candidate by the same features, joins neighbours to passages, and says
// how surely each answers. All of it is a pure function of its arguments.
package rank

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/understand"
)

// Ranked is a candidate with its place, and why it has it.
type Ranked struct {
	kb.Candidate
	Score    float64      // the sum of the features' contributions; comparable within one call of Order
	Evidence float64      // 0..1: how much of the query it holds; comparable between calls
	Scale    string       // of Evidence: Words, or Meaning of a model
	Features []kb.Feature // always the same names in the same order
	base     int          // which of found it came from
	near     [3]float64   // as measured, not scaled
}

// Similarity is how near a candidate is to the query, as cosines from -1 to 1.
type Similarity struct {
	Whole    float64 // of the chunk
	Sentence float64 // of its nearest sentence
}

// Comparer compares texts by their word pieces, finer than by one vector each.
type Comparer interface {
	// Compare returns the similarity of each passage to the query, in order. A
	// passage is given by its sentences, title first, each of them by its pieces;
	// weights say by piece, from 0 to 1, how much it counts; nil weighs all alike.
	// It is deterministic, safe for concurrent use and changes no argument.
	Compare(query string, weights []float32, passages [][][]uint16) []Similarity
	// Knows reports whether it knows the language of a query. What it does not know
	// is searched for by words alone.
	Knows(query string) bool
}

// Options say how much meaning counts. The zero value compares by one vector a
// chunk.
type Options struct {
	Compare     Comparer // compares what has a vector of the query's model
	Weights     *Weights // of the features; nil means those that ship
	DenseWeight float64  // above 0: factor on what the features of meaning add; 0 means 1
}

// Order orders what the legs found in one or more knowledge bases for one
// question, best first. Of the query it uses text, vector and model. It is a pure
// function: it reads nothing but its arguments, and neither the order of the
// lists nor that of found changes the result. Equal scores are ordered by chunk id.
func Order(q kb.Query, opt Options, found ...kb.Candidates) []Ranked {
	return newRanking(q, opt, found).order()
}

// ranking is one question with all candidates for it.
type ranking struct {
	questions []*question // one a knowledge base: each has its own vocabulary
	query     kb.Query
	all       []Ranked
	raw       []values
	low, high values // over raw
	sentences bool   // were compared
	scale     string // of the evidence where they were
	weights   *[featCount]float64
	dense     float64
}

func newRanking(query kb.Query, opt Options, found []kb.Candidates) *ranking {
	r := &ranking{query: query, sentences: opt.Compare != nil && query.Vector != nil, dense: cmp.Or(opt.DenseWeight, 1)}
	for _, c := range found { // all candidates are measured alike
		r.sentences = r.sentences && (c.PieceIDF != nil || len(c.List) == 0)
	}
	r.scale = Meaning(query.Model)
	weights := opt.Weights
	if weights == nil {
		weights = shipped()
	}
	switch {
	case r.sentences:
		r.weights = &weights.sentences
	case query.Vector != nil:
		r.weights = &weights.dense
	default:
		r.weights = &weights.words
	}
	special := names(query.Text)
	total := 0
	for _, c := range found {
		total += len(c.List)
	}
	r.all, r.raw = make([]Ranked, 0, total), make([]values, 0, total)
	for i, c := range found {
		q := newQuestion(c.Query, special)
		q.away = newAway(c.Excluded)
		r.questions = append(r.questions, q)
		first := len(r.raw)
		var texts, titles []Similarity
		var comparing sync.WaitGroup
		if r.sentences {
			comparing.Go(func() { texts, titles = similarities(query, opt.Compare, c) })
		}
		for _, cand := range c.List {
			r.all = append(r.all, Ranked{Candidate: cand, base: i})
			v := q.measure(cand)
			if !r.sentences {
				v[featDense] = cand.Cosine
			}
			r.raw = append(r.raw, v)
		}
		comparing.Wait()
		for j, near := range texts {
			r.raw[first+j][featDense], r.raw[first+j][featSentence] = near.Whole, near.Sentence
			r.raw[first+j][featAsked] = max(0, titles[j].Whole)
		}
	}
	for i, v := range r.raw {
		for f, x := range v {
			if i == 0 || x < r.low[f] {
				r.low[f] = x
			}
			if i == 0 || x > r.high[f] {
				r.high[f] = x
			}
		}
	}
	return r
}

// similarities compares the query with the candidates, and with those of their
// headings and titles that are questions. What has no vector of the query's model
// is near nothing.
func similarities(q kb.Query, compare Comparer, found kb.Candidates) (texts, titles []Similarity) {
	n := len(found.List)
	passages := make([][][]uint16, 2*n)
	for i, c := range found.List {
		if c.Chunk.Model != q.Model {
			continue
		}
		passages[i] = c.Pieces
		if h := asking(c); h != "" {
			passages[n+i] = [][]uint16{text.Pieces(h)}
		}
	}
	near := compare.Compare(meant(q.Text, found), found.PieceIDF, passages)
	return near[:n], near[n:]
}

// meant is a question as it is compared by meaning.
func meant(question string, found kb.Candidates) string {
	right := map[string]string{}
	for _, t := range found.Query {
		if t.Meant != "" {
			right[t.Text] = t.Meant
		}
	}
	return understand.Meaning(question, understand.Reading{Synonyms: found.Synonyms, Excluded: found.Excluded, Corrected: right})
}

// longestAsked is how many bytes a title has at most that is compared: a heading
// of a hostile document can be a book.
const longestAsked = 300

// asking is the innermost heading, or else the title, if it is a question.
func asking(c kb.Candidate) string {
	for _, h := range []string{strings.Join(c.Chunk.Heading[max(0, len(c.Chunk.Heading)-1):], ""), c.Document.Title} {
		if len(h) <= longestAsked && strings.HasSuffix(strings.TrimSpace(h), "?") {
			return h
		}
	}
	return ""
}

func (r *ranking) order() []Ranked {
	for i := range r.all {
		r.all[i].near = [3]float64{r.raw[i][featDense], r.raw[i][featSentence], r.raw[i][featAsked]}
		r.settle(&r.all[i], r.raw[i])
	}
	order := make([]int, len(r.all)) // candidates are large: they are moved once
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return better(&r.all[i], &r.all[j]) })
	sorted := make([]Ranked, len(order))
	for i, from := range order {
		sorted[i] = r.all[from]
	}
	return sorted
}

// settle turns measured values into score, relevance and explanation.
func (r *ranking) settle(c *Ranked, v values) {
	near := max(v[featSentence], v[featAsked])
	v.scale(r.low, r.high)
	c.Features = v.explain(r.weights, r.dense)
	c.Score = 0
	for _, f := range c.Features {
		c.Score += f.Contribution
	}
	c.Evidence, c.Scale = evidence(v, r.questions[c.base].reach), Words
	if r.sentences && c.Chunk.Model == r.query.Model {
		c.Evidence, c.Scale = withMeaning(c.Evidence, near), r.scale
	}
}

func better(a, b *Ranked) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Chunk.ID, b.Chunk.ID))
}
