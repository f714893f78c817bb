package qdrant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/ledger"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Replace implements ingest.Index. The points are written first, then they count,
// then those before them are removed.
func (x *Index) Replace(ctx context.Context, name string, entries []kb.Entry) error {
	last := make(map[string]int, len(entries))
	for i := range entries {
		if err := entries[i].Check(); err != nil {
			return fmt.Errorf("replace %s: %w", entries[i].Document.Path, err)
		}
		last[entries[i].Document.ID] = i // a later entry for the same document replaces an earlier one
	}
	return x.write(ctx, name, func(w *writer) error {
		if len(entries) == 0 {
			return nil
		}
		if err := w.prepare(ctx, entries); err != nil {
			return err
		}
		for _, i := range slices.Sorted(maps.Values(last)) {
			if err := w.plan(ctx, &entries[i]); err != nil {
				return fmt.Errorf("replace %s: %w", entries[i].Document.Path, err)
			}
		}
		if err := w.base.ledger.Intend(ctx, w.documents()); err != nil {
			return err
		}
		if err := x.server.Upsert(ctx, w.collection(), w.points); err != nil {
			return err
		}
		return w.commit(ctx, w.entries, nil)
	})
}

// Delete implements ingest.Index. What is deleted counts no more before its points
// are removed.
func (x *Index) Delete(ctx context.Context, name string, documents []string) error {
	return x.write(ctx, name, func(w *writer) error {
		return w.commit(ctx, nil, slices.Collect(maps.Keys(w.base.ledger.Revisions(documents))))
	})
}

// writer makes one change of a base.
type writer struct {
	*Index
	base    *base
	state   ledger.State
	words   *terms.Analyzer
	spelled map[string]struct{} // terms of what is written
	entries []ledger.Entry
	points  []points.Point
}

func (w *writer) collection() string { return w.Index.collection(w.base, w.state.Generation) }

func (x *Index) write(ctx context.Context, name string, do func(*writer) error) error {
	b, release, err := x.open(ctx, name)
	if err != nil {
		return err
	}
	defer release()
	b.writing.Lock()
	defer b.writing.Unlock()
	w := &writer{Index: x, base: b, words: terms.NewAnalyzer(), spelled: map[string]struct{}{}}
	if w.state, err = b.ledger.Refresh(ctx); err != nil {
		return err
	}
	if err := w.tidy(ctx); err != nil {
		return b.lost(err)
	}
	return b.lost(do(w))
}

// tidy removes what an earlier writer could not finish: points that don't count, and
// the first time the collections before this one and those of moves that were cut off.
func (w *writer) tidy(ctx context.Context) error {
	if !w.base.tidy {
		list, err := w.server.Collections(ctx, w.generations(w.base))
		for _, c := range list {
			if err == nil && (w.state.Generation == 0 || c != w.collection()) {
				err = w.server.Drop(ctx, c)
			}
		}
		if err != nil {
			return fmt.Errorf("remove an old collection: %w", err)
		}
		w.base.tidy = true
	}
	return w.sweep(ctx)
}

// commit makes entries count, and documents gone, and removes what no longer counts.
func (w *writer) commit(ctx context.Context, entries []ledger.Entry, gone []string) error {
	if len(entries) == 0 && len(gone) == 0 {
		return nil
	}
	if err := w.base.ledger.Learn(ctx, slices.Collect(maps.Keys(w.spelled))); err != nil {
		return err
	}
	if err := w.base.ledger.Commit(ctx, entries, gone); err != nil {
		return err
	}
	return w.sweep(ctx)
}

// sweep removes points that don't count.
func (w *writer) sweep(ctx context.Context) error {
	left, err := w.base.ledger.Leftovers(ctx)
	if err != nil || len(left) == 0 {
		return err
	}
	if w.state.Generation > 0 {
		if err := w.server.Delete(ctx, w.collection(), points.Select{Stale: left}); err != nil && kb.CodeOf(err) != kb.NotFound { // with the collection all points went
			return fmt.Errorf("remove what was replaced: %w", err)
		}
	}
	return w.base.ledger.Cleared(ctx, left)
}

// prepare sees to it that there is a collection for the vectors of entries.
func (w *writer) prepare(ctx context.Context, entries []kb.Entry) error {
	want := w.state
	want.Analyzer, want.Quantized = terms.Version, w.opt.Quantized
	for i := range entries {
		for _, c := range entries[i].Chunks {
			if c.Vector != nil {
				want.Model, want.Size = c.Model, len(c.Vector)
			}
		}
	}
	want.Quantized = want.Quantized && want.Size > 0
	if w.state.Generation > 0 && want == w.state {
		return nil
	}
	w.base.tidy = false
	if err := w.move(ctx, want); err != nil {
		return err
	}
	w.base.tidy = true
	return nil
}

