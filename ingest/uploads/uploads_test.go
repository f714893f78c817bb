package uploads_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/ingest/uploads"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// reader stops at the gate where a file says so.
type reader struct {
	*extract.Reader
	gate    chan struct{} // closed: everything passes
	reading chan string
}

func (r *reader) Read(ctx context.Context, in extract.Input) (extract.Document, error) {
	if strings.Contains(string(in.Data), "SLOW") {
		r.reading <- in.Path
		select {
		case <-r.gate:
		case <-ctx.Done():
			return extract.Document{}, ctx.Err()
		}
	}
	return r.Reader.Read(ctx, in)
}

// flaky is an embedder that is away until it is not.
type flaky struct {
	kbtest.Embedder
	mu   sync.Mutex
	away bool
}

func (e *flaky) set(away bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.away = away
}

func (e *flaky) Embed(ctx context.Context, kind kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away {
		return nil, kb.Errorf(kb.Unavailable, "away")
	}
	return e.Embedder.Embed(ctx, kind, texts)
}

type desk struct {
	t        *testing.T
	dir      string
	store    *state.Store
	index    *kbtest.Index
	reader   *reader
	embedder *flaky
	change   func(*uploads.Options)
	*uploads.Uploads
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), index: kbtest.NewIndex("default"), embedder: &flaky{},
		reader: &reader{Reader: extract.New(extract.Options{}), gate: make(chan struct{}), reading: make(chan string, 9)}}
	var err error
	d.store, err = state.Open(t.Context(), d.dir, state.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.store.Close()) })
	_, err = d.store.CreateBase(t.Context(), "default", state.Components{})
	require.NoError(t, err)
	d.open(nil)
	t.Cleanup(func() { require.NoError(t, d.Close(cancelled())) })
	return d
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// open starts the uploads as a new process would.
func (d *desk) open(change func(*ingest.Options)) {
	d.t.Helper()
	opt := ingest.Options{Index: d.index, Manifest: d.store, Sources: d.store, Reader: d.reader, Embedders: ingest.One(d.embedder)}
	if change != nil {
		change(&opt)
	}
	var err error
	with := uploads.Options{
		Dir: filepath.Join(d.dir, "uploads"), Pipeline: ingest.New(opt), Index: d.index, Records: d.store, Sources: d.store,
		Lock:     func(ctx context.Context) (func() error, error) { return d.store.Lock(ctx, "serve", nil) },
		MaxBytes: 1000, Retry: 10 * time.Millisecond, Patience: 300 * time.Millisecond,
	}
	if d.change != nil {
		d.change(&with)
	}
	d.Uploads, err = uploads.Open(d.t.Context(), with)
	require.NoError(d.t, err)
}

func (d *desk) submit(path, text string) kb.DocumentInfo {
	d.t.Helper()
	info, err := d.Submit(d.t.Context(), kb.Document{KB: "default", Source: "upload", Path: path}, strings.NewReader(text))
	require.NoError(d.t, err)
	require.Equal(d.t, kb.Queued, info.Status)
	return info
}

// until waits for a document to reach a status.
func (d *desk) until(id string, s kb.Status) kb.DocumentInfo {
	d.t.Helper()
	var info kb.DocumentInfo
	require.Eventually(d.t, func() bool {
		var err error
		info, err = d.store.Document(d.t.Context(), id)
		return err == nil && info.Status == s
	}, 10*time.Second, 2*time.Millisecond, "status %s", s)
	return info
}

func (d *desk) text(id string) string {
	d.t.Helper()
	text, err := d.index.Text(d.t.Context(), "default", id)
	require.NoError(d.t, err)
	return text
}

