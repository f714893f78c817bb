package qdrant_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/internal/sqlite"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
)

// book is a document of some parts, each with its edition.
func book(t testing.TB, e kb.Embedder, path, edition string, parts int) kb.Entry {
	text := ""
	for n := range parts {
		text += fmt.Sprintf("# Part %d\n\nBooks in their %s edition, %s.\n\n", n, edition, path)
	}
	entries := []kb.Entry{kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: path, Title: edition, Text: text, Language: "en"})}
	require.NoError(t, kbtest.Embed(context.Background(), e, entries))
	return entries[0]
}

// books is what is asked of a shelf.
var books = kb.Query{KB: "help", Text: "books", Audience: kb.Agent, AsOf: january, Depth: 100}

// shelf is what a search sees of each document: its title and chunks, in order.
func shelf(t testing.TB, x *qdrant.Index) map[string]string {
	found, err := x.Search(context.WithoutCancel(t.Context()), books)
	require.NoError(t, err)
	return shelved(found)
}

func shelved(found kb.Candidates) map[string]string {
	slices.SortFunc(found.List, func(a, b kb.Candidate) int { return a.Chunk.Ordinal - b.Chunk.Ordinal })
	out := map[string]string{}
	for _, c := range found.List {
		out[c.Document.Path] += c.Document.Title + ": " + c.Chunk.Text
	}
	return out
}

func shelfOf(entries map[string]kb.Entry) map[string]string {
	out := map[string]string{}
	for path, e := range entries {
		for _, c := range e.Chunks {
			out[path] += e.Document.Title + ": " + c.Text
		}
	}
	return out
}

// stored counts the points of all collections of an index.
func stored(t testing.TB, opt qdrant.Options) (collections, n int) {
	c, err := points.Open(opt.Points)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	list, err := c.Collections(t.Context(), opt.Prefix)
	require.NoError(t, err)
	for _, name := range list {
		some, err := c.Count(t.Context(), name, nil)
		require.NoError(t, err)
		n += some
	}
	return len(list), n
}

// TestCrashes cuts a change off at each of its calls, before it is made and before
// its answer is there, for good. After that every document is as it was or as it
// should be, and the change made again leaves no trace of the first.
func TestCrashes(t *testing.T) {
	first := map[string]kb.Entry{}
	for _, path := range []string{"a", "b", "c", "d"} {
		first[path] = book(t, embedder, path, "first", 3)
	}
	with := func(more ...kb.Entry) map[string]kb.Entry {
		out := maps.Clone(first)
		for _, e := range more {
			out[e.Document.Path] = e
		}
		return out
	}
	without := maps.Clone(first)
	delete(without, "a")
	other := kbtest.Embedder{Dim: 32}
	bare := with() // vectors of another embedder are left behind
	for path, e := range bare {
		e.Chunks = slices.Clone(e.Chunks)
		for i := range e.Chunks {
			e.Chunks[i].Vector, e.Chunks[i].Model = nil, ""
		}
		bare[path] = e
	}
	moved := book(t, other, "a", "second", 4)
	bare["a"] = moved
	replace := func(list ...kb.Entry) func(context.Context, *qdrant.Index) error {
		return func(ctx context.Context, x *qdrant.Index) error { return x.Replace(ctx, "help", list) }
	}
	second := []kb.Entry{book(t, embedder, "a", "second", 2), book(t, embedder, "b", "second", 4), book(t, embedder, "e", "second", 3)}
	for name, test := range map[string]struct {
		change func(context.Context, *qdrant.Index) error
		after  map[string]kb.Entry
	}{
		"replace": {replace(second...), with(second...)},
		"delete": {func(ctx context.Context, x *qdrant.Index) error {
			return x.Delete(ctx, "help", []string{first["a"].Document.ID})
		}, without},
		"move": {replace(moved), bare},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := pointstest.Start(t)
			fresh := empty(t, server.Address(), "help")
			require.NoError(t, fresh.Replace(t.Context(), "help", slices.Collect(maps.Values(test.after))))
			cut := 0
			for k, done := 1, false; !done; k += step {
				opt := options(t, server.Address(), "help")
				opt.Points.BatchPoints = 4
				x := open(t, opt)
				require.NoError(t, x.Replace(t.Context(), "help", slices.Collect(maps.Values(first))))
				server.Fail(func(_ string, n int) error {
					if n >= k {
						return pointstest.Crash()
					}
					return nil
				})
				done = test.change(t.Context(), x) == nil
				server.Fail(nil)
				cut++
				again := open(t, opt) // as another process
				for _, x := range []*qdrant.Index{x, again} {
					was, is := shelfOf(first), shelfOf(test.after)
					seen := shelf(t, x)
					for _, path := range []string{"a", "b", "c", "d", "e"} {
						require.Contains(t, []string{was[path], is[path]}, seen[path], "%s after call %d", path, k)
					}
				}
				require.NoError(t, test.change(t.Context(), again), "call %d", k)
				q := kb.Query{KB: "help", Text: "books second edition a", Audience: kb.Agent, AsOf: january, Depth: 5, Vector: moved.Chunks[0].Vector, Model: other.Model()}
				for _, q := range []kb.Query{q, {KB: "help", Text: "part", Audience: kb.Agent, AsOf: january, Depth: 50, Vector: second[0].Chunks[0].Vector, Model: embedder.Model()}} {
					want, err := fresh.Search(t.Context(), q)
					require.NoError(t, err)
					got, err := again.Search(t.Context(), q)
					require.NoError(t, err)
					alike(t, want, got, fmt.Sprintf("after call %d", k))
				}
				chunks := 0
				for _, e := range test.after {
					chunks += len(e.Chunks)
				}
				collections, n := stored(t, opt)
				require.Equal(t, []int{1, chunks}, []int{collections, n}, "after call %d", k)
				require.NoError(t, again.Keep(t.Context(), living()))
			}
			require.Greater(t, cut, 1)
		})
	}
}

