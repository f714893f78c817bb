package qdrant

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

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
		var list []*kb.Entry
		for _, i := range slices.Sorted(maps.Values(last)) {
			list = append(list, &entries[i])
		}
		if err := w.plan(ctx, list); err != nil {
			return err
		}
		if err := w.base.ledger.Intend(ctx, w.documents()); err != nil {
			return err
		}
		if err := w.send(ctx, w.collection(), w.points); err != nil {
			return err
		}
		return w.commit(ctx, w.counted(), nil)
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
	entries []ledger.Entry // what changes, without its chunks
	points  []points.Point // all of theirs, in order

	mu      sync.Mutex
	spelled map[string]struct{} // terms of what is written; guarded by mu
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
	w := &writer{Index: x, base: b, spelled: map[string]struct{}{}}
	if w.state, err = b.refresh(ctx); err != nil {
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
		list, err := w.server.Collections(ctx, w.generations(w.base.name, w.base.version))
		if err == nil { // with the collection before this one its alias would go
			err = w.publish(ctx)
		}
		for _, c := range list {
			if err == nil && (w.state.Generation == 0 || c != w.collection()) {
				err = w.server.Drop(ctx, c)
			}
		}
		if err != nil {
			return fmt.Errorf("remove an old collection: %w", err)
		}
		if err := w.name(ctx, list); err != nil {
			return err
		}
		w.base.tidy = true
	}
	return w.sweep(ctx)
}

// name notes the prefix of a collection that is there, for a ledger that was made
// before prefixes were noted.
func (w *writer) name(ctx context.Context, there []string) error {
	if w.state.Prefix != "" || w.state.Generation == 0 || !slices.Contains(there, w.collection()) {
		return nil
	}
	w.state.Prefix = w.opt.Prefix
	return w.base.ledger.Name(ctx, w.opt.Prefix)
}

