// Package follow brings an index that stands beside the one in use up to date with
// it, embedded by another embedder, while that one is read and written.
package follow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/askdesk/askdesk/ingest"
	"github.com/askdesk/askdesk/ingest/audit"
	"github.com/askdesk/askdesk/kb"
)

// Changes knows what a version of an index may not have as the manifest has it.
type Changes interface {
	// Changes are such documents ordered by id, from behind one on, at most limit.
	Changes(ctx context.Context, version, after string, limit int) ([]string, error)
	// Behind is how many there are.
	Behind(ctx context.Context, version string) (int, error)
	// Settle notes that the version has documents as the manifest has them.
	Settle(ctx context.Context, version string, documents []string) error
}

// Manifest knows the documents.
type Manifest interface {
	// Document is what the manifest has of one; kb.NotFound if it has none.
	Document(ctx context.Context, id string) (kb.DocumentInfo, error)
}

// Options of a Follower. All but Embedder and Progress are needed.
type Options struct {
	Base, Version string
	From          audit.Walker // in use
	To            ingest.Index // has Version
	Embedder      kb.Embedder  // of To; nil: chunks get no vector
	Changes       Changes
	Manifest      Manifest
	// Lock takes the write lock of the data folder, once Version is known to stand
	// beside From still.
	Lock     func(ctx context.Context) (unlock func() error, err error)
	Progress func(Done) // called after each batch; may be nil
}

// Done is what a Follower did.
type Done struct {
	Documents, Chunks int      // that were written or removed, each time they were
	Refused           []string // documents that the embedder finds fault with, by id: they have no vectors
	Lost              []string // documents that From lacks, or has not whole
}

// Follower brings one version up to date.
type Follower struct {
	opt     Options
	done    Done            // without Refused
	refused map[string]bool // by document
}

// New makes a Follower.
func New(opt Options) *Follower {
	return &Follower{opt: opt, refused: map[string]bool{}}
}

// batch is how many documents are brought over at once, and how few may be left when
// the last are.
const batch = 32

// passes bound how often Catch goes through what changed meanwhile.
const passes = 20

// Done is what was done until now.
func (f *Follower) Done() Done {
	done := f.done
	done.Refused = slices.Sorted(maps.Keys(f.refused))
	return done
}

// Catch brings the version so near that few documents are left, which change while it
// works. Texts are embedded without the lock, so that an embedder that is slow or away
// holds up nobody. When it is cut off, what was done stays done.
func (f *Follower) Catch(ctx context.Context) error {
	for range passes {
		f.done.Lost = nil
		if err := f.pass(ctx, f.step); err != nil {
			return err
		}
		left, err := f.left(ctx)
		if err != nil || left <= batch {
			return err
		}
	}
	return kb.Errorf(kb.Unavailable, "The documents of %q change faster than they are embedded. Try again when less is written.", f.opt.Base)
}

// Finish brings over what is left. The caller holds the lock.
func (f *Follower) Finish(ctx context.Context) error {
	for range passes {
		f.done.Lost = nil
		if err := f.pass(ctx, f.last); err != nil {
			return err
		}
		left, err := f.left(ctx)
		if err != nil || left == 0 {
			return err
		}
	}
	return kb.Errorf(kb.Unavailable, "The documents of %q are marked all the time, by somebody who does not write them. Try again.", f.opt.Base)
}

// left is how many documents are to be brought over that can be.
func (f *Follower) left(ctx context.Context) (int, error) {
	n, err := f.opt.Changes.Behind(ctx, f.opt.Version)
	return n - len(f.done.Lost), err
}

// pass goes once through what is to be brought over.
func (f *Follower) pass(ctx context.Context, step func(context.Context, []string) error) error {
	for after := ""; ; {
		ids, err := f.opt.Changes.Changes(ctx, f.opt.Version, after, batch)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := step(ctx, ids); err != nil {
			return err
		}
		if f.opt.Progress != nil {
			f.opt.Progress(f.Done())
		}
		after = ids[len(ids)-1]
	}
}

// made are vectors by chunk, and the chunks of documents that were refused, by
// document. The id of a chunk stands for what of it is embedded.
type made struct {
	vectors map[string]kb.Vector
	refused map[string][]string
}

