package qdrant_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/local"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
	"github.com/askdesk/askdesk/retrieval/retrievaltest"
)

var embedder = kbtest.Embedder{}

// author draws documents and questions from a few words, so that much is alike.
type author struct{ *rand.Rand }

func (a author) of(list ...string) string { return list[a.IntN(len(list))] }

func (a author) some(list ...string) (out []string) {
	for range a.IntN(3) {
		out = append(out, a.of(list...))
	}
	return out
}

var vocabulary = []string{
	"refund", "refunds", "invoice", "invoicing", "E_CONN_42", "connection", "GitHub", "single-sign-on", "sign", "on", "the", "password", "passwords",
	"reset", "Rechnung", "Rechnungen", "der", "v1.4.2", "sync", "client", "über", "--retry", "mail", "trash", "bin", "garbage", "second", "factor",
}

func (a author) words(n int) string {
	list := make([]string, 1+a.IntN(n))
	for i := range list {
		list[i] = a.of(vocabulary...)
	}
	return strings.Join(list, " ")
}

var january = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (a author) day() time.Time {
	if n := a.IntN(6); n < 3 {
		return january.AddDate(0, 0, n)
	}
	return time.Time{}
}

// entry is a document by one of a few paths; about one in five has no vectors.
func (a author) entry(t testing.TB) kb.Entry {
	var text strings.Builder
	for range a.IntN(4) {
		fmt.Fprintf(&text, "# %s\n\n%s.\n\n", a.words(2), a.words(12))
	}
	entries := []kb.Entry{kbtest.Entry(kb.Document{
		KB: "help", Source: a.of("s1", "s2"), Path: fmt.Sprintf("%d.md", a.IntN(20)), Title: a.words(2), URL: a.of("", "https://example.com/x"),
		Audience: kb.Audience(a.of("public", "agent")), Product: a.of("", "desk", "sync"), Version: a.of("1", "2"), Tags: a.some("x", "y", "z"),
		Language: a.of("en", "de", ""), Updated: a.day(), ValidFrom: a.day(), ValidUntil: a.day(), Text: text.String(),
	})}
	if a.IntN(5) > 0 {
		require.NoError(t, kbtest.Embed(context.Background(), embedder, entries))
	}
	return entries[0]
}

func (a author) query(t testing.TB) kb.Query {
	q := kb.Query{
		KB: "help", Text: a.words(5), Audience: kb.Audience(a.of("public", "agent", "")), Depth: 1 + a.IntN(20),
		AsOf: january.AddDate(0, 0, a.IntN(4)), Model: embedder.Model(),
	}
	if a.IntN(4) > 0 {
		vectors, err := embedder.Embed(context.Background(), kb.EmbedQuery, []string{q.Text})
		require.NoError(t, err)
		q.Vector = vectors[0]
	}
	if a.IntN(3) == 0 {
		q.Filter = kb.Filter{Product: a.some("", "desk", "nothing"), Version: a.some("1", "2"), Tags: a.some("x", "z"), Language: a.some("EN", "de", "")}
		if a.IntN(2) == 0 {
			q.Filter.Document = []string{kb.DocumentID("help", "s1", "3.md"), kb.DocumentID("help", "s2", "4.md")}
		}
	}
	if first, _, more := strings.Cut(q.Text, " "); more {
		span := kb.Span{End: len(first)}
		switch a.IntN(4) {
		case 0:
			q.Synonyms = []kb.Synonym{{Span: span, Texts: []string{a.of(vocabulary...), a.words(3), "nothing like it"}}}
		case 1:
			q.Text = "-" + q.Text
			q.Excluded = []kb.Exclusion{{Span: kb.Span{End: len(first) + 1}, Exact: true}}
		case 2:
			q.Excluded = []kb.Exclusion{{Span: span}}
		}
	}
	return q
}

// meaning is what candidates say, without the numbers of terms, which each index
// gives as it likes: a term is where it stands.
type meaning struct {
	kb.Candidates
	places map[uint32]string
}

func meant(found kb.Candidates) *meaning {
	m := &meaning{found, map[uint32]string{}}
	m.each(func(place string, term *kb.Term) { m.places[term.ID] += " " + place })
	return m
}

func (m *meaning) each(do func(place string, term *kb.Term)) {
	for i := range m.List {
		c := &m.List[i].Terms
		for f, field := range [][]kb.Term{c.Title, c.Heading, c.Body} {
			for k := range field {
				do(fmt.Sprintf("%d.%d.%d", i, f, field[k].Pos), &field[k])
			}
		}
	}
}

// terms are the sorted places of a candidate's terms.
func (m *meaning) terms() (list []string) {
	m.each(func(place string, term *kb.Term) { list = append(list, place+" is"+m.places[term.ID]) })
	slices.Sort(list)
	return list
}