// What a crash left of a document goes with the next change of any other.
func TestNothingIsLeftOfACrash(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x := open(t, opt)
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "first", 3)}))
	server.Fail(func(method string, n int) error {
		if method == "Points/Upsert" && server.Points(opt.Prefix+".help.s2.v1.g1") > 3 {
			return pointstest.Crash()
		}
		return nil
	})
	require.Error(t, x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "secret", "first", 3)}))
	server.Fail(nil)
	_, n := stored(t, opt)
	require.Equal(t, 6, n)
	require.NoError(t, open(t, opt).Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "b", "first", 3)}))
	_, n = stored(t, opt)
	require.Equal(t, 6, n)
	require.NotContains(t, shelf(t, x), "secret")
}

// However many points don't count, those with a barred word are counted.
func TestBarredAmongPointsThatDoNotCount(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x := open(t, opt)
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "first", 60), book(t, embedder, "b", "second", 2)}))
	server.Fail(func(method string, n int) error {
		if method == "Points/Delete" {
			return pointstest.Crash()
		}
		return nil
	})
	require.Error(t, x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "first", 3)}))
	server.Fail(nil)
	found, err := x.Search(t.Context(), kb.Query{
		KB: "help", Text: "books -first", Audience: kb.Agent, AsOf: january, Depth: 9, Excluded: []kb.Exclusion{{Span: kb.Span{Start: 6, End: 12}, Exact: true}},
	})
	require.NoError(t, err)
	require.Equal(t, 2, found.Chunks)
	require.Len(t, found.List, 2)
}

