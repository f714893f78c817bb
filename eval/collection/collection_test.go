package collection

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/kb"
)

func shop(t *testing.T) *Collection {
	t.Helper()
	c, err := Load("testdata/shop")
	require.NoError(t, err)
	return c
}

func TestLoad(t *testing.T) {
	c := shop(t)
	require.Equal(t, "shop", c.Name)
	require.Len(t, c.Documents, 4)
	require.Len(t, c.Queries, 3, "nobody judged q3")
	require.Equal(t, map[string]int{"d/1": 2, "d/3": 1}, c.Queries[0].Grades)
	require.Equal(t, map[string]int{"d/2": 1}, c.Queries[1].Grades, "a grade of 0 is not relevant")
	require.Equal(t, map[string]int{"d/3": 1}, c.Queries[2].Grades, "a document that is not in the corpus cannot be found")
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct{ file, content, message string }{
		"no folder":      {"", "", "cannot read"},
		"no json":        {"corpus.jsonl", "{\"_id\": \"a\"}\nnonsense", "entry 2 of"},
		"same id":        {"corpus.jsonl", "{\"_id\": \"a\"}\n{\"_id\": \"a\"}", "document 2 of"},
		"two columns":    {"qrels.tsv", "head\nq1\td1\n", "line 2 of"},
		"grade":          {"qrels.tsv", "head\nq1\td/1\tgood\n", `"good" is not a whole number`},
		"nothing judged": {"qrels.tsv", "head\nq9\td/1\t1\n", "no query of"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "shop")
			if test.file != "" {
				require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/shop")))
				require.NoError(t, os.WriteFile(filepath.Join(dir, test.file), []byte(test.content), 0o600))
			}
			_, err := Load(dir)
			require.ErrorContains(t, err, test.message)
			require.NotEqual(t, kb.Internal, kb.CodeOf(err))
		})
	}
}

func TestReaderReadsWhatWriteToWrote(t *testing.T) {
	c, dir := shop(t), t.TempDir()
	require.NoError(t, c.WriteTo(dir))
	for path, id := range c.byPath() {
		data, err := os.ReadFile(filepath.Join(dir, path))
		require.NoError(t, err)
		doc, err := Reader{}.Read(t.Context(), extract.Input{Path: path, Data: data})
		require.NoError(t, err)
		for _, d := range c.Documents {
			if d.ID == id {
				require.Equal(t, d.Title, doc.Title)
				require.Equal(t, d.Text, strings.TrimSpace(doc.Text))
			}
		}
	}
	_, err := Reader{}.Read(t.Context(), extract.Input{Data: []byte("no json")})
	require.Equal(t, kb.Invalid, kb.CodeOf(err))
}

func TestMeasures(t *testing.T) {
	grades := map[string]int{"a": 2, "b": 1}
	require.InDelta(t, 1, measure([]string{"a", "b"}, grades).NDCG10, 1e-12)
	m := measure([]string{"x", "b", "y", "z", "w", "a"}, grades)
	require.InDelta(t, (1/math.Log2(3)+2/math.Log2(7))/(2+1/math.Log2(3)), m.NDCG10, 1e-12)
	require.InDelta(t, .5, m.Recall5, 1e-12)
	require.InDelta(t, 1, m.Recall10, 1e-12)
	require.InDelta(t, .5, m.MRR10, 1e-12)
	require.Equal(t, Measures{}, measure(nil, grades))
	ten := strings.Split("0123456789", "")
	require.Zero(t, measure(append(ten, "a"), grades).NDCG10, "the eleventh counts for nothing")
	require.InDelta(t, .5, measure(append(ten, "a"), grades).Recall100, 1e-12)
}

func TestAUROCIsTheShareOfPairsInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 2 + rng.IntN(20)
		scores, hits := make([]float64, n), make([]bool, n)
		for i := range n {
			scores[i], hits[i] = float64(rng.IntN(5)), rng.IntN(2) == 0
		}
		right, pairs := 0.0, 0.0
		for i := range n {
			for j := range n {
				if hits[i] && !hits[j] {
					pairs++
					if scores[i] > scores[j] {
						right++
					} else if scores[i] == scores[j] {
						right += .5
					}
				}
			}
		}
		want := .5
		if pairs > 0 {
			want = right / pairs
		}
		require.InDelta(t, want, auroc(scores, hits), 1e-12)
	}
}

func TestCalibration(t *testing.T) {
	var scores []float64
	var sure, never []bool
	for range 100 {
		scores, sure, never = append(scores, .9), append(sure, true), append(never, false)
	}
	require.InDelta(t, .1, calibration(scores, sure), 1e-9)
	require.InDelta(t, .9, calibration(scores, never), 1e-9)
}

