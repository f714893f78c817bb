package retrieval_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval"
)

func TestOnlyWhatIsShownIsRead(t *testing.T) {
	s := newShelf()
	for i := range 100 {
		s.add("default", fmt.Sprintf("%02d.md", i), fmt.Sprintf("Cancel plan %d.\n", i), "Then cancel.\n", "Nothing.\n")
	}
	got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: "cancel plan"})
	require.Len(t, got.Passages, 5)
	for _, p := range got.Passages {
		require.Contains(t, p.Text, "Then cancel.\nNothing.")
	}
	require.Equal(t, 15, s.read)
}

// A document that changes between search and reading is searched for again; one that
// does so all the time is left out.
func TestWhatChangesMeanwhileIsSearchedForAgain(t *testing.T) {
	for changes, searches := range []int{1, 2, 3, 3, 3} {
		s := newShelf()
		s.add("default", "a.md", "Cancel plan.")
		s.add("default", "b.md", "Cancel.")
		s.changes = changes
		got := retrieve(t, s, retrieval.Options{}, kb.Search{Text: "cancel plan"})
		require.Len(t, s.asked, searches)
		if changes < searches {
			require.Equal(t, []string{"a.md", "b.md"}, paths(got))
		} else {
			require.Equal(t, []string{"b.md"}, paths(got))
		}
	}
}

func TestSeveralBasesAreReadEachByItself(t *testing.T) {
	s := newShelf()
	s.add("one", "a.md", "Cancel plan.")
	s.add("two", "b.md", "Cancel plan now.")
	got := retrieve(t, s, retrieval.Options{}, kb.Search{KBs: []string{"one", "two"}, Text: "cancel plan"})
	require.ElementsMatch(t, []string{"a.md", "b.md"}, paths(got))
	for _, p := range got.Passages {
		require.NotEmpty(t, p.Text)
	}
}
