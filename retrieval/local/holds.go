package local

import (
	"context"

	"github.com/askdesk/askdesk/retrieval/local/store"
)

// Holds implements ingest.Index.
func (x *Index) Holds(ctx context.Context, name string, documents []string) (map[string]bool, error) {
	have := map[string]bool{}
	err := x.read(ctx, name, func(tx *store.Tx) (err error) {
		have, err = tx.Holds(documents)
		return err
	})
	return have, err
}

// Count is the number of documents of a knowledge base that can be found: those
// with chunks.
func (x *Index) Count(ctx context.Context, name string) (n int, err error) {
	err = x.read(ctx, name, func(tx *store.Tx) (err error) {
		n, err = tx.Count()
		return err
	})
	return n, err
}

// Chunks is the number of chunks of a knowledge base.
func (x *Index) Chunks(ctx context.Context, name string) (n int, err error) {
	err = x.read(ctx, name, func(tx *store.Tx) (err error) {
		n, err = tx.Chunks()
		return err
	})
	return n, err
}

// read runs do on the last commit, and not at all where there is no file yet.
func (x *Index) read(ctx context.Context, name string, do func(*store.Tx) error) error {
	b, release, err := x.use(ctx, name, reading)
	if err != nil {
		return err
	}
	defer release()
	if b == nil {
		return nil
	}
	return b.file.Read(ctx, do)
}
