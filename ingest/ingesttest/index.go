// Package ingesttest is the contract of ingest.Index as a suite.
package ingesttest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

// Subject is an index whose content can be looked at.
type Subject interface {
	ingest.Index
	retrieval.Index
}

const base = "help"

type maker = func(t *testing.T, bases ...string) Subject

// Index runs the contract of ingest.Index. New returns an empty index with the
// knowledge bases it is given.
func Index(t *testing.T, new func(t *testing.T, bases ...string) Subject) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, maker){
		"unknown base": testUnknown, "replace": testReplace, "repeat": testRepeat, "metadata": testMetadata,
		"vectors": testVectors, "positions": testPositions, "delete": testDelete, "bases": testBases, "empty": testEmpty, "holds": testHolds,
	} {
		t.Run(name, func(t *testing.T) { test(t, new) })
	}
}

func entry(path, text string) kb.Entry {
	return kbtest.Entry(kb.Document{KB: base, Source: "s", Path: path, Title: "Title", Text: text, Language: "en"})
}

func put(t *testing.T, x Subject, entries ...kb.Entry) {
	t.Helper()
	require.NoError(t, x.Replace(t.Context(), base, entries))
}

// found returns the chunks that hold a word, with their texts, ordered by document and
// ordinal.
func found(t *testing.T, x Subject, text string) []kb.Candidate {
	t.Helper()
	c := retrievaltest.Whole(t, x, kb.Query{KB: base, Text: text, Audience: kb.Agent, AsOf: kbtest.Now, Depth: 100})
	slices.SortFunc(c.List, func(a, b kb.Candidate) int {
		if a.Document.Path != b.Document.Path {
			return slices.Compare([]string{a.Document.Path}, []string{b.Document.Path})
		}
		return a.Chunk.Ordinal - b.Chunk.Ordinal
	})
	return c.List
}