// Whoever searches while documents change sees each in one edition, and all of it.
func TestSearchesWhileDocumentsChange(t *testing.T) {
	opt := options(t, pointstest.Start(t).Address(), "help")
	writer, reader := open(t, opt), open(t, opt)
	editions := map[string][]kb.Entry{}
	for _, edition := range []string{"first", "second"} {
		for _, path := range []string{"a", "b", "c"} {
			editions[edition] = append(editions[edition], book(t, embedder, path, edition, 3))
		}
	}
	whole := map[string]bool{}
	for _, list := range editions {
		for _, e := range list {
			whole[shelfOf(map[string]kb.Entry{"x": e})["x"]] = true
		}
	}
	require.NoError(t, writer.Replace(t.Context(), "help", editions["first"]))
	ctx, stop := context.WithCancel(t.Context())
	var group errgroup.Group
	group.Go(func() error {
		defer stop()
		for n := range 20 {
			if err := writer.Replace(t.Context(), "help", editions[[]string{"second", "first"}[n%2]]); err != nil {
				return err
			}
		}
		return nil
	})
	for n := 0; n < 5 || ctx.Err() == nil; n++ {
		for _, x := range []*qdrant.Index{writer, reader} {
			seen := shelf(t, x)
			require.Len(t, seen, 3)
			for path, text := range seen {
				require.True(t, whole[text], "%s is %q", path, text)
			}
		}
	}
	require.NoError(t, group.Wait())
}

// A search that a commit overtakes is made again if it met what changed, and only then.
func TestSearchOvertakenByACommit(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x, writer := open(t, opt), open(t, opt)
	first, second := book(t, embedder, "a", "first", 3), book(t, embedder, "a", "second", 2)
	require.NoError(t, writer.Replace(t.Context(), "help", []kb.Entry{first}))
	unlike := kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: "unlike", Text: "Nothing of the kind."})
	for _, tc := range []struct {
		commit kb.Entry
		tries  int
	}{{second, 2}, {unlike, 1}} {
		tries := 0
		var failed error
		server.Fail(func(method string, n int) error {
			if method == "Points/QueryBatch" && n%2 == 0 { // found, and not yet looked at
				if tries++; tries == 1 {
					failed = writer.Replace(context.WithoutCancel(t.Context()), "help", []kb.Entry{tc.commit})
				}
			}
			return nil
		})
		seen := shelf(t, x)
		server.Fail(nil)
		require.NoError(t, failed)
		require.Equal(t, shelfOf(map[string]kb.Entry{"a": second}), seen)
		require.Equal(t, tc.tries, tries)
	}
}

func TestAnotherProcessSeesCommitsAtOnce(t *testing.T) {
	opt := options(t, pointstest.Start(t).Address(), "help")
	x, y := open(t, opt), open(t, opt)
	require.Empty(t, shelf(t, y))
	for _, e := range []kb.Entry{
		book(t, embedder, "a", "first", 3), book(t, embedder, "b", "first", 1), book(t, embedder, "a", "second", 2),
		book(t, kbtest.Embedder{Dim: 32}, "b", "third", 2),
	} {
		require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{e}))
		path := e.Document.Path
		require.Equal(t, shelfOf(map[string]kb.Entry{path: e})[path], shelf(t, y)[path])
		doc, err := y.Document(t.Context(), "help", e.Document.ID)
		require.NoError(t, err)
		require.Equal(t, e.Document, doc)
		x, y = y, x
	}
	require.NoError(t, x.Delete(t.Context(), "help", []string{book(t, embedder, "a", "second", 2).Document.ID}))
	require.Len(t, shelf(t, y), 1)
}

