package ingesttest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// Walkable is an index that can be filled and read as a whole.
type Walkable interface {
	Subject
	audit.Walker
}

// Walk runs the contract of audit.Walker. New returns an empty index with the
// knowledge bases it is given. Vectors come back to six digits.
func Walk(t *testing.T, new func(t *testing.T, bases ...string) Walkable) {
	t.Helper()
	x := new(t, base, "other")
	collect := func(ids ...string) (list []kb.Entry) {
		require.NoError(t, x.Walk(t.Context(), base, ids, func(e kb.Entry) error { list = append(list, e); return nil }))
		return list
	}
	require.Empty(t, collect())
	require.Equal(t, kb.NotFound, kb.CodeOf(x.Walk(t.Context(), "elsewhere", nil, func(kb.Entry) error { return nil })))

	entries := kbtest.HelpCentre(base)
	require.NoError(t, kbtest.Embed(t.Context(), kbtest.Embedder{}, entries))
	entries[1].Chunks[0].Vector, entries[1].Chunks[0].Model = nil, ""
	entries = append(entries, entry("empty", ""))
	put(t, x, entries...)
	put(t, x, entry("gone", "apple\n"))
	require.NoError(t, x.Delete(t.Context(), base, []string{entry("gone", "").Document.ID}))
	require.NoError(t, x.Replace(t.Context(), "other", []kb.Entry{kbtest.Entry(kb.Document{KB: "other", Source: "s", Path: "b", Text: "plum\n"})}))

	slices.SortFunc(entries, func(a, b kb.Entry) int { return strings.Compare(a.Document.ID, b.Document.ID) })
	got := collect()
	require.Len(t, got, len(entries))
	for i, want := range entries {
		require.Equal(t, want.Document, got[i].Document)
		require.Len(t, got[i].Chunks, len(want.Chunks))
		for j, chunk := range want.Chunks {
			have := got[i].Chunks[j]
			require.InDeltaSlice(t, []float32(chunk.Vector), []float32(have.Vector), 1e-6)
			have.Vector = chunk.Vector
			require.Equal(t, chunk, have)
		}
	}
	some := collect(got[3].Document.ID, "unknown", got[1].Document.ID, got[3].Document.ID, entry("gone", "").Document.ID)
	require.Equal(t, []kb.Entry{got[1], got[3]}, some)
	require.NoError(t, x.Walk(t.Context(), base, []string{}, func(kb.Entry) error { return errors.New("none was named") }))
	enough := errors.New("enough")
	require.ErrorIs(t, x.Walk(t.Context(), base, nil, func(kb.Entry) error { return enough }), enough)
}