func (d *desk) files() []string {
	d.t.Helper()
	entries, err := os.ReadDir(filepath.Join(d.dir, "uploads"))
	require.NoError(d.t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAnUploadBecomesReady(t *testing.T) {
	d := newDesk(t)
	info, err := d.Submit(t.Context(), kb.Document{KB: "default", Source: "upload", Path: "a/b.md", Audience: kb.Public, Tags: []string{"x"}},
		strings.NewReader("---\ntags: [y]\n---\n# Title\n\nText of it."))
	require.NoError(t, err)
	require.Equal(t, "b.md", info.Title)
	require.EqualValues(t, 38, info.Bytes)
	ready := d.until(info.ID, kb.Ready)
	require.Equal(t, "Title", ready.Title)
	require.Equal(t, kb.Public, ready.Audience)
	require.Equal(t, []string{"y"}, ready.Tags, "what the file says counts first")
	require.Equal(t, 1, ready.Chunks)
	require.Contains(t, d.text(info.ID), "Text of it.")
}

func TestAnUploadThatCannotBeRead(t *testing.T) {
	d := newDesk(t)
	info := d.submit("a.md", "\x00\x01\x02\x00\xff")
	failed := d.until(info.ID, kb.Failed)
	require.NotEmpty(t, failed.Reason)
	require.Zero(t, failed.Chunks)

	d.submit("a.md", "# Good\n\nText of it.")
	d.until(info.ID, kb.Ready)
	d.submit("a.md", "\x00\x01\x02\x00\xff")
	failed = d.until(info.ID, kb.Failed)
	require.Contains(t, failed.Reason, "stays in use")
	require.Equal(t, 1, failed.Chunks)
	require.Contains(t, d.text(info.ID), "Text of it.")
}

func TestAnUploadReplacesTheOneBefore(t *testing.T) {
	d := newDesk(t)
	info := d.submit("a.md", "First SLOW text.")
	require.Equal(t, "a.md", <-d.reader.reading)
	require.Equal(t, kb.Reading, d.until(info.ID, kb.Reading).Status)
	d.submit("a.md", "Second text.")
	d.submit("a.md", "Third text.")
	close(d.reader.gate)
	d.until(info.ID, kb.Ready)
	require.Contains(t, d.text(info.ID), "Third text.")
	require.NoError(t, d.Close(t.Context()))
	require.Len(t, d.files(), 2, "a ticket and one content")
}

func TestUploadsSurviveARestart(t *testing.T) {
	d := newDesk(t)
	slow := d.submit("slow.md", "A SLOW text.")
	<-d.reader.reading
	next := d.submit("next.md", "Another text.")
	require.NoError(t, d.Close(cancelled()))
	require.Equal(t, kb.Reading, d.until(slow.ID, kb.Reading).Status)
	require.Equal(t, kb.Queued, d.until(next.ID, kb.Queued).Status)

	close(d.reader.gate)
	d.open(nil)
	d.until(slow.ID, kb.Ready)
	d.until(next.ID, kb.Ready)
	require.NoError(t, d.Close(t.Context()))

	reads := len(d.reader.reading)
	d.open(nil)
	require.NoError(t, d.Close(t.Context()))
	require.Len(t, d.reader.reading, reads, "what is done is not read again")

	d.open(func(o *ingest.Options) { o.Chunk.Target = 100 })
	require.Equal(t, "slow.md", <-d.reader.reading, "but where it would be read differently")
	d.until(slow.ID, kb.Ready)
}

func TestATicketWithoutARecord(t *testing.T) {
	d := newDesk(t)
	info := d.submit("a.md", "Text of it.")
	d.until(info.ID, kb.Ready)
	require.NoError(t, d.Close(t.Context()))
	require.NoError(t, d.store.Remove(t.Context(), "default", []string{info.ID}))
	d.open(nil)
	d.until(info.ID, kb.Ready)
	require.NoError(t, d.Close(t.Context()))

	require.NoError(t, d.store.DeleteBase(t.Context(), "default"))
	d.open(nil)
	require.Empty(t, d.files(), "a base takes its uploads with it")
}

func TestAContentThatIsLost(t *testing.T) {
	d := newDesk(t)
	d.submit("slow.md", "A SLOW text.")
	<-d.reader.reading
	info := d.submit("a.md", "Text of it.")
	for _, name := range d.files() {
		if strings.HasPrefix(name, info.ID) && strings.HasSuffix(name, ".bin") {
			require.NoError(t, os.Remove(filepath.Join(d.dir, "uploads", name)))
		}
	}
	close(d.reader.gate)
	require.Contains(t, d.until(info.ID, kb.Failed).Reason, "Upload it again")
}

func TestWhatIsAwayIsTriedAgain(t *testing.T) {
	d := newDesk(t)
	d.embedder.set(true)
	info := d.submit("a.md", "Text of it.")
	require.Eventually(t, func() bool {
		got, err := d.store.Document(t.Context(), info.ID)
		return err == nil && got.Status == kb.Queued && strings.Contains(got.Reason, "waits") && strings.Contains(got.Reason, "away")
	}, 10*time.Second, time.Millisecond)
	d.embedder.set(false)
	require.Empty(t, d.until(info.ID, kb.Ready).Reason)
}

func TestRemove(t *testing.T) {
	d := newDesk(t)
	info := d.submit("a.md", "Text of it.")
	d.until(info.ID, kb.Ready)
	require.Equal(t, kb.NotFound, kb.CodeOf(d.Remove(t.Context(), "other", info.ID)))
	require.Equal(t, kb.NotFound, kb.CodeOf(d.Remove(t.Context(), "default", "unknown")))
	require.NoError(t, d.Remove(t.Context(), "default", info.ID))
	require.Equal(t, kb.NotFound, kb.CodeOf(d.Remove(t.Context(), "default", info.ID)))
	_, err := d.index.Text(t.Context(), "default", info.ID)
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
	require.Empty(t, d.files())

	unlock, err := d.store.Lock(t.Context(), "ingest", nil)
	require.NoError(t, err)
	queued := d.submit("b.md", "Text of it.")
	err = d.Remove(t.Context(), "default", queued.ID)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), "not for ever behind a long ingest")
	require.NoError(t, unlock())
	d.until(queued.ID, kb.Ready)
	require.NoError(t, d.Remove(t.Context(), "default", queued.ID))
}

func TestRemoveWhileQueued(t *testing.T) {
	d := newDesk(t)
	info := d.submit("a.md", "A SLOW text.")
	<-d.reader.reading
	second := d.submit("b.md", "Text of it.")
	go close(d.reader.gate)
	require.NoError(t, d.Remove(t.Context(), "default", second.ID))
	d.until(info.ID, kb.Ready)
	require.Eventually(t, func() bool { return len(d.files()) == 2 }, time.Second, time.Millisecond)
}

func TestSubmitRefuses(t *testing.T) {
	d := newDesk(t)
	_, err := d.Submit(t.Context(), kb.Document{KB: "default", Source: "upload", Path: "big.md"}, io.LimitReader(neverEnds{}, 1<<30))
	require.Equal(t, kb.TooLarge, kb.CodeOf(err))
	require.ErrorContains(t, err, "max_upload_mb")
	require.NoError(t, d.store.Claim(t.Context(), "default", "docs", "/srv/docs"))
	_, err = d.Submit(t.Context(), kb.Document{KB: "default", Source: "docs", Path: "a.md"}, strings.NewReader("x"))
	require.Equal(t, kb.Conflict, kb.CodeOf(err))
	require.NotContains(t, kb.MessageOf(err), "/srv/docs", "who uploads knows nothing of the server's folders")
	require.Contains(t, kb.MessageOf(err), `"docs"`)
	require.Empty(t, d.files())
}

type neverEnds struct{}

func (neverEnds) Read(p []byte) (int, error) { return len(p), nil }
