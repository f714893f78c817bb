package ingest_test

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/extract"
	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local"
)

func newService(ctx context.Context, data string, embedder kb.Embedder) (*service, error) {
	s := &service{}
	var err error
	if s.store, err = state.Open(ctx, data, state.Options{}); err != nil {
		return nil, err
	}
	if _, err = s.store.Base(ctx, "default"); kb.CodeOf(err) == kb.NotFound {
		_, err = s.store.CreateBase(ctx, "default", state.Components{})
	}
	if err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	s.index, err = local.Open(ctx, local.Options{Dir: filepath.Join(data, "index"), Version: s.store.Version})
	if err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	s.pipeline = ingest.New(ingest.Options{Index: s.index, Manifest: s.store, Sources: s.store, Reader: extract.New(extract.Options{}), Embedders: ingest.One(embedder)})
	return s, nil
}

func (s *service) close() error { return errors.Join(s.index.Close(), s.store.Close()) }
