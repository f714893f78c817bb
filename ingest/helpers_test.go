package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

var now = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// index counts what is written to a kbtest.Index and can refuse to.
type index struct {
	*kbtest.Index
	mu       sync.Mutex
	docs     map[string]kb.Entry
	replaced int
	deleted  int
	err      error
}

func (x *index) Replace(ctx context.Context, base string, entries []kb.Entry) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err != nil {
		return x.err
	}
	for _, e := range entries {
		x.docs[e.Document.ID] = e
	}
	x.replaced += len(entries)
	return x.Index.Replace(ctx, base, entries)
}

func (x *index) Delete(ctx context.Context, base string, ids []string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, id := range ids {
		delete(x.docs, id)
	}
	x.deleted += len(ids)
	return x.Index.Delete(ctx, base, ids)
}

// paths are those of the documents in the index.
func (x *index) paths() []string {
	var out []string
	for _, e := range x.docs {
		out = append(out, e.Document.Path)
	}
	slices.Sort(out)
	return out
}

// reader reads as Askdesk does and counts how often.
type reader struct {
	*extract.Reader
	mu    sync.Mutex
	reads map[string]int
}

func (r *reader) Read(ctx context.Context, in extract.Input) (extract.Document, error) {
	r.mu.Lock()
	r.reads[in.Path]++
	r.mu.Unlock()
	if strings.Contains(string(in.Data), "BROKEN") {
		return extract.Document{}, kb.Errorf(kb.Invalid, "%s is broken.", in.Path)
	}
	return r.Reader.Read(ctx, in)
}

// embedder counts and can be away or refuse a text.
type embedder struct {
	kbtest.Embedder
	mu    sync.Mutex
	texts []string
	away  bool
}

func (e *embedder) Embed(ctx context.Context, kind kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away {
		return nil, kb.Errorf(kb.Unavailable, "The embedder is away.")
	}
	for _, t := range texts {
		if strings.Contains(t, "UNSPEAKABLE") {
			return nil, kb.Errorf(kb.Invalid, "The embedder refuses the text.")
		}
	}
	e.texts = append(e.texts, texts...)
	return e.Embedder.Embed(ctx, kind, texts)
}

// house is a knowledge base "default" and a folder to fill.
type house struct {
	t        *testing.T
	dir      string // the folder
	store    *state.Store
	index    *index
	reader   *reader
	embedder *embedder
	pipeline *ingest.Pipeline
	opt      ingest.Options
}

func newHouse(t *testing.T, change ...func(*house)) *house {
	t.Helper()
	h := &house{
		t: t, dir: filepath.Join(t.TempDir(), "docs"),
		index:  &index{Index: kbtest.NewIndex("default", "other"), docs: map[string]kb.Entry{}},
		reader: &reader{Reader: extract.New(extract.Options{}), reads: map[string]int{}},
	}
	require.NoError(t, os.Mkdir(h.dir, 0o755))
	var err error
	h.store, err = state.Open(t.Context(), t.TempDir(), state.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.store.Close()) })
	for _, base := range []string{"default", "other"} {
		_, err = h.store.CreateBase(t.Context(), base, state.Components{})
		require.NoError(t, err)
	}
	h.opt = ingest.Options{Index: h.index, Manifest: h.store, Sources: h.store, Reader: h.reader, Now: func() time.Time { return now }}
	for _, c := range change {
		c(h)
	}
	h.pipeline = ingest.New(h.opt)
	return h
}

func withEmbedder(h *house) {
	h.embedder = &embedder{}
	h.opt.Embedders = ingest.One(h.embedder)
}

func (h *house) write(name, content string) {
	h.t.Helper()
	full := filepath.Join(h.dir, name)
	require.NoError(h.t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(h.t, os.WriteFile(full, []byte(content), 0o644))
}

func (h *house) remove(name string) {
	h.t.Helper()
	require.NoError(h.t, os.Remove(filepath.Join(h.dir, name)))
}

// try runs the pipeline over paths in the folder, or all of it.
func (h *house) try(change func(*ingest.Request), paths ...string) (ingest.Report, error) {
	h.t.Helper()
	if len(paths) == 0 {
		paths = []string{""}
	}
	for i := range paths {
		paths[i] = filepath.Join(h.dir, paths[i])
	}
	targets, err := ingest.Targets(h.t.Context(), h.store, "default", "", paths)
	require.NoError(h.t, err)
	require.Len(h.t, targets, 1)
	req := ingest.Request{KB: "default", Target: targets[0]}
	if change != nil {
		change(&req)
	}
	return h.pipeline.Run(h.t.Context(), req)
}

func (h *house) run(change func(*ingest.Request), paths ...string) ingest.Report {
	h.t.Helper()
	r, err := h.try(change, paths...)
	require.NoError(h.t, err)
	return r
}

// statuses are a report's files as "path: status".
func statuses(r ingest.Report) []string {
	out := []string{}
	for _, f := range r.Files {
		out = append(out, fmt.Sprintf("%s: %s", f.Path, f.Status))
	}
	return out
}

func (h *house) document(name string) kb.DocumentInfo {
	h.t.Helper()
	d, err := h.store.Document(h.t.Context(), kb.DocumentID("default", "docs", name))
	require.NoError(h.t, err)
	return d
}

func reasonOf(r ingest.Report, name string) string {
	for _, f := range r.Files {
		if f.Path == name {
			return f.Reason
		}
	}
	return ""
}

func page(title string, sections ...string) string {
	var b strings.Builder
	b.WriteString("# " + title + "\n\n" + strings.Repeat("Some words to begin with. ", 8) + "\n\n")
	for _, s := range sections {
		b.WriteString("## " + s + "\n\n" + strings.Repeat("Words about "+s+". ", 12) + "\n\n")
	}
	return b.String()
}

var errAny = errors.New("any")
