package local

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/recent"
	"github.com/askdesk/askdesk/retrieval/terms"
)

func TestRowsHoldAsLongAsTheirDocument(t *testing.T) {
	b := &base{rows: recent.New[int64, *row](maxRows)}
	one, two := &kb.Document{ID: "one"}, &kb.Document{ID: "one", Title: "changed"}
	b.rows.Put(7, &row{of: one, chunk: kb.Chunk{ID: "c"}}, 1)
	list := make([]kb.Candidate, 2)
	other := wanted{8, one, 1}
	require.Equal(t, []wanted{other}, b.kept([]wanted{{7, one, 0}, other}, list))
	require.Equal(t, "c", list[0].Chunk.ID)
	require.Empty(t, list[1].Chunk)
	stale := []wanted{{7, two, 1}}
	require.Equal(t, stale, b.kept(stale, list))
	require.Empty(t, list[1].Chunk)
}

func TestFilledCandidatesShareNothingThatChanges(t *testing.T) {
	r := &row{of: &kb.Document{}, chunk: kb.Chunk{Heading: []string{"a"}, Vector: kb.Vector{1}},
		words: terms.Words{Terms: kb.Terms{Title: []kb.Term{{ID: 1}}, Body: []kb.Term{{ID: 2}, {ID: 3}}}}}
	var c, again kb.Candidate
	r.fill(&c)
	require.Equal(t, r.words.Terms, c.Terms)
	c.Chunk.Heading[0], c.Chunk.Vector[0], c.Terms.Body[0].ID = "b", 2, 9
	c.Terms.Title = append(c.Terms.Title, kb.Term{ID: 4})
	r.fill(&again)
	require.Equal(t, r.words.Terms, again.Terms)
	require.Equal(t, r.chunk, again.Chunk)
	require.Equal(t, uint32(9), c.Terms.Body[0].ID)
}
