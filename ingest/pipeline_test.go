package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/chunk"
	"github.com/askdesk/askdesk/kb"
)

func TestFirstRunAddsAndSecondWritesNothing(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A", "one", "two"))
	h.write("sub/b.txt", "Plain words of a text file.")
	h.write("c.png", "x")
	h.write("empty.md", "\n")
	r := h.run(nil)
	require.Equal(t, []string{"a.md: added", "c.png: skipped", "empty.md: skipped", "sub/b.txt: added"}, statuses(r))
	require.Equal(t, ingest.Counts{Added: 2, Skipped: 2, Chunks: 4}, r.Counts)
	require.True(t, r.Counts.Wrote())
	require.Equal(t, "docs", r.Source)
	require.Equal(t, []string{"a.md", "sub/b.txt"}, h.index.paths())
	d := h.document("a.md")
	require.Equal(t, kb.Ready, d.Status)
	require.Equal(t, "A", d.Title)
	require.Equal(t, 3, d.Chunks)
	require.Equal(t, kb.Agent, d.Audience)
	require.Equal(t, now, d.Indexed)
	require.True(t, d.Updated.IsZero(), "when a file was written says nothing about its content")

	before := h.index.replaced
	r = h.run(nil)
	require.Equal(t, ingest.Counts{Unchanged: 2, Skipped: 2}, r.Counts)
	require.False(t, r.Counts.Wrote())
	require.Equal(t, before, h.index.replaced)
	require.Equal(t, map[string]int{"a.md": 1, "sub/b.txt": 1}, h.reader.reads, "what did not change is not even parsed")
}

func TestAFileWithoutTextIsNoDocument(t *testing.T) {
	h := newHouse(t)
	h.write("_index.md", "BROKEN")
	h.write("page.md", page("Page"))
	h.write("rule.md", "---\ntitle: T\n---\n***\n")
	require.Equal(t, []string{"_index.md: failed", "page.md: added", "rule.md: failed"}, statuses(h.run(nil)))
	for name, text := range map[string]string{"_index.md": "---\ntitle: Guides\nweight: 2\n---\n", "page.md": "", "note.mdx": "<!-- later -->\n", "a.rst": "\ufeff\n"} {
		h.write(name, text)
	}
	r := h.run(nil)
	require.Equal(t, []string{"_index.md: skipped", "a.rst: skipped", "note.mdx: skipped", "page.md: failed", "rule.md: failed"}, statuses(r))
	require.Equal(t, "it holds no text, metadata at most", reasonOf(r, "_index.md"))
	require.Contains(t, reasonOf(r, "page.md"), "stays in use", "a file that was emptied may be one that is being written")
	list, err := h.store.Documents(t.Context(), "default", "docs")
	require.NoError(t, err)
	require.Len(t, list, 2, "what failed before is forgotten")
}

func TestAnEditIsChanged(t *testing.T) {
	h := newHouse(t, withEmbedder)
	h.write("a.md", page("A", "one", "two", "three"))
	h.write("b.md", page("B"))
	h.run(nil)
	require.Len(t, h.embedder.texts, 5)
	require.True(t, slices.ContainsFunc(h.embedder.texts, func(s string) bool { return strings.HasPrefix(s, "A > one\n## one") }), "a chunk is embedded with what it is about")

	h.embedder.texts = nil
	h.write("a.md", strings.Replace(page("A", "one", "two", "three"), "Words about two", "Other words on two", 1))
	r := h.run(nil)
	require.Equal(t, []string{"a.md: changed", "b.md: unchanged"}, statuses(r))
	require.Len(t, h.embedder.texts, 1, "only the section that changed is embedded again")
	require.Contains(t, h.embedder.texts[0], "Other words on two")
}

func TestWhatADocumentIsMadeOfCountsAsAChange(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A"))
	h.run(nil)
	changed := func(why string, change func(*ingest.Request)) {
		t.Helper()
		require.Equal(t, 1, h.run(change).Counts.Changed, why)
		require.Equal(t, 1, h.run(change).Counts.Unchanged, why)
	}
	changed("a default", func(r *ingest.Request) { r.Defaults.Audience = kb.Public })
	require.Equal(t, kb.Public, h.document("a.md").Audience)
	h.write("a.md.meta.yaml", "title: From the sidecar")
	changed("a sidecar", nil)
	require.Equal(t, "From the sidecar", h.document("a.md").Title)
	h.opt.Chunk = chunk.Options{Target: 100}
	h.pipeline = ingest.New(h.opt)
	changed("the chunker", nil)
	withEmbedder(h)
	h.pipeline = ingest.New(h.opt)
	changed("the embedder", nil)
}

