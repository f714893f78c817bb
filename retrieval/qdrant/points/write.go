package points

import (
	"context"
	"iter"
	"math"
	"slices"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/protobuf/proto"

	"github.com/askdesk/askdesk/kb"
)

// Upsert stores points, in batches; each replaces the one with its id. All are
// checked before the first is sent: what the collection cannot hold is kb.Invalid
// (Qdrant would take NaN, and rank it first). After an error some may be stored:
// the same call again makes them whole.
func (c *Client) Upsert(ctx context.Context, collection string, points []Point) error {
	if len(points) == 0 {
		return nil
	}
	var info Info
	err := c.write(ctx, collection, func(ctx context.Context) (err error) { // with the patience of a write
		info, err = c.info(ctx, collection)
		return err
	})
	if err != nil {
		return err
	}
	for i := range points {
		if err := points[i].check(&info.Spec); err != nil {
			return err
		}
	}
	for batch := range c.batches(points) {
		err := c.write(ctx, collection, func(ctx context.Context) error {
			return applied(c.points.Upsert(ctx, &qdrant.UpsertPoints{CollectionName: collection, Wait: new(true), Points: batch}))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// batches encodes points, as many at a time as an upsert may have.
func (c *Client) batches(points []Point) iter.Seq[[]*qdrant.PointStruct] {
	return func(yield func([]*qdrant.PointStruct) bool) {
		var batch []*qdrant.PointStruct
		bytes := 0
		for i := range points {
			one := encode(&points[i])
			size := proto.Size(one)
			if len(batch) > 0 && (len(batch) == c.opt.BatchPoints || bytes+size > c.opt.BatchBytes) {
				if !yield(batch) {
					return
				}
				batch, bytes = nil, 0
			}
			batch, bytes = append(batch, one), bytes+size
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

// check refuses a point that a collection cannot hold.
func (p *Point) check(spec *Spec) error {
	switch v := p.Chunk.Vector; {
	case uuid.Validate(p.ID) != nil:
		return kb.Errorf(kb.Invalid, "%q cannot be the id of a point: it must be a UUID", p.ID)
	case p.Chunk.ID == "" || p.Document.ID == "":
		return kb.Errorf(kb.Invalid, "the point %s names no chunk or no document", p.ID)
	case len(v) == 0:
	case spec.Size == 0:
		return kb.Errorf(kb.Invalid, "the collection was made without an embedder and takes no vectors: reindex the knowledge base")
	case len(v) != spec.Size || p.Chunk.Model != spec.Model:
		return kb.Errorf(kb.Invalid, "a vector of %s with %d numbers does not fit into a collection for %s with %d: reindex the knowledge base",
			p.Chunk.Model, len(v), spec.Model, spec.Size)
	case !directed(v):
		return kb.Errorf(kb.Invalid, "the vector of chunk %s has no direction (it is zero, or not of numbers): check the embedder", p.Chunk.ID)
	}
	return p.Sparse.check()
}

// directed reports whether a vector has a finite length above 0.
func directed(v kb.Vector) bool {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	return sum > 0 && !math.IsInf(sum, 1) // a NaN is not above 0
}

// check refuses what Qdrant would: unpaired numbers and an index that comes twice;
// and what it would not, but no score can be made of.
func (s *Sparse) check() error {
	if len(s.Indices) != len(s.Values) {
		return kb.Errorf(kb.Invalid, "a sparse vector has %d indices and %d values", len(s.Indices), len(s.Values))
	}
	for _, v := range s.Values {
		if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
			return kb.Errorf(kb.Invalid, "a sparse vector has a value that is no number")
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(s.Indices)))) < len(s.Indices) {
		return kb.Errorf(kb.Invalid, "a sparse vector has an index twice")
	}
	return nil
}

// Delete removes points. Where it selects none, nothing happens.
func (c *Client) Delete(ctx context.Context, collection string, s Select) error {
	for any := range slices.Chunk(s.conditions(), maxConditions) {
		err := c.write(ctx, collection, func(ctx context.Context) error {
			return applied(c.points.Delete(ctx, &qdrant.DeletePoints{
				CollectionName: collection, Wait: new(true), Points: qdrant.NewPointsSelectorFilter(&qdrant.Filter{Should: any}),
			}))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
