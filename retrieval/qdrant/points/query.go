package points

import (
	"context"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askdesk/askdesk/kb"
)

// Request is a search with one leg or both.
type Request struct {
	Collection string
	Dense      kb.Vector // nil: leave that leg out
	Sparse     Sparse    // empty: leave that leg out
	Limit      int       // of each leg, at least 1
	Filter     Filter
	Exact      bool // compare with every vector
	Brief      bool // hits come with their points, which have id, revision, document and model; else with ids alone
}

// Found is what each leg found, best first. Hits of one score stand in no order.
type Found struct{ Lexical, Dense []Hit }

// Hit is a point that a leg found.
type Hit struct {
	ID    string
	Score float64 // the dot product with the sparse vector, or the cosine
	Point *Point  // nil unless it was asked for; the same in both legs
}

// oversampling is how many times the vectors wanted int8 codes propose for rescoring.
const oversampling = 2

// Query searches both legs in one call, each within the filter.
func (c *Client) Query(ctx context.Context, r Request) (Found, error) {
	if err := r.check(); err != nil {
		return Found{}, err
	}
	batch := &qdrant.QueryBatchPoints{CollectionName: r.Collection, QueryPoints: r.legs()}
	if len(batch.QueryPoints) == 0 {
		return Found{}, nil
	}
	var legs []*qdrant.BatchResult
	err := c.read(ctx, r.Collection, func(ctx context.Context) error {
		res, err := c.points.QueryBatch(ctx, batch)
		if legs = res.GetResult(); err == nil && len(legs) != len(batch.QueryPoints) {
			err = kb.Errorf(kb.Unavailable, "Qdrant answered %d of %d searches: check that it is Qdrant that runs at %s", len(legs), len(batch.QueryPoints), c.opt.Address)
		}
		return err
	})
	if err != nil {
		return Found{}, err
	}
	var found Found
	seen := map[string]*Point{}
	if len(r.Sparse.Indices) > 0 {
		found.Lexical = r.hits(legs[0], seen)
		legs = legs[1:]
	}
	if r.Dense != nil {
		found.Dense = r.hits(legs[0], seen)
	}
	return found, nil
}

func (r *Request) check() error {
	switch {
	case r.Limit < 1:
		return kb.Errorf(kb.Invalid, "a search wants %d points: at least 1 makes sense", r.Limit)
	case r.Dense != nil && !directed(r.Dense):
		return kb.Errorf(kb.Invalid, "the vector of the question has no direction (it is zero, or not of numbers): check the embedder")
	}
	return r.Sparse.check()
}

// legs are the searches: the sparse one first.
func (r *Request) legs() (list []*qdrant.QueryPoints) {
	leg := func(using string, query *qdrant.Query, params *qdrant.SearchParams) {
		list = append(list, &qdrant.QueryPoints{
			CollectionName: r.Collection, Query: query, Using: &using, Params: params,
			Filter: r.Filter.encode(), Limit: new(uint64(r.Limit)),
			WithPayload: r.payload(), WithVectors: qdrant.NewWithVectors(false),
		})
	}
	if len(r.Sparse.Indices) > 0 {
		leg(sparse, qdrant.NewQuerySparse(r.Sparse.Indices, r.Sparse.Values), nil)
	}
	if r.Dense != nil {
		params := &qdrant.SearchParams{Exact: &r.Exact}
		if !r.Exact {
			params.Quantization = &qdrant.QuantizationSearchParams{Rescore: new(true), Oversampling: new(float64(oversampling))}
		}
		leg(dense, qdrant.NewQueryDense(r.Dense), params)
	}
	return list
}

func (r *Request) payload() *qdrant.WithPayloadSelector {
	if r.Brief {
		return payloadOf(false)
	}
	return qdrant.NewWithPayload(false)
}

// hits reads a leg, and decodes those of its points that were not seen in the one
// before.
func (r *Request) hits(leg *qdrant.BatchResult, seen map[string]*Point) []Hit {
	list := make([]Hit, len(leg.GetResult()))
	for i, s := range leg.GetResult() {
		id := nameOf(s.GetId())
		list[i] = Hit{ID: id, Score: float64(s.GetScore()), Point: seen[id]}
		if r.Brief && list[i].Point == nil {
			p := decode(s.GetId(), s.GetPayload(), nil)
			list[i].Point, seen[id] = &p, &p
		}
	}
	return list
}
