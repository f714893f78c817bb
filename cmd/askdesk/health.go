package main

import (
	"context"
	"slices"

	"github.com/askdesk/askdesk/internal/state"
	"github.com/askdesk/askdesk/kb"
)

// promised is the index, held to what the manifest says that it has.
type promised struct {
	index
	state *state.Store
}

// Search implements retrieval.Index. Where there is nothing to be found at all,
// it asks whether the index was lost.
func (p promised) Search(ctx context.Context, q kb.Query) (kb.Candidates, error) {
	found, err := p.index.Search(ctx, q)
	if err != nil || found.Chunks > 0 {
		return found, err
	}
	base, held, err := p.held(ctx, q.KB)
	if err != nil {
		return kb.Candidates{}, err
	}
	if held == 0 && base.Documents > 0 {
		return kb.Candidates{}, lost(base, held)
	}
	return found, nil
}

// held is a base and how many of its documents the index has. The manifest is
// asked first: it is marked after the index is written.
func (p promised) held(ctx context.Context, name string) (kb.Base, int, error) {
	if err := p.state.Check(); err != nil {
		return kb.Base{}, 0, err
	}
	base, err := p.state.Base(ctx, name)
	if err != nil {
		return base, 0, err
	}
	held, err := p.Count(ctx, name)
	return base, held, err
}

func lost(base kb.Base, held int) error {
	return kb.Errorf(kb.Unavailable, "The index of %q holds %d of %d documents: run askdesk ingest again. Uploaded files are read again when askdesk serve starts.",
		base.Name, held, base.Documents)
}

func (s *service) promised() promised { return promised{s.index, s.state} }

// healthy is nil when the data folder is the one that was opened and no index
// was lost. One that lacks some documents still answers from the others; the
// doctor tells of it.
func (s *service) healthy(ctx context.Context) error {
	if err := s.state.Check(); err != nil {
		return err
	}
	list, err := s.here(ctx)
	if err != nil {
		return err
	}
	for _, b := range list {
		base, held, err := s.promised().held(ctx, b.Name)
		switch {
		case kb.CodeOf(err) == kb.NotFound: // deleted meanwhile
		case err != nil:
			return err
		case held == 0 && base.Documents > 0:
			return lost(base, held)
		}
	}
	return nil
}

// here are the knowledge bases whose index is where this service looks. If there
// are others only, they are why it cannot answer.
func (s *service) here(ctx context.Context) ([]kb.Base, error) {
	list, err := s.state.Bases(ctx)
	if err != nil {
		return nil, err
	}
	elsewhere, err := s.state.Elsewhere(ctx)
	if err != nil || len(elsewhere) == 0 {
		return list, err
	}
	list = slices.DeleteFunc(list, func(b kb.Base) bool { return slices.Contains(elsewhere, b.Name) })
	if len(list) == 0 {
		_, err = s.state.Version(ctx, elsewhere[0])
	}
	return list, err
}

// examineIndex is a kb.Unavailable if the index of a base lacks any document, or Qdrant
// some of what the index counts: a search need not meet that.
func (s *service) examineIndex(ctx context.Context, name string) error {
	base, held, err := s.promised().held(ctx, name)
	if err != nil {
		return err
	}
	if held < base.Documents {
		return lost(base, held)
	}
	whole, err := s.complete(ctx, name)
	if err == nil && !whole {
		err = kb.Errorf(kb.Unavailable, "Qdrant does not have all chunks of %q. See which with: askdesk index verify --kb %s", name, name)
	}
	return err
}

// complete reports whether the index of a base has all that it counts. That the whole of
// it is missing is a kb.Unavailable.
func (s *service) complete(ctx context.Context, name string) (bool, error) {
	whole, gone, err := whole(ctx, s.index, name)
	if gone {
		err = kb.Errorf(kb.Unavailable, "%s", missing(name))
	}
	return whole, err
}