func TestIntervalHoldsTheMeanAndNarrows(t *testing.T) {
	values := func(n int) []float64 {
		rng := rand.New(rand.NewPCG(3, 4))
		list := make([]float64, n)
		for i := range list {
			list[i] = rng.Float64()
		}
		return list
	}
	few, many := interval(values(30), 1, 1000), interval(values(3000), 1, 1000)
	require.Less(t, few.Low, .5)
	require.Greater(t, few.High, .5)
	require.Less(t, many.High-many.Low, (few.High-few.Low)/5)
	require.Equal(t, few, interval(values(30), 1, 1000), "the same seed, the same interval")
}

func TestMisspell(t *testing.T) {
	const text = "please explain how refunds are paid to customers abroad"
	require.Equal(t, text, misspell(text, 0, 1))
	require.Equal(t, misspell(text, .5, 1), misspell(text, .5, 1))
	require.NotEqual(t, misspell(text, .5, 1), misspell(text, .5, 2))
	changed, words := 0, 0
	for seed := range uint64(500) {
		for i, w := range strings.Fields(misspell(text, .2, seed)) {
			was := strings.Fields(text)[i]
			if len(was) < 4 {
				require.Equal(t, was, w)
				continue
			}
			require.Equal(t, was[0], w[0], "the first letter stays")
			words++
			if w != was {
				changed++
			}
		}
	}
	require.InDelta(t, .2, float64(changed)/float64(words), .03)
}

func TestFuse(t *testing.T) {
	require.Equal(t, []string{"b", "a", "c"}, fuse([]string{"a", "b"}, []string{"b", "c"}))
	require.Equal(t, []string{"a", "b"}, fuse([]string{"b"}, []string{"a"}), "equal scores by id")
}

// fixed answers every query with the same chunks and passages.
type fixed struct {
	found    kb.Candidates
	passages []kb.Passage
}

func (f fixed) Search(context.Context, kb.Query) (kb.Candidates, error) { return f.found, nil }

func (f fixed) Retrieve(context.Context, kb.Search) (kb.Retrieved, error) {
	return kb.Retrieved{Passages: f.passages}, nil
}

type oneVector struct{}

func (oneVector) Model() string { return "one" }

func (oneVector) Embed(_ context.Context, _ kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	return make([]kb.Vector, len(texts)), nil
}

func TestRunMeasuresEveryOrder(t *testing.T) {
	hit := func(doc, lexical, dense int) kb.Candidate {
		return kb.Candidate{Document: kb.Document{Path: file(doc)}, Legs: kb.Legs{Lexical: kb.Leg{Rank: lexical}, Dense: kb.Leg{Rank: dense}}}
	}
	f := fixed{
		found:    kb.Candidates{List: []kb.Candidate{hit(0, 2, 0), hit(0, 3, 0), hit(1, 0, 1), hit(2, 1, 2)}},
		passages: []kb.Passage{{Document: kb.Document{Path: file(0)}, Relevance: .7}, {Document: kb.Document{Path: file(0)}}, {Document: kb.Document{Path: file(2)}}},
	}
	clock := time.Unix(0, 0)
	opt := Options{
		Collection: shop(t), KB: "default", Index: f, Retriever: f, Embedder: oneVector{}, Resamples: 50,
		Now: func() time.Time { clock = clock.Add(3 * time.Millisecond); return clock },
	}
	rep, err := Run(t.Context(), opt)
	require.NoError(t, err)
	q1 := rep.Results[0]
	require.Equal(t, "d/1", q1.First)
	require.True(t, q1.Hit)
	require.InDelta(t, 1, q1.Legs[Product].NDCG10, 1e-12)
	require.InDelta(t, measure([]string{"d/3", "d/1"}, opt.Collection.Queries[0].Grades).NDCG10, q1.Legs[Lexical].NDCG10, 1e-12)
	require.InDelta(t, measure([]string{"d/2", "d/3"}, opt.Collection.Queries[0].Grades).NDCG10, q1.Legs[Dense].NDCG10, 1e-12)
	require.InDelta(t, measure([]string{"d/3", "d/2", "d/1"}, opt.Collection.Queries[0].Grades).NDCG10, q1.Legs[RRF].NDCG10, 1e-12)
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
		earlier.Results[i].Legs[Product] = Measures{}
	}
	require.NoError(t, rep.Compare(earlier, 100))
	require.InDelta(t, rep.Legs[Product].NDCG10, rep.Against[Product].Gain, 1e-12)
	require.Zero(t, rep.Against[Lexical].Gain)
	require.Error(t, rep.Compare(Report{}, 100))

	opt.Embedder, opt.Typos = nil, 1
	rep, err = Run(t.Context(), opt)
	require.NoError(t, err)
	require.NotContains(t, rep.Legs, Dense)
	require.NotEqual(t, opt.Collection.Queries[0].Text, rep.Results[0].Query)
}
