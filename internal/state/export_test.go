package state

import "context"

// Components are what the current index version of a knowledge base was made with.
func (s *Store) Components(ctx context.Context, base string) (c Components, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT embedder, analyzer, extractor, chunker FROM index_versions WHERE base = ? AND state = 'current'`, base).
		Scan(&c.Embedder, &c.Analyzer, &c.Extractor, &c.Chunker)
	return c, err
}
