package local_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// Each chunk below a heading carries it: held whole, that of one small file fills the memory.
func TestHeadingsThatAreBooks(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, help())
	long := strings.Repeat("heading ", 1<<14)
	e := entry("a", "# Reset\n\nplum one\n# Is it long?\n\nplum two\n")
	for i := range e.Chunks {
		e.Chunks[i].Heading = append([]string{long}, e.Chunks[i].Heading...)
	}
	put(t, x, e)
	for _, x := range []*local.Index{x, open(t, dir, help())} {
		found := retrievaltest.Whole(t, x, query("plum"))
		require.Len(t, found.List, 2)
		for _, c := range found.List {
			require.True(t, strings.HasPrefix(long, c.Chunk.Heading[0]))
			require.LessOrEqual(t, len(c.Chunk.Heading[0]), 2000)
			require.Equal(t, e.Chunks[c.Chunk.Ordinal].Heading[1:], c.Chunk.Heading[1:])
		}
	}
	put(t, x, e)
	require.Equal(t, search(t, x, "plum").List, search(t, open(t, dir, help()), "plum").List)
}
