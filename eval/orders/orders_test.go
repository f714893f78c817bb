package orders

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/eval/collection"
	"github.com/askdesk/askdesk/eval/metric"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/rank"
)

func shop(t *testing.T) *collection.Collection {
	t.Helper()
	c, err := collection.Load("../collection/testdata/shop")
	require.NoError(t, err)
	return c
}

func TestByScore(t *testing.T) {
	hit := func(id string, words, meaning kb.Leg, cosine float64) kb.Candidate {
		return kb.Candidate{Document: kb.Document{Path: id}, Chunk: kb.Chunk{ID: id, Model: "m"}, Legs: kb.Legs{Lexical: words, Dense: meaning}, Cosine: cosine}
	}
	found := []kb.Candidate{
		hit("far", kb.Leg{Rank: 1, Score: 8}, kb.Leg{}, 0),                     // .6
		hit("both", kb.Leg{Rank: 2, Score: 4}, kb.Leg{Rank: 2, Score: .8}, .8), // .3 + .4
		hit("near", kb.Leg{}, kb.Leg{Rank: 3, Score: .4}, .4),                  // .2
		hit("half", kb.Leg{Rank: 3, Score: 4}, kb.Leg{}, .4),                   // .3 + .2
		hit("late", kb.Leg{Rank: 101, Score: 1}, kb.Leg{Rank: 101, Score: 1}, 1),
	}
	plain := found[3]
	plain.Cosine = 0
	require.Equal(t, []string{"both", "far", "half", "near"}, byScore(found))
	require.Equal(t, []string{"far", "half"}, byScore([]kb.Candidate{found[0], plain}), "by words where no vector can be compared")
	require.Empty(t, byScore(nil))
}

func TestByRank(t *testing.T) {
	require.Equal(t, []string{"b", "a", "c"}, byRank([]string{"a", "b"}, []string{"b", "c"}))
	require.Equal(t, []string{"a", "b"}, byRank([]string{"b"}, []string{"a"}), "equal scores by id")
}

// fixed answers every query with the same chunks and passages.
type fixed struct {
	found    kb.Candidates
	passages []kb.Passage
}

func (f fixed) Search(context.Context, kb.Query) (kb.Candidates, error) { return f.found, nil }

func (f fixed) Fill(context.Context, string, []*kb.Candidate) (whole bool, err error) {
	return true, nil
}

// Candidates come after the passages: the document that they lack.
func (f fixed) Candidates(context.Context, kb.Search) ([]rank.Ranked, error) {
	return []rank.Ranked{{Candidate: f.found.List[0]}, {Candidate: f.found.List[2]}}, nil
}

func (f fixed) Retrieve(context.Context, kb.Search) (kb.Retrieved, error) {
	return kb.Retrieved{Passages: f.passages, Notices: []kb.Notice{{Code: "dense_unavailable"}}}, nil
}

type oneVector struct{}

func (oneVector) Model() string { return "one" }

func (oneVector) Embed(_ context.Context, _ kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	return make([]kb.Vector, len(texts)), nil
}

