package memory

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// TestLexicalIsExact compares lists with those of a plain scan, to the bit, where
// words are as unevenly spread as in a language: so that most are only looked up.
func TestLexicalIsExact(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	zipf := rand.NewZipf(rnd, 1.1, 2, 3000)
	docs := map[uint32]*kb.Document{0: {Audience: kb.Public}, 1: {Audience: kb.Agent}, 2: {Audience: kb.Public, Product: "p"}}
	snap := (&Snapshot{}).Apply(Change{Docs: docs})
	want := model{}
	for range 4 {
		b := NewBuilder(0, 0)
		for range 1500 {
			c := stored{id: name(len(want)), slot: uint32(rnd.IntN(3))}
			for range 10 + rnd.IntN(60) {
				c.words = append(c.words, uint32(1+zipf.Uint64()))
			}
			row := int64(len(want))
			want[row] = c
			require.NoError(t, b.Add(Chunk{Row: row, ID: c.id, Slot: c.slot, Terms: c.blob()}))
		}
		snap = snap.Apply(Change{Segments: []*Segment{b.Build()}})
	}
	for n := range 100 {
		filter, audience := kb.Filter{}, []kb.Audience{kb.Public, kb.Agent}[n%2]
		if n%3 == 0 {
			filter.Product = []string{"p"}
		}
		scope := snap.Scope(filter, audience, time.Now())
		var query []kb.QueryTerm
		for range 1 + rnd.IntN(8) {
			term, df := kb.QueryTerm{}, 0
			for range 1 + rnd.IntN(7)/5 {
				id := uint32(1 + zipf.Uint64())
				term.IDs = append(term.IDs, id)
				df = max(df, scope.stats.DF(id))
			}
			term.IDF = terms.IDF(scope.stats.Chunks, df)
			query = append(query, term)
		}
		list := plainly(scope, want, query, func(c stored) bool {
			return audience.May(docs[c.slot].Audience) && (n%3 > 0 || docs[c.slot].Product == "p")
		})
		for _, depth := range []int{1, 10, 100} {
			got, err := scope.Lexical(context.Background(), terms.Asked{Terms: query}, depth)
			require.NoError(t, err)
			for i := range got {
				got[i].at = at{}
			}
			require.Equal(t, list[:min(depth, len(list))], got)
		}
	}
}

// plainly is BM25 as it is written down.
func plainly(scope *Scope, all model, query []kb.QueryTerm, open func(stored) bool) []Hit {
	query = slices.Clone(query)
	slices.SortStableFunc(query, func(a, b kb.QueryTerm) int { return cmp.Compare(b.IDF, a.IDF) })
	hits := []Hit{}
	for row, c := range all {
		score := 0.0
		for _, term := range query {
			tf := 0.0
			for _, id := range term.IDs {
				tf = math.Max(tf, c.tf(id))
			}
			if tf > 0 {
				score += term.IDF * (terms.K1 + 1) * tf / (tf + terms.K1*(1-terms.B) + terms.K1*terms.B/scope.stats.average*float64(len(c.words)))
			}
		}
		if score > 0 && open(c) {
			hits = append(hits, Hit{Row: row, ID: c.id, Score: score})
		}
	}
	slices.SortFunc(hits, better)
	return hits
}

func TestFrom(t *testing.T) {
	var list []posting
	for chunk := range uint16(200) {
		list = append(list, posting{chunk: 3 * chunk})
		for _, at := range []uint16{0, 1, 2, 3, 150, 299, 300, 597, 598, 65535} {
			i, _ := slices.BinarySearchFunc(list, at, func(p posting, at uint16) int { return cmp.Compare(p.chunk, at) })
			require.Equal(t, list[i:], from(list, at))
		}
	}
	require.Empty(t, from(nil, 0))
}

func TestAPhraseIsSearchedForWhereAWordThatIsScoredStandsForIt(t *testing.T) {
	var query []kb.QueryTerm
	for i := range terms.MaxScored + 10 {
		query = append(query, kb.QueryTerm{IDs: []uint32{uint32(i), terms.FirstPhrase + uint32(i/2)}, IDF: float64(1 + i)})
	}
	list := phrasesOf(heaviest(query))
	slices.Sort(list)
	require.Len(t, list, terms.MaxScored/2)
	require.Equal(t, uint32(5), list[0], "the first ten words weigh least")
}
