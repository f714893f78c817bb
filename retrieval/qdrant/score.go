package qdrant

import (
	"cmp"
	"slices"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// usualLength is the weighted length by which the values of sparse vectors are
// normalised. It only sways which chunks are proposed: those of the limits that
// documents are cut by have about so many words.
const usualLength = 150

// sparse is what a collection knows of a chunk's words: by term, how much of its
// weight in a query it adds.
func sparse(blob []byte) (points.Sparse, error) {
	tf := map[uint32]int{}
	length, err := terms.Count(blob, func(term uint32, weight int) { tf[term] += weight })
	if err != nil {
		return points.Sparse{}, err
	}
	s := points.Sparse{Indices: make([]uint32, 0, len(tf)), Values: make([]float32, len(tf))}
	for term := range tf {
		s.Indices = append(s.Indices, term)
	}
	slices.Sort(s.Indices)
	for i, term := range s.Indices {
		s.Values[i] = float32(part(1, float64(tf[term]), float64(length), usualLength))
	}
	return s, nil
}

// part is what a term of some weight adds to the BM25 of a chunk.
func part(weight, tf, length, average float64) float64 {
	const flat, slope = terms.K1 * (1 - terms.B), terms.K1 * terms.B
	return weight * tf / (tf + flat + slope/average*length)
}

// word is a term of a query as it is scored.
type word struct {
	forms  []uint32
	weight float64
}

// scorer scores chunks as the embedded index does.
type scorer struct {
	words   []word        // by falling weight
	query   points.Sparse // proposes chunks
	phrases []terms.Phrase
	barred  []uint32
	average float64
	tf      map[uint32]int // of the chunk being scored, by each term that counts
}

func newScorer(asked ledger.Asked) *scorer {
	s := &scorer{phrases: asked.Phrases, barred: asked.Barred(), average: asked.Average, tf: map[uint32]int{}}
	for _, t := range asked.Terms {
		if len(t.IDs) > 0 {
			s.words = append(s.words, word{t.IDs, t.IDF * (terms.K1 + 1)})
		}
	}
	slices.SortStableFunc(s.words, func(a, b word) int { return cmp.Compare(b.weight, a.weight) })
	s.words = s.words[:min(len(s.words), terms.MaxScored)]
	forms := s.forms()
	for form := range forms {
		s.tf[form] = 0
	}
	s.query = vectorOf(forms)
	for _, id := range s.barred {
		s.tf[id] = 0
	}
	return s
}

// forms are the weights of what chunks are proposed by, such that no chunk of usual
// length scores more than it is proposed by: a form counts for each word that has it,
// and a phrase by its words.
func (s *scorer) forms() map[uint32]float64 {
	weights, one := map[uint32]float64{}, map[uint32]float64{}
	for _, w := range s.words {
		clear(one)
		for _, form := range w.forms {
			if form < terms.FirstPhrase {
				one[form] = w.weight
				continue
			}
			phrase := s.phrases[form-terms.FirstPhrase]
			for _, forms := range phrase {
				for _, f := range forms {
					one[f] = max(one[f], w.weight/float64(len(phrase)))
				}
			}
		}
		for form, weight := range one {
			weights[form] += weight
		}
	}
	return weights
}

// bars is the sparse vector that finds the chunks with words that none may have.
func (s *scorer) bars() points.Sparse {
	weights := map[uint32]float64{}
	for _, id := range s.barred {
		weights[id] = 1
	}
	return vectorOf(weights)
}

func vectorOf(weights map[uint32]float64) points.Sparse {
	var v points.Sparse
	for id := range weights {
		v.Indices = append(v.Indices, id)
	}
	slices.Sort(v.Indices)
	for _, id := range v.Indices {
		v.Values = append(v.Values, float32(weights[id]))
	}
	return v
}

// score is the BM25 of a chunk: of the forms of a word the most frequent counts, and
// a phrase as often as the rarest of its words. Barred chunks are not open.
func (s *scorer) score(r *row) (score float64, open bool) {
	for form := range s.tf {
		s.tf[form] = 0
	}
	s.count(r.words.Terms.Title, terms.TitleWeight)
	s.count(r.words.Terms.Heading, terms.HeadingWeight)
	s.count(r.words.Terms.Body, terms.BodyWeight)
	if slices.ContainsFunc(s.barred, func(id uint32) bool { return s.tf[id] > 0 }) {
		return 0, false
	}
	for _, w := range s.words {
		tf := 0
		for _, form := range w.forms {
			tf = max(tf, s.frequency(form))
		}
		if tf > 0 {
			score += part(w.weight, float64(min(tf, maxFrequency)), float64(r.words.Length), s.average)
		}
	}
	return score, true
}

func (s *scorer) count(field []kb.Term, weight int) {
	for _, t := range field {
		if tf, ok := s.tf[t.ID]; ok {
			s.tf[t.ID] = tf + weight
		}
	}
}

const maxFrequency = 1<<16 - 1 // as the embedded index counts

func (s *scorer) frequency(form uint32) int {
	if form < terms.FirstPhrase {
		return s.tf[form]
	}
	rarest := maxFrequency
	for _, forms := range s.phrases[form-terms.FirstPhrase] {
		tf := 0
		for _, f := range forms {
			tf = max(tf, s.tf[f])
		}
		rarest = min(rarest, tf)
	}
	return rarest
}

// better orders a leg: best first, equal scores by chunk.
func better(a, b hit) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.row.chunk.ID, b.row.chunk.ID))
}

// hit is a chunk with its exact scores.
type hit struct {
	row         *row         // nil: it was gone
	doc         *kb.Document // nil: it doesn't count
	words, near float64      // by words, and by its vector
	score       float64      // that of the two by which its leg is ordered
	proposed    float64      // the server's score in that leg
}
