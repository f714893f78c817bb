package qdrant

import (
	"context"
	"fmt"

	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/retrieval/qdrant/points"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// maxRows is how many bytes of chunks a knowledge base keeps in memory: some 16,000.
const maxRows = 64 << 20

// row is a chunk as it was read. A point never changes: what is stored of its
// document makes its id.
type row struct {
	point    string
	revision string
	chunk    kb.Chunk
	words    terms.Words
}

// rowID names a point. Another generation may give terms other numbers.
type rowID struct {
	generation int
	point      string
}

func newRow(p *points.Point) (*row, error) {
	r := &row{point: p.ID, revision: p.Revision, chunk: p.Chunk}
	var err error
	if r.words, err = terms.Unpack(p.Terms, p.Pieces); err != nil {
		return nil, fmt.Errorf("chunk %s: %w", p.Chunk.ID, err)
	}
	return r, nil
}

// bytes is about what a row takes in memory.
func (r *row) bytes() int {
	return 1024 + len(r.chunk.Text) + 4*len(r.chunk.Vector) + r.words.Bytes()
}

// rows are those of the points that are there, in no order.
func (s *search) rows(ctx context.Context, list []string) ([]*row, error) {
	out := make([]*row, 0, len(list))
	var missing []string
	for _, id := range list {
		if r, ok := s.base.rows.Get(rowID{s.generation, id}); ok {
			out = append(out, r)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	read, err := s.server.Points(ctx, points.Get{Collection: s.collection(), IDs: missing, Vectors: s.vectors})
	if err != nil {
		return nil, err
	}
	for i := range read {
		if read[i].Chunk.ID == "" { // damaged, or somebody else's: it counts for nothing
			s.opt.Log.Warn("a point in Qdrant is not one of Askdesk's, or damaged: run askdesk index verify --repair, and ingest again", "collection", s.collection(), "point", read[i].ID)
			out = append(out, &row{point: read[i].ID})
			continue
		}
		r, err := newRow(&read[i])
		if err != nil {
			return nil, err
		}
		s.base.rows.Put(rowID{s.generation, r.point}, r, r.bytes())
		out = append(out, r)
	}
	return out, nil
}