func TestRunMeasuresEveryOrder(t *testing.T) {
	hit := func(doc, lexical, dense int) kb.Candidate {
		return kb.Candidate{Document: kb.Document{Path: collection.File(doc)}, Legs: kb.Legs{Lexical: kb.Leg{Rank: lexical}, Dense: kb.Leg{Rank: dense}}}
	}
	f := fixed{
		found:    kb.Candidates{List: []kb.Candidate{hit(0, 2, 0), hit(0, 3, 0), hit(1, 0, 1), hit(2, 1, 2)}},
		passages: []kb.Passage{{Document: kb.Document{Path: collection.File(0)}, Relevance: .7}, {Document: kb.Document{Path: collection.File(0)}}, {Document: kb.Document{Path: collection.File(2)}}},
	}
	clock := time.Unix(0, 0)
	opt := Options{
		Collection: shop(t), KB: "default", Index: f, Searcher: f, Embedder: oneVector{},
		Now: func() time.Time { clock = clock.Add(3 * time.Millisecond); return clock },
	}
	rep, err := Run(t.Context(), opt)
	require.NoError(t, err)
	q1 := rep.Results[0]
	require.Equal(t, "d/1", q1.First)
	require.True(t, q1.Hit)
	require.InDelta(t, 1, q1.Orders[Product].NDCG10, 1e-12)
	require.InDelta(t, collection.Measure([]string{"d/3", "d/1"}, opt.Collection.Queries[0].Grades).NDCG10, q1.Orders[Lexical].NDCG10, 1e-12)
	require.InDelta(t, collection.Measure([]string{"d/2", "d/3"}, opt.Collection.Queries[0].Grades).NDCG10, q1.Orders[Dense].NDCG10, 1e-12)
	require.InDelta(t, collection.Measure([]string{"d/3", "d/2", "d/1"}, opt.Collection.Queries[0].Grades).NDCG10, q1.Orders[RRF].NDCG10, 1e-12)
	require.InDelta(t, 1.0/3, rep.Results[1].Orders[Product].MRR10, 1e-12, "what would be shown next follows the passages")
	require.Equal(t, 3, rep.Away)
	require.Equal(t, Latency{3, 3}, rep.Latency)
	require.Equal(t, 3, rep.Queries)

	var table bytes.Buffer
	require.NoError(t, rep.WriteTable(&table))
	require.Contains(t, table.String(), "rrf")

	data, err := json.Marshal(rep)
	require.NoError(t, err)
	earlier, err := ReadReport(bytes.NewReader(data))
	require.NoError(t, err)
	for i := range earlier.Results {
		earlier.Results[i].Orders[Product] = collection.Measures{}
	}
	require.NoError(t, rep.Compare(earlier, metric.Bootstrap{}))
	require.InDelta(t, rep.Orders[Product].NDCG10, rep.Against[Product].Gain, 1e-12)
	require.Zero(t, rep.Against[Lexical].Gain)
	var page bytes.Buffer
	require.NoError(t, rep.WriteHTML(&page))
	for _, want := range []string{"Retrieval on shop", "Worst queries", "Gain in nDCG@10", "embedder one"} {
		require.Contains(t, page.String(), want)
	}
	require.ErrorContains(t, rep.Compare(Report{Collection: "shop"}, metric.Bootstrap{}), "no query of the collection shop")
	earlier.Collection = "other"
	require.ErrorContains(t, rep.Compare(earlier, metric.Bootstrap{}), "is of the collection other")

	opt.Embedder, opt.Typos = nil, 1
	rep, err = Run(t.Context(), opt)
	require.NoError(t, err)
	require.NotContains(t, rep.Orders, Dense)
	require.NotEqual(t, opt.Collection.Queries[0].Text, rep.Results[0].Query)
}

func TestALegThatHurtsIsFound(t *testing.T) {
	rep := Report{Orders: map[string]collection.Measures{Lexical: {NDCG10: .9}, Dense: {NDCG10: .2}}}
	for range 20 {
		rep.Results = append(rep.Results, Result{Orders: map[string]collection.Measures{Product: {NDCG10: .5}, Lexical: {NDCG10: .9}}})
	}
	h := rep.hurt(metric.Bootstrap{})
	require.Equal(t, Lexical, h.Leg)
	require.InDelta(t, -.4, h.Loss.Gain, 1e-12)
	require.Contains(t, h.String(), "-0.400 [-0.400 -0.400]")
	require.Contains(t, h.String(), "embedder.kind: none")
	require.Contains(t, Hurt{Leg: Dense}.String(), "--explain")
	rep.Hurt, rep.Away, rep.Queries = h, 2, 20
	var table bytes.Buffer
	require.NoError(t, rep.WriteTable(&table))
	require.Contains(t, table.String(), "for 2 of the 20 queries")
	require.Contains(t, table.String(), h.String())
	rep.Results[0].Orders[Product] = collection.Measures{NDCG10: 20}
	require.Nil(t, rep.hurt(metric.Bootstrap{}), "one query can turn it: that is chance")
}

func TestWorstQueriesLoseMost(t *testing.T) {
	result := func(id string, product, lexical, dense float64) Result {
		return Result{ID: id, Orders: map[string]collection.Measures{Product: {NDCG10: product}, Lexical: {NDCG10: lexical}, Dense: {NDCG10: dense}}}
	}
	list := Report{Results: []Result{result("fine", 1, .5, 1), result("bad", .2, .5, .4), result("worst", 0, .3, .9)}}.worst()
	require.Len(t, list, 2)
	require.Equal(t, "worst", list[0].ID)
	require.Equal(t, Dense, list[0].other)
	require.InDelta(t, .9, list[0].loss, 1e-12)
	require.Equal(t, Lexical, list[1].other)
}
