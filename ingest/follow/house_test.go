package follow_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/ingest/follow"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
	"github.com/askdesk/askdesk/retrieval/local"
)

const (
	base        = "help"
	unspeakable = "UNSPEAKABLE" // what the embedder finds fault with
)

// former embedded the index in use, latter embeds the one beside it.
var former, latter = kbtest.Embedder{Dim: 8}, kbtest.Embedder{Dim: 16}

type index interface {
	ingest.Index
	audit.Walker
}

type ledger interface {
	follow.Changes
	follow.Manifest
	Mark(ctx context.Context, base string, infos []kb.DocumentInfo) error
	Remove(ctx context.Context, base string, ids []string) error
}

// house is an index in use, one beside it, and the plain model of what was written.
// What a Follower calls goes through it (see watch_test.go).
type house struct {
	t        *testing.T
	from, to index
	ledger   ledger
	lock     func(context.Context) (func() error, error)
	version  string
	pages    map[string]*kb.Entry // by id, as To should have them; nil: it stands in the manifest alone
	broken   map[string]bool      // ids of documents that From lost or has not whole

	held, finishing bool
	toll            toll
	away            func(texts []string) bool // says when the embedder is
	texts           []string                  // that were embedded
	calls           int                       // of the embedder
	onEmbed, onLock func()                    // after texts were embedded; before the lock is taken
	opt             follow.Options
}

func newHouse(t *testing.T) *house {
	h := &house{
		t: t, from: newShelf(base), to: newShelf(base), ledger: &book{infos: map[string]kb.DocumentInfo{}, changed: map[string]bool{}},
		lock: func(context.Context) (func() error, error) { return func() error { return nil }, nil },
	}
	return h.furnish()
}

// newRealHouse has files instead of maps.
func newRealHouse(t *testing.T) *house {
	store, err := state.Open(t.Context(), t.TempDir(), state.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	_, err = store.CreateBase(t.Context(), base, state.Components{Embedder: former.Model()})
	require.NoError(t, err)
	beside, err := store.Place(t.Context(), base, "latter", latter.Model())
	require.NoError(t, err)
	open := func() *local.Index {
		x, err := local.Open(t.Context(), local.Options{Dir: t.TempDir(), Version: func(context.Context, string) (string, error) { return "v", nil }})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, x.Close()) })
		return x
	}
	h := &house{
		t: t, from: open(), to: open(), ledger: store, version: beside.ID,
		lock: func(ctx context.Context) (func() error, error) { return store.Lock(ctx, "follow", nil) },
	}
	return h.furnish()
}

func (h *house) furnish() *house {
	h.pages, h.broken = map[string]*kb.Entry{}, map[string]bool{}
	w := &watched{h}
	h.opt = follow.Options{
		Base: base, Version: h.version, From: w, To: w, Embedder: w, Changes: w, Manifest: w, Lock: w.Lock,
	}
	return h
}

func id(path string) string { return kb.DocumentID(base, "s", path) }

func page(path, text string) kb.Document {
	return kb.Document{ID: id(path), KB: base, Source: "s", Path: path, Title: "About " + path, Text: text, Audience: kb.Agent, Language: "en"}
}

// many are n short pages.
func many(n int) (list []kb.Document) {
	for i := range n {
		list = append(list, page(fmt.Sprintf("%03d", i), fmt.Sprintf("# One\n\nnumber %d\n# Two\n\nmore\n", i)))
	}
	return list
}

// write does what an ingest does to documents while it holds the lock.
func (h *house) write(pages ...kb.Document) {
	require.False(h.t, h.held, "two write at once")
	var entries []kb.Entry
	var infos []kb.DocumentInfo
	for _, d := range pages {
		e := kbtest.Entry(d)
		want := kb.Entry{Document: d, Chunks: slices.Clone(e.Chunks)}
		if h.opt.Embedder != nil {
			require.NoError(h.t, ingest.Embed(h.t.Context(), kbtest.NewIndex(base), latter, base, &want))
		}
		h.pages[d.ID] = &want
		delete(h.broken, d.ID)
		d.Text = ""
		entries, infos = append(entries, e), append(infos, kb.DocumentInfo{Document: d, Status: kb.Ready, Chunks: len(e.Chunks)})
	}
	require.NoError(h.t, kbtest.Embed(h.t.Context(), former, entries))
	require.NoError(h.t, h.from.Replace(h.t.Context(), base, entries))
	require.NoError(h.t, h.ledger.Mark(h.t.Context(), base, infos))
}

