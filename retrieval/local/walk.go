package local

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/local/store"
)

// Walk implements audit.Walker; the documents are as they are in one commit.
func (x *Index) Walk(ctx context.Context, name string, documents []string, do func(kb.Entry) error) error {
	return x.read(ctx, name, func(tx *store.Tx) error {
		ids := slices.Clone(documents)
		if documents == nil {
			if err := tx.Documents(0, func(_ int64, doc *kb.Document) { ids = append(ids, doc.ID) }); err != nil {
				return err
			}
		}
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			row, doc, chunks, err := tx.Document(id)
			if err != nil {
				return fmt.Errorf("document %s: %w", id, err)
			}
			if row == 0 {
				continue
			}
			if err := do(entry(doc, chunks)); err != nil {
				return err
			}
		}
		return nil
	})
}

// entry is a document as it is stored.
func entry(doc kb.Document, stored map[string]store.Chunk) kb.Entry {
	e := kb.Entry{Document: doc}
	for _, c := range stored {
		chunk := c.Chunk
		chunk.Document = doc.ID
		if v := codes.Decode(c.Blob); v != nil {
			chunk.Vector, chunk.Model = v, c.Model
		}
		e.Chunks = append(e.Chunks, chunk)
	}
	slices.SortFunc(e.Chunks, func(a, b kb.Chunk) int { return cmp.Compare(a.Ordinal, b.Ordinal) })
	var text strings.Builder
	for _, c := range e.Chunks {
		text.WriteString(c.Text)
	}
	e.Document.Text = text.String()
	return e
}
