package rank

import (
	"fmt"
	"slices"

	"github.com/askdesk/askdesk/kb"
)

// windowWords is how far apart words may stand and still speak of one thing: a
// sentence or two. Words scattered over a long passage say less.
const windowWords = 30

// enoughWords bounds what a passage must hold: as much as the question's four
// weightiest words weigh. Without a bound no passage could answer a pasted mail,
// most of whose words only tell the story.
const enoughWords = 4

// question is a query made ready to be compared with many candidates.
type question struct {
	terms []term             // one a distinct word, in order of the query
	of    map[uint32][]int32 // index term -> places in terms
	pairs [][2]int32         // places in terms of words that follow each other in the query
	pair  map[[2]int32]int   // place of a pair in pairs
	total float64            // sum of the terms' weights
	exact float64            // that of the identifiers
	away  *away              // nil where nothing is excluded
	reach float64            // total as a multiple of what is enough: 1 and up
}

// term is a distinct word of the question.
type term struct {
	weight     float64 // its IDF, more for a name
	identifier bool
}

// newQuestion reads a query as an index analysed it; names are those of its
// words that are.
func newQuestion(query []kb.QueryTerm, names map[string]bool) *question {
	q := &question{of: map[uint32][]int32{}, pair: map[[2]int32]int{}}
	seen := map[string]int32{}
	last, pos := int32(-1), -1
	for _, t := range query {
		term, known := seen[word(t)]
		if !known {
			term = q.add(t, names[t.Text])
			seen[word(t)] = term
		}
		if t.Pos == pos {
			continue // a part of the word at this position
		}
		pair := [2]int32{last, term}
		if _, known := q.pair[pair]; last >= 0 && last != term && !known {
			q.pair[pair] = len(q.pairs)
			q.pairs = append(q.pairs, pair)
		}
		last, pos = term, t.Pos
	}
	q.reach = 1
	if enough := q.heaviest(enoughWords); enough > 0 {
		q.reach = q.total / enough
	}
	return q
}

// heaviest is what the n weightiest words weigh together.
func (q *question) heaviest(n int) float64 {
	weights := make([]float64, len(q.terms))
	for i, t := range q.terms {
		weights[i] = t.weight
	}
	slices.Sort(weights)
	sum := 0.0
	for _, w := range weights[max(0, len(weights)-n):] {
		sum += w
	}
	return sum
}

func (q *question) add(t kb.QueryTerm, name bool) int32 {
	at := int32(len(q.terms))
	weight := t.IDF
	if name {
		weight *= nameWeight
	}
	q.terms = append(q.terms, term{weight, t.Identifier})
	q.total += weight
	if t.Identifier {
		q.exact += weight
	}
	for _, id := range t.IDs {
		q.of[id] = append(q.of[id], at)
	}
	return at
}

// word is equal for two words of a query that are one to the index.
func word(t kb.QueryTerm) string {
	if len(t.IDs) == 0 {
		return t.Text
	}
	return fmt.Sprint(t.IDs)
}

// hit is a word of the question at a position of a field.
type hit struct {
	pos  uint32
	term int32
}

// hits are the question's words in a field, in order of position.
func (q *question) hits(field []kb.Term) []hit {
	var hits []hit
	for _, t := range field {
		for _, at := range q.of[t.ID] {
			hits = append(hits, hit{t.Pos, at})
		}
	}
	return hits
}

// share is the part of the question's weight that the marked terms carry.
func (q *question) share(marked []bool) float64 {
	if q.total == 0 {
		return 0
	}
	sum := 0.0
	for i, m := range marked {
		if m {
			sum += q.terms[i].weight
		}
	}
	return sum / q.total
}

// measure compares a candidate with the question, by words alone.
func (q *question) measure(c kb.Candidate) values {
	var v values
	v[featLexical] = c.Legs.Lexical.Score
	title, heading, body := q.hits(c.Terms.Title), q.hits(c.Terms.Heading), q.hits(c.Terms.Body)
	everywhere := q.mark(title, heading, body)
	v[featCoverage] = q.share(everywhere)
	v[featWindow] = q.densest(body, q.mark(heading))
	v[featHeading] = q.share(q.mark(title, heading))
	v[featPhrases] = q.phrases(title, heading, body)
	v[featIdentifiers] = q.identifiers(everywhere)
	v[featExcluded] = q.away.measure(c)
	return v
}

func (q *question) mark(fields ...[]hit) []bool {
	marked := make([]bool, len(q.terms))
	for _, hits := range fields {
		for _, h := range hits {
			marked[h.term] = true
		}
	}
	return marked
}

// densest is the greatest share that any windowWords successive words hold
// together with the terms that are marked: a heading speaks for every sentence
// below it.
func (q *question) densest(hits []hit, marked []bool) float64 {
	if q.total == 0 {
		return 0
	}
	count := make([]int, len(q.terms))
	sum, first := 0.0, 0
	for i, m := range marked {
		if m {
			count[i]++
			sum += q.terms[i].weight
		}
	}
	best := sum
	for _, h := range hits {
		if count[h.term]++; count[h.term] == 1 {
			sum += q.terms[h.term].weight
		}
		for ; hits[first].pos+windowWords <= h.pos; first++ {
			out := hits[first].term
			if count[out]--; count[out] == 0 {
				sum -= q.terms[out].weight
			}
		}
		best = max(best, sum)
	}
	return best / q.total
}

// phrases is the weighted share of the question's neighbouring words that
// stand together in the same order in one of the fields.
func (q *question) phrases(fields ...[]hit) float64 {
	if len(q.pairs) == 0 {
		return 0
	}
	found := make([]bool, len(q.pairs))
	for _, hits := range fields {
		for i, h := range hits {
			for _, next := range hits[i+1:] {
				if next.pos > h.pos+2 {
					break
				}
				if at, ok := q.pair[[2]int32{h.term, next.term}]; ok && next.pos > h.pos {
					found[at] = true
				}
			}
		}
	}
	sum, total := 0.0, 0.0
	for i, p := range q.pairs {
		w := q.terms[p[0]].weight + q.terms[p[1]].weight
		total += w
		if found[i] {
			sum += w
		}
	}
	if total == 0 {
		return 0
	}
	return sum / total
}

// identifiers is the weighted share of the question's identifiers that are
// marked. Their parts are terms of their own and no identifiers.
func (q *question) identifiers(marked []bool) float64 {
	if q.exact == 0 {
		return 0
	}
	sum := 0.0
	for i, m := range marked {
		if m && q.terms[i].identifier {
			sum += q.terms[i].weight
		}
	}
	return sum / q.exact
}
