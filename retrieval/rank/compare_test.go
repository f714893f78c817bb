package rank_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/rank"
)

// overlap compares by the share of the query's pieces that a passage or sentence has.
type overlap struct{ weights []float32 }

func (o *overlap) Compare(query string, weights []float32, passages [][][]uint16) []rank.Similarity {
	o.weights = weights
	asked := text.Pieces(query)
	share := func(pieces []uint16) float64 {
		n := 0
		for _, p := range asked {
			if slices.Contains(pieces, p) {
				n++
			}
		}
		return float64(n) / float64(len(asked))
	}
	out := make([]rank.Similarity, len(passages))
	for i, p := range passages {
		out[i].Whole = share(slices.Concat(p...))
		for _, s := range p {
			out[i].Sentence = max(out[i].Sentence, share(s))
		}
	}
	return out
}

func (*overlap) Knows(query string) bool {
	return strings.IndexFunc(query, func(r rune) bool { return r > 'z' }) < 0
}

// dense is a candidate with a vector of a model, and the pieces of its sentences.
func dense(l *kbtest.Lexicon, id, model string, sentences ...string) kb.Candidate {
	c := l.Candidate(id, "", "other words", 1)
	c.Chunk.Model, c.Cosine = model, 1
	for _, s := range sentences {
		c.Pieces = append(c.Pieces, text.Pieces(s))
	}
	return c
}

func TestRankComparesSentences(t *testing.T) {
	l := kbtest.NewLexicon()
	query := kb.Query{Text: "red green blue black", Vector: kb.Vector{1, 0}, Model: "m"}
	found := kb.Candidates{Query: l.Query("question"), PieceIDF: []float32{.5}, List: []kb.Candidate{
		dense(l, "a-scattered", "m", "red green", "blue black"),
		dense(l, "b-together", "m", "red green blue black", ""),
		dense(l, "c-other-model", "old", "red green blue black"),
	}}
	var o overlap
	got := rank.Order(query, rank.Options{Compare: &o}, found)
	require.Equal(t, []string{"b-together", "a-scattered", "c-other-model"}, order(got))
	require.Equal(t, []string{rank.Meaning("m"), rank.Meaning("m"), rank.Words}, []string{got[0].Scale, got[1].Scale, got[2].Scale})
	require.InDelta(t, 1, feature(t, got[1], "dense"), 1e-12)
	require.InDelta(t, .5, feature(t, got[1], "sentence"), 1e-12)
	require.Zero(t, feature(t, got[2], "dense"), "vectors of two models are never compared")
	require.Equal(t, found.PieceIDF, o.weights)

	query.Vector, query.Model = nil, ""
	for _, r := range rank.Order(query, rank.Options{Compare: &o}, found) {
		require.Zero(t, feature(t, r, "sentence"), "a question without a vector is searched by words only")
	}
}

func TestRankFindsWhatWasAskedBefore(t *testing.T) {
	l := kbtest.NewLexicon()
	query := kb.Query{Text: "red green blue black", Vector: kb.Vector{1, 0}, Model: "m"}
	faq := dense(l, "a", "m", "white")
	faq.Chunk.Heading = []string{"FAQ", "red green blue?"}
	titled := dense(l, "b", "m", "white")
	titled.Chunk.Heading, titled.Document.Title = []string{"Answers"}, "red green?"
	said := dense(l, "c", "m", "white")
	said.Chunk.Heading, said.Document.Title = []string{"red green blue"}, "red green"
	got := rank.Order(query, rank.Options{Compare: &overlap{}}, kb.Candidates{PieceIDF: []float32{}, List: []kb.Candidate{said, titled, faq}})
	require.Equal(t, []string{"a", "b", "c"}, order(got))
	require.Positive(t, feature(t, got[1], "asked"))
	require.Greater(t, feature(t, got[0], "asked"), feature(t, got[1], "asked"))
	require.Zero(t, feature(t, got[2], "asked"), "a statement was not asked")
}

