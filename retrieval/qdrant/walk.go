package qdrant

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
)

// walkDocuments is how many documents Walk reads at once.
const walkDocuments = 64

// Walk implements audit.Walker.
func (x *Index) Walk(ctx context.Context, name string, documents []string, do func(kb.Entry) error) error {
	return x.look(ctx, name, func(b *base, state ledger.State) error {
		ids := b.ledger.IDs()
		if documents != nil {
			ids = slices.Sorted(maps.Keys(b.ledger.Revisions(documents)))
		}
		for some := range slices.Chunk(ids, walkDocuments) {
			if err := x.walk(ctx, b, state, some, do); err != nil {
				return err
			}
		}
		return nil
	})
}

// walk hands over documents that are there, by their revisions of this moment.
func (x *Index) walk(ctx context.Context, b *base, state ledger.State, ids []string, do func(kb.Entry) error) error {
	live := b.ledger.Revisions(ids)
	chunks := map[string][]kb.Chunk{}
	w := points.Walk{Whole: true, Vectors: state.Size > 0, Select: &points.Select{Documents: ids}}
	if err := x.server.Scroll(ctx, x.collection(b, state.Generation), w, func(page []points.Point) error {
		for _, p := range page {
			if id := p.Chunk.Document; p.Revision == live[id] {
				chunks[id] = append(chunks[id], p.Chunk)
			}
		}
		return nil
	}); err != nil && kb.CodeOf(err) != kb.NotFound { // with the collection all points went
		return err
	}
	for _, id := range ids {
		doc := b.ledger.Meta(id)
		if doc == nil { // removed meanwhile
			continue
		}
		if err := do(entry(*doc, chunks[id])); err != nil {
			return err
		}
	}
	return nil
}

func entry(doc kb.Document, chunks []kb.Chunk) kb.Entry {
	slices.SortFunc(chunks, func(a, b kb.Chunk) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	var text strings.Builder
	for _, c := range chunks {
		text.WriteString(c.Text)
	}
	doc.Text = text.String()
	return kb.Entry{Document: doc, Chunks: chunks}
}

// orphans are the points of the collection that don't count.
func (w *writer) orphans(ctx context.Context, remove bool) (n int, err error) {
	if w.state.Generation == 0 {
		return 0, nil
	}
	var ids []string
	err = w.server.Scroll(ctx, w.collection(), points.Walk{}, func(page []points.Point) error {
		for _, p := range page {
			id := p.Chunk.Document
			if revision := w.base.ledger.Revisions([]string{id})[id]; revision == "" || revision != p.Revision {
				ids = append(ids, p.ID)
			}
		}
		return nil
	})
	switch {
	case kb.CodeOf(err) == kb.NotFound && remove: // the next write makes another
		err = w.base.ledger.Use(ctx, ledger.State{}, nil)
		w.state = ledger.State{}
	case kb.CodeOf(err) == kb.NotFound:
		err = nil
	case err == nil && remove:
		err = w.server.Delete(ctx, w.collection(), points.Select{IDs: ids})
	}
	return len(ids), err
}

// Settle waits until the server has built all that it searches by: until then it
// compares more than it will have to, and answers slower.
func (x *Index) Settle(ctx context.Context, name string) error {
	return x.look(ctx, name, func(b *base, state ledger.State) error {
		if state.Generation == 0 {
			return nil
		}
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			info, err := x.server.Info(ctx, x.collection(b, state.Generation))
			if err != nil || info.Ready {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	})
}
