package audit

import (
	"context"
	"fmt"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/kb"
)

const (
	batchDocuments = 64
	batchChunks    = 1000
)

// Copied is how much was copied.
type Copied struct{ Documents, Chunks int }

// Copy writes every document of an index into another, with its vectors. What the
// other has of them already is replaced. Progress, if not nil, is called after each
// batch with what has been written so far.
func Copy(ctx context.Context, base string, from Walker, to ingest.Index, progress func(Copied)) (Copied, error) {
	var done Copied
	var batch []kb.Entry
	chunks := 0
	flush := func() error {
		if err := to.Replace(ctx, base, batch); err != nil {
			return err
		}
		done.Documents, done.Chunks = done.Documents+len(batch), done.Chunks+chunks
		batch, chunks = nil, 0
		if progress != nil {
			progress(done)
		}
		return nil
	}
	err := from.Walk(ctx, base, nil, func(e kb.Entry) error {
		batch, chunks = append(batch, e), chunks+len(e.Chunks)
		if len(batch) < batchDocuments && chunks < batchChunks {
			return nil
		}
		return flush()
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	if err != nil {
		return done, fmt.Errorf("copy: %w", err)
	}
	return done, nil
}