func testUnknown(t *testing.T, new maker) {
	x := new(t, base)
	require.Equal(t, kb.NotFound, kb.CodeOf(x.Replace(t.Context(), "elsewhere", nil)))
	require.Equal(t, kb.NotFound, kb.CodeOf(x.Delete(t.Context(), "elsewhere", []string{"x"})))
	_, err := x.Embedded(t.Context(), "elsewhere", "m", nil)
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

func testReplace(t *testing.T, new maker) {
	x := new(t, base)
	put(t, x, entry("a", "# One\n\napple pear\n# Two\n\nplum\n"), entry("b", "apple\n"))
	require.Len(t, found(t, x, "apple"), 2)
	put(t, x, entry("a", "# Two\n\nplum\n# Three\n\ncherry\n"))
	require.Empty(t, found(t, x, "pear"))
	require.Len(t, found(t, x, "apple"), 1)
	require.Len(t, found(t, x, "cherry"), 1)
	require.Len(t, found(t, x, "plum"), 1)
}

func testRepeat(t *testing.T, new maker) {
	x := new(t, base)
	e := entry("a", "# One\n\napple\n# Two\n\nplum\n")
	put(t, x, e)
	before := found(t, x, "apple plum")
	put(t, x, e)
	put(t, x, e, e)
	require.Equal(t, before, found(t, x, "apple plum"))
	require.Len(t, before, 2)
}

func testMetadata(t *testing.T, new maker) {
	x := new(t, base)
	e := entry("a", "apple\n")
	put(t, x, e)
	e.Document.Audience, e.Document.URL, e.Document.Tags = kb.Public, "https://example.com/a", []string{"fruit"}
	e.Document.Language = "de"
	put(t, x, e)
	list := found(t, x, "apple")
	require.Len(t, list, 1)
	want := e.Document
	want.Text = ""
	require.Equal(t, want, list[0].Document)
}

func testVectors(t *testing.T, new maker) {
	x := new(t, base)
	e := entry("a", "# One\n\napple\n# Two\n\nplum\n")
	ids := []string{e.Chunks[0].ID, e.Chunks[1].ID, "unknown"}
	embedded := func(model string) map[string]bool {
		have, err := x.Embedded(t.Context(), base, model, ids)
		require.NoError(t, err)
		return have
	}
	put(t, x, e)
	require.Empty(t, embedded("m"))
	vector := kb.Vector{0.6, 0.8}
	e.Chunks[0].Vector, e.Chunks[0].Model = vector, "m"
	put(t, x, e)
	require.Equal(t, map[string]bool{ids[0]: true}, embedded("m"))
	require.Empty(t, embedded("other"))
	e.Chunks[0].Vector, e.Chunks[0].Model = nil, ""
	e.Document.Product = "changed"
	put(t, x, e)
	require.Equal(t, map[string]bool{ids[0]: true}, embedded("m"), "a known chunk keeps its vector")
	near, err := x.Search(t.Context(), kb.Query{KB: base, Text: "apple", Vector: vector, Model: "m", Audience: kb.Agent, AsOf: kbtest.Now, Depth: 1})
	require.NoError(t, err)
	require.InDelta(t, 1, near.List[0].Cosine, 1e-5)
	e.Chunks[0].Vector, e.Chunks[0].Model = kb.Vector{1, 0, 0}, "other"
	put(t, x, e)
	require.Empty(t, embedded("m"))
	require.Equal(t, map[string]bool{ids[0]: true}, embedded("other"))
	put(t, x, entry("a", "# Two\n\nplum\n"))
	require.Empty(t, embedded("other"))
}

func testPositions(t *testing.T, new maker) {
	x := new(t, base)
	put(t, x, entry("a", "# One\n\napple\n"))
	moved := entry("a", "# Zéro\n\nplum\n# One\n\napple\n")
	put(t, x, moved)
	list := found(t, x, "apple")
	require.Len(t, list, 1)
	require.Equal(t, moved.Chunks[1], list[0].Chunk)
	require.Equal(t, entry("a", "# One\n\napple\n").Chunks[0].ID, list[0].Chunk.ID)
}

func testDelete(t *testing.T, new maker) {
	x := new(t, base)
	a, b := entry("a", "apple\n"), entry("b", "apple\n")
	put(t, x, a, b)
	require.NoError(t, x.Delete(t.Context(), base, []string{a.Document.ID, "unknown"}))
	list := found(t, x, "apple")
	require.Len(t, list, 1)
	require.Equal(t, "b", list[0].Document.Path)
	require.NoError(t, x.Delete(t.Context(), base, []string{a.Document.ID}))
	require.NoError(t, x.Delete(t.Context(), base, nil))
	put(t, x, a)
	require.Len(t, found(t, x, "apple"), 2)
}

func testBases(t *testing.T, new maker) {
	x := new(t, base, "other")
	put(t, x, entry("a", "apple\n"))
	require.NoError(t, x.Delete(t.Context(), "other", []string{entry("a", "").Document.ID}))
	require.Len(t, found(t, x, "apple"), 1)
	c, err := x.Search(t.Context(), kb.Query{KB: "other", Text: "apple", Audience: kb.Agent, AsOf: kbtest.Now, Depth: 1})
	require.NoError(t, err)
	require.Empty(t, c.List)
}

func testEmpty(t *testing.T, new maker) {
	x := new(t, base)
	put(t, x)
	put(t, x, entry("a", "apple\n"))
	put(t, x, entry("a", ""))
	require.Empty(t, found(t, x, "apple"))
	put(t, x, entry("a", "apple\n"))
	require.Len(t, found(t, x, "apple"), 1)
}

func testHolds(t *testing.T, new maker) {
	x := new(t, base)
	a, b, none := entry("a", "apple\n"), entry("b", "apple\n"), entry("none", "")
	holds := func() map[string]bool {
		have, err := x.Holds(t.Context(), base, []string{a.Document.ID, b.Document.ID, none.Document.ID, "unknown"})
		require.NoError(t, err)
		return have
	}
	require.Empty(t, holds())
	put(t, x, a, b, none)
	require.Equal(t, map[string]bool{a.Document.ID: true, b.Document.ID: true, none.Document.ID: true}, holds())
	require.NoError(t, x.Delete(t.Context(), base, []string{a.Document.ID, none.Document.ID}))
	require.Equal(t, map[string]bool{b.Document.ID: true}, holds())
	_, err := x.Holds(t.Context(), "elsewhere", []string{"x"})
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}