func TestRelevanceIsLessWhereOnlyTheWordsAreTheSame(t *testing.T) {
	l := kbtest.NewLexicon()
	query := kb.Query{Text: "red green blue black", Vector: kb.Vector{1, 0}, Model: "m"}
	relevance := func(c kb.Candidate) float64 {
		c.Terms.Body = l.Terms("password")
		got := rank.Order(query, rank.Options{Compare: &overlap{}}, kb.Candidates{Query: l.Query("password"), PieceIDF: []float32{}, List: []kb.Candidate{c}})
		return got[0].Evidence
	}
	require.InDelta(t, 1, relevance(dense(l, "a", "m", "red green blue black")), 1e-12)
	require.InDelta(t, 0.8+0.2*(0.5-0.2)/0.6, relevance(dense(l, "b", "m", "red green")), 1e-12)
	require.InDelta(t, 0.8, relevance(dense(l, "c", "m", "white")), 1e-12)
	require.InDelta(t, 1, relevance(dense(l, "d", "old", "white")), 1e-12, "what has no vector is judged by its words")
}

func TestAMistypedWordIsComparedAsItWasMeant(t *testing.T) {
	query := kb.Query{Text: "Red gren blue black", Vector: kb.Vector{1, 0}, Model: "m"}
	l := kbtest.NewLexicon()
	found := kb.Candidates{PieceIDF: []float32{}, Query: []kb.QueryTerm{{Text: "gren", Meant: "green", IDF: 1}}, List: []kb.Candidate{
		dense(l, "a", "m", "gren"), dense(l, "b", "m", "red green blue black"),
	}}
	got := rank.Order(query, rank.Options{Compare: &overlap{}}, found)
	require.Equal(t, "b", got[0].Chunk.ID)
	require.InDelta(t, 1, feature(t, got[0], "sentence"), 1e-12)
}

func TestAnEmptyBaseChangesNothing(t *testing.T) {
	query := kb.Query{Text: "red green", Vector: kb.Vector{1, 0}, Model: "m"}
	l := kbtest.NewLexicon()
	found := kb.Candidates{PieceIDF: []float32{}, List: []kb.Candidate{dense(l, "a", "m", "red green"), dense(l, "b", "m", "white")}}
	require.Equal(t, rank.Order(query, rank.Options{Compare: &overlap{}}, found), rank.Order(query, rank.Options{Compare: &overlap{}}, found, kb.Candidates{}))
}

func TestTheWeightOfMeaningIsThatOfAllItsFeatures(t *testing.T) {
	query := kb.Query{Text: "red green", Vector: kb.Vector{1, 0}, Model: "m"}
	l := kbtest.NewLexicon()
	asked := dense(l, "a", "m", "red green")
	asked.Chunk.Heading = []string{"red green?"}
	found := kb.Candidates{PieceIDF: []float32{}, List: []kb.Candidate{asked, dense(l, "b", "m", "white")}}
	whole := rank.Order(query, rank.Options{Compare: &overlap{}}, found)[0]
	half := rank.Order(query, rank.Options{Compare: &overlap{}, DenseWeight: .5}, found)[0]
	for i, f := range whole.Features {
		want := f.Contribution
		if slices.Contains([]string{"dense", "sentence", "asked"}, f.Name) {
			require.Positive(t, want)
			want /= 2
		}
		require.InDelta(t, want, half.Features[i].Contribution, 1e-12, f.Name)
	}
	require.Equal(t, whole.Evidence, half.Evidence)
}

func TestAHeadingAsLongAsABookIsNotCompared(t *testing.T) {
	query := kb.Query{Text: "red green", Vector: kb.Vector{1, 0}, Model: "m"}
	c := dense(kbtest.NewLexicon(), "a", "m", "white")
	c.Chunk.Heading = []string{strings.Repeat("red green ", 1000) + "?"}
	got := rank.Order(query, rank.Options{Compare: &overlap{}}, kb.Candidates{PieceIDF: []float32{}, List: []kb.Candidate{c}})
	require.Zero(t, feature(t, got[0], "asked"))
}
