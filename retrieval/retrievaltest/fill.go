package retrievaltest

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
)

// Fill fills all candidates that were found in a knowledge base.
func Fill(t testing.TB, x retrieval.Index, base string, found kb.Candidates) (whole bool) {
	t.Helper()
	list := make([]*kb.Candidate, len(found.List))
	for i := range found.List {
		list[i] = &found.List[i]
	}
	whole, err := x.Fill(t.Context(), base, list)
	require.NoError(t, err)
	return whole
}

// Whole are the candidates of an index that nobody changes, with their texts.
func Whole(t testing.TB, x retrieval.Index, q kb.Query) kb.Candidates {
	t.Helper()
	found, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	require.True(t, Fill(t, x, q.KB, found))
	return found
}

// testWhole searches while a document changes: each search sees one of its
// states, never a mixture.
func testWhole(t *testing.T, new maker) {
	x := filled(t, new)
	state := func(word string) kb.Entry {
		return kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "changing.md", Title: word,
			Text: "# One\n\nquux " + word + "\n# Two\n\nquux " + word + "\n# Three\n\nquux " + word + "\n"})
	}
	states := []kb.Entry{state("early"), state("late")}
	require.NoError(t, x.Replace(t.Context(), base, states[:1]))
	done := make(chan error, 1)
	go func() {
		for i := range 40 {
			if err := x.Replace(context.WithoutCancel(t.Context()), base, states[i%2:i%2+1]); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for running := true; running; {
		select {
		case err := <-done:
			require.NoError(t, err)
			running = false
		default:
		}
		found := search(t, x, query("quux"))
		require.Len(t, found.List, 3)
		whole := Fill(t, x, base, found)
		for _, c := range found.List {
			require.Equal(t, found.List[0].Document.Title, c.Document.Title)
			if whole || c.Chunk.Text != "" {
				require.Contains(t, c.Chunk.Text, c.Document.Title)
			}
		}
	}
}

// testFill fills candidates of documents that have changed since: what is left of
// them has the text that it was found by, and the others have none.
func testFill(t *testing.T, new maker) {
	x := new(t, base)
	page := func(text string) kb.Entry {
		return kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "page.md", Title: "Page", Text: text})
	}
	const one, two = "# One\n\nquux one\n", "# Two\n\nquux two\n"
	for name, test := range map[string]struct {
		then string
		left []string
	}{
		"as it was":        {one + two, []string{one, two}},
		"one is gone":      {one, []string{one}},
		"one has changed":  {one + "# Two\n\nquux three\n", []string{one}},
		"all stand lower":  {"# Nought\n\nwords\n" + one + two, nil},
		"places exchanged": {two + one, nil},
	} {
		require.NoError(t, x.Replace(t.Context(), base, []kb.Entry{page(one + two)}))
		found := search(t, x, query("quux"))
		require.Len(t, found.List, 2, name)
		complete := found.List[0].Chunk.Text != "" // nothing is left to be read
		require.NoError(t, x.Replace(t.Context(), base, []kb.Entry{page(test.then)}))
		require.Equal(t, complete || len(test.left) == 2, Fill(t, x, base, found), name)
		slices.SortFunc(found.List, func(a, b kb.Candidate) int { return a.Chunk.Ordinal - b.Chunk.Ordinal })
		var texts []string
		for _, c := range found.List {
			if c.Chunk.Text != "" {
				texts = append(texts, c.Chunk.Text)
				require.Equal(t, c.Chunk.Text, (one + two)[c.Chunk.Span.Start:c.Chunk.Span.End], name)
			}
		}
		if !complete {
			require.Equal(t, test.left, texts, name)
		}
		again := slices.Clone(found.List)
		Fill(t, x, base, found)
		require.Equal(t, again, found.List, name)
	}
	found := search(t, x, query("quux"))
	require.NoError(t, x.Delete(t.Context(), base, []string{found.List[0].Document.ID}))
	require.Equal(t, found.List[0].Chunk.Text != "", Fill(t, x, base, found))
}
