package qdrant_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
)

// A document may be replaced after its old chunks were proposed and before they are
// read: the search then finds the new ones.
func TestProposedChunksThatAreGone(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	reader, writer := open(t, opt), open(t, opt)
	first, second := book(t, embedder, "a", "first", 3), book(t, embedder, "a", "second", 2)
	require.NoError(t, writer.Replace(t.Context(), "help", []kb.Entry{first}))
	gets := 0
	server.Fail(func(method string, _ int) error {
		if method != "Points/Get" {
			return nil
		}
		if gets++; gets == 1 {
			return writer.Replace(t.Context(), "help", []kb.Entry{second})
		}
		return nil
	})
	require.Equal(t, shelfOf(map[string]kb.Entry{"a": second}), shelf(t, reader))
	require.Equal(t, 2*2, gets, "each call is asked about before and after")
}

// Chunks that were read once are not read again, but not kept beyond their document.
func TestChunksAreReadOnce(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x := open(t, opt)
	first, second := book(t, embedder, "a", "first", 3), book(t, embedder, "a", "second", 3)
	gets := 0
	server.Fail(func(method string, _ int) error {
		if method == "Points/Get" {
			gets++
		}
		return nil
	})
	for i, e := range []kb.Entry{first, second, first} {
		require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{e}))
		for range 3 {
			require.Equal(t, shelfOf(map[string]kb.Entry{"a": e}), shelf(t, x))
		}
		require.Equal(t, 2*min(i+1, 2), gets, "what a point is never changes")
	}
}
