// Package retrievaltest is the contract of retrieval.Index as a suite.
package retrievaltest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
)

// Subject is an index that can be filled.
type Subject interface {
	retrieval.Index
	ingest.Index
}

const base = "help"

var embedder = kbtest.Embedder{}

// Index runs the contract of retrieval.Index. New returns an empty index with
// the knowledge bases it is given.
func Index(t *testing.T, new func(t *testing.T, bases ...string) Subject) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, func(t *testing.T, bases ...string) Subject){
		"unknown base": testUnknown, "empty base": testEmpty, "lists": testLists, "stored fields": testFields,
		"query terms": testQuery, "audience and validity": testAudience, "filters": testFilters,
		"filters inside the legs": testInside, "models": testModels, "ties": testTies, "order of ingestion": testOrder,
		"caller owns": testOwns, "cancelled": testCancelled, "whole documents": testWhole, "fill": testFill,
		"kept from the public": testKept, "word pieces": testPieces,
		"synonyms": testSynonyms, "mistyped synonym": testMistypedSynonym, "excluded words": testExcluded, "barred words": testBarred,
	} {
		t.Run(name, func(t *testing.T) { test(t, new) })
	}
}

type maker = func(t *testing.T, bases ...string) Subject

func filled(t *testing.T, new maker) Subject {
	x := new(t, base)
	entries := kbtest.HelpCentre(base)
	require.NoError(t, kbtest.Embed(t.Context(), embedder, entries))
	require.NoError(t, x.Replace(t.Context(), base, entries))
	return x
}

func query(text string) kb.Query {
	return kb.Query{KB: base, Text: text, Audience: kb.Agent, AsOf: kbtest.Now, Depth: 10}
}

func hybrid(t *testing.T, text string) kb.Query {
	vectors, err := embedder.Embed(t.Context(), kb.EmbedQuery, []string{text})
	require.NoError(t, err)
	q := query(text)
	q.Vector, q.Model = vectors[0], embedder.Model()
	return q
}

func search(t *testing.T, x Subject, q kb.Query) kb.Candidates {
	t.Helper()
	found, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	return found
}

// leg returns the candidates of one leg, best first.
func leg(found kb.Candidates, of func(kb.Legs) kb.Leg) []kb.Candidate {
	list := slices.DeleteFunc(slices.Clone(found.List), func(c kb.Candidate) bool { return of(c.Legs).Rank == 0 })
	slices.SortFunc(list, func(a, b kb.Candidate) int { return of(a.Legs).Rank - of(b.Legs).Rank })
	return list
}

func lexical(l kb.Legs) kb.Leg { return l.Lexical }

func dense(l kb.Legs) kb.Leg { return l.Dense }

func paths(list []kb.Candidate) []string {
	var out []string
	for _, c := range list {
		if !slices.Contains(out, c.Document.Path) {
			out = append(out, c.Document.Path)
		}
	}
	return out
}

