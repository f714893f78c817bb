package points

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/askdesk/askdesk/kb"
)

func TestUpsertSendsBoundedBatchesAndWaits(t *testing.T) {
	c, f := start(t, Options{BatchPoints: 4}, works)
	require.NoError(t, c.Upsert(t.Context(), "c", some(10)))
	var sizes []int
	var sent []string
	for _, r := range of[*qdrant.UpsertPoints](f, "Points/Upsert") {
		require.True(t, r.GetWait(), "nothing is visible at once without")
		require.Equal(t, "c", r.GetCollectionName())
		require.Nil(t, r.UpdateMode)
		sizes = append(sizes, len(r.GetPoints()))
		for _, p := range r.GetPoints() {
			sent = append(sent, p.GetId().GetUuid())
		}
	}
	require.Equal(t, []int{4, 4, 2}, sizes)
	for i, p := range some(10) {
		require.Equal(t, p.ID, sent[i])
	}
}

func TestUpsertBoundsBytes(t *testing.T) {
	c, f := start(t, Options{BatchBytes: 3000}, works)
	list := some(8)
	for i := range list {
		list[i].Chunk.Text = strings.Repeat("x", 500)
	}
	list[4].Chunk.Text = strings.Repeat("x", 9000) // alone more than a batch may have
	require.NoError(t, c.Upsert(t.Context(), "c", list))
	n := 0
	for _, r := range of[*qdrant.UpsertPoints](f, "Points/Upsert") {
		n += len(r.GetPoints())
		if len(r.GetPoints()) > 1 {
			require.Less(t, proto.Size(r), 3200)
		}
	}
	require.Equal(t, 8, n)
	require.NoError(t, c.Upsert(t.Context(), "c", nil))
}

func TestUpsertRefusesBeforeItSends(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, tc := range map[string]struct {
		spoil func(*Point)
		says  string
	}{
		"NaN":           {func(p *Point) { p.Chunk.Vector = kb.Vector{1, nan, 0} }, "no direction"},
		"infinite":      {func(p *Point) { p.Chunk.Vector = kb.Vector{1, inf, 0} }, "no direction"},
		"zero":          {func(p *Point) { p.Chunk.Vector = kb.Vector{0, 0, 0} }, "no direction"},
		"too short":     {func(p *Point) { p.Chunk.Vector = kb.Vector{1, 0} }, "2 numbers"},
		"other model":   {func(p *Point) { p.Chunk.Model = "n" }, "vector of n"},
		"no UUID":       {func(p *Point) { p.ID = "chunk 1" }, "UUID"},
		"no chunk":      {func(p *Point) { p.Chunk.ID = "" }, "no chunk"},
		"no document":   {func(p *Point) { p.Document.ID = "" }, "no document"},
		"sparse twice":  {func(p *Point) { p.Sparse = Sparse{[]uint32{9, 3, 9}, []float32{1, 2, 3}} }, "twice"},
		"sparse uneven": {func(p *Point) { p.Sparse.Values = p.Sparse.Values[:1] }, "2 indices and 1 values"},
		"sparse NaN":    {func(p *Point) { p.Sparse.Values[1] = nan }, "no number"},
		"sparse inf":    {func(p *Point) { p.Sparse.Values[1] = -inf }, "no number"},
	} {
		t.Run(name, func(t *testing.T) {
			c, f := start(t, Options{BatchPoints: 1}, works)
			list := some(3)
			tc.spoil(&list[2])
			err := c.Upsert(t.Context(), "c", list)
			require.Equal(t, kb.Invalid, kb.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, tc.says)
			require.Empty(t, of[*qdrant.UpsertPoints](f, "Points/Upsert"))
		})
	}
	c, _ := start(t, Options{}, func(ctx context.Context, m string, in any) (any, error) {
		if m == "Collections/Get" {
			return infoAnswer(Spec{}), nil
		}
		return works(ctx, m, in)
	})
	list := some(1)
	require.ErrorContains(t, c.Upsert(t.Context(), "c", list), "without an embedder")
	list[0].Chunk.Vector = nil
	require.NoError(t, c.Upsert(t.Context(), "c", list))
}

