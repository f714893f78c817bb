package pointstest

import (
	"math"
	"testing"

	"github.com/google/uuid"
	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

func id(n byte) string { return uuid.UUID{15: n}.String() }

// point has vectors v of two numbers and w of words.
func point(n byte, v ...float32) *qdrant.PointStruct {
	return &qdrant.PointStruct{
		Id: qdrant.NewIDUUID(id(n)), Payload: qdrant.NewValueMap(map[string]any{"field": "x"}),
		Vectors: qdrant.NewVectorsMap(map[string]*qdrant.Vector{"v": qdrant.NewVectorDense(v), "w": qdrant.NewVectorSparse([]uint32{2, 1}, []float32{1, 3})}),
	}
}

// client is connected to a server with a collection c.
func client(t *testing.T, s *Server) qdrant.PointsClient {
	conn, err := grpc.NewClient(s.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	_, err = qdrant.NewCollectionsClient(conn).Create(t.Context(), &qdrant.CreateCollection{
		CollectionName:      "c",
		VectorsConfig:       qdrant.NewVectorsConfigMap(map[string]*qdrant.VectorParams{"v": {Size: 2, Distance: qdrant.Distance_Cosine}}),
		SparseVectorsConfig: qdrant.NewSparseVectorsConfig(map[string]*qdrant.SparseVectorParams{"w": {}}),
	})
	require.NoError(t, err)
	return qdrant.NewPointsClient(conn)
}

func upsert(wait bool, list ...*qdrant.PointStruct) *qdrant.UpsertPoints {
	return &qdrant.UpsertPoints{CollectionName: "c", Wait: &wait, Points: list}
}

func TestWritesAreSeenWhenWaitedFor(t *testing.T) {
	s := Start(t)
	c := client(t, s)
	res, err := c.Upsert(t.Context(), upsert(false, point(1, 1, 0)))
	require.NoError(t, err)
	require.Equal(t, qdrant.UpdateStatus_Acknowledged, res.GetResult().GetStatus())
	require.Zero(t, s.Points("c"))
	_, err = c.Upsert(t.Context(), upsert(true, point(2, 1, 0), point(3, 1)))
	require.Equal(t, codes.InvalidArgument, status.Code(err))
	require.Zero(t, s.Points("c"), "one that does not fit refuses all")
	res, err = c.Upsert(t.Context(), upsert(true, point(2, 1, 0)))
	require.NoError(t, err)
	require.Equal(t, qdrant.UpdateStatus_Completed, res.GetResult().GetStatus())
	require.Equal(t, 2, s.Points("c"))
}

func TestOrderOfHits(t *testing.T) {
	c := client(t, Start(t))
	_, err := c.Upsert(t.Context(), upsert(true, point(1, 3, 4), point(2, 0, 0), point(3, float32(math.NaN()), 1), point(4, 0, -7)))
	require.NoError(t, err)
	ask := func(using string, q *qdrant.Query, filter *qdrant.Filter) (ids []string, scores []float32, err error) {
		res, err := c.QueryBatch(t.Context(), &qdrant.QueryBatchPoints{CollectionName: "c", QueryPoints: []*qdrant.QueryPoints{
			{CollectionName: "c", Query: q, Using: &using, Filter: filter},
		}})
		for _, leg := range res.GetResult() {
			for _, h := range leg.GetResult() {
				require.Empty(t, h.GetPayload(), "unless it is asked for")
				require.Nil(t, h.GetVectors())
				ids, scores = append(ids, h.GetId().GetUuid()), append(scores, h.GetScore())
			}
		}
		return ids, scores, err
	}
	ids, scores, err := ask("v", qdrant.NewQueryDense([]float32{0, 9}), nil)
	require.NoError(t, err)
	require.Equal(t, []string{id(3), id(1), id(2), id(4)}, ids)
	require.True(t, math.IsNaN(float64(scores[0])))
	require.InDeltaSlice(t, []float32{.8, 0, -1}, scores[1:], 1e-6)
	first, scores, err := ask("w", qdrant.NewQuerySparse([]uint32{9, 2}, []float32{1, .5}), nil)
	require.NoError(t, err)
	require.Equal(t, []float32{.5, .5, .5, .5}, scores)
	again, _, err := ask("w", qdrant.NewQuerySparse([]uint32{2}, []float32{.5}), nil)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, _, err = ask("v", qdrant.NewQueryDense([]float32{0, 9}), &qdrant.Filter{Must: []*qdrant.Condition{qdrant.NewMatch("field", "x")}})
	require.Equal(t, codes.InvalidArgument, status.Code(err), "the field has no index")
}

func TestFaults(t *testing.T) {
	s := Start(t)
	c := client(t, s)
	lost := status.Error(codes.Aborted, "lost")
	for n := 1; n <= 2; n++ {
		s.Fail(func(method string, asked int) error {
			if method == "Points/Upsert" && asked == n {
				return lost
			}
			return nil
		})
		_, err := c.Upsert(t.Context(), upsert(true, point(1, 1, 0)))
		require.Equal(t, codes.Aborted, status.Code(err))
		require.Equal(t, n-1, s.Points("c"), "before it is done, and after")
		require.Equal(t, n, s.Asked())
	}
	s.Fail(nil)
	s.Stop()
	_, err := c.Count(t.Context(), &qdrant.CountPoints{CollectionName: "c"})
	require.Equal(t, codes.Unavailable, status.Code(err))
	s.Start()
	res, err := c.Count(t.Context(), &qdrant.CountPoints{CollectionName: "c"}, grpc.WaitForReady(true))
	require.NoError(t, err)
	require.EqualValues(t, 1, res.GetResult().GetCount())
}
