package qdrant_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval"
	"github.com/askdesk/askdesk/retrieval/qdrant"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/pointstest"
	"github.com/askdesk/askdesk/retrieval/qdrant/points/servertest"
)

// queries is how many are asked: ASKDESK_QDRANT_QUERIES, or a few.
func queries(t *testing.T) int {
	s := os.Getenv("ASKDESK_QDRANT_QUERIES")
	if s == "" {
		return 20 * histories
	}
	n, err := strconv.Atoi(s)
	require.NoError(t, err)
	return n
}

// may says by itself, without the code under test, who may get a chunk of d.
func may(q *kb.Query, d *kb.Document) bool {
	if d.KB != q.KB || d.Audience != kb.Public && q.Audience != kb.Agent {
		return false
	}
	if q.AsOf.Before(d.ValidFrom) || !d.ValidUntil.IsZero() && !q.AsOf.Before(d.ValidUntil) {
		return false
	}
	passes := func(wanted []string, have ...string) bool {
		for _, w := range wanted {
			for _, h := range have {
				if w == h {
					return true
				}
			}
		}
		return len(wanted) == 0
	}
	var languages []string
	for _, l := range q.Filter.Language {
		languages = append(languages, strings.ToLower(l))
	}
	return passes(q.Filter.Document, d.ID) && passes(q.Filter.Product, d.Product) && passes(q.Filter.Version, d.Version) &&
		passes(q.Filter.Tags, d.Tags...) && passes(languages, strings.ToLower(d.Language))
}

// house is two knowledge bases on one server, with documents of both audiences, and
// what each chunk belongs to.
type house struct {
	author
	index     *qdrant.Index
	retriever *retrieval.Retriever
	entries   map[string]map[string]kb.Entry // by base and document
}

var bases = []string{"desk", "help"}

func newHouse(t *testing.T, address string, seed uint64) *house {
	h := &house{author: author{rand.New(rand.NewPCG(seed, 2))}, index: empty(t, address, bases...), entries: map[string]map[string]kb.Entry{}}
	h.retriever = retrieval.New(h.index, retrieval.Options{Embedders: retrieval.Embedding{Embedder: embedder}, Now: func() time.Time { return january }})
	for _, base := range bases {
		h.entries[base] = map[string]kb.Entry{}
	}
	h.change(t, 40)
	return h
}

// change replaces n documents in each base, and deletes a few. All of a document says
// "manual", and which base it is of, and both bases have documents of the same names.
func (h *house) change(t *testing.T, n int) {
	for _, base := range bases {
		list := make([]kb.Entry, n)
		var gone []string
		for i := range list {
			doc := h.entry(t).Document
			doc.KB, doc.Title, doc.Text = base, doc.Title+" manual", "Only in "+base+".\n\n"+doc.Text
			list[i] = kbtest.Entry(doc)
			h.entries[base][list[i].Document.ID] = list[i]
		}
		for range h.IntN(3) {
			id := h.of("s1", "s2") + "/" + fmt.Sprint(h.IntN(20))
			id = kb.DocumentID(base, id[:2], id[3:]+".md")
			delete(h.entries[base], id)
			gone = append(gone, id)
		}
		require.NoError(t, kbtest.Embed(t.Context(), embedder, list))
		require.NoError(t, h.index.Replace(t.Context(), base, list))
		require.NoError(t, h.index.Delete(t.Context(), base, gone))
	}
}

// query is one of any base, filter, date and audience; it names the other base too.
func (h *house) query(t *testing.T) (q kb.Query, barred string) {
	q = h.author.query(t)
	q.KB, q.Synonyms, q.Excluded = h.of(bases...), nil, nil
	q.Text += " " + h.of("manual", "only desk", "only help", "")
	q.Filter = kb.Filter{}
	switch h.IntN(8) {
	case 0:
		q.Filter.Product = h.some("", "desk", "nothing")
	case 1:
		q.Filter.Tags = h.some("x", "z")
	case 2:
		q.Filter.Language = h.some("EN", "de", "")
	case 3:
		q.Filter = kb.Filter{Product: h.some("", "desk", "nothing"), Version: h.some("1", "2"), Tags: h.some("x", "z"), Language: h.some("EN", "de", "")}
	}
	if h.IntN(8) == 0 { // those of the other base don't exist in this one
		q.Filter.Document = []string{kb.DocumentID("help", "s1", "3.md"), kb.DocumentID("desk", "s1", "3.md"), kb.DocumentID("help", "s2", "4.md")}
	}
	if h.IntN(4) == 0 { // in keywords: a sentence has no such words
		q.Text = h.of("password", "garbage", "client") + " " + h.of("passwords", "Rechnungen", "GitHub", "manual")
		barred = h.of("refund", "mail", "trash", "factor", "second", "invoice")
		start := len(q.Text) + 1
		q.Text += " -" + barred
		q.Excluded = []kb.Exclusion{{Span: kb.Span{Start: start, End: len(q.Text)}, Exact: true}}
	}
	return q, barred
}

