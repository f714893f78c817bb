package local

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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
			found, err = b.search(ctx, snap, tx, q)
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

func empty(q kb.Query) kb.Candidates {
	return kb.Candidates{Query: terms.Query(q, terms.Vocabulary{Find: func(string) (uint32, int) { return 0, 0 }}).Terms}
}

// search runs both legs on the snapshot and reads what they found in tx, which
// is of the same commit.
func (b *base) search(ctx context.Context, snap *memory.Snapshot, tx *store.Tx, q kb.Query) (kb.Candidates, error) {
	q.Depth = max(q.Depth, 1)
	out, legs, err := b.find(ctx, snap, q)
	if err != nil {
		return kb.Candidates{}, err
	}
	list, err := b.fetch(ctx, snap, tx, legs)
	if err != nil {
		return kb.Candidates{}, err
	}
	out.List = exact(list, q)
	for i := range out.List {
		out.List[i].Terms = terms.Mark(out.List[i].Terms, legs.phrases)
	}
	slices.SortFunc(out.List, func(a, b kb.Candidate) int { return cmp.Compare(a.Chunk.ID, b.Chunk.ID) })
	return out, nil
}

// legs are the lists that both legs found, best first, and the phrases that were
// searched for.
type legs struct {
	lexical, dense []memory.Hit
	phrases        []terms.Phrase
}

// find runs both legs at once. The candidates have everything but the list.
func (b *base) find(ctx context.Context, snap *memory.Snapshot, q kb.Query) (out kb.Candidates, found legs, err error) {
	stats, scope := snap.Statistics(q.Audience), snap.Scope(q.Filter, q.Audience, q.AsOf)
	asked := b.query(q, stats)
	scope.Close(asked.Barred())
	out.Chunks = scope.Chunks
	var dense errgroup.Group
	if q.Vector != nil {
		dense.Go(func() (err error) {
			with := 0
			found.dense, with, err = scope.Dense(ctx, q.Vector, q.Model, q.Depth)
			out.Without = scope.Chunks - with
			return err
		})
	}
	out.Query, out.Synonyms, out.Excluded, found.phrases = asked.Terms, asked.Synonyms, asked.Excluded, asked.Phrases
	if q.Vector != nil {
		out.PieceIDF = stats.PieceIDF()
	}
	found.lexical, err = scope.Lexical(ctx, asked, q.Depth)
	if failure := dense.Wait(); err == nil {
		err = failure
	}
	return out, found, err
}

// exact orders the dense leg by the vectors themselves and cuts it to its depth:
// the index in memory has only codes of them.
func exact(list []kb.Candidate, q kb.Query) []kb.Candidate {
	var legs []*kb.Candidate
	for i := range list {
		if c := &list[i]; c.Legs.Dense.Rank > 0 {
			c.Legs.Dense.Score = codes.Cosine(q.Vector, c.Chunk.Vector)
			legs = append(legs, c)
		}
	}
	slices.SortFunc(legs, func(a, b *kb.Candidate) int {
		return cmp.Or(cmp.Compare(b.Legs.Dense.Score, a.Legs.Dense.Score), cmp.Compare(a.Chunk.ID, b.Chunk.ID))
	})
	for i, c := range legs {
		if c.Legs.Dense.Rank = i + 1; i >= q.Depth {
			c.Legs.Dense = kb.Leg{}
		}
	}
	return slices.DeleteFunc(list, func(c kb.Candidate) bool { return c.Legs == kb.Legs{} })
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
