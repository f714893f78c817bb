package qdrant_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
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

// A search that one commit after the other overtakes finds what became in the end of
// the documents that it began with, at whichever of its calls they changed.
func TestOvertakenAgainAndAgain(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x, writer := open(t, opt), open(t, opt)
	rnd := rand.New(rand.NewPCG(7, 8))
	now := map[string]kb.Entry{}
	change := func(paths []string) {
		var list []kb.Entry
		var gone []string
		for _, path := range paths {
			e := book(t, embedder, path, []string{"first", "second", "third"}[rnd.IntN(3)], 1+rnd.IntN(4))
			if rnd.IntN(3) == 0 {
				delete(now, path)
				gone = append(gone, e.Document.ID)
				continue
			}
			now[path], list = e, append(list, e)
		}
		ctx := context.WithoutCancel(t.Context())
		require.NoError(t, writer.Delete(ctx, "help", gone))
		require.NoError(t, writer.Replace(ctx, "help", list))
	}
	for round := range 20 * histories {
		change([]string{"a", "b", "c", "d", "e", "f"})
		q := books
		if round%2 > 0 {
			q.Vector, q.Model = book(t, embedder, "a", "first", 1).Chunks[0].Vector, embedder.Model()
		}
		left := 3
		server.Fail(func(method string, _ int) error {
			if left > 0 && len(now) > 0 && (method == "Points/QueryBatch" || method == "Points/Get") && rnd.IntN(2) == 0 {
				left--
				change(slices.Sorted(maps.Keys(now))[rnd.IntN(len(now)):][:1])
			}
			return nil
		})
		found, err := x.Search(t.Context(), q)
		server.Fail(nil)
		require.NoError(t, err)
		require.Equal(t, shelfOf(now), shelved(found), "round %d", round)
	}
}

// What an overtaken search asks again is of what changed, however much it met.
func TestOvertakenSearchesAskForWhatChanged(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x, writer := open(t, opt), open(t, opt)
	var alike []kb.Entry
	for n := range 600 {
		alike = append(alike, kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: fmt.Sprint(n), Title: "first", Text: "One of many books."}))
	}
	require.NoError(t, writer.Replace(t.Context(), "help", alike))
	asked, read := 0, 0
	watch := func(commits int) {
		asked, read = 0, 0
		server.Fail(func(method string, n int) error {
			switch {
			case n%2 > 0: // before the call
			case method == "Points/Get":
				read++
			case method == "Points/QueryBatch":
				if asked++; asked > 1 && commits > 0 {
					commits--
					doc := alike[commits].Document
					doc.Title = "second"
					return writer.Replace(context.WithoutCancel(t.Context()), "help", []kb.Entry{kbtest.Entry(doc)})
				}
			}
			return nil
		})
		_, err := x.Search(t.Context(), books)
		server.Fail(nil)
		require.NoError(t, err)
	}
	watch(0)
	require.Equal(t, []int{2, 3}, []int{asked, read}, "a few proposals, and then many")
	watch(5)
	require.Equal(t, []int{2 + 5, 5}, []int{asked, read}, "one request for each commit")
	watch(0)
	require.Equal(t, []int{2, 0}, []int{asked, read})
}

// What is overtaken without end is refused: nobody could say that it is right.
func TestOvertakenForEver(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x, writer := open(t, opt), open(t, opt)
	editions := []kb.Entry{book(t, embedder, "a", "first", 3), book(t, embedder, "a", "second", 2)}
	require.NoError(t, writer.Replace(t.Context(), "help", editions[:1]))
	asked := 0
	server.Fail(func(method string, n int) error {
		if method != "Points/QueryBatch" || n%2 > 0 {
			return nil
		}
		asked++
		return writer.Replace(context.WithoutCancel(t.Context()), "help", editions[asked%2:][:1])
	})
	_, err := x.Search(t.Context(), books)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, "change faster")
	require.Equal(t, 32, asked)
}
