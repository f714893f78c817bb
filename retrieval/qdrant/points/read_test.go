package points

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/askdesk/askdesk/kb"
)

// answers gives one reply to a method.
func answers(method string, out any) func(context.Context, string, any) (any, error) {
	return func(ctx context.Context, m string, in any) (any, error) {
		if m == method {
			return out, nil
		}
		return works(ctx, m, in)
	}
}

func scored(p Point, score float32) *qdrant.ScoredPoint {
	id, payload, _ := over(encode(&p))
	delete(payload, fieldText)
	delete(payload, fieldChunk)
	return &qdrant.ScoredPoint{Id: id, Payload: payload, Score: score}
}

func TestQueryAsksForBothLegsAtOnce(t *testing.T) {
	list := some(3)
	c, f := start(t, Options{}, answers("Points/QueryBatch", &qdrant.QueryBatchResponse{Result: []*qdrant.BatchResult{
		{Result: []*qdrant.ScoredPoint{scored(list[0], 9), scored(list[1], 8)}},
		{Result: []*qdrant.ScoredPoint{scored(list[1], .5), scored(list[2], .25)}},
	}}))
	r := Request{
		Collection: "c", Dense: kb.Vector{0, 1, 0}, Sparse: Sparse{[]uint32{3}, []float32{2}}, Limit: 50, Brief: true,
		Filter: Filter{Audience: kb.Public, AsOf: time.Unix(100, 0)},
	}
	found, err := c.Query(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, []float64{9, 8}, []float64{found.Lexical[0].Score, found.Lexical[1].Score})
	require.Equal(t, []float64{.5, .25}, []float64{found.Dense[0].Score, found.Dense[1].Score})
	require.Same(t, found.Lexical[1].Point, found.Dense[0].Point, "decoded once")
	require.Equal(t, list[2].ID, found.Dense[1].ID)
	require.Equal(t, list[2].brief(), *found.Dense[1].Point)

	sent := of[*qdrant.QueryBatchPoints](f, "Points/QueryBatch")
	require.Len(t, sent, 1)
	require.Equal(t, "c", sent[0].GetCollectionName())
	legs := sent[0].GetQueryPoints()
	require.Len(t, legs, 2)
	for _, leg := range legs {
		require.Equal(t, "c", leg.GetCollectionName(), "each leg names it again")
		require.Equal(t, uint64(50), leg.GetLimit())
		require.Equal(t, briefly, leg.GetWithPayload().GetInclude().GetFields())
		require.False(t, leg.GetWithVectors().GetEnable())
		require.Len(t, leg.GetFilter().GetMust(), 3)
	}
	require.Equal(t, sparse, legs[0].GetUsing())
	require.Equal(t, []uint32{3}, legs[0].GetQuery().GetNearest().GetSparse().GetIndices())
	require.Equal(t, dense, legs[1].GetUsing())
	require.Equal(t, []float32{0, 1, 0}, legs[1].GetQuery().GetNearest().GetDense().GetData())
	require.True(t, legs[1].GetParams().GetQuantization().GetRescore())
	require.False(t, legs[1].GetParams().GetExact())
}

func TestQueryLeavesOut(t *testing.T) {
	one := answers("Points/QueryBatch", &qdrant.QueryBatchResponse{Result: []*qdrant.BatchResult{{Result: []*qdrant.ScoredPoint{scored(some(1)[0], 1)}}}})
	c, f := start(t, Options{}, one)
	found, err := c.Query(t.Context(), Request{Collection: "c", Limit: 1})
	require.NoError(t, err)
	require.Equal(t, Found{}, found)
	require.Empty(t, f.calls)

	found, err = c.Query(t.Context(), Request{Collection: "c", Limit: 1, Sparse: Sparse{[]uint32{1}, []float32{1}}})
	require.NoError(t, err)
	require.Len(t, found.Lexical, 1)
	require.Empty(t, found.Dense)

	found, err = c.Query(t.Context(), Request{Collection: "c", Limit: 1, Dense: kb.Vector{1, 0, 0}, Exact: true})
	require.NoError(t, err)
	require.Len(t, found.Dense, 1)
	require.Empty(t, found.Lexical)
	leg := of[*qdrant.QueryBatchPoints](f, "Points/QueryBatch")[1].GetQueryPoints()[0]
	require.True(t, leg.GetParams().GetExact())
	require.False(t, leg.GetWithPayload().GetEnable())
	require.Equal(t, some(1)[0].ID, found.Dense[0].ID)
	require.Nil(t, found.Dense[0].Point)

	_, err = c.Query(t.Context(), Request{Collection: "c", Limit: 1, Dense: kb.Vector{1, 0, 0}, Sparse: Sparse{[]uint32{1}, []float32{1}}})
	require.Equal(t, kb.Unavailable, kb.CodeOf(err), "one answer for two legs")
}

