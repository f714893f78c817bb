package points

import (
	"context"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askdesk/askdesk/kb"
)

const (
	page = 256 // points that a call of Scroll reads at most
	most = 512 // the same of one for some by their ids
)

// Get says which points to read.
type Get struct {
	Collection string
	IDs        []string
	Vectors    bool // with dense vectors; the collection must be made with such
	Patient    bool // wait for Qdrant as a write does, for this is part of one
}

// Points returns the points with some ids, in their order and without sparse vectors.
// Those that are not there are left out.
func (c *Client) Points(ctx context.Context, g Get) ([]Point, error) {
	call := c.read
	if g.Patient {
		call = c.write
	}
	out := make([]Point, 0, len(g.IDs))
	for list := g.IDs; len(list) > 0; {
		n := min(len(list), most)
		found := make(map[string]*Point, n)
		err := c.shrinking(&n, func() error {
			return call(ctx, g.Collection, func(ctx context.Context) error {
				res, err := c.points.Get(ctx, &qdrant.GetPoints{
					CollectionName: g.Collection, Ids: ids(list[:n]), WithPayload: payloadOf(true), WithVectors: vectorsOf(g.Vectors),
				})
				if err != nil {
					return err
				}
				points := decodeAll(res.GetResult())
				for i := range points {
					found[points[i].ID] = &points[i]
				}
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		for _, id := range list[:n] {
			if p := found[id]; p != nil {
				out = append(out, *p)
			}
		}
		list = list[n:]
	}
	return out, nil
}

// vectorsOf asks for dense vectors, or for none.
func vectorsOf(some bool) *qdrant.WithVectorsSelector {
	if some {
		return qdrant.NewWithVectorsInclude(dense)
	}
	return qdrant.NewWithVectors(false)
}

// payloadOf asks for whole points, or for brief ones.
func payloadOf(whole bool) *qdrant.WithPayloadSelector {
	if whole {
		return qdrant.NewWithPayloadInclude(wholly...)
	}
	return qdrant.NewWithPayloadInclude(briefly...)
}

// shrinking makes a call for n points with ever fewer of them, until its answer is
// not too large.
func (c *Client) shrinking(n *int, do func() error) error {
	for {
		err := do()
		if kb.CodeOf(err) != kb.TooLarge || *n == 1 {
			return err
		}
		*n /= 2
	}
}

func decodeAll(list []*qdrant.RetrievedPoint) []Point {
	points := make([]Point, len(list))
	for i, r := range list {
		points[i] = decode(r.GetId(), r.GetPayload(), r.GetVectors())
	}
	return points
}

// Walk says which points Scroll visits, and what of them it reads.
type Walk struct {
	Select  *Select // nil: all
	Whole   bool    // all but vectors; else id, revision, document and model
	Vectors bool    // dense ones; the collection must be made with such
}

func (w *Walk) request(collection string) *qdrant.ScrollPoints {
	r := &qdrant.ScrollPoints{CollectionName: collection, WithPayload: payloadOf(w.Whole), WithVectors: vectorsOf(w.Vectors)}
	if w.Select != nil {
		r.Filter = &qdrant.Filter{Should: w.Select.conditions()}
	}
	return r
}

// Scroll hands over points in pages, in order of id, until do fails. What is
// written meanwhile may be met or not.
func (c *Client) Scroll(ctx context.Context, collection string, w Walk, do func([]Point) error) error {
	if w.Select != nil && len(w.Select.conditions()) == 0 {
		return nil // an empty filter would let all through
	}
	r, n := w.request(collection), page
	for {
		var points []Point
		var next *qdrant.PointId
		err := c.shrinking(&n, func() error {
			return c.read(ctx, collection, func(ctx context.Context) error {
				r.Limit = new(uint32(n))
				res, err := c.points.Scroll(ctx, r)
				next, points = res.GetNextPageOffset(), decodeAll(res.GetResult())
				return err
			})
		})
		if err != nil {
			return err
		}
		if len(points) > 0 {
			if err := do(points); err != nil {
				return err
			}
		}
		if next == nil {
			return nil
		}
		r.Offset = next
	}
}

// Count counts exactly the points that a filter lets through; nil: all.
func (c *Client) Count(ctx context.Context, collection string, f *Filter) (int, error) {
	r := &qdrant.CountPoints{CollectionName: collection, Exact: new(true)}
	if f != nil {
		r.Filter = f.encode()
	}
	n := 0
	err := c.read(ctx, collection, func(ctx context.Context) error {
		res, err := c.points.Count(ctx, r)
		n = int(res.GetResult().GetCount())
		return err
	})
	return n, err
}