// check asks one question of the index and of the retriever, and returns how many
// chunks were found.
func (h *house) check(t *testing.T) int {
	q, barred := h.query(t)
	about := fmt.Sprintf("%+v", q)
	allowed := map[string]*kb.Document{} // by chunk
	for _, entries := range h.entries {
		for _, e := range entries {
			for i := range e.Chunks {
				if may(&q, &e.Document) {
					allowed[e.Chunks[i].ID] = &e.Document
				}
			}
		}
	}
	word := regexp.MustCompile(`(?i)\b` + barred + `\b`)
	clean := func(id, text string) {
		d := allowed[id]
		require.NotNil(t, d, "%s is none for %s", text, about)
		require.False(t, barred != "" && word.MatchString(text+" "+d.Title), "%s has a word that is barred by %s", text, about)
	}
	all := h.IntN(4) == 0 && barred == "" // whoever asks for all gets all, and no more
	if all {
		q.Text, q.Depth = "manual", 2000
	}
	found, err := h.index.Search(t.Context(), q)
	require.NoError(t, err, about)
	for _, c := range found.List {
		clean(c.Chunk.ID, c.Chunk.Text)
		require.Equal(t, allowed[c.Chunk.ID].Audience, c.Document.Audience, about)
	}
	if all {
		require.Len(t, found.List, len(allowed), about)
	}
	passages, err := h.retriever.Retrieve(t.Context(), kb.Search{KBs: []string{q.KB}, Text: q.Text, Audience: q.Audience, Filter: q.Filter, AsOf: q.AsOf, Limit: 20})
	require.NoError(t, err, about)
	for _, p := range passages.Passages {
		require.NotEmpty(t, p.Chunks, about)
		for _, id := range p.Chunks {
			clean(id, p.Text)
		}
	}
	return len(found.List)
}

// TestIsolation asks any questions: none returns a chunk or a passage of the other
// knowledge base, of the other audience, or outside its filter.
func TestIsolation(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, address string) {
		h := newHouse(t, address, 11)
		n, hits, nothing := queries(t), 0, 0
		for i := range n {
			if i%max(n/50, 10) == 0 {
				h.change(t, 5)
			}
			found := h.check(t)
			if hits += found; found == 0 {
				nothing++
			}
		}
		t.Logf("%d questions, %d chunks found, none of them wrong; %d questions found nothing", n, hits, nothing)
		require.Greater(t, hits, n, "too little was found to show anything")
	}
	t.Run("in memory", func(t *testing.T) { test(t, pointstest.Start(t).Address()) })
	t.Run("Qdrant", func(t *testing.T) { test(t, servertest.Address(t)) })
}

// turning is a document that is replaced all the time, now public, now not: an even
// edition is public.
func turning(t testing.TB, edition int) kb.Entry {
	doc := kb.Document{
		KB: "help", Source: "s", Path: "turning", Audience: kb.Public, Language: "en",
		Text: fmt.Sprintf("# Books\n\nBooks in edition %d.\n\n# Prices\n\nPrices of books in edition %d.\n", edition, edition),
	}
	if edition%2 == 1 {
		doc.Audience = kb.Agent
	}
	list := []kb.Entry{kbtest.Entry(doc)}
	require.NoError(t, kbtest.Embed(context.Background(), embedder, list))
	return list[0]
}

var edition = regexp.MustCompile(`edition (\d+)`)

// What a public question finds of a turning document is public, and no older than
// what was acknowledged before it was asked.
func TestADocumentThatTurnsFromPublicToAgent(t *testing.T) {
	t.Parallel()
	test := func(t *testing.T, address string) {
		opt := options(t, address, "help")
		writer, reader := open(t, opt), open(t, opt)
		t.Cleanup(func() { require.NoError(t, writer.Keep(context.WithoutCancel(t.Context()), living())) })
		first := turning(t, 0)
		var acknowledged, asked, seen atomic.Int64
		ask := func(x *qdrant.Index) error {
			least := acknowledged.Load()
			q := kb.Query{KB: "help", Text: "prices of books", Audience: kb.Public, AsOf: january, Depth: 5, Vector: first.Chunks[0].Vector, Model: embedder.Model()}
			found, err := x.Search(context.WithoutCancel(t.Context()), q)
			if err != nil {
				return err
			}
			asked.Add(1)
			for _, c := range found.List {
				n, err := strconv.ParseInt(edition.FindStringSubmatch(c.Chunk.Text)[1], 10, 64)
				if err != nil {
					return err
				}
				if seen.Add(1); n%2 == 1 || n < least || c.Document.Audience != kb.Public {
					return fmt.Errorf("a public question asked after edition %d found edition %d, of %s", least, n, c.Document.Audience)
				}
			}
			return nil
		}
		require.NoError(t, writer.Replace(t.Context(), "help", []kb.Entry{first}))
		ctx, stop := context.WithCancel(t.Context())
		var group errgroup.Group
		for _, x := range []*qdrant.Index{writer, reader, reader} {
			group.Go(func() error {
				for ctx.Err() == nil {
					if err := ask(x); err != nil {
						return err
					}
				}
				return nil
			})
		}
		group.Go(func() error {
			defer stop()
			for n := range max(10, queries(t)/10) {
				if err := writer.Replace(t.Context(), "help", []kb.Entry{turning(t, n+1)}); err != nil {
					return err
				}
				acknowledged.Store(int64(n + 1))
				for _, x := range []*qdrant.Index{reader, writer} {
					if err := ask(x); err != nil {
						return err
					}
				}
			}
			return nil
		})
		require.NoError(t, group.Wait())
		t.Logf("%d editions, %d questions, %d chunks found, none of them wrong", acknowledged.Load(), asked.Load(), seen.Load())
		require.Positive(t, seen.Load())
	}
	t.Run("in memory", func(t *testing.T) { test(t, pointstest.Start(t).Address()) })
	t.Run("Qdrant", func(t *testing.T) { test(t, servertest.Address(t)) })
}
