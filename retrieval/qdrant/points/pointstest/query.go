package pointstest

import (
	"cmp"
	"context"
	"hash/fnv"
	"math"
	"slices"

	"github.com/qdrant/go-client/qdrant"
)

// QueryBatch answers all queries, or none.
func (s points) QueryBatch(_ context.Context, in *qdrant.QueryBatchPoints) (*qdrant.QueryBatchResponse, error) {
	out := &qdrant.QueryBatchResponse{}
	for _, q := range in.GetQueryPoints() {
		leg, err := s.query(q)
		if err != nil {
			return nil, err
		}
		out.Result = append(out.Result, &qdrant.BatchResult{Result: leg})
	}
	return out, nil
}

func (s points) query(q *qdrant.QueryPoints) ([]*qdrant.ScoredPoint, error) {
	c, list, err := s.look(q.GetCollectionName(), q.GetFilter())
	if err != nil {
		return nil, err
	}
	name, near := q.GetUsing(), q.GetQuery().GetNearest()
	limit := 10
	if q.Limit != nil {
		limit = int(q.GetLimit())
	}
	switch {
	case len(q.GetPrefetch()) > 0 || near.GetDense() == nil && near.GetSparse() == nil:
		return nil, unserved("this query")
	case limit == 0:
		return nil, invalid("limit: 0 is below 1")
	}
	if err := c.fits(name, near.GetDense().GetData(), near.GetSparse()); err != nil {
		return nil, err
	}
	dense := slices.Clone(near.GetDense().GetData())
	normalise(dense)
	words := weights(near.GetSparse())
	var hits []*qdrant.ScoredPoint
	for _, p := range list {
		if v := p.GetVectors().GetVectors().GetVectors()[name]; v != nil {
			score, ok := dot(dense, v.GetDense().GetData()), true
			if v.GetSparse() != nil {
				score, ok = product(words, v.GetSparse())
			}
			if ok {
				hits = append(hits, &qdrant.ScoredPoint{Id: p.GetId(), Score: score})
			}
		}
	}
	slices.SortFunc(hits, before)
	hits = hits[:min(limit, len(hits))]
	for _, h := range hits {
		p := c.points[h.GetId().GetUuid()]
		h.Payload, h.Vectors = fields(p, q.GetWithPayload()), numbers(p, q.GetWithVectors())
	}
	return hits, nil
}

// before orders hits: what is no number is first, and equal scores are in no order
// that anybody could count on.
func before(a, b *qdrant.ScoredPoint) int {
	key := func(h *qdrant.ScoredPoint) float64 {
		if s := float64(h.GetScore()); !math.IsNaN(s) {
			return s
		}
		return math.Inf(1)
	}
	return cmp.Or(cmp.Compare(key(b), key(a)), cmp.Compare(hash(a), hash(b)))
}

func hash(h *qdrant.ScoredPoint) uint64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(h.GetId().GetUuid())) // never fails
	return sum.Sum64()
}

func dot(a, b []float32) float32 {
	var sum float32
	for i := range b {
		sum += a[i] * b[i]
	}
	return sum
}

func weights(v *qdrant.SparseVector) map[uint32]float32 {
	m := make(map[uint32]float32, len(v.GetIndices()))
	for i, index := range v.GetIndices() {
		m[index] = v.GetValues()[i]
	}
	return m
}

// product is that of sparse vectors; those that share no index don't meet.
func product(a map[uint32]float32, b *qdrant.SparseVector) (sum float32, met bool) {
	for i, index := range b.GetIndices() {
		if x, ok := a[index]; ok {
			sum, met = sum+x*b.GetValues()[i], true
		}
	}
	return sum, met
}

// check refuses a filter by what has no index, or that this package cannot answer.
func (c *collection) check(f *qdrant.Filter) error {
	if f.GetMinShould() != nil {
		return unserved("min_should")
	}
	for _, one := range slices.Concat(f.GetMust(), f.GetShould(), f.GetMustNot()) {
		switch one := one.GetConditionOneOf().(type) {
		case *qdrant.Condition_HasId, *qdrant.Condition_HasVector:
		case *qdrant.Condition_Filter:
			if err := c.check(one.Filter); err != nil {
				return err
			}
		case *qdrant.Condition_Field:
			if !c.indexes[one.Field.GetKey()] {
				return invalid("Index required but not found for %q", one.Field.GetKey())
			}
			switch m := one.Field.GetMatch().GetMatchValue().(type) {
			case *qdrant.Match_Keyword, *qdrant.Match_Keywords:
			default:
				if m != nil || one.Field.GetRange() == nil {
					return unserved("this condition of a field")
				}
			}
		default:
			return unserved("this condition")
		}
	}
	return nil
}

// lets reports whether a filter that was checked lets a point through.
func lets(f *qdrant.Filter, p *qdrant.PointStruct) bool {
	holds := func(c *qdrant.Condition) bool { return holds(c, p) }
	return !slices.ContainsFunc(f.GetMustNot(), holds) &&
		!slices.ContainsFunc(f.GetMust(), func(c *qdrant.Condition) bool { return !holds(c) }) &&
		(len(f.GetShould()) == 0 || slices.ContainsFunc(f.GetShould(), holds))
}

func holds(c *qdrant.Condition, p *qdrant.PointStruct) bool {
	switch c := c.GetConditionOneOf().(type) {
	case *qdrant.Condition_HasId:
		return slices.ContainsFunc(c.HasId.GetHasId(), func(id *qdrant.PointId) bool { return id.GetUuid() == p.GetId().GetUuid() })
	case *qdrant.Condition_HasVector:
		return p.GetVectors().GetVectors().GetVectors()[c.HasVector.GetHasVector()] != nil
	case *qdrant.Condition_Filter:
		return lets(c.Filter, p)
	}
	field := c.GetField()
	value := p.GetPayload()[field.GetKey()]
	values := value.GetListValue().GetValues()
	if value != nil && value.GetListValue() == nil {
		values = []*qdrant.Value{value}
	}
	return slices.ContainsFunc(values, func(v *qdrant.Value) bool { return matches(field, v) })
}

func matches(field *qdrant.FieldCondition, v *qdrant.Value) bool {
	if r := field.GetRange(); r != nil {
		_, isNumber := v.GetKind().(*qdrant.Value_IntegerValue)
		x := float64(v.GetIntegerValue())
		return isNumber && (r.Lt == nil || x < *r.Lt) && (r.Lte == nil || x <= *r.Lte) && (r.Gt == nil || x > *r.Gt) && (r.Gte == nil || x >= *r.Gte)
	}
	word, isText := v.GetKind().(*qdrant.Value_StringValue)
	if !isText {
		return false
	}
	if list := field.GetMatch().GetKeywords(); list != nil {
		return slices.Contains(list.GetStrings(), word.StringValue)
	}
	return field.GetMatch().GetKeyword() == word.StringValue
}