func TestAnotherEmbedder(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	x := open(t, opt)
	a, b := book(t, embedder, "a", "first", 3), book(t, embedder, "b", "first", 3)
	nothing := kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: "nothing"})
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{a, b, nothing}))
	other := kbtest.Embedder{Dim: 32}
	again := book(t, other, "a", "first", 3)
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{again}))

	require.Equal(t, shelfOf(map[string]kb.Entry{"a": a, "b": b}), shelf(t, x))
	ids := func(e kb.Entry) (list []string) {
		for _, c := range e.Chunks {
			list = append(list, c.ID)
		}
		return list
	}
	all := slices.Concat(ids(a), ids(b))
	have, err := x.Embedded(t.Context(), "help", embedder.Model(), all)
	require.NoError(t, err)
	require.Empty(t, have)
	have, err = x.Embedded(t.Context(), "help", other.Model(), all)
	require.NoError(t, err)
	require.Equal(t, slices.Sorted(slices.Values(ids(a))), slices.Sorted(maps.Keys(have)))
	found, err := x.Search(t.Context(), kb.Query{KB: "help", Text: "books", Audience: kb.Agent, AsOf: january, Depth: 9, Vector: again.Chunks[0].Vector, Model: other.Model()})
	require.NoError(t, err)
	require.Equal(t, []int{6, 3}, []int{found.Chunks, found.Without})
	for _, c := range found.List {
		require.Equal(t, c.Document.Path == "a", c.Cosine != 0)
		require.Equal(t, c.Document.Path == "a", c.Legs.Dense.Rank > 0)
	}
	held, err := x.Holds(t.Context(), "help", []string{nothing.Document.ID})
	require.NoError(t, err)
	require.True(t, held[nothing.Document.ID])
	collections, n := stored(t, opt)
	require.Equal(t, []int{1, 6}, []int{collections, n})
}

// Stored terms of an older analysis are made anew at the next write.
func TestAnotherAnalysis(t *testing.T) {
	opt := options(t, pointstest.Start(t).Address(), "help")
	x := open(t, opt)
	a, b := book(t, embedder, "a", "first", 3), book(t, embedder, "b", "first", 3)
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{a}))
	db, err := sqlite.Open(filepath.Join(opt.Dir, "help", "v1.ledger.db"), "_busy_timeout=1000", nil)
	require.NoError(t, err)
	_, err = db.Exec("UPDATE state SET seq = seq + 1, analyzer = 'older'")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{b}))
	fresh := empty(t, opt.Points.Address, "help")
	require.NoError(t, fresh.Replace(t.Context(), "help", []kb.Entry{b, a}))
	q := kb.Query{KB: "help", Text: "first part", Audience: kb.Agent, AsOf: january, Depth: 9, Vector: a.Chunks[1].Vector, Model: embedder.Model()}
	want, err := fresh.Search(t.Context(), q)
	require.NoError(t, err)
	got, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	alike(t, want, got, "")
	c, err := points.Open(opt.Points)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	list, err := c.Collections(t.Context(), opt.Prefix)
	require.NoError(t, err)
	require.Equal(t, []string{opt.Prefix + ".help.s2.v1.g2"}, list)
}

// While Qdrant is away a question is refused with what to do, and a write waits.
func TestQdrantAway(t *testing.T) {
	server := pointstest.Start(t)
	x := open(t, options(t, server.Address(), "help"))
	e := book(t, embedder, "a", "first", 3)
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{e}))
	server.Stop()
	_, err := x.Search(t.Context(), kb.Query{KB: "help", Text: "books", Audience: kb.Agent, AsOf: january})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, "check that it runs")
	_, err = x.Document(t.Context(), "help", e.Document.ID)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	_, err = x.Check(t.Context())
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	var group errgroup.Group
	second := book(t, embedder, "a", "second", 2)
	group.Go(func() error { return x.Replace(context.WithoutCancel(t.Context()), "help", []kb.Entry{second}) })
	time.Sleep(50 * time.Millisecond)
	server.Start()
	require.NoError(t, group.Wait())
	require.Equal(t, shelfOf(map[string]kb.Entry{"a": second}), shelf(t, x))
}

// A collection that is gone is no document that is gone.
func TestLostCollection(t *testing.T) {
	opt := options(t, pointstest.Start(t).Address(), "help")
	x := open(t, opt)
	e := book(t, embedder, "a", "first", 3)
	require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{e}))
	c, err := points.Open(opt.Points)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.NoError(t, c.Drop(t.Context(), opt.Prefix+".help.s2.v1.g1"))
	_, err = x.Search(t.Context(), kb.Query{KB: "help", Text: "books", Audience: kb.Agent, AsOf: january})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, "is not in Qdrant: check index.qdrant.address")
	_, err = x.Document(t.Context(), "help", e.Document.ID)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Equal(t, kb.Unavailable, kb.CodeOf(x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "b", "first", 1)})))
}
