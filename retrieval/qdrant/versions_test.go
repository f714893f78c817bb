package qdrant_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
)

// at is an index of the same folder that has another version of the base.
func at(t *testing.T, opt qdrant.Options, version string, beside bool) *qdrant.Index {
	t.Helper()
	opt.Beside = beside
	opt.Version = func(context.Context, string) (string, error) { return version, nil }
	return open(t, opt)
}

// living says of every base that some versions are live.
func living(versions ...string) func(context.Context, string) ([]string, error) {
	return func(context.Context, string) ([]string, error) { return versions, nil }
}

func TestVersionsStandSideBySide(t *testing.T) {
	t.Run("in memory", func(t *testing.T) { versions(t, pointstest.Start(t).Address()) })
	t.Run("Qdrant", func(t *testing.T) { versions(t, servertest.Address(t)) })
}

func versions(t *testing.T, address string) {
	opt := options(t, address, "help")
	client, err := points.Open(opt.Points)
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	alias := func() string {
		t.Helper()
		all, err := client.Aliases(t.Context())
		require.NoError(t, err)
		return all[opt.Prefix+".help"]
	}
	names := func() []string {
		t.Helper()
		list, err := client.Collections(t.Context(), opt.Prefix+".")
		require.NoError(t, err)
		return list
	}
	old, fresh := opt.Prefix+".help.s2.v1.g", opt.Prefix+".help.s2.v2.g1"
	one := at(t, opt, "v1", false)
	t.Cleanup(func() { require.NoError(t, one.Keep(context.WithoutCancel(t.Context()), living())) })
	require.NoError(t, one.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "first", 2)}))
	require.Equal(t, old+"1", alias())
	require.NoError(t, one.Replace(t.Context(), "help", []kb.Entry{book(t, kbtest.Embedder{Dim: 8}, "a", "first", 2)}))
	require.Equal(t, old+"2", alias(), "it goes with the generation")

	two := at(t, opt, "v2", true)
	require.NoError(t, two.Replace(t.Context(), "help", []kb.Entry{book(t, kbtest.Embedder{Dim: 32}, "a", "second", 2)}))
	require.Equal(t, old+"2", alias(), "what stands beside has none")
	n, err := one.Sweep(t.Context(), "help", true)
	require.NoError(t, err)
	require.Zero(t, n, "the other version is no leftover")
	require.Equal(t, []string{old + "2", fresh}, names())

	require.NoError(t, at(t, opt, "v2", false).Publish(t.Context(), "help"))
	require.Equal(t, fresh, alias())
	require.NoError(t, client.Switch(t.Context(), opt.Prefix+".help", old+"2")) // as if that had been cut off
	current := at(t, opt, "v2", false)
	require.NoError(t, current.Delete(t.Context(), "help", nil))
	require.Equal(t, fresh, alias(), "the next writer sees to it")

	// Another folder has a base of the same name on the same server.
	foreign := opt
	foreign.Dir = t.TempDir()
	theirs := at(t, foreign, "v9", true)
	require.NoError(t, theirs.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "theirs", 2)}))
	require.NoError(t, current.Keep(t.Context(), living("v2")))
	require.Equal(t, []string{fresh, opt.Prefix + ".help.s2.v9.g1"}, names())
	left, err := filepath.Glob(filepath.Join(opt.Dir, "help", "v1*"))
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, theirs.Keep(t.Context(), living()))
	require.Equal(t, []string{fresh}, names())
	require.Contains(t, shelf(t, current)["a"], "second")
	require.NoError(t, current.Drop(t.Context(), "help"))
	require.Empty(t, names())
	require.Empty(t, alias())
}