func testUnknown(t *testing.T, new maker) {
	q := query("anything")
	q.KB = "elsewhere"
	_, err := new(t, base).Search(t.Context(), q)
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

func testEmpty(t *testing.T, new maker) {
	found := search(t, new(t, base), hybrid(t, "where is my invoice"))
	require.Empty(t, found.List)
	require.Zero(t, found.Chunks)
	require.Zero(t, found.Without)
	require.Equal(t, "invoice", found.Query[len(found.Query)-1].Text)
	require.Positive(t, found.Query[0].IDF)
}

func testLists(t *testing.T, new maker) {
	x := filled(t, new)
	for _, text := range []string{"address of an invoice", "refund", "E_CONN_42", "the password mail", "nothing known", ""} {
		for _, depth := range []int{1, 2, 3, 100} {
			q := hybrid(t, text)
			q.Depth = depth
			found := search(t, x, q)
			for _, of := range []func(kb.Legs) kb.Leg{lexical, dense} {
				list := leg(found, of)
				require.LessOrEqual(t, len(list), depth)
				for i, c := range list {
					require.Equal(t, i+1, of(c.Legs).Rank)
					require.LessOrEqual(t, of(c.Legs).Score, of(list[max(i-1, 0)].Legs).Score)
				}
			}
			require.Len(t, leg(found, dense), min(depth, found.Chunks))
			for i, c := range found.List {
				require.NotEqual(t, kb.Legs{}, c.Legs)
				require.True(t, i == 0 || found.List[i-1].Chunk.ID < c.Chunk.ID)
			}
		}
	}
	first := leg(search(t, x, query("change the address on an invoice")), lexical)[0]
	require.Equal(t, []string{"Change the address"}, first.Chunk.Heading)
	require.Positive(t, first.Legs.Lexical.Score)
	require.Equal(t, kb.Leg{}, first.Legs.Dense)
	first = leg(search(t, x, query("E_CONN_42")), lexical)[0]
	require.Equal(t, []string{"E_CONN_42"}, first.Chunk.Heading)
	require.Empty(t, search(t, x, query("zyzzyva")).List)
}

func testFields(t *testing.T, new maker) {
	x := filled(t, new)
	want := map[string]kb.Candidate{}
	entries := kbtest.HelpCentre(base)
	require.NoError(t, kbtest.Embed(t.Context(), embedder, entries))
	for _, e := range entries {
		e.Document.Text = ""
		for _, c := range e.Chunks {
			c.Vector = nil
			want[c.ID] = kb.Candidate{Chunk: c, Document: e.Document}
		}
	}
	q := hybrid(t, "a refund or an invoice")
	q.Depth = 100
	found := search(t, x, q)
	require.Len(t, found.List, found.Chunks)
	for _, c := range found.List {
		place, known := c.Chunk, want[c.Chunk.ID].Chunk
		place.Text, place.Span, place.RuneStart, place.Page = known.Text, known.Span, known.RuneStart, known.Page
		require.Equal(t, known, place, "all but what Fill reads is there")
		if c.Legs.Dense.Rank > 0 {
			require.InDelta(t, c.Legs.Dense.Score, c.Cosine, 5e-5)
		}
	}
	require.True(t, Fill(t, x, base, found))
	for _, c := range found.List {
		require.Equal(t, want[c.Chunk.ID].Chunk, c.Chunk)
		require.Equal(t, want[c.Chunk.ID].Document, c.Document)
		require.NotEmpty(t, c.Terms.Title)
		require.NotEmpty(t, c.Terms.Heading)
		require.NotEmpty(t, c.Terms.Body)
		require.True(t, slices.IsSortedFunc(c.Terms.Body, func(a, b kb.Term) int { return int(a.Pos) - int(b.Pos) }))
	}
}

func testQuery(t *testing.T, new maker) {
	x := filled(t, new)
	found := search(t, x, query("What is the address of the zyzzyva invoice? The address!"))
	var texts []string
	for _, term := range found.Query {
		texts = append(texts, term.Text)
		require.Positive(t, term.IDF)
	}
	require.Equal(t, []string{"address", "zyzzyva", "invoice"}, texts)
	require.Equal(t, []int{3, 6, 7}, []int{found.Query[0].Pos, found.Query[1].Pos, found.Query[2].Pos})
	require.Empty(t, found.Query[1].IDs)
	require.Greater(t, found.Query[1].IDF, found.Query[2].IDF, "an unseen term weighs most")
	for _, c := range leg(found, lexical) {
		all := slices.Concat(c.Terms.Title, c.Terms.Heading, c.Terms.Body)
		require.True(t, slices.ContainsFunc(all, func(term kb.Term) bool {
			return slices.Contains(found.Query[0].IDs, term.ID) || slices.Contains(found.Query[2].IDs, term.ID)
		}), "a hit has a term of the query")
	}
	require.NotEmpty(t, search(t, x, query("how do I")).Query, "of stop words alone, all are kept")
	identifier := search(t, x, query("error E_CONN_42")).Query
	require.Equal(t, "e_conn_42", identifier[1].Text)
	require.True(t, identifier[1].Identifier)
	require.False(t, identifier[0].Identifier)
}

func testAudience(t *testing.T, new maker) {
	x := filled(t, new)
	refunds := func(audience kb.Audience, at time.Time) []string {
		q := query("consent to a refund")
		q.Audience, q.AsOf = audience, at
		list := paths(leg(search(t, x, q), lexical))
		slices.Sort(list)
		return list
	}
	end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Equal(t, []string{"billing/refunds.md"}, refunds(kb.Agent, kbtest.Now))
	require.Equal(t, []string{"billing/refunds.md", "old/refunds.md"}, refunds(kb.Agent, end.Add(-time.Second)))
	require.Equal(t, []string{"billing/refunds.md"}, refunds(kb.Agent, end))
	require.Empty(t, refunds(kb.Public, kbtest.Now))
	require.Empty(t, refunds("", kbtest.Now))
	q := hybrid(t, "refund")
	q.Audience, q.Depth = kb.Public, 100
	for _, c := range search(t, x, q).List {
		require.Equal(t, kb.Public, c.Document.Audience)
	}
}

func testFilters(t *testing.T, new maker) {
	x := filled(t, new)
	invoices := kb.DocumentID(base, "help", "billing/invoices.md")
	for name, test := range map[string]struct {
		filter kb.Filter
		want   []string
	}{
		"document":   {kb.Filter{Document: []string{invoices, "unknown"}}, []string{"billing/invoices.md"}},
		"product":    {kb.Filter{Product: []string{"sync"}}, []string{"sync/errors.md"}},
		"version":    {kb.Filter{Version: []string{"1.4.2", "9"}}, []string{"sync/errors.md"}},
		"tags":       {kb.Filter{Tags: []string{"billing", "errors"}}, []string{"billing/invoices.md", "billing/refunds.md", "sync/errors.md"}},
		"language":   {kb.Filter{Language: []string{"DE"}}, []string{"de/passwort.md"}},
		"across":     {kb.Filter{Tags: []string{"billing"}, Document: []string{invoices}}, []string{"billing/invoices.md"}},
		"nothing":    {kb.Filter{Product: []string{"desk"}, Tags: []string{"errors"}}, nil},
		"exact case": {kb.Filter{Product: []string{"Sync"}}, nil},
	} {
		q := hybrid(t, "anything at all")
		q.Filter, q.Depth = test.filter, 100
		found := search(t, x, q)
		got := paths(found.List)
		slices.Sort(got)
		require.Equal(t, test.want, got, name)
		require.Len(t, found.List, found.Chunks, name)
	}
}

func testInside(t *testing.T, new maker) {
	x := filled(t, new)
	q := hybrid(t, "refund consent lead password")
	q.Depth = 1
	q.Filter.Product = []string{"sync"}
	q.Text = "the server refund"
	found := search(t, x, q)
	require.Len(t, leg(found, lexical), 1)
	require.Len(t, leg(found, dense), 1)
	require.Equal(t, []string{"sync/errors.md"}, paths(found.List))
}

func testModels(t *testing.T, new maker) {
	x := filled(t, new)
	q := hybrid(t, "refund")
	require.Zero(t, search(t, x, q).Without)
	q.Model = "another"
	found := search(t, x, q)
	require.Equal(t, found.Chunks, found.Without)
	require.Empty(t, leg(found, dense))
	plain := kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "plain.md", Title: "Plain", Text: "No vector here."})
	require.NoError(t, x.Replace(t.Context(), base, []kb.Entry{plain}))
	q = hybrid(t, "refund")
	require.Equal(t, 1, search(t, x, q).Without)
	q.Filter.Product = []string{"sync"}
	require.Zero(t, search(t, x, q).Without)
	require.Zero(t, search(t, x, query("refund")).Without)
}

