package ledger

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/terms"
)

func open(t *testing.T, path string) *File {
	t.Helper()
	f, err := Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f
}

var words = []string{"refund", "invoice", "password", "sync", "mail", "trash"}

func number(term string) uint32 { return uint32(slices.Index(words, term)) * 70_000 }

func chunk(r *rand.Rand, doc *kb.Document, id string) Chunk {
	c := kb.Chunk{Heading: []string{words[r.IntN(len(words))]}}
	for range r.IntN(9) {
		c.Text += words[r.IntN(len(words))] + " "
	}
	return Chunk{ID: id, Embedded: r.IntN(2) == 0, Terms: terms.Encode(terms.NewAnalyzer().Chunk(doc, &c), number), Pieces: terms.Pieces(doc, &c)}
}

func entry(r *rand.Rand) Entry {
	day := func() time.Time {
		if r.IntN(2) == 0 {
			return time.Time{}
		}
		return time.Date(2026, 1, 1+r.IntN(3), 0, 0, 0, 1000, time.UTC)
	}
	e := Entry{Revision: fmt.Sprint(r.IntN(1e9)), Document: kb.Document{
		ID: fmt.Sprintf("d%d", r.IntN(12)), KB: "help", Title: words[r.IntN(len(words))], Audience: []kb.Audience{kb.Public, kb.Agent}[r.IntN(2)],
		Language: []string{"en", "de", ""}[r.IntN(3)], Product: []string{"", "desk"}[r.IntN(2)], ValidFrom: day(), ValidUntil: day(), Updated: day(),
	}}
	if r.IntN(2) == 0 {
		e.Document.Tags = []string{"x", "y"}
	}
	for n := range r.IntN(4) {
		e.Chunks = append(e.Chunks, chunk(r, &e.Document, fmt.Sprintf("%s.%d", e.Document.ID, n)))
	}
	return e
}

func TestCountsComeBackAsTheyWerePacked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		want, counts, pieces := tally{chunks: r.IntN(1000), embedded: r.IntN(1000), length: r.Uint64() >> 20}, map[uint32]uint32{}, map[uint16]uint32{}
		for range r.IntN(50) {
			term, piece := r.Uint32(), uint16(r.IntN(30_000))
			for range 1 + r.IntN(3) {
				want.terms, want.pieces = append(want.terms, term), append(want.pieces, piece)
				counts[term]++
				pieces[piece]++
			}
		}
		packed := want.pack()
		require.NoError(t, check(packed))
		in := reader{b: packed}
		require.Equal(t, []uint64{uint64(want.chunks), uint64(want.embedded), want.length}, []uint64{in.next(), in.next(), in.next()})
		in.counts(func(id, n uint32) {
			require.Equal(t, counts[id], n)
			delete(counts, id)
		})
		in.counts(func(id, n uint32) {
			require.Equal(t, pieces[uint16(id)], n)
			delete(pieces, uint16(id))
		})
		require.False(t, in.bad)
		require.Empty(t, in.b)
		require.Empty(t, counts)
		require.Empty(t, pieces)
		require.Error(t, check(packed[:len(packed)-1]))
		require.Error(t, check(append(packed, 0)))
	}
	require.Error(t, check(tally{pieces: []uint16{1<<16 - 1}}.pack()), "there is no such piece")
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(tally{chunks: 1, terms: []uint32{7, 9, 9}, pieces: []uint16{3}}.pack())
	f.Fuzz(func(t *testing.T, packed []byte) {
		if check(packed) != nil {
			return
		}
		s, d := newSide(), &document{meta: &kb.Document{}, counts: packed}
		s.add(d, 1)
		s.add(d, -1)
		require.Empty(t, s.df)
		require.Zero(t, slices.Max(s.pieces))
	})
}

