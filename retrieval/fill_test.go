package retrieval_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
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
		now := time.Now()
		tick := func() time.Time { now = now.Add(time.Second); return now }
		got := retrieve(t, s, retrieval.Options{Now: tick}, kb.Search{Text: "cancel plan", AsOf: now})
		require.Len(t, s.asked, searches)
		spent := time.Duration(searches) * time.Second
		require.Equal(t, []kb.Timing{{Stage: "search", Duration: spent}, {Stage: "rank", Duration: spent + time.Second}}, got.Timings)
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

// edited is an index in which a document becomes another edition after texts were read
// for the first time.
type edited struct {
	retrieval.Index
	reads int
	edit  func() error
}

func (e *edited) Fill(ctx context.Context, base string, list []*kb.Candidate) (whole bool, err error) {
	if e.reads++; e.reads == 2 {
		if err := e.edit(); err != nil {
			return false, err
		}
	}
	return e.Index.Fill(ctx, base, list)
}

// What is quoted of a document stands where it is said to, in one of its editions: here
// its beginning grows, and the last of what was read before changes.
func TestTextsOfTwoEditionsAreNotJoined(t *testing.T) {
	edition := func(first, last string) kb.Entry {
		return kbtest.Entry(kb.Document{KB: "default", Source: "s", Path: "a.md", Title: "A", Audience: kb.Public, Text: first +
			"# Two\n\ncancel\n# Three\n\ncancel then\n# Four\n\ncancel plan\n" + last})
	}
	before, after := edition("nothing\n", "# Five\n\ncancel it\n"), edition("nothing at all\n", "# Five\n\nkeep it\n")
	x := kbtest.NewIndex("default")
	require.NoError(t, x.Replace(t.Context(), "default", []kb.Entry{before}))
	index := &edited{Index: x, edit: func() error { return x.Replace(t.Context(), "default", []kb.Entry{after}) }}
	got, err := retrieval.New(index, retrieval.Options{}).Retrieve(t.Context(), kb.Search{KBs: []string{"default"}, Text: "cancel plan", Limit: 1})
	require.NoError(t, err)
	require.Equal(t, 2, index.reads)
	require.Len(t, got.Passages, 1)
	p := got.Passages[0]
	require.Contains(t, []string{before.Document.Text[p.Span.Start:p.Span.End], after.Document.Text[p.Span.Start:p.Span.End]}, p.Text)
}
