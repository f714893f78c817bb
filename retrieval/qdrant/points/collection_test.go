package points

import (
	"context"
	"testing"

	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/askdesk/askdesk/kb"
)

func TestCreate(t *testing.T) {
	c, f := start(t, Options{}, works)
	require.NoError(t, c.Create(t.Context(), "c", spec))
	r := of[*qdrant.CreateCollection](f, "Collections/Create")[0]
	v := r.GetVectorsConfig().GetParamsMap().GetMap()
	require.Len(t, v, 1)
	require.Equal(t, uint64(3), v[dense].GetSize())
	require.Equal(t, qdrant.Distance_Cosine, v[dense].GetDistance())
	require.Nil(t, v[dense].GetQuantizationConfig())
	require.Nil(t, r.GetSparseVectorsConfig().GetMap()[sparse].Modifier, "statistics are ours")
	made := map[string]qdrant.FieldType{}
	for _, i := range of[*qdrant.CreateFieldIndexCollection](f, "Points/CreateFieldIndex") {
		require.True(t, i.GetWait())
		made[i.GetFieldName()] = i.GetFieldType()
	}
	require.Equal(t, indexes, made)
}

func TestCreateQuantizedAndWithout(t *testing.T) {
	full := Spec{Model: "m", Size: 3, Quantized: true, Meta: map[string]string{"version": "v1", "empty": ""}}
	for _, s := range []Spec{full, {}, {Meta: map[string]string{"a": "b"}}} {
		c, f := start(t, Options{}, answers("Collections/Get", infoAnswer(s)))
		require.NoError(t, c.Create(t.Context(), "c", s))
		r := of[*qdrant.CreateCollection](f, "Collections/Create")[0]
		params := r.GetVectorsConfig().GetParamsMap().GetMap()[dense]
		require.Equal(t, s.Size > 0, params != nil)
		if s.Quantized {
			require.True(t, params.GetOnDisk())
			require.Equal(t, qdrant.QuantizationType_Int8, params.GetQuantizationConfig().GetScalar().GetType())
			require.True(t, params.GetQuantizationConfig().GetScalar().GetAlwaysRam())
		}
		info, err := c.Info(t.Context(), "c")
		require.NoError(t, err)
		require.Equal(t, Info{Spec: s, Points: 7, Ready: true}, info)
	}
	copies := Spec{Replicas: 3}
	r := copies.request("c")
	require.Equal(t, []uint32{3, 2}, []uint32{r.GetReplicationFactor(), r.GetWriteConsistencyFactor()}, "a write is with more than half of them")
	require.Nil(t, spec.request("c").ReplicationFactor)
	c, f := start(t, Options{}, works)
	for _, s := range []Spec{{Size: 3}, {Model: "m"}, {Size: -1, Model: "m"}, {Quantized: true}} {
		require.Equal(t, kb.Invalid, kb.CodeOf(c.Create(t.Context(), "c", s)), s)
	}
	require.Empty(t, f.calls)
}

// What was begun is completed; what is something else is left alone.
func TestCreateAgain(t *testing.T) {
	c, f := start(t, Options{}, fails("Collections/Create", status.Error(codes.AlreadyExists, "")))
	require.NoError(t, c.Create(t.Context(), "c", spec))
	require.Len(t, of[*qdrant.CreateFieldIndexCollection](f, "Points/CreateFieldIndex"), len(indexes))

	for _, other := range []Spec{{}, {Model: "n", Size: 3}, {Model: "m", Size: 4}, {Model: "m", Size: 3, Quantized: true}, {Model: "m", Size: 3, Meta: map[string]string{"a": "b"}}} {
		c, f = start(t, Options{}, fails("Collections/Create", status.Error(codes.AlreadyExists, "")))
		require.Equal(t, kb.Conflict, kb.CodeOf(c.Create(t.Context(), "c", other)))
		require.Empty(t, of[*qdrant.CreateFieldIndexCollection](f, "Points/CreateFieldIndex"))
	}
}

func TestInfo(t *testing.T) {
	c, _ := start(t, Options{}, fails("Collections/Get", status.Error(codes.NotFound, "")))
	_, err := c.Info(t.Context(), "c")
	require.Equal(t, kb.NotFound, kb.CodeOf(err))
	busy := infoAnswer(spec)
	busy.Result.Status = qdrant.CollectionStatus_Yellow
	c, _ = start(t, Options{}, answers("Collections/Get", busy))
	info, err := c.Info(t.Context(), "c")
	require.NoError(t, err)
	require.False(t, info.Ready)
}

func TestDrop(t *testing.T) {
	exists := false
	c, f := start(t, Options{}, func(ctx context.Context, m string, in any) (any, error) {
		switch m {
		case "Collections/Delete":
			return &qdrant.CollectionOperationResponse{Result: false}, nil
		case "Collections/CollectionExists":
			return &qdrant.CollectionExistsResponse{Result: &qdrant.CollectionExists{Exists: exists}}, nil
		}
		return works(ctx, m, in)
	})
	require.NoError(t, c.Drop(t.Context(), "c"), "nothing there")
	exists = true
	require.Equal(t, kb.Conflict, kb.CodeOf(c.Drop(t.Context(), "c")), "an alias")
	require.Empty(t, f.waits)
	c, _ = start(t, Options{}, fails("Collections/Delete", status.Error(codes.NotFound, "")))
	require.NoError(t, c.Drop(t.Context(), "c"))
}

func TestCollectionsAndAliases(t *testing.T) {
	c, f := start(t, Options{}, func(ctx context.Context, m string, in any) (any, error) {
		switch m {
		case "Collections/List":
			res := &qdrant.ListCollectionsResponse{}
			for _, name := range []string{"askdesk_b", "other", "askdesk_a"} {
				res.Collections = append(res.Collections, &qdrant.CollectionDescription{Name: name})
			}
			return res, nil
		case "Collections/ListAliases":
			return &qdrant.ListAliasesResponse{Aliases: []*qdrant.AliasDescription{{AliasName: "now", CollectionName: "askdesk_a"}}}, nil
		}
		return works(ctx, m, in)
	})
	names, err := c.Collections(t.Context(), "askdesk_")
	require.NoError(t, err)
	require.Equal(t, []string{"askdesk_a", "askdesk_b"}, names)
	aliases, err := c.Aliases(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"now": "askdesk_a"}, aliases)

	require.NoError(t, c.Switch(t.Context(), "now", "askdesk_b"))
	require.NoError(t, c.Unalias(t.Context(), "now"))
	sent := of[*qdrant.ChangeAliases](f, "Collections/UpdateAliases")
	require.Len(t, sent, 2, "a switch is one call")
	require.Len(t, sent[0].GetActions(), 2)
	require.Equal(t, "now", sent[0].GetActions()[0].GetDeleteAlias().GetAliasName())
	require.Equal(t, "askdesk_b", sent[0].GetActions()[1].GetCreateAlias().GetCollectionName())
	require.Len(t, sent[1].GetActions(), 1)
}
