package retrieval_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
)

// spaces are the embeddings of knowledge bases at each time that they are asked for;
// those of the last time stay.
type spaces map[string][]func() (retrieval.Embedding, error)

func (s spaces) Embedding(_ context.Context, base string) (retrieval.Embedding, error) {
	list := s[base]
	if len(list) > 1 {
		s[base] = list[1:]
	}
	return list[0]()
}

func of(version string, dim int) func() (retrieval.Embedding, error) {
	e := retrieval.Embedding{Version: version}
	if dim > 0 {
		e.Embedder = kbtest.Embedder{Dim: dim}
	}
	return func() (retrieval.Embedding, error) { return e, nil }
}

func unset() (retrieval.Embedding, error) {
	return retrieval.Embedding{}, kb.Errorf(kb.Unavailable, "Set embedders.big again.")
}

type times = []func() (retrieval.Embedding, error)

func TestKnowledgeBasesWithEmbeddersOfTheirOwn(t *testing.T) {
	for name, tc := range map[string]struct {
		spaces spaces
		model  string
		codes  []string
		says   string
	}{
		"the same":    {spaces{"a": {of("1", 8)}, "b": {of("2", 8)}}, "kbtest-words-8", []string{"dense_partial", "dense_partial"}, "Run askdesk ingest again"},
		"another one": {spaces{"a": {of("1", 8)}, "b": {of("2", 16)}}, "kbtest-words-8", []string{"dense_partial", "dense_partial"}, `Search "b" alone`},
		"one without": {spaces{"a": {of("1", 0)}, "b": {of("2", 16)}}, "kbtest-words-16", []string{"dense_partial"}, `in "b" have no vector`},
		"one unset":   {spaces{"a": {unset}, "b": {of("2", 16)}}, "kbtest-words-16", []string{"dense_unavailable", "dense_partial"}, `in "a". Set embedders.big again.`},
		"all unset":   {spaces{"a": {unset}, "b": {unset}}, "", []string{"dense_unavailable", "dense_unavailable"}, `in "b". Set embedders.big again.`},
		"none at all": {spaces{"a": {of("1", 0)}, "b": {of("2", 0)}}, "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf()
			s.add("a", "a.md", "text")
			s.add("b", "b.md", "more text")
			if tc.model != "" {
				s.without = 1
			}
			got := retrieve(t, s, retrieval.Options{Embedders: tc.spaces}, kb.Search{KBs: []string{"a", "b"}, Text: "text"})
			require.Len(t, got.Passages, 2)
			require.Equal(t, tc.codes, codes(got))
			require.Len(t, s.asked, 2)
			for range 2 {
				q := <-s.asked
				require.Equal(t, tc.model, q.Model)
			}
			said := ""
			for _, n := range got.Notices {
				said += n.Message
			}
			require.Contains(t, said, tc.says)
		})
	}
}

func TestASearchThatAnIndexWasSwitchedUnderIsDoneAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		asked  times
		models []string
	}{
		"never":  {times{of("1", 8)}, []string{"kbtest-words-8"}},
		"once":   {times{of("1", 8), of("2", 16)}, []string{"kbtest-words-8", "kbtest-words-16"}},
		"twice":  {times{of("1", 8), of("2", 16), of("2", 16), of("1", 8)}, []string{"kbtest-words-8", "kbtest-words-16", "kbtest-words-8"}},
		"always": {times{of("1", 8), of("2", 16), of("3", 8), of("4", 16), of("5", 8)}, []string{"kbtest-words-8", "kbtest-words-8", "kbtest-words-8"}},
		"unset":  {times{of("1", 8), unset}, []string{"kbtest-words-8"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf()
			s.add("a", "a.md", "text")
			s.without = 1
			got := retrieve(t, s, retrieval.Options{Embedders: spaces{"a": tc.asked}}, kb.Search{KBs: []string{"a"}, Text: "text"})
			require.Equal(t, []string{"dense_partial"}, codes(got), "it is said once")
			var models []string
			for range len(s.asked) {
				models = append(models, (<-s.asked).Model)
			}
			require.Equal(t, tc.models, models)
		})
	}
}
