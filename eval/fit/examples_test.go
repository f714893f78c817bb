package fit

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// fixed is a Finder of the same chunks for every query; their features are the
// scores of the legs.
type fixed []kb.Candidate

func (f fixed) Candidates(context.Context, kb.Search) ([]rank.Ranked, error) {
	var list []rank.Ranked
	for _, c := range f {
		list = append(list, rank.Ranked{Candidate: c, Features: []kb.Feature{
			{Name: "words", Value: c.Legs.Lexical.Score}, {Name: "meaning", Value: c.Legs.Dense.Score},
		}})
	}
	return list, nil
}

func chunkOf(doc int, words, meaning float64) kb.Candidate {
	return kb.Candidate{Document: kb.Document{Path: collection.File(doc)}, Legs: kb.Legs{Lexical: kb.Leg{Score: words}, Dense: kb.Leg{Score: meaning}}}
}

func TestLearn(t *testing.T) {
	f := fixed{chunkOf(1, .9, .1), chunkOf(0, .5, .2), chunkOf(1, .1, .3)}
	shop, err := collection.Load("../collection/testdata/shop")
	require.NoError(t, err)
	l, err := Learn(t.Context(), shop, f, Draw{KB: "default", Seed: 1, Most: 100})
	require.NoError(t, err)
	require.Equal(t, []string{"words", "meaning"}, l.Features)
	require.Len(t, l.Examples, 3)
	for i, e := range l.Examples {
		require.Equal(t, []Document{
			{ID: "d/2", Chunks: [][]float64{{.9, .1}, {.1, .3}}, Relevant: l.grades[i]["d/2"] > 0},
			{ID: "d/1", Chunks: [][]float64{{.5, .2}}, Relevant: l.grades[i]["d/1"] > 0},
		}, e.Documents)
	}
	require.InDelta(t, l.ndcg([]float64{1, 0}), l.Product, 1e-12, "the product ranks by words here")
	one, err := Learn(t.Context(), shop, f, Draw{KB: "default", Seed: 1, Most: 1})
	require.NoError(t, err)
	require.Len(t, one.Examples, 1)
}

func TestWeighLearnsFromTheOthers(t *testing.T) {
	// Of the first two collections meaning tells, of the third words do.
	lesson := func(words, meaning float64) *Lesson {
		l := &Lesson{Name: "l", Features: []string{"words", "meaning"}}
		for range 20 {
			l.Examples = append(l.Examples, Example{Documents: []Document{
				{ID: "a", Chunks: [][]float64{{words, meaning}}, Relevant: true}, {ID: "b", Chunks: [][]float64{{meaning, words}}},
			}})
			l.grades = append(l.grades, map[string]int{"a": 1})
		}
		return l
	}
	w, err := Weigh([]*Lesson{{Name: "found nothing"}, lesson(.2, .8), lesson(.3, .7), lesson(.8, .2)})
	require.NoError(t, err)
	require.InDelta(t, 1, w.Collections[1].Own, 1e-12)
	require.InDelta(t, 1, w.Collections[3].Own, 1e-12)
	require.Less(t, w.Collections[3].Others, 1.0, "what the others teach misleads here")
	require.Greater(t, w.All[1], w.All[0])
	require.InDelta(t, 1, w.All[0]+w.All[1], 1e-12)
	_, err = Weigh([]*Lesson{{Name: "found nothing"}})
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
	var table bytes.Buffer
	require.NoError(t, w.WriteTable(&table))
	require.Contains(t, table.String(), "meaning")
}
