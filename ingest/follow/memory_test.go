package follow_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/askdesk/askdesk/ingest/ingesttest"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// shelf is a kbtest.Index that can be read as a whole.
type shelf struct {
	*kbtest.Index
	bases map[string]map[string]kb.Entry
}

func newShelf(bases ...string) *shelf {
	s := &shelf{Index: kbtest.NewIndex(bases...), bases: map[string]map[string]kb.Entry{}}
	for _, base := range bases {
		s.bases[base] = map[string]kb.Entry{}
	}
	return s
}

func (s *shelf) Replace(ctx context.Context, base string, entries []kb.Entry) error {
	if err := s.Index.Replace(ctx, base, entries); err != nil {
		return err
	}
	for _, e := range entries {
		old := s.bases[base][e.Document.ID].Chunks
		e.Chunks = slices.Clone(e.Chunks)
		for i := range e.Chunks {
			c := &e.Chunks[i]
			if n := slices.IndexFunc(old, func(o kb.Chunk) bool { return o.ID == c.ID }); n >= 0 && c.Vector == nil {
				c.Vector, c.Model = old[n].Vector, old[n].Model
			}
		}
		s.bases[base][e.Document.ID] = e
	}
	return nil
}

func (s *shelf) Delete(ctx context.Context, base string, documents []string) error {
	if err := s.Index.Delete(ctx, base, documents); err != nil {
		return err
	}
	for _, id := range documents {
		delete(s.bases[base], id)
	}
	return nil
}

// Walk implements audit.Walker.
func (s *shelf) Walk(ctx context.Context, base string, documents []string, do func(kb.Entry) error) error {
	if _, err := s.Holds(ctx, base, nil); err != nil {
		return err
	}
	ids := slices.Sorted(maps.Keys(s.bases[base]))
	for _, id := range ids {
		if documents != nil && !slices.Contains(documents, id) {
			continue
		}
		e := s.bases[base][id]
		e.Chunks = slices.Clone(e.Chunks)
		if err := do(e); err != nil {
			return err
		}
	}
	return nil
}

func TestTheIndexInMemoryIsOne(t *testing.T) {
	ingesttest.Index(t, func(_ *testing.T, bases ...string) ingesttest.Subject { return newShelf(bases...) })
	ingesttest.Walk(t, func(_ *testing.T, bases ...string) ingesttest.Walkable { return newShelf(bases...) })
}

// book is the manifest, and what one version has to look at, in memory.
type book struct {
	infos   map[string]kb.DocumentInfo
	changed map[string]bool
}

func (b *book) Mark(_ context.Context, _ string, infos []kb.DocumentInfo) error {
	for _, d := range infos {
		b.infos[d.ID], b.changed[d.ID] = d, true
	}
	return nil
}

func (b *book) Remove(_ context.Context, _ string, ids []string) error {
	for _, id := range ids {
		delete(b.infos, id)
		b.changed[id] = true
	}
	return nil
}

func (b *book) Document(_ context.Context, id string) (kb.DocumentInfo, error) {
	if d, ok := b.infos[id]; ok {
		return d, nil
	}
	return kb.DocumentInfo{}, kb.Errorf(kb.NotFound, "There is no document %s.", id)
}

func (b *book) Changes(_ context.Context, _, after string, limit int) ([]string, error) {
	ids := slices.Sorted(maps.Keys(b.changed))
	ids = slices.DeleteFunc(ids, func(id string) bool { return id <= after })
	return ids[:min(limit, len(ids))], nil
}

func (b *book) Behind(context.Context, string) (int, error) { return len(b.changed), nil }

func (b *book) Settle(_ context.Context, _ string, documents []string) error {
	for _, id := range documents {
		delete(b.changed, id)
	}
	return nil
}