func (m *meaning) words(list []kb.QueryTerm) (out []string) {
	for _, term := range list {
		var places []string
		for _, id := range term.IDs {
			places = append(places, m.places[id])
		}
		slices.Sort(places)
		out = append(out, fmt.Sprintf("%s %s %d %v %.9f %q", term.Text, term.Meant, term.Pos, term.Identifier, term.IDF, places))
	}
	return out
}

func (m *meaning) excluded() (out [][]string) {
	for _, x := range m.Excluded {
		out = append(out, append(m.words(x.Terms), fmt.Sprint(x.Span, x.Exact)))
	}
	return out
}

// alike compares candidates of two indexes.
func alike(t testing.TB, want, got kb.Candidates, about string) {
	t.Helper()
	a, b := meant(want), meant(got)
	require.Equal(t, a.words(a.Query), b.words(b.Query), about)
	require.Equal(t, a.excluded(), b.excluded(), about)
	require.Equal(t, want.Synonyms, got.Synonyms, about)
	require.Equal(t, []int{want.Chunks, want.Without}, []int{got.Chunks, got.Without}, about)
	require.Len(t, got.List, len(want.List), about)
	require.Equal(t, a.terms(), b.terms(), about)
	require.True(t, slices.Equal(want.PieceIDF, got.PieceIDF), about)
	for i := range want.List {
		w, g := want.List[i], got.List[i]
		require.InDelta(t, w.Legs.Lexical.Score, g.Legs.Lexical.Score, 1e-9, about)
		require.InDelta(t, w.Legs.Dense.Score, g.Legs.Dense.Score, 1e-6, about)
		require.InDelta(t, w.Cosine, g.Cosine, 1e-6, about)
		for _, c := range []*kb.Candidate{&w, &g} {
			c.Terms, c.Cosine, c.Legs.Lexical.Score, c.Legs.Dense.Score = kb.Terms{}, 0, 0, 0
		}
		require.Equal(t, w, g, about)
	}
}

// TestSameCandidates is what the index is for: whatever happened to it, it proposes
// what the embedded one does.
func TestSameCandidates(t *testing.T) {
	t.Parallel()
	t.Run("in memory", func(t *testing.T) { sameCandidates(t, pointstest.Start(t).Address(), histories) })
	t.Run("Qdrant", func(t *testing.T) { sameCandidates(t, servertest.Address(t), 3) })
}

func sameCandidates(t *testing.T, address string, n int) {
	for seed := range uint64(n) {
		a := author{rand.New(rand.NewPCG(seed, 1))}
		opt := options(t, address, "help")
		opt.Exact = true
		x := open(t, opt)
		t.Cleanup(func() { require.NoError(t, x.Keep(context.WithoutCancel(t.Context()), living())) })
		embedded, err := local.Open(t.Context(), local.Options{Dir: t.TempDir(), Version: opt.Version})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, embedded.Close()) })
		for step := range 6 {
			change(t, a, embedded, x)
			for n := range 8 {
				q := a.query(t)
				want, got := retrievaltest.Whole(t, embedded, q), retrievaltest.Whole(t, x, q)
				alike(t, want, got, fmt.Sprintf("history %d, step %d, question %d: %+v", seed, step, n, q))
			}
		}
	}
}

// change makes a random change of all indexes.
func change(t *testing.T, a author, indexes ...retrievaltest.Subject) {
	var entries []kb.Entry
	for range a.IntN(8) {
		entries = append(entries, a.entry(t))
	}
	var gone []string
	for range a.IntN(3) {
		gone = append(gone, kb.DocumentID("help", a.of("s1", "s2"), fmt.Sprintf("%d.md", a.IntN(20))))
	}
	for _, x := range indexes {
		require.NoError(t, x.Replace(t.Context(), "help", entries))
		require.NoError(t, x.Delete(t.Context(), "help", gone))
	}
}

// Of many chunks that are alike the same ones are returned, though the server
// proposes any of them.
func TestSameOfManyAlike(t *testing.T) {
	opt := options(t, pointstest.Start(t).Address(), "help")
	x := open(t, opt)
	embedded, err := local.Open(t.Context(), local.Options{Dir: t.TempDir(), Version: opt.Version})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, embedded.Close()) })
	var entries []kb.Entry
	for i := range 150 {
		entries = append(entries, kbtest.Entry(kb.Document{KB: "help", Source: "s", Path: fmt.Sprint(i), Title: "Refunds", Text: "Refunds take a week."}))
	}
	require.NoError(t, kbtest.Embed(t.Context(), embedder, entries))
	require.NoError(t, x.Replace(t.Context(), "help", entries))
	require.NoError(t, embedded.Replace(t.Context(), "help", entries))
	q := kb.Query{KB: "help", Text: "refunds", Audience: kb.Agent, AsOf: january, Depth: 5, Vector: entries[0].Chunks[0].Vector, Model: embedder.Model()}
	want, got := retrievaltest.Whole(t, embedded, q), retrievaltest.Whole(t, x, q)
	require.Len(t, got.List, 5)
	alike(t, want, got, "")
}
