package local

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/local/memory"
	"github.com/askdesk/askdesk/retrieval/local/store"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// Search implements retrieval.Index. It answers from the last commit of any
// process.
func (x *Index) Search(ctx context.Context, q kb.Query) (kb.Candidates, error) {
	b, release, err := x.use(ctx, q.KB, reading)
	if err != nil {
		return kb.Candidates{}, err
	}
	defer release()
	if b == nil {
		return empty(q), nil
	}
	for {
		var found kb.Candidates
		current := false
		err := b.file.Read(ctx, func(tx *store.Tx) error {
			state, err := tx.State()
			snap := b.snap.Load()
			if err != nil || snap == nil || snap.Seq != state.Seq {
				return err
			}
			current = true
			found, err = b.search(ctx, snap, q)
			return err
		})
		if err != nil || current {
			return found, err
		}
		if err := b.refresh(ctx); err != nil {
			return kb.Candidates{}, err
		}
	}
}

// Fill implements retrieval.Index.
func (x *Index) Fill(ctx context.Context, name string, list []*kb.Candidate) (whole bool, err error) {
	b, release, err := x.use(ctx, name, reading)
	if err != nil {
		return false, err
	}
	defer release()
	if b == nil {
		return len(list) == 0, nil
	}
	want, ids := make(map[string]*kb.Candidate, len(list)), make([]string, 0, len(list))
	for _, c := range list {
		if c.Chunk.Text == "" {
			want[c.Chunk.ID], ids = c, append(ids, c.Chunk.ID)
		}
	}
	err = b.file.Read(ctx, func(tx *store.Tx) error {
		return tx.Texts(ids, func(read kb.Chunk) {
			if c := want[read.ID]; c != nil && c.Chunk.Ordinal == read.Ordinal {
				c.Chunk.Text, c.Chunk.Span, c.Chunk.RuneStart, c.Chunk.Page = read.Text, read.Span, read.RuneStart, read.Page
				delete(want, read.ID)
			}
		})
	})
	return len(want) == 0, err
}

func empty(q kb.Query) kb.Candidates {
	return kb.Candidates{Query: terms.Query(q, terms.Vocabulary{Find: func(string) (uint32, int) { return 0, 0 }}).Terms}
}

// search runs both legs on the snapshot.
func (b *base) search(ctx context.Context, snap *memory.Snapshot, q kb.Query) (kb.Candidates, error) {
	q.Depth = max(q.Depth, 1)
	out, legs, err := b.find(ctx, snap, q)
	if err != nil {
		return kb.Candidates{}, err
	}
	if out.List, err = legs.candidates(); err != nil { // who asked says of which base
		return kb.Candidates{}, err
	}
	return out, nil
}

// find runs both legs at once. The candidates have everything but the list.
func (b *base) find(ctx context.Context, snap *memory.Snapshot, q kb.Query) (out kb.Candidates, found legs, err error) {
	stats, scope := snap.Statistics(q.Audience), snap.Scope(q.Filter, q.Audience, q.AsOf)
	asked := b.query(q, stats)
	scope.Close(asked.Barred())
	out.Chunks = scope.Chunks
	found = legs{scope: scope, model: q.Model, phrases: asked.Phrases}
	var dense errgroup.Group
	if q.Vector != nil {
		found.vector = codes.NewQuery(q.Vector)
		dense.Go(func() (err error) {
			with := 0
			found.dense, with, err = scope.Dense(ctx, found.vector, q.Model, q.Depth)
			out.Without = scope.Chunks - with
			return err
		})
	}
	out.Query, out.Synonyms, out.Excluded = asked.Terms, asked.Synonyms, asked.Excluded
	if q.Vector != nil {
		out.PieceIDF = stats.PieceIDF()
	}
	found.lexical, err = scope.Lexical(ctx, asked, q.Depth)
	if failure := dense.Wait(); err == nil {
		err = failure
	}
	return out, found, err
}

// Document returns a document with its extracted text, both of one commit;
// kb.NotFound if it is not in the base.
func (x *Index) Document(ctx context.Context, name, document string) (kb.Document, error) {
	b, release, err := x.use(ctx, name, reading)
	if err != nil {
		return kb.Document{}, err
	}
	defer release()
	var doc kb.Document
	found := false
	if b != nil {
		err = b.file.Read(ctx, func(tx *store.Tx) (err error) {
			doc, found, err = tx.Whole(document)
			return err
		})
	}
	if err != nil {
		return kb.Document{}, fmt.Errorf("text of %s: %w", document, err)
	}
	if !found {
		return kb.Document{}, kb.Errorf(kb.NotFound, "There is no document %s in the knowledge base %q. Search again: it may have been removed or replaced.", document, name)
	}
	return doc, nil
}
