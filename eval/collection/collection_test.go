package collection

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	for path, id := range c.ByPath() {
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
	require.InDelta(t, 1, Measure([]string{"a", "b"}, grades).NDCG10, 1e-12)
	m := Measure([]string{"x", "b", "y", "z", "w", "a"}, grades)
	require.InDelta(t, (1/math.Log2(3)+2/math.Log2(7))/(2+1/math.Log2(3)), m.NDCG10, 1e-12)
	require.InDelta(t, .5, m.Recall5, 1e-12)
	require.InDelta(t, 1, m.Recall10, 1e-12)
	require.InDelta(t, .5, m.MRR10, 1e-12)
	require.Equal(t, Measures{}, Measure(nil, grades))
	ten := strings.Split("0123456789", "")
	require.Zero(t, Measure(append(ten, "a"), grades).NDCG10, "the eleventh counts for nothing")
	require.InDelta(t, .5, Measure(append(ten, "a"), grades).Recall100, 1e-12)
}

func TestMisspell(t *testing.T) {
	const text = "please explain how refunds are paid to customers abroad"
	require.Equal(t, text, Misspell(text, 0, 1))
	require.Equal(t, Misspell(text, .5, 1), Misspell(text, .5, 1))
	require.NotEqual(t, Misspell(text, .5, 1), Misspell(text, .5, 2))
	changed, words := 0, 0
	for seed := range uint64(500) {
		for i, w := range strings.Fields(Misspell(text, .2, seed)) {
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

func TestDraw(t *testing.T) {
	c := shop(t)
	require.Len(t, c.Draw(2, 1), 2)
	require.Equal(t, c.Draw(2, 1), c.Draw(2, 1))
	require.ElementsMatch(t, c.Queries, c.Draw(99, 1))
}
