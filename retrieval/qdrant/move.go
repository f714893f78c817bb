package qdrant

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
)

// move makes the next generation of a base's collection, with all that counts, and
// has it count in one commit. Chunks are analysed anew; vectors of another model are
// left behind.
func (w *writer) move(ctx context.Context, to ledger.State) error {
	from, old := w.state, w.collection()
	to.Generation, to.Prefix = from.Generation+1, w.opt.Prefix
	w.state = to
	next := w.collection()
	if err := w.server.Drop(ctx, next); err != nil { // of a move that was cut off
		return err
	}
	if err := w.server.Create(ctx, next, points.Spec{Model: to.Model, Size: to.Size, Quantized: to.Quantized, Replicas: w.opt.Replicas, Meta: map[string]string{"analyzer": to.Analyzer}}); err != nil {
		return err
	}
	var entries []ledger.Entry
	if from.Generation > 0 {
		var err error
		if entries, err = w.copy(ctx, old, next, from.Model == to.Model && from.Size == to.Size); err != nil {
			return fmt.Errorf("move to a new collection: %w", err)
		}
	}
	if err := w.base.ledger.Learn(ctx, w.spelled); err != nil {
		return err
	}
	if err := w.base.ledger.Use(ctx, to, entries); err != nil {
		return err
	}
	var err error
	if w.state, err = w.base.ledger.Refresh(ctx); err != nil {
		return err
	}
	if err := w.publish(ctx); err != nil || from.Generation == 0 {
		return err
	}
	return w.server.Drop(ctx, old)
}

// copy writes what counts of a collection into another.
func (w *writer) copy(ctx context.Context, from, to string, vectors bool) ([]ledger.Entry, error) {
	byDocument := map[string]*ledger.Entry{}
	err := w.server.Scroll(ctx, from, points.Walk{Whole: true, Vectors: vectors}, func(page []points.Point) error {
		var fresh []points.Point
		for i := range page {
			p := &page[i]
			id := p.Chunk.Document
			meta := w.base.ledger.Meta(id)
			if meta == nil || w.base.ledger.Revisions([]string{id})[id] != p.Revision || p.Chunk.ID == "" {
				continue
			}
			if !vectors {
				p.Chunk.Vector, p.Chunk.Model = nil, ""
			}
			p.Document = *meta
			fresh = append(fresh, *p)
		}
		if err := w.send(ctx, to, fresh); err != nil {
			return err
		}
		for i := range fresh {
			p := &fresh[i]
			e := byDocument[p.Document.ID]
			if e == nil {
				e = &ledger.Entry{Document: p.Document, Revision: p.Revision, Only: true}
				byDocument[p.Document.ID] = e
			}
			e.Chunks = append(e.Chunks, counted(p))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for id, meta := range w.base.ledger.Empty() {
		byDocument[id] = &ledger.Entry{Document: *meta, Revision: w.base.ledger.Revisions([]string{id})[id], Only: true}
	}
	var out []ledger.Entry
	for _, id := range slices.Sorted(maps.Keys(byDocument)) {
		out = append(out, *byDocument[id])
	}
	return out, nil
}