// commit makes entries count, and documents gone, and removes what no longer counts.
func (w *writer) commit(ctx context.Context, entries []ledger.Entry, gone []string) error {
	if len(entries) == 0 && len(gone) == 0 {
		return nil
	}
	if err := w.base.ledger.Learn(ctx, w.spelled); err != nil {
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
// chunks are embedded. Keeps says of which chunk without a vector one is stored.
func (w *writer) revision(e *kb.Entry, keeps func(chunk string) bool) (string, error) {
	doc := e.Document
	doc.Text = ""
	h := sha256.New()
	out := json.NewEncoder(h)
	err := out.Encode(doc)
	for _, c := range e.Chunks {
		embedded := c.Vector == nil && keeps(c.ID) || c.Vector != nil && c.Model == w.state.Model
		c.Vector, c.Model, c.Text = nil, "", "" // the id stands for what is indexed
		if embedded {
			c.Model = w.state.Model
		}
		if err == nil {
			err = out.Encode(c)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), err
}

// plan notes the points of entries, but of those that count already as they are.
func (w *writer) plan(ctx context.Context, entries []*kb.Entry) error {
	var bare, ids []string
	for _, e := range entries {
		ids = append(ids, e.Document.ID)
		for _, c := range e.Chunks {
			if c.Vector == nil {
				bare = append(bare, c.ID)
			}
		}
	}
	have, err := w.base.ledger.Embedded(ctx, bare)
	if err != nil {
		return err
	}
	before := w.base.ledger.Revisions(ids)
	var changed []*kb.Entry
	var wanted []string // points whose vectors stay
	for _, e := range entries {
		counts := before[e.Document.ID]
		revision, err := w.revision(e, func(id string) bool { return have[id] })
		if err != nil {
			return fmt.Errorf("replace %s: %w", e.Document.Path, err)
		}
		if counts == revision {
			continue
		}
		changed = append(changed, e)
		for _, c := range e.Chunks {
			if c.Vector == nil && have[c.ID] {
				wanted = append(wanted, pointID(c.ID, counts))
			}
		}
	}
	kept, err := w.kept(ctx, wanted)
	if err != nil {
		return err
	}
	for _, e := range changed {
		if err := w.add(e, kept, before[e.Document.ID] == ""); err != nil {
			return fmt.Errorf("replace %s: %w", e.Document.Path, err)
		}
	}
	return nil
}

// documents are those that change.
func (w *writer) documents() (ids []string) {
	for _, e := range w.entries {
		ids = append(ids, e.Document.ID)
	}
	return ids
}

// add takes a document into what will be written, with the vectors that it keeps:
// Qdrant may have lost some. Fresh ones did not count before.
func (w *writer) add(e *kb.Entry, kept map[string]kb.Vector, fresh bool) error {
	revision, err := w.revision(e, func(id string) bool { return kept[id] != nil })
	if err != nil {
		return err
	}
	doc := e.Document
	doc.Text = ""
	for _, c := range e.Chunks {
		switch {
		case c.Vector == nil && kept[c.ID] != nil:
			c.Vector, c.Model = kept[c.ID], w.state.Model
		case c.Model != w.state.Model:
			c.Vector, c.Model = nil, ""
		}
		w.points = append(w.points, points.Point{ID: pointID(c.ID, revision), Revision: revision, Document: doc, Chunk: c})
	}
	w.entries = append(w.entries, ledger.Entry{Document: doc, Revision: revision, Only: fresh})
	return nil
}

// counted are the entries with what the ledger counts of their points.
func (w *writer) counted() []ledger.Entry {
	at := 0
	for i := range w.points {
		p := &w.points[i]
		for w.entries[at].Document.ID != p.Document.ID {
			at++
		}
		w.entries[at].Chunks = append(w.entries[at].Chunks, counted(p))
	}
	return w.entries
}

// counted is what the ledger counts of a point.
func counted(p *points.Point) ledger.Chunk {
	return ledger.Chunk{ID: p.Chunk.ID, Embedded: p.Chunk.Vector != nil, Terms: p.Terms, Pieces: p.Pieces}
}

// kept are the stored vectors of points, by chunk.
func (w *writer) kept(ctx context.Context, wanted []string) (map[string]kb.Vector, error) {
	list, err := w.server.Points(ctx, points.Get{Collection: w.collection(), IDs: wanted, Vectors: w.state.Size > 0, Patient: true})
	if err != nil {
		return nil, fmt.Errorf("read stored vectors: %w", err)
	}
	out := make(map[string]kb.Vector, len(list))
	for _, p := range list {
		if p.Chunk.Vector != nil && p.Chunk.ID != "" {
			out[p.Chunk.ID] = p.Chunk.Vector
		}
	}
	return out, nil
}

const (
	partPoints = 256 // that are analysed and then sent
	atOnce     = 4   // parts: while some are on their way, others are analysed
)

// send analyses points and stores them in a collection.
func (w *writer) send(ctx context.Context, collection string, list []points.Point) error {
	group, wanted := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for part := range slices.Chunk(list, partPoints) {
		group.Go(func() error {
			if err := wanted.Err(); err != nil {
				return err
			}
			if err := w.analyse(part); err != nil {
				return err
			}
			// Not cut off when another part fails: Qdrant might still store it, after
			// the next change has looked for what is left.
			return w.server.Upsert(ctx, collection, part)
		})
	}
	return group.Wait()
}

// analyse fills in the words of points.
func (w *writer) analyse(list []points.Point) error {
	spelled := map[string]struct{}{}
	id := func(term string) uint32 {
		spelled[term] = struct{}{}
		return number(term)
	}
	if err := w.analyzers.Use(func(a *terms.Analyzer) (err error) {
		for i := range list {
			p := &list[i]
			p.Terms, p.Pieces = terms.Encode(a.Chunk(&p.Document, &p.Chunk), id), terms.Pieces(&p.Document, &p.Chunk)
			if p.Sparse, err = sparse(p.Terms); err != nil {
				return fmt.Errorf("chunk %s: %w", p.Chunk.ID, err)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.Copy(w.spelled, spelled)
	return nil
}

// pointID names a chunk of one revision of its document, so that a revision is
// written beside the one that counts.
func pointID(chunk, revision string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(chunk+" "+revision)).String()
}