// known is what a file says of all that it knows.
func known(f *File) any {
	var out []any
	for audience, a := range []kb.Audience{kb.Public, kb.Agent} {
		s := f.sides[audience]
		out = append(out, s.chunks, s.embedded, s.length, s.df, s.pieces, s.languages, s.bounded)
		for _, q := range []kb.Query{
			{Text: "refunds mail nothing", Audience: a, AsOf: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
			{Text: "sync", Audience: a, Filter: kb.Filter{Product: []string{"desk"}, Language: []string{"EN"}}},
		} {
			out = append(out, f.Ask(q, number))
		}
	}
	metas := map[string]kb.Document{}
	for _, id := range f.IDs() {
		metas[id] = *f.Meta(id)
	}
	return append(out, metas, f.Count(), f.Revisions(f.IDs()), slices.Sorted(maps.Keys(f.Empty())))
}

// After any changes, a file that made them, one that saw them happen, one that is
// opened then and one that only has what is left know the same.
func TestStatisticsAreThoseOfWhatIsThere(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		path := filepath.Join(t.TempDir(), "v1.ledger.db")
		a, b := open(t, path), open(t, path)
		left := map[string]Entry{}
		for range 10 {
			var list []Entry
			for range r.IntN(5) {
				if e := entry(r); !slices.ContainsFunc(list, func(x Entry) bool { return x.Document.ID == e.Document.ID }) {
					list = append(list, e)
				}
			}
			var gone []string
			if id := fmt.Sprintf("d%d", r.IntN(12)); !slices.ContainsFunc(list, func(x Entry) bool { return x.Document.ID == id }) {
				gone = append(gone, id)
			}
			if r.IntN(6) == 0 { // another collection
				left, gone = map[string]Entry{}, nil
				state, err := a.Refresh(t.Context())
				require.NoError(t, err)
				state.Generation++
				require.NoError(t, a.Use(t.Context(), state, list))
			} else {
				require.NoError(t, a.Commit(t.Context(), list, gone))
			}
			for _, e := range list {
				left[e.Document.ID] = e
			}
			for _, id := range gone {
				delete(left, id)
			}
			a, b = b, a
		}
		fresh := open(t, filepath.Join(t.TempDir(), "fresh.db"))
		require.NoError(t, fresh.Commit(t.Context(), slices.Collect(maps.Values(left)), nil))
		want := known(fresh)
		for _, f := range []*File{a, b, open(t, path)} {
			_, err := f.Refresh(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, known(f))
			var chunks, embedded []string
			for _, e := range left {
				for _, c := range e.Chunks {
					if chunks = append(chunks, c.ID); c.Embedded {
						embedded = append(embedded, c.ID)
					}
				}
			}
			have, err := f.Embedded(t.Context(), append(chunks, "nobody's"))
			require.NoError(t, err)
			require.ElementsMatch(t, embedded, slices.Collect(maps.Keys(have)))
		}
	}
}

func TestChanged(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "v1.ledger.db"))
	r := rand.New(rand.NewPCG(5, 6))
	a, b := entry(r), entry(r)
	a.Document.ID, b.Document.ID, a.Chunks, b.Chunks = "a", "b", nil, nil
	seq := func() int64 {
		s, err := f.Refresh(t.Context())
		require.NoError(t, err)
		return s.Seq
	}
	changed := func(since int64) string {
		ids := slices.Sorted(slices.Values(f.Changed(since, map[string]bool{"a": true, "b": true, "c": true})))
		return strings.Join(ids, "")
	}
	start := seq()
	require.NoError(t, f.Commit(t.Context(), []Entry{a, b}, nil))
	both := seq()
	require.NoError(t, f.Commit(t.Context(), []Entry{b}, []string{"a", "c"}))
	require.Equal(t, "ab", changed(start))
	require.Equal(t, "ab", changed(both), "what is gone has changed")
	now := seq()
	require.Empty(t, changed(now))
	require.NoError(t, f.Commit(t.Context(), []Entry{a}, nil))
	require.Equal(t, "a", changed(now))
	require.Empty(t, f.Changed(start, map[string]bool{}))
	require.Equal(t, []string{"b"}, f.Changed(start, map[string]bool{"b": true}))
	require.ElementsMatch(t, []string{"a", "b"}, f.Changed(start, nil))
}

