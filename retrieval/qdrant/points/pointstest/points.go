package pointstest

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

type points struct {
	qdrant.UnimplementedPointsServer
	*Server
}

func (s points) CreateFieldIndex(_ context.Context, in *qdrant.CreateFieldIndexCollection) (*qdrant.PointsOperationResponse, error) {
	c, err := s.find(in.GetCollectionName())
	if err != nil {
		return nil, err
	}
	return c.apply(in.GetWait(), func() { c.indexes[in.GetFieldName()] = true }), nil
}

// Upsert stores all points, or none.
func (s points) Upsert(_ context.Context, in *qdrant.UpsertPoints) (*qdrant.PointsOperationResponse, error) {
	c, err := s.find(in.GetCollectionName())
	if err != nil {
		return nil, err
	}
	if len(in.GetPoints()) == 0 {
		return nil, invalid("no points")
	}
	list := make([]*qdrant.PointStruct, len(in.GetPoints()))
	for i, p := range in.GetPoints() {
		list[i] = proto.CloneOf(p)
		if err := c.accept(list[i]); err != nil {
			return nil, err
		}
	}
	return c.apply(in.GetWait(), func() {
		for _, p := range list {
			c.points[p.GetId().GetUuid()] = p
		}
	}), nil
}

// accept checks a point and gives it the form in which it is kept: a dense vector has
// length 1, whatever it had.
func (c *collection) accept(p *qdrant.PointStruct) error {
	id, err := uuid.Parse(p.GetId().GetUuid())
	if err != nil {
		return invalid("the id %s is no UUID", p.GetId())
	}
	p.Id = qdrant.NewIDUUID(id.String())
	vectors := p.GetVectors().GetVectors().GetVectors()
	if len(vectors) == 0 {
		return invalid("the point %s has no vectors", id)
	}
	for name, v := range vectors {
		if err := c.fits(name, v.GetDense().GetData(), v.GetSparse()); err != nil {
			return err
		}
		normalise(v.GetDense().GetData())
	}
	return nil
}

// fits refuses a vector that a collection cannot have under a name.
func (c *collection) fits(name string, dense []float32, sparse *qdrant.SparseVector) error {
	size := c.size(name)
	switch {
	case size == 0 && !c.sparse(name):
		return invalid("Not existing vector name error: %s", name)
	case c.sparse(name) != (sparse != nil):
		return invalid("Conversion between sparse and regular vectors failed: %s", name)
	case sparse == nil && len(dense) != size:
		return invalid("Vector dimension error: expected dim: %d, got %d", size, len(dense))
	case len(sparse.GetIndices()) != len(sparse.GetValues()):
		return invalid("Validation failed: a sparse vector has %d indices and %d values", len(sparse.GetIndices()), len(sparse.GetValues()))
	case len(slices.Compact(slices.Sorted(slices.Values(sparse.GetIndices())))) < len(sparse.GetIndices()):
		return invalid("Validation failed: a sparse vector has an index twice")
	}
	return nil
}

// normalise makes a vector one of length 1, unless it is nearly so, as Qdrant does. One
// without direction stays, and NaN too.
func normalise(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum > 0 && math.Abs(math.Sqrt(sum)-1) > 1e-6 {
		for i := range v {
			v[i] = float32(float64(v[i]) / math.Sqrt(sum))
		}
	}
}

// Delete removes what is selected when it is applied.
func (s points) Delete(_ context.Context, in *qdrant.DeletePoints) (*qdrant.PointsOperationResponse, error) {
	c, err := s.find(in.GetCollectionName())
	if err != nil {
		return nil, err
	}
	filter := in.GetPoints().GetFilter()
	if list := in.GetPoints().GetPoints(); list != nil {
		filter = &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewHasID(list.GetIds()...)}}
	}
	if filter == nil {
		return nil, invalid("nothing is selected")
	}
	if err := c.check(filter); err != nil {
		return nil, err
	}
	return c.apply(in.GetWait(), func() {
		for _, p := range c.within(filter) {
			delete(c.points, p.GetId().GetUuid())
		}
	}), nil
}