// A write is tried again where that may help, with what Qdrant asks to wait.
func TestWritesAreTriedAgain(t *testing.T) {
	gone := status.Error(codes.Unavailable, "restarting")
	c, f := start(t, Options{}, fails("Points/Upsert", gone, status.Error(codes.Aborted, ""), status.Error(codes.ResourceExhausted, "busy")))
	require.NoError(t, c.Upsert(t.Context(), "c", some(2)))
	sent := of[*qdrant.UpsertPoints](f, "Points/Upsert")
	require.Len(t, sent, 4)
	for _, r := range sent {
		require.True(t, proto.Equal(sent[0], r), "each try is the same")
	}
	require.Len(t, f.waits, 3)

	c, f = start(t, Options{}, fails("Collections/Get", gone, gone, gone))
	require.NoError(t, c.Upsert(t.Context(), "c", some(2)), "what a write asks first has its patience")
	require.Len(t, f.waits, 3)

	c, f = start(t, Options{}, fails("Points/Delete", status.Error(codes.InvalidArgument, "no"), nil))
	require.Equal(t, kb.Invalid, kb.CodeOf(c.Delete(t.Context(), "c", Select{IDs: []string{id(1)}})))
	require.Empty(t, f.waits, "what is refused once is refused again")
}

func TestWritesHavePatienceAndNoMore(t *testing.T) {
	down := func(_ context.Context, m string, _ any) (any, error) { return nil, status.Error(codes.Unavailable, m) }
	c, f := start(t, Options{}, down)
	err := c.Drop(t.Context(), "c")
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.Len(t, of[*qdrant.DeleteCollection](f, "Collections/Delete"), writeTries)
	for i, w := range f.waits {
		require.Positive(t, w)
		require.LessOrEqual(t, w, 8*time.Second, "wait %d", i)
	}

	ctx, cancel := context.WithCancel(t.Context())
	c, f = start(t, Options{}, down)
	c.sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	err = c.Drop(ctx, "c")
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, of[*qdrant.DeleteCollection](f, "Collections/Delete"), 1)
}

// Who waits is told so once, when it begins.
func TestWhoWaitsIsTold(t *testing.T) {
	var told []string
	opt := Options{Waiting: func(why error, about time.Duration) {
		told = append(told, fmt.Sprintf("%s For %s.", kb.MessageOf(why), about))
	}}
	gone := status.Error(codes.Unavailable, "connection refused")
	c, _ := start(t, opt, fails("Points/Upsert", gone, gone, gone))
	require.NoError(t, c.Drop(t.Context(), "c"))
	require.Empty(t, told)
	require.NoError(t, c.Upsert(t.Context(), "c", some(2)))
	require.Equal(t, []string{"Qdrant at 127.0.0.1:6334 cannot be reached: check that it runs, and index.qdrant.address. For 15s."}, told)

	c, f := start(t, opt, func(context.Context, string, any) (any, error) { return nil, gone })
	for range 2 {
		require.Error(t, c.Drop(t.Context(), "c"))
	}
	require.Len(t, told, 2)
	var usual time.Duration
	for _, w := range f.waits {
		usual += w / 2
	}
	require.InDelta(t, writeWaits, usual, float64(writeWaits)/2)
}

func TestRetryAfter(t *testing.T) {
	after := "7"
	busy := true
	c, f := start(t, Options{}, func(ctx context.Context, m string, in any) (any, error) {
		if m == "Points/Delete" && busy {
			busy = after != "7"
			_ = grpc.SetTrailer(ctx, metadata.Pairs("retry-after", after))
			return nil, status.Error(codes.ResourceExhausted, "Rate limiting exceeded: Write rate limit exceeded, retry later")
		}
		return works(ctx, m, in)
	})
	require.NoError(t, c.Delete(t.Context(), "c", Select{Documents: []string{"d"}}))
	require.Equal(t, []time.Duration{7 * time.Second}, f.waits)

	busy, after = true, "61"
	err := c.Delete(t.Context(), "c", Select{Documents: []string{"d"}})
	require.Equal(t, kb.RateLimited, kb.CodeOf(err))
	require.Len(t, f.waits, 1, "more than anybody waits for")
}