func testTies(t *testing.T, new maker) {
	x := new(t, base)
	var entries []kb.Entry
	for _, path := range []string{"a", "b", "c", "d", "e", "f"} {
		entries = append(entries, kbtest.Entry(kb.Document{KB: base, Source: "help", Path: path, Title: "Same", Text: "Same text."}))
	}
	require.NoError(t, kbtest.Embed(t.Context(), embedder, entries))
	require.NoError(t, x.Replace(t.Context(), base, entries))
	q := hybrid(t, "same")
	all := search(t, x, q)
	q.Depth = 3
	some := search(t, x, q)
	require.Len(t, some.List, 3)
	for i, c := range some.List {
		require.Equal(t, all.List[i].Chunk.ID, c.Chunk.ID)
		require.Equal(t, i+1, c.Legs.Lexical.Rank)
		require.Equal(t, i+1, c.Legs.Dense.Rank)
	}
}

// strip removes what may differ between two indexes of the same content.
func strip(found kb.Candidates) kb.Candidates {
	for i := range found.Query {
		found.Query[i].IDs = make([]uint32, len(found.Query[i].IDs))
	}
	for i := range found.Excluded {
		found.Excluded[i].Terms = nil
	}
	for i := range found.List {
		found.List[i].Terms = kb.Terms{}
	}
	return found
}

func testOrder(t *testing.T, new maker) {
	x, y := filled(t, new), new(t, base)
	entries := kbtest.HelpCentre(base)
	require.NoError(t, kbtest.Embed(t.Context(), embedder, entries))
	other := kbtest.Entry(kb.Document{KB: base, Source: "help", Path: "gone.md", Title: "Gone", Text: "Refund and invoice, gone."})
	require.NoError(t, y.Replace(t.Context(), base, []kb.Entry{other}))
	for _, e := range slices.Backward(entries) {
		require.NoError(t, y.Replace(t.Context(), base, []kb.Entry{e}))
	}
	require.NoError(t, y.Delete(t.Context(), base, []string{other.Document.ID}))
	for _, text := range []string{"refund consent", "address of an invoice", "Passwort vergessen", "E_CONN_42 --retry", "gone"} {
		q := hybrid(t, text)
		require.Equal(t, strip(search(t, x, q)), strip(search(t, y, q)), text)
	}
}

func testOwns(t *testing.T, new maker) {
	x := filled(t, new)
	q := hybrid(t, "billing address invoice")
	found := search(t, x, q)
	clear(found.List)
	for i := range found.Query {
		clear(found.Query[i].IDs)
	}
	require.Equal(t, strip(search(t, filled(t, new), q)), strip(search(t, x, q)))
}

func testCancelled(t *testing.T, new maker) {
	x := filled(t, new)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := x.Search(ctx, hybrid(t, "refund"))
	require.ErrorIs(t, err, context.Canceled)
	require.NotEmpty(t, search(t, x, query("refund")).List)
}
