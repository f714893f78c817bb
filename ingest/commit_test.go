package ingest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

// hooked is an index that does something before each batch.
type hooked struct {
	ingest.Index
	before func(batch int) error
	batch  int
}

func (x *hooked) Replace(ctx context.Context, base string, entries []kb.Entry) error {
	x.batch++
	if err := x.before(x.batch); err != nil {
		return err
	}
	return x.Index.Replace(ctx, base, entries)
}

// hook makes a house of n files whose index does something before each batch.
func hook(t *testing.T, n int, before func(h *house, batch int) error) *house {
	h := newHouse(t)
	for i := range n {
		h.write(fmt.Sprintf("%03d.md", i), page(fmt.Sprint("A", i)))
	}
	h.opt.Index = &hooked{Index: h.index, before: func(batch int) error { return before(h, batch) }}
	h.pipeline = ingest.New(h.opt)
	return h
}

func TestFilesAreReadWhileABatchIsCommitted(t *testing.T) {
	h := hook(t, 128, func(h *house, batch int) error {
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			h.reader.mu.Lock()
			read := len(h.reader.reads)
			h.reader.mu.Unlock()
			if read == 128 {
				return nil
			}
			if time.Now().After(end) {
				return fmt.Errorf("batch %d: %d files were read", batch, read)
			}
		}
	})
	require.Equal(t, 128, h.run(nil).Counts.Added)
}

func TestABatchThatFailsEndsTheRun(t *testing.T) {
	h := hook(t, 300, func(_ *house, batch int) error {
		if batch == 2 {
			return errAny
		}
		return nil
	})
	r, err := h.try(nil)
	require.ErrorIs(t, err, errAny)
	require.Equal(t, 64, r.Counts.Added, "the batch before is durable")
	docs, err := h.store.Documents(t.Context(), "default", "docs")
	require.NoError(t, err)
	require.Len(t, docs, 64)
	require.Len(t, h.index.docs, 64)
	require.Equal(t, 236, h.run(nil).Counts.Added)
}