// What is taken but not applied is not there yet.
func TestOnlyCompletedIsDone(t *testing.T) {
	for _, s := range []qdrant.UpdateStatus{qdrant.UpdateStatus_WaitTimeout, qdrant.UpdateStatus_Acknowledged, qdrant.UpdateStatus_ClockRejected} {
		late := 2
		c, f := start(t, Options{}, func(ctx context.Context, m string, in any) (any, error) {
			if late--; late >= 0 {
				return &qdrant.PointsOperationResponse{Result: &qdrant.UpdateResult{Status: s}}, nil
			}
			return works(ctx, m, in)
		})
		require.NoError(t, c.Delete(t.Context(), "c", Select{Documents: []string{"d"}}))
		require.Len(t, of[*qdrant.DeletePoints](f, "Points/Delete"), 3, s)
		late = 99
		require.Equal(t, kb.Timeout, kb.CodeOf(c.Delete(t.Context(), "c", Select{Documents: []string{"d"}})))
	}
}

// The batches before the one that fails are in; the same call again sends all.
func TestHalfDoneUpsert(t *testing.T) {
	n, full := 0, true
	c, f := start(t, Options{BatchPoints: 2}, func(ctx context.Context, m string, in any) (any, error) {
		if m == "Points/Upsert" {
			if n++; n == 2 && full {
				return nil, status.Error(codes.Internal, "No space left on device")
			}
		}
		return works(ctx, m, in)
	})
	err := c.Upsert(t.Context(), "c", some(6))
	require.Equal(t, kb.Unavailable, kb.CodeOf(err))
	require.ErrorContains(t, err, "disk is full")
	require.ErrorContains(t, errors.Unwrap(err), "No space left", "for the log")
	require.Len(t, of[*qdrant.UpsertPoints](f, "Points/Upsert"), 2)
	full = false
	require.NoError(t, c.Upsert(t.Context(), "c", some(6)))
	require.Len(t, of[*qdrant.UpsertPoints](f, "Points/Upsert"), 5)
}

// A write that Qdrant does not finish in time is sent again; one whose caller has
// gone is not.
func TestStalledWrites(t *testing.T) {
	var first atomic.Bool // both calls may be there at once
	first.Store(true)
	stalls := func(ctx context.Context, m string, in any) (any, error) {
		if m == "Points/Delete" && first.Swap(false) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return works(ctx, m, in)
	}
	c, f := start(t, Options{Timeout: 50 * time.Millisecond}, stalls)
	require.NoError(t, c.Delete(t.Context(), "c", Select{Documents: []string{"d"}}))
	require.Len(t, f.waits, 1)

	first.Store(true)
	c, f = start(t, Options{}, stalls)
	c.sleep = sleep // Qdrant may be the first to know that the time is over
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := c.Delete(ctx, "c", Select{Documents: []string{"d"}})
	require.Equal(t, kb.Timeout, kb.CodeOf(err))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Len(t, of[*qdrant.DeletePoints](f, "Points/Delete"), 1)
}

func TestDeleteNamesWhatItMeans(t *testing.T) {
	c, f := start(t, Options{}, works)
	require.NoError(t, c.Delete(t.Context(), "c", Select{}), "an empty filter would delete all")
	require.NoError(t, c.Delete(t.Context(), "c", Select{IDs: []string{}, Stale: map[string]string{}}))
	require.Empty(t, f.calls)

	require.NoError(t, c.Delete(t.Context(), "c", Select{IDs: []string{id(1)}, Documents: []string{"a", "b"}, Stale: map[string]string{"c": "r2"}}))
	r := of[*qdrant.DeletePoints](f, "Points/Delete")[0]
	require.True(t, r.GetWait())
	should := r.GetPoints().GetFilter().GetShould()
	require.Len(t, should, 3)
	require.Equal(t, []string{id(1)}, uuids(should[0].GetHasId().GetHasId()))
	require.Equal(t, []string{"a", "b"}, should[1].GetField().GetMatch().GetKeywords().GetStrings())
	stale := should[2].GetFilter()
	require.Equal(t, "c", stale.GetMust()[0].GetField().GetMatch().GetKeyword())
	require.Equal(t, fieldRevision, stale.GetMustNot()[0].GetField().GetKey())
	require.Equal(t, "r2", stale.GetMustNot()[0].GetField().GetMatch().GetKeyword())

	many := Select{Stale: map[string]string{}}
	for i := range 2*maxConditions + 1 {
		many.Stale[id(i)] = "r"
	}
	require.NoError(t, c.Delete(t.Context(), "c", many))
	require.Len(t, of[*qdrant.DeletePoints](f, "Points/Delete"), 4)
}
