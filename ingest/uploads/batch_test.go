package uploads_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/uploads"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// picky is an index that fails where a document has some name.
type picky struct {
	*kbtest.Index
	mu    sync.Mutex
	bad   string
	sizes []int // of the changes
}

func (x *picky) Replace(ctx context.Context, base string, entries []kb.Entry) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sizes = append(x.sizes, len(entries))
	if slices.ContainsFunc(entries, func(e kb.Entry) bool { return e.Document.Path == x.bad }) {
		return errors.New("cannot be stored")
	}
	return x.Index.Replace(ctx, base, entries)
}

// gathered submits documents while nothing is read, and then has them read.
func gathered(d *desk, texts map[string]string, bad string) (x *picky, ids map[string]string) {
	d.t.Helper()
	require.NoError(d.t, d.Close(d.t.Context()))
	x, ids = &picky{Index: d.index, bad: bad}, map[string]string{}
	d.open(func(o *ingest.Options) { o.Index = x })
	unlock, err := d.store.Lock(d.t.Context(), "reindex", nil)
	require.NoError(d.t, err)
	for path, text := range texts {
		ids[path] = d.submit(path, text).ID
	}
	require.NoError(d.t, unlock())
	return x, ids
}

func many(n int) map[string]string {
	texts := map[string]string{}
	for i := range n {
		texts[fmt.Sprintf("%d.md", i)] = "Text of it."
	}
	return texts
}

func TestWhatHasGatheredIsOneChange(t *testing.T) {
	d := newDesk(t)
	texts := many(20)
	texts["0.md"] = "\x00\x01\x02\x00\xff"
	x, ids := gathered(d, texts, "")
	for path, id := range ids {
		if path == "0.md" {
			d.until(id, kb.Failed)
		} else {
			d.until(id, kb.Ready)
			require.Contains(t, d.text(id), "Text of it.")
		}
	}
	require.NoError(t, d.Close(t.Context()))
	require.Len(t, x.sizes, 2)
	require.Equal(t, 19, x.sizes[0]+x.sizes[1])
}

func TestALargeFileIsReadAlone(t *testing.T) {
	d := newDesk(t)
	d.change = func(o *uploads.Options) { o.MaxBytes = 1 << 20 }
	texts := many(4)
	texts["large.md"] = "Text of it." + strings.Repeat("\n", 300_000)
	x, ids := gathered(d, texts, "")
	for _, id := range ids {
		d.until(id, kb.Ready)
	}
	require.NoError(t, d.Close(t.Context()))
	require.Contains(t, x.sizes, 1)
	require.GreaterOrEqual(t, len(x.sizes), 2)
}

// deleting is an index that counts how often something is deleted.
type deleting struct {
	*kbtest.Index
	times atomic.Int32
}

func (x *deleting) Delete(ctx context.Context, base string, ids []string) error {
	x.times.Add(1)
	return x.Index.Delete(ctx, base, ids)
}

func TestRemovalsThatWaitAreOneChange(t *testing.T) {
	d := newDesk(t)
	_, ids := gathered(d, many(8), "")
	for _, id := range ids {
		d.until(id, kb.Ready)
	}
	require.NoError(t, d.Close(t.Context()))
	x := &deleting{Index: d.index}
	d.change = func(o *uploads.Options) { o.Index, o.Patience = x, time.Minute }
	d.open(nil)
	unlock, err := d.store.Lock(t.Context(), "reindex", nil)
	require.NoError(t, err)
	var gone errgroup.Group
	var impatient errgroup.Group
	for _, id := range ids {
		gone.Go(func() error { return d.Remove(context.WithoutCancel(t.Context()), "default", id) })
	}
	gone.Go(func() error {
		if err := d.Remove(context.WithoutCancel(t.Context()), "default", "unknown"); kb.CodeOf(err) != kb.NotFound {
			return fmt.Errorf("unknown: %w", err)
		}
		return nil
	})
	impatient.Go(func() error { return d.Remove(cancelled(), "default", ids["0.md"]) })
	require.Equal(t, kb.Unavailable, kb.CodeOf(impatient.Wait()))
	time.Sleep(50 * time.Millisecond) // until they wait
	require.NoError(t, unlock())
	require.NoError(t, gone.Wait())
	require.LessOrEqual(t, x.times.Load(), int32(3))
	require.Empty(t, d.files())
	for _, id := range ids {
		_, err := d.store.Document(t.Context(), id)
		require.Equal(t, kb.NotFound, kb.CodeOf(err))
	}
}

// One that cannot be stored holds up no other for long.
func TestOneThatFailsDoesNotFailOthers(t *testing.T) {
	d := newDesk(t)
	x, ids := gathered(d, many(9), "3.md")
	for path, id := range ids {
		if path != "3.md" {
			d.until(id, kb.Ready)
		}
	}
	require.Contains(t, d.until(ids["3.md"], kb.Queued).Reason, "tried again")
	x.mu.Lock()
	x.bad = ""
	x.mu.Unlock()
	d.until(ids["3.md"], kb.Ready)
}