func (h *house) remove(paths ...string) {
	require.False(h.t, h.held, "two write at once")
	for _, path := range paths {
		require.NoError(h.t, h.from.Delete(h.t.Context(), base, []string{id(path)}))
		require.NoError(h.t, h.ledger.Remove(h.t.Context(), base, []string{id(path)}))
		delete(h.pages, id(path))
		delete(h.broken, id(path))
	}
}

// queue leaves of a document no more than its record.
func (h *house) queue(path string) {
	h.remove(path)
	h.pages[id(path)] = nil
	d := page(path, "")
	require.NoError(h.t, h.ledger.Mark(h.t.Context(), base, []kb.DocumentInfo{{Document: d, Status: kb.Queued}}))
}

// lose has From lose chunks of a document that has some: those from a until before b,
// and the document with them if no chunk is left and bare is not set.
func (h *house) lose(path string, a, b int, bare bool) {
	e := *h.pages[id(path)]
	e.Chunks = slices.Delete(slices.Clone(e.Chunks), a, min(b, len(e.Chunks)))
	var text strings.Builder
	for _, c := range e.Chunks {
		text.WriteString(c.Text)
	}
	e.Document.Text = text.String() // indexes put it together from what they have
	h.broken[id(path)] = true
	if len(e.Chunks) == 0 && !bare {
		require.NoError(h.t, h.from.Delete(h.t.Context(), base, []string{id(path)}))
		return
	}
	require.NoError(h.t, h.from.Replace(h.t.Context(), base, []kb.Entry{e}))
}

// run is what a switch does before it switches.
func (h *house) run(ctx context.Context, f *follow.Follower) (err error) {
	h.held, h.finishing = false, false // a process that died gave the lock back
	if err := f.Catch(ctx); err != nil {
		return err
	}
	unlock, err := h.opt.Lock(ctx)
	if err != nil {
		return err
	}
	h.finishing = true
	defer func() {
		h.finishing = false
		err = errors.Join(err, unlock())
	}()
	return f.Finish(ctx)
}

// follow brings the version up to date, and checks that it is.
func (h *house) follow() follow.Done {
	h.t.Helper()
	f := follow.New(h.opt)
	require.NoError(h.t, h.run(h.t.Context(), f))
	h.requireSame(f)
	return f.Done()
}

// requireSame compares To with what was written. What From has not whole and To does
// not have yet is what the Follower calls lost.
func (h *house) requireSame(f *follow.Follower) {
	h.t.Helper()
	pending, err := h.ledger.Changes(h.t.Context(), h.version, "", math.MaxInt32)
	require.NoError(h.t, err)
	require.ElementsMatch(h.t, pending, f.Done().Lost)
	got := map[string]kb.Entry{}
	require.NoError(h.t, h.to.Walk(h.t.Context(), base, nil, func(e kb.Entry) error { got[e.Document.ID] = e; return nil }))
	for id := range got {
		require.True(h.t, h.pages[id] != nil || slices.Contains(pending, id), "%s is extra", got[id].Document.Path)
	}
	for id, d := range h.pages {
		if slices.Contains(pending, id) {
			require.True(h.t, h.broken[id], "%s was left out", id)
			continue
		}
		e, ok := got[id]
		require.Equal(h.t, d != nil, ok, id)
		if ok {
			h.requireEntry(e)
		}
	}
}

// requireEntry compares an entry of To with what was written last. All chunks have
// the vectors of To's embedder, but those of a document that it refuses need none.
func (h *house) requireEntry(e kb.Entry) {
	want := h.pages[e.Document.ID]
	require.NotNil(h.t, want, "%s is extra", e.Document.Path)
	require.Equal(h.t, want.Document, e.Document)
	require.Len(h.t, e.Chunks, len(want.Chunks), e.Document.Path)
	near := func(a, b float32) int { return cmp.Compare(math.Round(float64(b-a)*1e5), 0) } // indexes keep six digits
	refused := strings.Contains(e.Document.Text, unspeakable)
	for i, c := range want.Chunks {
		have := e.Chunks[i]
		if have.Vector == nil && refused {
			c.Vector, c.Model = nil, ""
		}
		require.False(h.t, have.Vector != nil && strings.Contains(c.Text, unspeakable))
		require.Zero(h.t, slices.CompareFunc(c.Vector, have.Vector, near), "vector of chunk %d of %s", i, e.Document.Path)
		have.Vector = c.Vector
		require.Equal(h.t, c, have)
	}
}