// A ledger remembers with which prefix its collection was made. One of before that was
// noted learns it from the next write that finds the collection.
func TestPrefixOfTheSettings(t *testing.T) {
	opt := options(t, pointstest.Start(t).Address(), "help")
	made, other := opt, opt
	other.Prefix += "-x"
	path := filepath.Join(opt.Dir, "help", "v1.ledger.db")
	require.NoError(t, open(t, made).Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "first", 2)}))
	require.Equal(t, made.Prefix, ledger.Prefix(t.Context(), path))

	file, err := ledger.Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, file.Name(t.Context(), ""))
	require.NoError(t, file.Close())
	_, err = open(t, other).Search(t.Context(), books)
	require.ErrorContains(t, err, "is not in Qdrant: check index.qdrant.address and index.qdrant.prefix")
	_, err = open(t, other).Sweep(t.Context(), "help", false)
	require.NoError(t, err)
	require.Empty(t, ledger.Prefix(t.Context(), path), "what finds nothing tells nothing")
	require.NoError(t, open(t, made).Delete(t.Context(), "help", nil))
	require.Equal(t, made.Prefix, ledger.Prefix(t.Context(), path))

	x := open(t, other)
	_, err = x.Search(t.Context(), books)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, "set index.qdrant.prefix: "+made.Prefix)
	require.ErrorContains(t, x.Replace(t.Context(), "help", nil), "set index.qdrant.prefix: "+made.Prefix)
	collections, _ := stored(t, made)
	require.Equal(t, 1, collections)
	require.NoError(t, x.Keep(t.Context(), living()))
	collections, _ = stored(t, made)
	require.Zero(t, collections, "a version that is discarded goes whatever the settings say now")
}

// Qdrant goes on making a collection for a process that died, and lists it when it is
// made: here after those that discard its version asked what there is.
func TestDiscardedWhileItIsMade(t *testing.T) {
	server := pointstest.Start(t)
	opt := options(t, server.Address(), "help")
	client, err := points.Open(opt.Points)
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	for name, made := range map[string]int{"first": 0, "next": 1} {
		t.Run(name, func(t *testing.T) {
			x := at(t, opt, "v1", true)
			require.NoError(t, x.Load(t.Context(), "help"))
			if made > 0 {
				require.NoError(t, x.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "text", 2)}))
			}
			var late, listed int
			server.Fail(func(method string, _ int) error {
				if method == "Collections/List" {
					listed++
				}
				if listed == 2 && late == 0 { // its answer is on its way
					late++
					return client.Create(t.Context(), fmt.Sprintf("%s.help.s2.v1.g%d", opt.Prefix, made+1), points.Spec{})
				}
				return nil
			})
			require.NoError(t, x.Keep(t.Context(), living()))
			server.Fail(nil)
			require.Equal(t, 1, late)
			list, err := client.Collections(t.Context(), opt.Prefix)
			require.NoError(t, err)
			require.Empty(t, list)
		})
	}
}

// A base is made without the write lock, and asked at once, while somebody removes what
// is left of one of the same name: what comes into it then is there after a restart.
func TestABaseThatIsMadeMeanwhileIsKept(t *testing.T) {
	opt := options(t, pointstest.Start(t).Address(), "help")
	require.NoError(t, at(t, opt, "v0", false).Load(t.Context(), "help"))
	serve := at(t, opt, "v1", false)
	require.NoError(t, at(t, opt, "v0", false).Keep(t.Context(), func(context.Context, string) ([]string, error) {
		return nil, serve.Load(t.Context(), "help")
	}))
	left, err := filepath.Glob(filepath.Join(opt.Dir, "help", "v0*"))
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, serve.Replace(t.Context(), "help", []kb.Entry{book(t, embedder, "a", "first", 2)}))
	n, err := at(t, opt, "v1", false).Count(t.Context(), "help")
	require.NoError(t, err)
	require.Equal(t, 1, n)

	require.Error(t, serve.Keep(t.Context(), func(context.Context, string) ([]string, error) { return nil, errors.New("away") }))
	n, err = serve.Count(t.Context(), "help")
	require.NoError(t, err)
	require.Equal(t, 1, n, "what cannot be told is kept")
}
