package local

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestRowsHoldAsLongAsTheirDocument(t *testing.T) {
	var k rows
	one, two := &kb.Document{ID: "one"}, &kb.Document{ID: "one", Title: "changed"}
	k.put(7, &row{of: one, chunk: kb.Chunk{ID: "c"}})
	var got []int
	do := func(w wanted, r *row) {
		require.Equal(t, "c", r.chunk.ID)
		got = append(got, w.at)
	}
	other := wanted{8, one, 1}
	require.Equal(t, []wanted{other}, k.get([]wanted{{7, one, 0}, other}, do))
	require.Equal(t, []int{0}, got)
	stale := []wanted{{7, two, 0}}
	require.Equal(t, stale, k.get(stale, do))
	require.Len(t, got, 1)
}

func TestRowsAreBounded(t *testing.T) {
	var k rows
	doc := &kb.Document{}
	text := strings.Repeat("x", 1<<20)
	asked := wanted{0, doc, 0}
	for i := range int64(500) {
		k.put(i, &row{of: doc, chunk: kb.Chunk{Text: text}})
		kept := 0
		for _, half := range []map[int64]*row{k.young, k.old} {
			for _, r := range half {
				kept += r.bytes()
			}
		}
		require.LessOrEqual(t, kept, maxRows+4<<20)
		require.Empty(t, k.get([]wanted{asked}, func(wanted, *row) {}), "what is asked for again and again stays")
	}
}

func TestFilledCandidatesShareNothingThatChanges(t *testing.T) {
	r := &row{of: &kb.Document{}, chunk: kb.Chunk{Heading: []string{"a"}, Vector: kb.Vector{1}},
		terms: kb.Terms{Title: []kb.Term{{ID: 1}}, Body: []kb.Term{{ID: 2}, {ID: 3}}}}
	var c, again kb.Candidate
	r.fill(&c)
	require.Equal(t, r.terms, c.Terms)
	c.Chunk.Heading[0], c.Chunk.Vector[0], c.Terms.Body[0].ID = "b", 2, 9
	c.Terms.Title = append(c.Terms.Title, kb.Term{ID: 4})
	r.fill(&again)
	require.Equal(t, r.terms, again.Terms)
	require.Equal(t, r.chunk, again.Chunk)
	require.Equal(t, uint32(9), c.Terms.Body[0].ID)
}
