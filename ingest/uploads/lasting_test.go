package uploads_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/uploads"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

func TestADeletedBaseStaysEmpty(t *testing.T) {
	d := newDesk(t)
	d.until(d.submit("a.md", "Text of it.").ID, kb.Ready)
	d.submit("slow.md", "A SLOW text.")
	<-d.reader.reading
	queued := d.submit("queued.md", "Text of it.")
	forget := func(ctx context.Context) error { return d.store.DeleteBase(ctx, "default") }
	err := d.RemoveBase(t.Context(), "default", forget)
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), "not for ever behind a long read")
	require.NotEmpty(t, d.files())

	go close(d.reader.gate)
	require.NoError(t, d.RemoveBase(t.Context(), "default", forget))
	require.Empty(t, d.files())
	require.NoError(t, d.Close(t.Context()))

	_, err = d.store.CreateBase(t.Context(), "default", state.Components{})
	require.NoError(t, err)
	d.open(nil)
	d.until(d.submit("new.md", "Text of it.").ID, kb.Ready)
	require.NoError(t, d.Close(t.Context()))
	d.open(nil)
	d.until(d.submit("newer.md", "Text of it.").ID, kb.Ready)
	list, err := d.store.Documents(t.Context(), "default", "upload")
	require.NoError(t, err)
	require.Len(t, list, 2)
	_, err = d.store.Document(t.Context(), queued.ID)
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
}

func TestRemoveBaseLeavesOthersAlone(t *testing.T) {
	d := newDesk(t)
	d.until(d.submit("a.md", "Text of it.").ID, kb.Ready)
	broken := errors.New("broken")
	require.ErrorIs(t, d.RemoveBase(t.Context(), "other", func(context.Context) error { return broken }), broken)
	require.Len(t, d.files(), 2)
}

// shy is an embedder that does not know its model until it has embedded.
type shy struct {
	kbtest.Embedder
	mu   sync.Mutex
	seen bool
	away bool
}

func (e *shy) Model() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.seen {
		return "m/64"
	}
	return "m/?"
}

func (e *shy) Embed(ctx context.Context, kind kb.EmbedKind, texts []string) ([]kb.Vector, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.away {
		return nil, kb.Errorf(kb.Unavailable, "away")
	}
	e.seen = true
	return e.Embedder.Embed(ctx, kind, texts)
}

// probed is a shy embedder that is asked for its model first.
type probed struct{ shy *shy }

func (p probed) Embedder(ctx context.Context, _ string) (kb.Embedder, error) {
	_, err := p.shy.Embed(ctx, kb.EmbedQuery, []string{"probe"})
	return p.shy, err
}

func TestARestartReadsNothingAgainThatIsReadAlike(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.Close(t.Context()))
	close(d.reader.gate)
	open := func(e *shy) {
		d.open(func(o *ingest.Options) { o.Embedders = probed{e} })
	}
	open(&shy{})
	info := d.submit("a.md", "A SLOW text.")
	d.until(info.ID, kb.Ready)
	require.Len(t, d.reader.reading, 1)
	require.NoError(t, d.Close(t.Context()))
	for _, away := range []bool{false, true} {
		open(&shy{away: away})
		require.NoError(t, d.Close(t.Context()))
		require.Len(t, d.reader.reading, 1, "away: %v", away)
		require.Equal(t, kb.Ready, d.until(info.ID, kb.Ready).Status)
	}
}

func TestWhatACrashLeftBehindGoes(t *testing.T) {
	d := newDesk(t)
	info := d.submit("a.md", "Text of it.")
	d.until(info.ID, kb.Ready)
	require.NoError(t, d.Close(t.Context()))
	kept := d.files()
	for _, name := range []string{info.ID + ".1.bin", "0b5c.2.bin", "ticket.3.tmp", "young.4.bin"} {
		path := filepath.Join(d.dir, "uploads", name)
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
		if !strings.HasPrefix(name, "young") {
			old := time.Now().Add(-2 * time.Hour)
			require.NoError(t, os.Chtimes(path, old, old))
		}
	}
	d.open(nil)
	require.ElementsMatch(t, append(kept, "young.4.bin"), d.files())
}

// forgetful fails to mark documents while it is told to.
type forgetful struct {
	*state.Store
	mu   sync.Mutex
	fail bool
}

func (f *forgetful) Mark(ctx context.Context, base string, infos []kb.DocumentInfo) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail {
		f.fail = false
		return errors.New("disk is busy")
	}
	return f.Store.Mark(ctx, base, infos)
}

func TestWhatWasKeptIsAccepted(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.Close(t.Context()))
	d.change = func(o *uploads.Options) { o.Records = &forgetful{Store: d.store, fail: true} }
	d.open(nil)
	d.until(d.submit("a.md", "Text of it.").ID, kb.Ready)
}

func TestReadDocumentsAreCounted(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.Close(t.Context()))
	read := make(chan kb.Status, 2)
	d.change = func(o *uploads.Options) { o.Read = func(s kb.Status) { read <- s } }
	d.open(nil)
	d.submit("a.md", "Text of it.")
	require.Equal(t, kb.Ready, <-read)
	d.submit("a.md", "\x00\x01\x02\x00\xff")
	require.Equal(t, kb.Failed, <-read)
}

func TestAnUploadThatTheIndexLostIsReadAgain(t *testing.T) {
	d := newDesk(t)
	info := d.submit("a.md", "Text of it.")
	d.until(info.ID, kb.Ready)
	require.NoError(t, d.Close(t.Context()))
	require.NoError(t, d.index.Delete(t.Context(), "default", []string{info.ID}))
	d.open(nil)
	require.Eventually(t, func() bool {
		_, err := d.index.Text(t.Context(), "default", info.ID)
		return err == nil
	}, 10*time.Second, 2*time.Millisecond)
}