func TestQueryRefuses(t *testing.T) {
	c, f := start(t, Options{}, works)
	nan := float32(math.NaN())
	for name, r := range map[string]Request{
		"NaN":        {Limit: 1, Dense: kb.Vector{1, nan, 0}},
		"zero":       {Limit: 1, Dense: kb.Vector{0, 0, 0}},
		"empty":      {Limit: 1, Dense: kb.Vector{}},
		"sparse NaN": {Limit: 1, Sparse: Sparse{[]uint32{1}, []float32{nan}}},
		"no limit":   {Dense: kb.Vector{1, 0, 0}},
	} {
		_, err := c.Query(t.Context(), r)
		require.Equal(t, kb.Invalid, kb.CodeOf(err), name)
	}
	require.Empty(t, f.calls)
}

// Semantics are those of the embedded index; that Qdrant has them too is for a
// test with a server.
func TestFilter(t *testing.T) {
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	f := Filter{
		Filter: kb.Filter{Product: []string{"a", "b"}, Language: []string{"DE"}, Tags: []string{"x\xff"}, Document: []string{}},
		AsOf:   at, Bare: true,
	}
	must := f.encode().GetMust()
	fields := map[string]*qdrant.FieldCondition{}
	for _, m := range must {
		fields[m.GetField().GetKey()] = m.GetField()
	}
	require.Len(t, fields, 6)
	micros := float64(at.UnixMicro())
	require.Equal(t, &micros, fields[fieldValidFrom].GetRange().Lte)
	require.Equal(t, &micros, fields[fieldValidUntil].GetRange().Gt)
	require.Equal(t, "public", fields[fieldAudience].GetMatch().GetKeyword(), "whoever is no agent sees public documents")
	require.Equal(t, []string{"a", "b"}, fields[fieldProduct].GetMatch().GetKeywords().GetStrings())
	require.Equal(t, []string{"de"}, fields[fieldLanguage].GetMatch().GetKeywords().GetStrings())
	require.Equal(t, []string{"x\uFFFD"}, fields[fieldTags].GetMatch().GetKeywords().GetStrings())
	require.Equal(t, dense, f.encode().GetMustNot()[0].GetHasVector().GetHasVector())
	for field := range fields {
		require.Contains(t, indexes, field, "a filter by another field reads every point")
	}
	agent := Filter{Audience: kb.Agent, AsOf: at}
	require.Len(t, agent.encode().GetMust(), 2)
	require.Empty(t, agent.encode().GetMustNot())
	agent.AsOf = time.Time{}
	require.Nil(t, agent.encode(), "what lets all through costs nothing")
}

func TestCount(t *testing.T) {
	c, f := start(t, Options{}, answers("Points/Count", &qdrant.CountResponse{Result: &qdrant.CountResult{Count: 5}}))
	n, err := c.Count(t.Context(), "c", &Filter{})
	require.NoError(t, err)
	require.Equal(t, 5, n)
	_, err = c.Count(t.Context(), "c", nil)
	require.NoError(t, err)
	sent := of[*qdrant.CountPoints](f, "Points/Count")
	require.True(t, sent[0].GetExact())
	require.NotNil(t, sent[0].GetFilter())
	require.Nil(t, sent[1].GetFilter())
}

// pages answers Get and Scroll from some points, and refuses more than most at once.
func pages(list []Point, most int) func(context.Context, string, any) (any, error) {
	at := map[string]int{}
	for i, p := range list {
		at[p.ID] = i
	}
	return func(ctx context.Context, m string, in any) (any, error) {
		large := status.Errorf(codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 8)")
		switch in := in.(type) {
		case *qdrant.GetPoints:
			if len(in.GetIds()) > most {
				return nil, large
			}
			res := &qdrant.GetResponse{}
			for _, id := range in.GetIds() {
				if i, ok := at[id.GetUuid()]; ok { // the last first: no order is promised
					res.Result = append(retrieved(list[i]), res.Result...)
				}
			}
			return res, nil
		case *qdrant.ScrollPoints:
			if int(in.GetLimit()) > most {
				return nil, large
			}
			from := at[in.GetOffset().GetUuid()]
			to := min(len(list), from+int(in.GetLimit()))
			res := &qdrant.ScrollResponse{Result: retrieved(list[from:to]...)}
			if to < len(list) {
				res.NextPageOffset = qdrant.NewIDUUID(list[to].ID)
			}
			return res, nil
		}
		return works(ctx, m, in)
	}
}

