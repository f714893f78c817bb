package eval

import (
	"context"
	"slices"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

// Leg is one of the two lists that a search is made of.
type Leg string

// The legs.
const (
	Lexical Leg = "lexical" // by words: BM25
	Dense   Leg = "dense"   // by meaning: cosine
)

// LegAlone is the retriever that serves with one leg for its only evidence: the
// order is that of BM25 or of the cosine, and passages are joined as always. It
// is what ranking has to beat. Its relevances say nothing. Lexical needs no embedder.
func LegAlone(leg Leg, index retrieval.Index, embedders retrieval.Embedders) (*retrieval.Retriever, error) {
	switch {
	case leg == Lexical:
		embedders = nil
	case leg != Dense:
		return nil, kb.Errorf(kb.Invalid, "there is no leg %q: choose %s or %s", leg, Lexical, Dense)
	case embedders == nil:
		return nil, kb.Errorf(kb.Invalid, "the leg %s needs an embedder: choose one with embedder.kind", Dense)
	}
	return retrieval.New(alone{index, leg}, retrieval.Options{Embedders: embedders}), nil
}

// alone keeps from the ranking all but the scores of one leg.
type alone struct {
	index retrieval.Index
	leg   Leg
}

func (a alone) Fill(ctx context.Context, base string, list []*kb.Candidate) (whole bool, err error) {
	return a.index.Fill(ctx, base, list)
}

func (a alone) Search(ctx context.Context, q kb.Query) (kb.Candidates, error) {
	found, err := a.index.Search(ctx, q)
	found.Query, found.PieceIDF, found.Excluded = nil, nil, nil // what features are measured by
	found.List = slices.DeleteFunc(found.List, func(c kb.Candidate) bool {
		return a.leg == Lexical && c.Legs.Lexical.Rank == 0 || a.leg == Dense && c.Legs.Dense.Rank == 0
	})
	for i := range found.List {
		if a.leg == Lexical {
			found.List[i].Legs.Dense = kb.Leg{}
		} else {
			found.List[i].Legs.Lexical = kb.Leg{}
		}
	}
	return found, err
}