// step brings over documents that may change meanwhile: they are read again under the
// lock.
func (f *Follower) step(ctx context.Context, ids []string) (err error) {
	_, ready, err := f.prepare(ctx, ids)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	unlock, err := f.opt.Lock(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	found, err := f.read(ctx, ids)
	if err != nil {
		return err
	}
	return f.bring(ctx, ids, found, ready)
}

// last brings over documents that cannot change. The caller holds the lock.
func (f *Follower) last(ctx context.Context, ids []string) error {
	found, ready, err := f.prepare(ctx, ids)
	if err != nil {
		return err
	}
	return f.bring(ctx, ids, found, ready)
}

// prepare reads documents and makes the vectors that they need.
func (f *Follower) prepare(ctx context.Context, ids []string) (map[string]*kb.Entry, made, error) {
	found, err := f.read(ctx, ids)
	if err != nil {
		return nil, made{}, err
	}
	ready, err := f.embed(ctx, ids, found)
	return found, ready, err
}

// read returns the documents that From has.
func (f *Follower) read(ctx context.Context, ids []string) (map[string]*kb.Entry, error) {
	list := map[string]*kb.Entry{}
	err := f.opt.From.Walk(ctx, f.opt.Base, ids, func(e kb.Entry) error {
		for i := range e.Chunks {
			e.Chunks[i].Vector, e.Chunks[i].Model = nil, ""
		}
		list[e.Document.ID] = &e
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the index in use: %w", err)
	}
	return list, nil
}

// embed makes the vectors that documents need as they were found.
func (f *Follower) embed(ctx context.Context, ids []string, found map[string]*kb.Entry) (made, error) {
	var entries []*kb.Entry
	for _, id := range ids {
		if e := found[id]; e != nil && e.Check() == nil {
			entries = append(entries, e)
		}
	}
	ready := made{vectors: map[string]kb.Vector{}, refused: map[string][]string{}}
	err := ingest.Embed(ctx, f.opt.To, f.opt.Embedder, f.opt.Base, entries...)
	if ingest.Refused(err) {
		for _, e := range entries {
			err = ingest.Embed(ctx, f.opt.To, f.opt.Embedder, f.opt.Base, e)
			if ingest.Refused(err) {
				ready.refused[e.Document.ID], err = chunks(e), nil
			}
			if err != nil {
				return ready, err
			}
		}
	}
	if err != nil {
		return ready, err
	}
	for _, e := range entries {
		for _, c := range e.Chunks {
			if c.Vector != nil {
				ready.vectors[c.ID] = c.Vector
			}
		}
	}
	return ready, nil
}

func chunks(e *kb.Entry) []string {
	ids := make([]string, len(e.Chunks))
	for i, c := range e.Chunks {
		ids[i] = c.ID
	}
	return ids
}

// bring writes documents as they are, and removes those that are gone. The caller
// holds the lock. Those that changed since they were embedded are left for later.
func (f *Follower) bring(ctx context.Context, ids []string, found map[string]*kb.Entry, ready made) error {
	var entries []kb.Entry
	var gone, settled []string
	for _, id := range ids {
		info, err := f.opt.Manifest.Document(ctx, id)
		e := found[id]
		switch {
		case kb.CodeOf(err) == kb.NotFound, err == nil && info.Chunks == 0 && (e == nil || len(e.Chunks) > 0): // who wrote it was cut off
			gone, settled = append(gone, id), append(settled, id)
			delete(f.refused, id)
			continue
		case err != nil:
			return err
		case e == nil, len(e.Chunks) < info.Chunks, e.Check() != nil: // a text that is cut off may look whole
			f.done.Lost = append(f.done.Lost, id)
			continue
		}
		complete, err := f.dress(ctx, e, ready)
		if err != nil {
			return err
		}
		if complete {
			entries, settled = append(entries, *e), append(settled, id)
		}
	}
	if len(entries) > 0 {
		if err := f.opt.To.Replace(ctx, f.opt.Base, entries); err != nil {
			return fmt.Errorf("index: %w", err)
		}
	}
	if len(gone) > 0 {
		if err := f.opt.To.Delete(ctx, f.opt.Base, gone); err != nil {
			return fmt.Errorf("index: %w", err)
		}
	}
	f.done.Documents += len(settled)
	for _, e := range entries {
		f.done.Chunks += len(e.Chunks)
	}
	return f.opt.Changes.Settle(ctx, f.opt.Version, settled)
}

// dress gives an entry the vectors that were made for it; complete is false if it
// needs others than To has.
func (f *Follower) dress(ctx context.Context, e *kb.Entry, ready made) (complete bool, err error) {
	if f.opt.Embedder == nil {
		return true, nil
	}
	model := f.opt.Embedder.Model()
	var bare []string
	for i := range e.Chunks {
		c := &e.Chunks[i]
		if v := ready.vectors[c.ID]; v != nil {
			c.Vector, c.Model = v, model
		} else {
			bare = append(bare, c.ID)
		}
	}
	if ids := ready.refused[e.Document.ID]; ids != nil && slices.Equal(ids, chunks(e)) {
		f.refused[e.Document.ID] = true
		return true, nil
	}
	if len(bare) > 0 {
		have, err := f.opt.To.Embedded(ctx, f.opt.Base, model, bare)
		if err != nil {
			return false, fmt.Errorf("index: %w", err)
		}
		if slices.ContainsFunc(bare, func(id string) bool { return !have[id] }) {
			return false, nil
		}
	}
	delete(f.refused, e.Document.ID)
	return true, nil
}