// within are the points that a filter lets through, by id.
func (c *collection) within(filter *qdrant.Filter) (list []*qdrant.PointStruct) {
	for _, id := range slices.Sorted(maps.Keys(c.points)) {
		if p := c.points[id]; lets(filter, p) {
			list = append(list, p)
		}
	}
	return list
}

// look finds a collection to read what a filter lets through.
func (s points) look(name string, filter *qdrant.Filter) (*collection, []*qdrant.PointStruct, error) {
	c, err := s.find(name)
	if err != nil {
		return nil, nil, err
	}
	if err := c.check(filter); err != nil {
		return nil, nil, err
	}
	return c, c.within(filter), nil
}

func (s points) Get(_ context.Context, in *qdrant.GetPoints) (*qdrant.GetResponse, error) {
	c, err := s.find(in.GetCollectionName())
	if err != nil {
		return nil, err
	}
	out := &qdrant.GetResponse{}
	for _, id := range in.GetIds() {
		if p := c.points[id.GetUuid()]; p != nil {
			out.Result = append(out.Result, retrieved(p, in.GetWithPayload(), in.GetWithVectors()))
		}
	}
	return out, nil
}

func (s points) Scroll(_ context.Context, in *qdrant.ScrollPoints) (*qdrant.ScrollResponse, error) {
	_, list, err := s.look(in.GetCollectionName(), in.GetFilter())
	if err != nil {
		return nil, err
	}
	limit := 10
	if in.Limit != nil {
		limit = int(in.GetLimit())
	}
	if limit == 0 {
		return nil, invalid("limit: 0 is below 1")
	}
	payload := cmp.Or(in.GetWithPayload(), qdrant.NewWithPayload(true)) // the one read that has it unasked
	out := &qdrant.ScrollResponse{}
	for _, p := range list {
		if p.GetId().GetUuid() < in.GetOffset().GetUuid() {
			continue
		}
		if len(out.Result) == limit {
			out.NextPageOffset = p.GetId()
			break
		}
		out.Result = append(out.Result, retrieved(p, payload, in.GetWithVectors()))
	}
	return out, nil
}

func (s points) Count(_ context.Context, in *qdrant.CountPoints) (*qdrant.CountResponse, error) {
	_, list, err := s.look(in.GetCollectionName(), in.GetFilter())
	if err != nil {
		return nil, err
	}
	return &qdrant.CountResponse{Result: &qdrant.CountResult{Count: uint64(len(list))}}, nil
}

func retrieved(p *qdrant.PointStruct, payload *qdrant.WithPayloadSelector, vectors *qdrant.WithVectorsSelector) *qdrant.RetrievedPoint {
	return &qdrant.RetrievedPoint{Id: p.GetId(), Payload: fields(p, payload), Vectors: numbers(p, vectors)}
}

// fields are those of a payload that were asked for.
func fields(p *qdrant.PointStruct, want *qdrant.WithPayloadSelector) map[string]*qdrant.Value {
	out := map[string]*qdrant.Value{}
	for name, v := range p.GetPayload() {
		if want.GetEnable() || want.GetExclude() != nil && !slices.Contains(want.GetExclude().GetFields(), name) ||
			slices.Contains(want.GetInclude().GetFields(), name) {
			out[name] = v
		}
	}
	return out
}

// numbers are the vectors that were asked for.
func numbers(p *qdrant.PointStruct, want *qdrant.WithVectorsSelector) *qdrant.VectorsOutput {
	out := map[string]*qdrant.VectorOutput{}
	for name, v := range p.GetVectors().GetVectors().GetVectors() {
		switch {
		case !want.GetEnable() && !slices.Contains(want.GetInclude().GetNames(), name):
		case v.GetSparse() != nil:
			out[name] = &qdrant.VectorOutput{Vector: &qdrant.VectorOutput_Sparse{Sparse: v.GetSparse()}}
		default:
			out[name] = &qdrant.VectorOutput{Vector: &qdrant.VectorOutput_Dense{Dense: v.GetDense()}}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return &qdrant.VectorsOutput{VectorsOptions: &qdrant.VectorsOutput_Vectors{Vectors: &qdrant.NamedVectorsOutput{Vectors: out}}}
}

// unserved refuses what no caller asks for.
func unserved(what string) error {
	return status.Errorf(codes.Unimplemented, "this Qdrant for tests does not know %s", what)
}