func TestPoints(t *testing.T) {
	list := some(most + 9)
	c, f := start(t, Options{}, pages(list, 100))
	var wanted []string
	for i := len(list) - 1; i >= 0; i-- {
		wanted = append(wanted, list[i].ID, id(5000+i))
	}
	got, err := c.Points(t.Context(), Get{Collection: "c", IDs: wanted, Vectors: true})
	require.NoError(t, err)
	require.Len(t, got, len(list))
	for i := range got {
		require.Equal(t, list[len(list)-1-i].back(), got[i])
	}
	sent := of[*qdrant.GetPoints](f, "Points/Get")[0]
	require.Equal(t, wholly, sent.GetWithPayload().GetInclude().GetFields())
	require.Equal(t, []string{dense}, sent.GetWithVectors().GetInclude().GetNames())
	got, err = c.Points(t.Context(), Get{Collection: "c"})
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestScroll(t *testing.T) {
	list := some(3*page + 1)
	c, f := start(t, Options{}, pages(list, 200))
	var got []Point
	require.NoError(t, c.Scroll(t.Context(), "c", Walk{Whole: true, Vectors: true}, func(p []Point) error {
		got = append(got, p...)
		return nil
	}))
	require.Len(t, got, len(list))
	for i := range got {
		require.Equal(t, list[i].back(), got[i])
	}
	sent := of[*qdrant.ScrollPoints](f, "Points/Scroll")
	require.Equal(t, wholly, sent[0].GetWithPayload().GetInclude().GetFields())
	require.Equal(t, []string{dense}, sent[0].GetWithVectors().GetInclude().GetNames())
	require.Nil(t, sent[0].GetFilter())

	stop := errors.New("enough")
	f.calls = nil
	require.ErrorIs(t, c.Scroll(t.Context(), "c", Walk{Select: &Select{Documents: []string{"d"}}}, func([]Point) error { return stop }), stop)
	r := of[*qdrant.ScrollPoints](f, "Points/Scroll")
	require.Len(t, r, 2, "a page that was too large, and half of it")
	require.Equal(t, briefly, r[0].GetWithPayload().GetInclude().GetFields())
	require.False(t, r[0].GetWithVectors().GetEnable())
	require.Len(t, r[0].GetFilter().GetShould(), 1)

	require.NoError(t, c.Scroll(t.Context(), "c", Walk{Select: &Select{}}, func([]Point) error { return stop }), "nothing selected is not all")

	c, _ = start(t, Options{}, pages(list, 0))
	require.Equal(t, kb.TooLarge, kb.CodeOf(c.Scroll(t.Context(), "c", Walk{}, func([]Point) error { return nil })))
}

// A page that is larger than the client takes comes in halves.
func TestPagesBelowTheMessageLimit(t *testing.T) {
	list := some(40)
	c, _ := start(t, Options{}, pages(list, page), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(3000)))
	n := 0
	require.NoError(t, c.Scroll(t.Context(), "c", Walk{Whole: true}, func(p []Point) error { n += len(p); return nil }))
	require.Equal(t, 40, n)
}

// A broken connection is worth one more try of a read, anything else is not.
func TestReadsAreTriedOnceMore(t *testing.T) {
	gone := status.Error(codes.Unavailable, "error reading from server: connection reset by peer")
	c, f := start(t, Options{}, fails("Collections/Get", gone))
	_, err := c.Info(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, []time.Duration{readWait}, f.waits)

	c, f = start(t, Options{}, fails("Collections/Get", gone, gone, gone))
	_, err = c.Info(t.Context(), "c")
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Len(t, f.calls, 2)

	for _, code := range []codes.Code{codes.DeadlineExceeded, codes.ResourceExhausted, codes.Internal, codes.NotFound} {
		c, f = start(t, Options{}, fails("Collections/Get", status.Error(code, "")))
		_, err = c.Info(t.Context(), "c")
		require.Error(t, err)
		require.Len(t, f.calls, 1, code)
	}
}

func TestStalledReads(t *testing.T) {
	stalls := func(ctx context.Context, _ string, _ any) (any, error) { <-ctx.Done(); return nil, ctx.Err() }
	c, _ := start(t, Options{Timeout: 30 * time.Millisecond}, stalls)
	_, err := c.Count(t.Context(), "c", nil)
	require.Equal(t, kb.Timeout, kb.CodeOf(err))
	require.ErrorContains(t, err, "has 30ms at most")

	c, _ = start(t, Options{}, stalls)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	_, err = c.Count(ctx, "c", nil)
	require.ErrorIs(t, err, context.Canceled)
}
