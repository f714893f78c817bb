package local_test

import (
	"encoding/json"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// The same index and question give the same answer to the byte, however often and
// however many ask at once, and after the index was closed and opened again.
func TestTheSameQuestionFindsTheSame(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, bench)
	c := retrievaltest.NewCorpus(5)
	c.Length = 12
	const documents = 8 // as many chunks as take both connections to be read
	fill(t, c, x, documents*retrievaltest.CorpusChunks, true)
	questions := []string{
		"How do I use this name with that state?", "Which year was the city first known?", "who can play in both games",
		"What part of the school is new?", "early work of the world",
	}
	ask := func(r *retrieval.Retriever, question string) (string, error) {
		found, err := r.Retrieve(t.Context(), kb.Search{KBs: []string{"bench"}, Text: question})
		if err != nil {
			return "", err
		}
		found.Timings = nil
		text, err := json.Marshal(found)
		return string(text), err
	}
	want := make([]string, len(questions))
	for i, question := range questions {
		var err error
		want[i], err = ask(retriever(x), question)
		require.NoError(t, err)
		require.Regexp(t, `"Dense":\{"Rank":[1-9]`, want[i])
	}
	require.NoError(t, x.Close())
	for range 2 {
		x := open(t, dir, bench)
		r := retriever(x)
		var group errgroup.Group
		group.SetLimit(2 * runtime.GOMAXPROCS(0))
		got := make([][]string, len(questions))
		for i, question := range questions {
			got[i] = make([]string, rounds)
			for n := range rounds {
				group.Go(func() (err error) {
					got[i][n], err = ask(r, question)
					return err
				})
			}
		}
		require.NoError(t, group.Wait())
		for i := range questions {
			for n := range rounds {
				require.Equal(t, want[i], got[i][n])
			}
		}
		require.NoError(t, x.Close())
	}
}

func retriever(x retrieval.Index) *retrieval.Retriever {
	return retrieval.New(x, retrieval.Options{Embedders: retrieval.Embedding{Embedder: embedder, Compare: embedder}})
}
