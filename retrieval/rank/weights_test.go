package rank_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/rank"
)

const someWeights = `{"made": "2026-01-02", "from": "a test", "seed": 1,
	"words": {"weights": {"phrases": 2}}, "dense": {"weights": {"dense": 1}}, "sentences": {"weights": {"asked": 1}}}`

func TestWeightsOfAFileOrder(t *testing.T) {
	l := kbtest.NewLexicon()
	list := []kb.Candidate{l.Candidate("a", "plan cancel", "other", 2), l.Candidate("b", "", "cancel plan", 1)}
	found := kb.Candidates{Query: l.Query("cancel plan"), List: list}
	require.Equal(t, []string{"a", "b"}, order(rank.Order(kb.Query{}, rank.Options{}, found)), "headings count most in those that ship")
	w, err := rank.ReadWeights(strings.NewReader(someWeights))
	require.NoError(t, err)
	got := rank.Order(kb.Query{}, rank.Options{Weights: w}, found)
	require.Equal(t, []string{"b", "a"}, order(got))
	require.InDelta(t, 2, got[0].Score, 1e-12)
}

func TestShippedWeightsSayWhereTheyComeFrom(t *testing.T) {
	f := rank.Shipped()
	require.NotEmpty(t, f.Made)
	require.NotEmpty(t, f.From)
	for name, set := range map[string]rank.Set{"words": f.Words, "dense": f.Dense, "sentences": f.Sentences} {
		require.Len(t, set.NDCG10, 5, name)
		require.NotContains(t, set.Weights, "excluded", name)
	}
}

func TestBadWeightsAreRefused(t *testing.T) {
	for name, c := range map[string][2]string{
		"no JSON":      {`{`, "eval weights"},
		"other file":   {`{"model": "x"}`, "eval weights"},
		"nothing":      {`{}`, "weighs nothing"},
		"unknown":      {strings.Replace(someWeights, "phrases", "beauty", 1), `"beauty" is no feature`},
		"not its own":  {strings.Replace(someWeights, "phrases", "dense", 1), `"dense" is no feature`},
		"derived":      {strings.Replace(someWeights, "phrases", "excluded", 1), `"excluded" is no feature`},
		"below zero":   {strings.Replace(someWeights, `"phrases": 2`, `"phrases": -2`, 1), "0 or more"},
		"huge":         {strings.Replace(someWeights, `"phrases": 2`, `"phrases": 1e308`, 1), "at most 1000"},
		"more behind":  {someWeights + "garbage", "eval weights"},
		"zeros":        {strings.Replace(someWeights, `"phrases": 2`, `"phrases": 0`, 1), `set "words"`},
		"missing part": {strings.Replace(someWeights, `"asked": 1`, ``, 1), `set "sentences"`},
	} {
		_, err := rank.ReadWeights(strings.NewReader(c[0]))
		require.Equal(t, kb.Invalid, kb.CodeOf(err), name)
		require.ErrorContains(t, err, c[1], name)
	}
}
