package audit_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/local"
)

const base = "help"

func open(t *testing.T, dir string) *local.Index {
	t.Helper()
	x, err := local.Open(t.Context(), local.Options{Dir: dir, Version: func(_ context.Context, name string) (string, error) {
		if name != base {
			return "", kb.Errorf(kb.NotFound, "no knowledge base %s", name)
		}
		return "v1", nil
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

// manifest is one that has the entries it was made with.
type manifest []kb.DocumentInfo

func of(entries []kb.Entry) manifest {
	var m manifest
	for _, e := range entries {
		info := kb.DocumentInfo{Document: e.Document, Status: kb.Ready, Chunks: len(e.Chunks)}
		info.Text = ""
		m = append(m, info)
	}
	slices.SortFunc(m, func(a, b kb.DocumentInfo) int { return strings.Compare(a.ID, b.ID) })
	return m
}

func (m manifest) List(_ context.Context, l kb.Listing) (page []kb.DocumentInfo, err error) {
	for _, info := range m {
		if info.ID > l.After && len(page) < l.Limit {
			page = append(page, info)
		}
	}
	return page, nil
}

func filled(t *testing.T, dir string) (*local.Index, []kb.Entry) {
	x := open(t, dir)
	entries := kbtest.HelpCentre(base)
	require.NoError(t, kbtest.Embed(t.Context(), kbtest.Embedder{}, entries))
	require.NoError(t, x.Replace(t.Context(), base, entries))
	return x, entries
}

func kinds(r audit.Report) map[string]audit.Kind {
	out := map[string]audit.Kind{}
	for _, f := range r.Faults {
		out[f.Document.Path] = f.Kind
	}
	return out
}

func TestVerifyFindsAndMendsWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	x, entries := filled(t, dir)
	ctx := t.Context()
	whole, err := audit.Verify(ctx, base, of(entries), x, false)
	require.NoError(t, err)
	require.Empty(t, whole.Faults)
	require.Equal(t, len(entries), whole.Documents)
	require.Positive(t, whole.Chunks)
	require.Zero(t, whole.Swept)

	lost, extra, stale, damaged := entries[0], entries[1], entries[2], entries[3]
	require.NoError(t, x.Delete(ctx, base, []string{lost.Document.ID}))
	m := of(entries)
	for i := range m {
		if m[i].ID == stale.Document.ID {
			m[i].Audience = kb.Public
			if stale.Document.Audience == kb.Public {
				m[i].Audience = kb.Agent
			}
		}
	}
	m = slices.DeleteFunc(m, func(d kb.DocumentInfo) bool { return d.ID == extra.Document.ID })
	require.NoError(t, x.Close())
	db, err := sql.Open("sqlite", filepath.Join(dir, base, "v1.db"))
	require.NoError(t, err)
	_, err = db.Exec("UPDATE chunks SET text = replace(text, 'e', 'i') WHERE id = ?", damaged.Chunks[0].ID)
	require.NoError(t, err)
	require.NoError(t, db.Close())

	x = open(t, dir)
	want := map[string]audit.Kind{lost.Document.Path: audit.Lost, extra.Document.Path: audit.Extra, stale.Document.Path: audit.Stale, damaged.Document.Path: audit.Damaged}
	for range 2 { // looking changes nothing
		r, err := audit.Verify(ctx, base, m, x, false)
		require.NoError(t, err)
		require.Equal(t, want, kinds(r))
	}
	r, err := audit.Verify(ctx, base, m, x, true)
	require.NoError(t, err)
	require.Equal(t, want, kinds(r))
	held, err := x.Holds(ctx, base, []string{lost.Document.ID, extra.Document.ID, stale.Document.ID, damaged.Document.ID, entries[4].Document.ID})
	require.NoError(t, err)
	require.Equal(t, map[string]bool{entries[4].Document.ID: true}, held, "the next ingest reads the others again")

	require.NoError(t, x.Replace(ctx, base, []kb.Entry{lost, stale, damaged}))
	r, err = audit.Verify(ctx, base, of(slices.DeleteFunc(slices.Clone(entries), func(e kb.Entry) bool { return e.Document.ID == extra.Document.ID })), x, false)
	require.NoError(t, err)
	require.Empty(t, r.Faults)
}

func TestVerifyOfAnUnknownBase(t *testing.T) {
	x := open(t, t.TempDir())
	_, err := audit.Verify(t.Context(), "elsewhere", manifest{}, x, false)
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

func TestCopyIsTheSameIndex(t *testing.T) {
	from, entries := filled(t, t.TempDir())
	var many []kb.Entry
	for i := range 200 {
		e := kbtest.Entry(kb.Document{KB: base, Source: "more", Path: fmt.Sprintf("%03d.md", i), Title: "More", Text: fmt.Sprintf("# One\n\nnumber %d\n", i), Language: "en"})
		many = append(many, e)
	}
	require.NoError(t, from.Replace(t.Context(), base, many))
	to := open(t, t.TempDir())
	var said []audit.Copied
	done, err := audit.Copy(t.Context(), base, from, to, func(c audit.Copied) { said = append(said, c) })
	require.NoError(t, err)
	require.Equal(t, len(entries)+len(many), done.Documents)
	require.Equal(t, done, said[len(said)-1])
	require.Greater(t, len(said), 3)
	r, err := audit.Verify(t.Context(), base, of(append(entries, many...)), to, false)
	require.NoError(t, err)
	require.Empty(t, r.Faults)
	require.Equal(t, done.Chunks, r.Chunks)
	vectors, err := kbtest.Embedder{}.Embed(t.Context(), kb.EmbedQuery, []string{"refund of an invoice"})
	require.NoError(t, err)
	q := kb.Query{KB: base, Text: "refund of an invoice", Vector: vectors[0], Model: kbtest.Embedder{}.Model(), Audience: kb.Agent, AsOf: kbtest.Now, Depth: 20}
	one, err := from.Search(t.Context(), q)
	require.NoError(t, err)
	two, err := to.Search(t.Context(), q)
	require.NoError(t, err)
	require.Equal(t, len(one.List), len(two.List))
	for i := range one.List {
		require.Equal(t, one.List[i].Chunk, two.List[i].Chunk)
		require.Equal(t, one.List[i].Legs, two.List[i].Legs)
	}
}
