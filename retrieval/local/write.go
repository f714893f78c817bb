package local

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/local/store"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Replace implements ingest.Index. All entries change in one commit.
func (x *Index) Replace(ctx context.Context, name string, entries []kb.Entry) error {
	for i := range entries {
		if err := entries[i].Check(); err != nil {
			return fmt.Errorf("replace %s: %w", entries[i].Document.Path, err)
		}
	}
	return x.write(ctx, name, func(w *writer) error {
		last := make(map[string]int, len(entries))
		for i := range entries {
			last[entries[i].Document.ID] = i
		}
		for i := range entries {
			if last[entries[i].Document.ID] != i {
				continue // a later entry for the same document replaces this one
			}
			if err := w.plan(&entries[i]); err != nil {
				return err
			}
		}
		return w.putChunks(ctx)
	})
}

// Delete implements ingest.Index.
func (x *Index) Delete(ctx context.Context, name string, documents []string) error {
	return x.write(ctx, name, func(w *writer) error {
		for _, id := range documents {
			if err := w.tx.DropDocument(w.seq, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Embedded implements ingest.Index.
func (x *Index) Embedded(ctx context.Context, name, model string, chunks []string) (map[string]bool, error) {
	b, release, err := x.use(ctx, name, reading)
	if err != nil {
		return nil, err
	}
	defer release()
	have := map[string]bool{}
	if b == nil {
		return have, nil
	}
	err = b.file.Read(ctx, func(tx *store.Tx) (err error) {
		have, err = tx.Embedded(model, chunks)
		return err
	})
	return have, err
}

// write runs do in one commit, after which the snapshot has it.
func (x *Index) write(ctx context.Context, name string, do func(*writer) error) error {
	b, release, err := x.use(ctx, name, writing)
	if err != nil {
		return err
	}
	defer release()
	if err := b.file.Write(ctx, func(tx *store.Tx) error {
		b.catching.Lock()
		defer b.catching.Unlock()
		if err := b.catchUp(tx); err != nil {
			return err
		}
		seq, err := tx.Begin(Analyzer())
		if err != nil {
			return err
		}
		return do(&writer{tx: tx, seq: seq, vocab: newIDs(&b.vocab), analyzers: &b.analyzers})
	}); err != nil {
		return err
	}
	return b.refresh(ctx)
}

// writer makes one commit.
type writer struct {
	tx    *store.Tx
	seq   int64
	vocab *ids
	fresh []fresh

	analyzers *terms.Analyzers
}

// fresh is a chunk that gets a new row.
type fresh struct {
	doc    *kb.Document
	row    int64 // of the document
	chunk  *kb.Chunk
	vector []byte
	model  string
	fields terms.Fields
	terms  []byte // packed already, if they are known
	pieces []byte // known if the terms are
}

// plan compares an entry with what is stored, removes and moves chunks, and
// notes those that need a new row.
func (w *writer) plan(e *kb.Entry) error {
	row, doc, stored, err := w.tx.Document(e.Document.ID)
	if err != nil {
		return err
	}
	same := row > 0 && doc.Title == e.Document.Title && terms.Language(doc.Language) == terms.Language(e.Document.Language)
	if row, err = w.tx.PutDocument(w.seq, row, e.Document); err != nil {
		return err
	}
	for i := range e.Chunks {
		c := &e.Chunks[i]
		f := fresh{doc: &e.Document, row: row, chunk: c, vector: codes.Encode(c.Vector), model: c.Model}
		old, found := stored[c.ID]
		if found {
			delete(stored, c.ID)
			analysed := same && old.Text == c.Text && slices.Equal(old.Heading, c.Heading)
			if c.Vector == nil {
				f.vector, f.model = old.Blob, old.Model
			}
			// A row says for ever what readers hold in memory of it, its place among them.
			if analysed && f.model == old.Model && string(f.vector) == string(old.Blob) && old.Ordinal == c.Ordinal {
				if err := w.move(old, c); err != nil {
					return err
				}
				continue
			}
			if analysed {
				f.terms, f.pieces = old.Terms, old.Pieces
			}
			if err := w.tx.DropChunk(w.seq, old.Row); err != nil {
				return err
			}
		}
		w.fresh = append(w.fresh, f)
	}
	return w.drop(stored)
}

func (w *writer) move(old store.Chunk, c *kb.Chunk) error {
	if old.Span == c.Span && old.RuneStart == c.RuneStart && old.Page == c.Page {
		return nil
	}
	return w.tx.MoveChunk(old.Row, c)
}

func (w *writer) drop(stored map[string]store.Chunk) error {
	for _, old := range stored {
		if err := w.tx.DropChunk(w.seq, old.Row); err != nil {
			return err
		}
	}
	return nil
}

// putChunks analyses the noted chunks and stores them.
func (w *writer) putChunks(ctx context.Context) error {
	if err := analyse(ctx, w.fresh, w.analyzers); err != nil {
		return err
	}
	for i := range w.fresh {
		f := &w.fresh[i]
		if f.terms == nil {
			f.terms = terms.Encode(f.fields, w.vocab.id)
		}
		c := store.Chunk{Doc: f.row, Model: f.model, Terms: f.terms, Blob: f.vector, Pieces: f.pieces, Chunk: *f.chunk}
		if err := w.tx.PutChunk(c); err != nil {
			return err
		}
	}
	return w.vocab.store(w.tx)
}

// analyse fills in the fields of chunks whose terms aren't known, on all
// processors, with analyzers that remember what they have seen in commits before.
func analyse(ctx context.Context, list []fresh, analyzers *terms.Analyzers) error {
	var group errgroup.Group
	n := runtime.GOMAXPROCS(0)
	for part := range n {
		part := list[part*len(list)/n : (part+1)*len(list)/n]
		group.Go(func() error {
			return analyzers.Use(func(a *terms.Analyzer) error {
				for i := range part {
					if f := &part[i]; f.terms == nil {
						f.fields, f.pieces = a.Chunk(f.doc, f.chunk), terms.Pieces(f.doc, f.chunk)
					}
					if err := ctx.Err(); err != nil {
						return err
					}
				}
				return nil
			})
		})
	}
	return group.Wait()
}

// analyseAtOnce is how many chunks reanalyse holds in memory.
const analyseAtOnce = 256

// reanalyse makes the terms and pieces of every chunk anew, in one commit.
func reanalyse(ctx context.Context, file *store.File) error {
	return file.Write(ctx, func(tx *store.Tx) error {
		state, err := tx.State()
		if err != nil || state.Analyzer == Analyzer() { // another process was faster
			return err
		}
		seq, err := tx.Begin(Analyzer())
		if err != nil {
			return err
		}
		if err := tx.ForgetTerms(seq); err != nil {
			return err
		}
		docs := map[int64]*kb.Document{}
		if err := tx.Documents(-1, func(row int64, doc *kb.Document) { docs[row] = doc }); err != nil {
			return err
		}
		a, vocab, last := terms.NewAnalyzer(), newIDs(&vocabulary{}), int64(0)
		for {
			list, err := tx.Some(last, analyseAtOnce)
			if err != nil {
				return err
			}
			for _, c := range list {
				doc := docs[c.Doc]
				if err := tx.PutTerms(c.Row, terms.Encode(a.Chunk(doc, &c.Chunk), vocab.id), terms.Pieces(doc, &c.Chunk)); err != nil {
					return err
				}
				last = c.Row
			}
			if len(list) < analyseAtOnce {
				break
			}
		}
		return vocab.store(tx)
	})
}

// ids gives terms their ids in a commit that is being made.
type ids struct {
	known *vocabulary
	first uint32 // of the new ones
	fresh map[string]uint32
	list  []string // the new ones, in order
}

func newIDs(known *vocabulary) *ids {
	return &ids{known: known, first: uint32(len(known.ids)), fresh: map[string]uint32{}}
}

func (v *ids) id(term string) uint32 {
	if id, ok := v.known.find(term); ok {
		return id
	}
	id, ok := v.fresh[term]
	if !ok {
		id = v.first + uint32(len(v.list))
		v.fresh[term] = id
		v.list = append(v.list, term)
	}
	return id
}

func (v *ids) store(tx *store.Tx) error { return tx.AddTerms(v.first, v.list) }