func TestLeftovers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v1.ledger.db")
	f := open(t, path)
	left := func(f *File) map[string]string {
		out, err := f.Leftovers(t.Context())
		require.NoError(t, err)
		return out
	}
	require.Empty(t, left(f))
	require.NoError(t, f.Intend(t.Context(), []string{"a", "b"}))
	require.Equal(t, map[string]string{"a": "", "b": ""}, left(open(t, path)), "nothing counts of them yet")
	require.NoError(t, f.Commit(t.Context(), []Entry{{Document: kb.Document{ID: "a"}, Revision: "r1"}}, nil))
	require.Equal(t, map[string]string{"a": "r1", "b": ""}, left(f))
	require.NoError(t, f.Cleared(t.Context(), left(f)))
	require.Empty(t, left(f))
	require.NoError(t, f.Intend(t.Context(), []string{"c"}))
	require.NoError(t, f.Commit(t.Context(), []Entry{{Document: kb.Document{ID: "c"}, Revision: "r1", Only: true}}, nil))
	require.Empty(t, left(f), "what counts is all that there is")
	require.NoError(t, f.Commit(t.Context(), nil, []string{"a"}))
	require.Equal(t, map[string]string{"a": ""}, left(f))
	require.NoError(t, f.Use(t.Context(), State{Generation: 1}, nil))
	require.Empty(t, left(f), "they stay in the collection before")
}

// A ledger of before the prefix was noted opens, with all that it has.
func TestLedgerOfBeforePrefixes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v1.ledger.db")
	f, err := Open(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, f.Use(t.Context(), State{Generation: 2, Prefix: "desk"}, []Entry{{Document: kb.Document{ID: "a"}, Revision: "r1"}}))
	require.Equal(t, "desk", Prefix(t.Context(), path))
	for _, undo := range []string{"ALTER TABLE state DROP COLUMN prefix", "DELETE FROM goose_db_version WHERE version_id = 3"} {
		_, err = f.db.ExecContext(t.Context(), undo)
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
	require.Empty(t, Prefix(t.Context(), path))

	f = open(t, path)
	state, err := f.Refresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, State{Seq: 1, Generation: 2}, state)
	require.Equal(t, []string{"a"}, f.IDs())
	require.NoError(t, f.Name(t.Context(), "shop"))
	require.Equal(t, "shop", Prefix(t.Context(), path))
}

// A commit that fails changes nothing.
func TestCommitIsWholeOrNothing(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "v1.ledger.db"))
	good := Entry{Document: kb.Document{ID: "a"}, Revision: "r1"}
	bad := Entry{Document: kb.Document{ID: "b"}, Revision: "r1", Chunks: []Chunk{{ID: "c", Terms: []byte{0xff}}}}
	require.Error(t, f.Commit(t.Context(), []Entry{good, bad}, nil))
	state, err := f.Refresh(t.Context())
	require.NoError(t, err)
	require.Equal(t, State{}, state)
	require.Empty(t, f.IDs())
}

func TestDamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "v1.ledger.db")
	require.NoError(t, os.WriteFile(path, []byte("This is no database, however long it is looked at."), 0o600))
	_, err := Open(t.Context(), path)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "is damaged")

	path = filepath.Join(t.TempDir(), "v1.ledger.db")
	f := open(t, path)
	require.NoError(t, f.Commit(t.Context(), []Entry{{Document: kb.Document{ID: "a"}, Revision: "r1"}}, nil))
	_, err = f.db.ExecContext(t.Context(), "UPDATE documents SET counts = x'ff'")
	require.NoError(t, err)
	_, err = Open(t.Context(), path)
	require.ErrorIs(t, err, errDamaged)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), "%v", err)
	require.ErrorContains(t, err, "is damaged")
}