// revision names a state of a document: what is stored of it, and by which models its
// chunks are embedded.
func (w *writer) revision(e *kb.Entry, embedded []bool) (string, error) {
	doc := e.Document
	doc.Text = ""
	h := sha256.New()
	out := json.NewEncoder(h)
	err := out.Encode(doc)
	for i := range e.Chunks {
		c := e.Chunks[i]
		c.Vector, c.Model, c.Text = nil, "", "" // the id stands for what is indexed
		if embedded[i] {
			c.Model = w.state.Model
		}
		if err == nil {
			err = out.Encode(c)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), err
}

// plan adds the points of an entry, unless it counts already as it is.
func (w *writer) plan(ctx context.Context, e *kb.Entry) error {
	id := e.Document.ID
	ids := make([]string, len(e.Chunks))
	for i, c := range e.Chunks {
		ids[i] = c.ID
	}
	have, err := w.base.ledger.Embedded(ctx, ids)
	if err != nil {
		return err
	}
	embedded := make([]bool, len(e.Chunks))
	for i, c := range e.Chunks {
		embedded[i] = c.Vector == nil && have[c.ID] || c.Vector != nil && c.Model == w.state.Model
	}
	revision, err := w.revision(e, embedded)
	if err != nil {
		return err
	}
	before := w.base.ledger.Revisions([]string{id})[id]
	if before == revision {
		return nil
	}
	kept, err := w.kept(ctx, e, have, before)
	if err != nil {
		return err
	}
	for i, c := range e.Chunks { // Qdrant may have lost some
		embedded[i] = embedded[i] && (c.Vector != nil || kept[c.ID] != nil)
	}
	if revision, err = w.revision(e, embedded); err != nil {
		return err
	}
	list := make([]points.Point, len(e.Chunks))
	for i := range e.Chunks {
		c := e.Chunks[i]
		if v, ok := kept[c.ID]; ok && c.Vector == nil {
			c.Vector, c.Model = v, w.state.Model
		}
		if list[i], err = w.point(&e.Document, c, revision); err != nil {
			return err
		}
	}
	w.add(e.Document, revision, list)
	return nil
}

// documents are those that change.
func (w *writer) documents() (ids []string) {
	for _, e := range w.entries {
		ids = append(ids, e.Document.ID)
	}
	return ids
}

// add takes the points of a document into what will be written.
func (w *writer) add(doc kb.Document, revision string, list []points.Point) {
	entry := ledger.Entry{Document: doc, Revision: revision}
	for i := range list {
		entry.Chunks = append(entry.Chunks, counted(&list[i]))
	}
	w.entries, w.points = append(w.entries, entry), append(w.points, list...)
}

// counted is what the ledger counts of a point.
func counted(p *points.Point) ledger.Chunk {
	return ledger.Chunk{ID: p.Chunk.ID, Embedded: p.Chunk.Vector != nil, Terms: p.Terms, Pieces: p.Pieces}
}

// kept are the stored vectors of the chunks that come without.
func (w *writer) kept(ctx context.Context, e *kb.Entry, have map[string]bool, revision string) (map[string]kb.Vector, error) {
	var wanted []string
	for _, c := range e.Chunks {
		if c.Vector == nil && have[c.ID] {
			wanted = append(wanted, pointID(c.ID, revision))
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	list, err := w.server.Points(ctx, points.Get{Collection: w.collection(), IDs: wanted, Vectors: w.state.Size > 0, Patient: true})
	if err != nil {
		return nil, fmt.Errorf("read stored vectors: %w", err)
	}
	out := make(map[string]kb.Vector, len(list))
	for _, p := range list {
		if p.Chunk.Vector != nil {
			out[p.Chunk.ID] = p.Chunk.Vector
		}
	}
	return out, nil
}

// point analyses a chunk.
func (w *writer) point(doc *kb.Document, c kb.Chunk, revision string) (points.Point, error) {
	if c.Model != w.state.Model {
		c.Vector, c.Model = nil, ""
	}
	p := points.Point{ID: pointID(c.ID, revision), Revision: revision, Document: *doc, Chunk: c}
	p.Document.Text = ""
	p.Terms, p.Pieces = terms.Encode(w.words.Chunk(doc, &c), w.number), terms.Pieces(doc, &c)
	var err error
	p.Sparse, err = sparse(p.Terms)
	return p, err
}

// pointID names a chunk of one revision of its document, so that a revision is
// written beside the one that counts.
func pointID(chunk, revision string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(chunk+" "+revision)).String()
}

// number is that of a term, which will be known from the next commit on.
func (w *writer) number(term string) uint32 {
	w.spelled[term] = struct{}{}
	return number(term)
}