func TestMetadataPrecedence(t *testing.T) {
	h := newHouse(t)
	all := func(r *ingest.Request) {
		r.Defaults = ingest.Defaults{Audience: kb.Public, URLBase: "https://x.example/help/", Product: "flag", Version: "1", Tags: []string{"flag"}, Language: "DE"}
	}
	h.write("1.md", "---\ntitle: Front\nproduct: front\nurl: https://front.example/\nupdated: 2025-01-02\ntags: [front]\naudience: agent\nlanguage: fr\nvalid_until: 2030-01-01\n---\nText of it.")
	h.write("1.md.meta.yaml", "title: Side\nproduct: side\nversion: 2\nupdated: 2024-01-02\nvalid_from: 2020-01-01\nlanguage: es\n")
	h.write("2.md", "# Heading\n\nText of it.")
	h.write("2.md.meta.yml", "product: side\ntags: side, more\n")
	h.write("3 ö#.md", "# Heading\n\nText of it.")
	h.run(all)
	date := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	one := h.document("1.md").Document
	require.Equal(t, kb.Document{
		ID: one.ID, KB: "default", Source: "docs", Path: "1.md", Title: "Front", URL: "https://front.example/", Updated: date(2025, 1, 2),
		Audience: kb.Agent, Product: "front", Version: "2", Tags: []string{"front"}, Language: "fr", ValidFrom: date(2020, 1, 1), ValidUntil: date(2030, 1, 1),
	}, one)
	two := h.document("2.md").Document
	require.Equal(t, []string{"side", "more"}, two.Tags)
	require.Equal(t, "side", two.Product)
	require.Equal(t, "1", two.Version)
	require.Equal(t, "de", two.Language)
	require.Equal(t, kb.Public, two.Audience)
	require.Equal(t, "https://x.example/help/2.md", two.URL)
	require.Equal(t, "https://x.example/help/3%20%C3%B6%23.md", h.document("3 ö#.md").URL)

	h.run(func(r *ingest.Request) { r.Defaults.URLBase = "https://x.example/{stem}/" })
	require.Equal(t, "https://x.example/2/", h.document("2.md").URL)
}

func TestOneBadFileStopsNothing(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A"))
	h.write("bad.md", "BROKEN")
	h.write("bin.md", "\x00\x01\x02\x03\x00\xff")
	h.write("side.md", page("S"))
	h.write("side.md.meta.yaml", "audience: everybody")
	r := h.run(nil)
	require.Equal(t, []string{"a.md: added", "bad.md: failed", "bin.md: failed", "side.md: failed"}, statuses(r))
	require.Equal(t, "bad.md is broken.", reasonOf(r, "bad.md"))
	require.Contains(t, reasonOf(r, "side.md"), "everybody")
	require.Equal(t, kb.Failed, h.document("bad.md").Status)
	require.Equal(t, "bad.md is broken.", h.document("bad.md").Reason)

	r = h.run(nil)
	require.Equal(t, 3, r.Counts.Failed, "it is tried again")
	require.False(t, r.Counts.Wrote())

	h.write("bad.md", page("Good now"))
	require.Equal(t, 1, h.run(nil).Counts.Added)
	require.Equal(t, kb.Ready, h.document("bad.md").Status)
	require.Empty(t, h.document("bad.md").Reason)
}

func TestAFailedFileKeepsItsLastGoodVersion(t *testing.T) {
	h := newHouse(t)
	good := page("A", "one")
	h.write("a.md", good)
	h.run(nil)
	h.write("a.md", "BROKEN")
	for range 2 {
		r := h.run(nil)
		require.Equal(t, []string{"a.md: failed"}, statuses(r))
		require.Equal(t, "a.md is broken. The version read on 2026-11-23 stays in use.", reasonOf(r, "a.md"))
		require.Equal(t, 2, r.Files[0].Chunks)
	}
	require.Equal(t, []string{"a.md"}, h.index.paths())
	require.Equal(t, "A", h.document("a.md").Title)
	require.Equal(t, kb.Failed, h.document("a.md").Status)

	h.write("a.md", "")
	require.Equal(t, 1, h.run(nil).Counts.Failed, "a file that was emptied is not taken for a document without text")

	h.write("a.md", good)
	require.Equal(t, []string{"a.md: changed"}, statuses(h.run(nil)))
	require.Equal(t, kb.Ready, h.document("a.md").Status)
}

