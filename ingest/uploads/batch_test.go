package uploads_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

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
