package points

import (
	"context"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askdesk/askdesk/kb"
)

// page is how many points a call reads at most.
const page = 256

// Points returns the points with some ids, whole and in their order. Those that are
// not there are left out. It waits for Qdrant as a write does, for it is part of one.
func (c *Client) Points(ctx context.Context, collection string, list []string) ([]Point, error) {
	var out []Point
	for len(list) > 0 {
		n := min(len(list), page)
		found := make(map[string]Point, n)
		err := c.shrinking(&n, func() error {
			return c.write(ctx, collection, func(ctx context.Context) error {
				res, err := c.points.Get(ctx, &qdrant.GetPoints{
					CollectionName: collection, Ids: ids(list[:n]), WithPayload: qdrant.NewWithPayload(true), WithVectors: qdrant.NewWithVectors(true),
				})
				if err != nil {
					return err
				}
				points, err := decodeAll(res.GetResult())
				for _, p := range points {
					found[p.ID] = p
				}
				return err
			})
		})
		if err != nil {
			return nil, err
		}
		for _, id := range list[:n] {
			if p, ok := found[id]; ok {
				out = append(out, p)
			}
		}
		list = list[n:]
	}
	return out, nil
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

func decodeAll(list []*qdrant.RetrievedPoint) ([]Point, error) {
	points := make([]Point, len(list))
	for i, r := range list {
		var err error
		if points[i], err = decode(r.GetId(), r.GetPayload(), r.GetVectors()); err != nil {
			return nil, err
		}
	}
	return points, nil
}

// Walk says which points Scroll visits, and what of them it reads besides the rest.
type Walk struct {
	Select  *Select // nil: all
	Text    bool    // of chunks
	Terms   bool    // and pieces
	Vectors bool    // both
}

func (w *Walk) request(collection string) *qdrant.ScrollPoints {
	r := &qdrant.ScrollPoints{CollectionName: collection, WithPayload: payloadOf(w.Text, w.Terms), WithVectors: qdrant.NewWithVectors(w.Vectors)}
	if w.Select != nil {
		r.Filter = &qdrant.Filter{Should: w.Select.conditions()}
	}
	return r
}

// payloadOf asks for payloads with texts, and with terms and pieces, or without.
func payloadOf(texts, terms bool) *qdrant.WithPayloadSelector {
	var without []string
	if !texts {
		without = append(without, fieldText)
	}
	if !terms {
		without = append(without, fieldTerms, fieldPieces)
	}
	if len(without) == 0 {
		return qdrant.NewWithPayload(true)
	}
	return qdrant.NewWithPayloadExclude(without...)
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
				if err == nil {
					next = res.GetNextPageOffset()
					points, err = decodeAll(res.GetResult())
				}
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