func TestPrune(t *testing.T) {
	h := newHouse(t)
	for i := range 10 {
		h.write(fmt.Sprintf("%d.md", i), page("A"))
	}
	h.write("sub/x.md", page("X"))
	h.write("sub/y.md", page("Y"))
	h.run(nil)
	prune := func(r *ingest.Request) { r.Prune = true }

	h.remove("0.md")
	h.remove("sub/x.md")
	r := h.run(nil)
	require.Equal(t, ingest.Counts{Unchanged: 10, Gone: 2}, r.Counts, "without prune nothing goes")
	require.Len(t, r.Gone, 2)
	r = h.run(prune, "sub")
	require.Equal(t, []string{"sub/x.md: removed", "sub/y.md: unchanged"}, statuses(r), "a part of a source removes nothing outside it")
	r = h.run(prune, "1.md")
	require.Equal(t, []string{"1.md: unchanged"}, statuses(r))
	r = h.run(func(r *ingest.Request) { r.Prune, r.DryRun = true, true })
	require.Equal(t, 1, r.Counts.Removed)
	require.Contains(t, h.index.paths(), "0.md", "a dry run removes nothing")
	r = h.run(prune)
	require.Equal(t, 1, r.Counts.Removed)
	require.NotContains(t, h.index.paths(), "0.md")
	_, err := h.store.Document(t.Context(), kb.DocumentID("default", "docs", "0.md"))
	require.Equal(t, kb.NotFound, kb.CodeOf(err))

	for i := 1; i < 5; i++ {
		h.remove(fmt.Sprintf("%d.md", i))
	}
	h.write("new.md", page("New"))
	_, err = h.try(prune)
	require.Equal(t, kb.Conflict, kb.CodeOf(err))
	require.ErrorContains(t, err, "4 of the 10 documents")
	require.ErrorContains(t, err, "--yes")
	require.NotContains(t, h.index.paths(), "new.md", "a refused run changes nothing")
	require.Equal(t, 4, h.run(func(r *ingest.Request) { r.Prune, r.Yes = true, true }).Counts.Removed)
	require.Len(t, h.index.docs, 7)
}

func TestPruneLeavesWhatCannotBeSeen(t *testing.T) {
	h := newHouse(t)
	for i := range 8 {
		h.write(fmt.Sprintf("%d.md", i), page("A"))
	}
	h.write("shut/x.md", page("X"))
	h.write("big.md", page("big"))
	h.run(nil)
	h.write("shut/.askdeskignore", "[") // the folder cannot be listed any more
	h.opt.MaxBytes = 300
	h.write("big.md", page("big", "one", "two"))
	h.pipeline = ingest.New(h.opt)
	r := h.run(func(r *ingest.Request) { r.Prune = true })
	require.Zero(t, r.Counts.Removed)
	require.Equal(t, 2, r.Counts.Failed)
	require.Contains(t, reasonOf(r, "big.md"), "larger")
	require.Contains(t, h.index.paths(), "shut/x.md")

	h.remove("shut/.askdeskignore")
	r = h.run(func(r *ingest.Request) { r.Prune, r.Exclude = true, []string{"shut/"} })
	require.Equal(t, 1, r.Counts.Removed, "what is excluded now is gone")
}

func TestDryRunWritesNothing(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A"))
	h.write("b.md", page("B"))
	dry := func(r *ingest.Request) { r.DryRun = true }
	r := h.run(dry)
	require.Equal(t, []string{"a.md: added", "b.md: added"}, statuses(r))
	require.True(t, r.DryRun)
	require.Zero(t, h.index.replaced)
	require.Empty(t, h.reader.reads)
	roots, err := h.store.Roots(t.Context(), "default")
	require.NoError(t, err)
	require.Empty(t, roots)
	docs, err := h.store.Documents(t.Context(), "default", "docs")
	require.NoError(t, err)
	require.Empty(t, docs)

	h.run(nil)
	h.write("b.md", page("B", "more"))
	require.Equal(t, []string{"a.md: unchanged", "b.md: changed"}, statuses(h.run(dry)))
}

func TestTheEmbedderIsAway(t *testing.T) {
	h := newHouse(t, withEmbedder)
	h.write("a.md", page("A"))
	h.embedder.away = true
	_, err := h.try(nil)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Empty(t, h.index.docs)
	h.embedder.away = false
	require.Equal(t, 1, h.run(nil).Counts.Added)
}

func TestATextThatTheEmbedderRefuses(t *testing.T) {
	h := newHouse(t, withEmbedder)
	h.write("a.md", page("A"))
	h.write("b.md", page("UNSPEAKABLE"))
	h.write("c.md", page("C"))
	r := h.run(nil)
	require.Equal(t, []string{"a.md: added", "b.md: failed", "c.md: added"}, statuses(r))
	require.Equal(t, []string{"a.md", "c.md"}, h.index.paths())
	require.Contains(t, h.document("b.md").Reason, "refuses")
}

func TestTheManifestIsMarkedAfterTheIndex(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A"))
	h.index.err = errAny
	_, err := h.try(nil)
	require.ErrorIs(t, err, errAny)
	docs, err := h.store.Documents(t.Context(), "default", "docs")
	require.NoError(t, err)
	require.Empty(t, docs)
	h.index.err = nil
	require.Equal(t, 1, h.run(nil).Counts.Added)
}

func TestCancelLeavesAConsistentState(t *testing.T) {
	h := newHouse(t)
	for i := range 300 {
		h.write(fmt.Sprintf("%03d.md", i), page(fmt.Sprint("A", i)))
	}
	targets, err := ingest.Targets(t.Context(), h.store, "default", "", []string{h.dir})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := h.pipeline.Run(ctx, ingest.Request{KB: "default", Target: targets[0], Progress: func(e ingest.Event) {
		if e.Done == 100 {
			cancel()
		}
	}})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 128, r.Counts.Added)
	require.Zero(t, r.Counts.Failed)
	docs, err := h.store.Documents(t.Context(), "default", "docs")
	require.NoError(t, err)
	require.Len(t, docs, 128)
	require.Equal(t, 128, len(h.index.docs))
	require.Equal(t, 172, h.run(nil).Counts.Added)
}

func TestProgress(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A"))
	h.write("b.png", "x")
	h.write("c.md", "BROKEN")
	var events []ingest.Event
	h.run(func(r *ingest.Request) { r.Progress = func(e ingest.Event) { events = append(events, e) } })
	require.Len(t, events, 4)
	require.Equal(t, ingest.Event{Total: 3}, events[0])
	for i, e := range events {
		require.Equal(t, 3, e.Total)
		require.Equal(t, i, e.Done)
	}
	require.Equal(t, 1, events[3].Chunks)
}

func TestReportAsJSON(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A"))
	data, err := json.Marshal(h.run(nil))
	require.NoError(t, err)
	want, err := json.Marshal(h.dir)
	require.NoError(t, err)
	require.JSONEq(t, `{"kb":"default","source":"docs","root":`+string(want)+`,"started":"2026-11-23T10:00:00Z","seconds":0,
		"counts":{"added":1,"changed":0,"unchanged":0,"removed":0,"skipped":0,"failed":0,"gone":0,"chunks":1},
		"files":[{"path":"a.md","status":"added","chunks":1,"milliseconds":0}]}`, string(data))
}

func TestTwoSourcesNeverMeet(t *testing.T) {
	h := newHouse(t)
	h.write("index.md", page("A"))
	second := filepath.Join(t.TempDir(), "manual")
	require.NoError(t, os.Mkdir(second, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(second, "index.md"), []byte(page("B")), 0o644))
	targets, err := ingest.Targets(t.Context(), h.store, "default", "", []string{h.dir, second})
	require.NoError(t, err)
	require.Len(t, targets, 2)
	for _, target := range targets {
		_, err := h.pipeline.Run(t.Context(), ingest.Request{KB: "default", Target: target, Prune: true})
		require.NoError(t, err)
	}
	require.Equal(t, []string{"index.md", "index.md"}, h.index.paths())
}

func TestOddNames(t *testing.T) {
	h := newHouse(t)
	names := []string{"a\nb.md", "<script>alert(1)</script>.md", "-rf.md", "ü.md", "100%.md", strings.Repeat("l", 250) + ".md"}
	for _, n := range names {
		if strings.Contains(n, "/") {
			continue
		}
		h.write(n, page("A"))
	}
	h.write("bad\xff.md", page("A"))
	r := h.run(nil)
	require.Equal(t, len(names)-1, r.Counts.Added)
	require.Equal(t, 1, r.Counts.Failed)
	require.Contains(t, reasonOf(r, "bad\uFFFD.md"), "UTF-8")
	require.Equal(t, len(names)-1, h.run(nil).Counts.Unchanged)
}

func TestWhatTheIndexLostIsReadAgain(t *testing.T) {
	h := newHouse(t)
	h.write("a.md", page("A"))
	h.write("b.md", page("B"))
	h.write("broken.md", page("C"))
	h.run(nil)
	h.write("broken.md", "BROKEN")
	h.run(nil)
	require.NoError(t, h.index.Delete(t.Context(), "default", []string{h.document("a.md").ID, h.document("broken.md").ID}))
	dry := h.run(func(r *ingest.Request) { r.DryRun = true })
	require.Equal(t, 1, dry.Counts.Unchanged)
	r := h.run(nil)
	require.ElementsMatch(t, []string{"a.md: added", "b.md: unchanged", "broken.md: failed"}, statuses(r))
	require.Equal(t, []string{"a.md", "b.md"}, h.index.paths())
	require.Zero(t, h.document("broken.md").Chunks, "no version of it stays in use")
	require.Equal(t, 2, h.run(nil).Counts.Unchanged)
}
