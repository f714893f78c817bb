package pointstest

import (
	"context"
	"maps"
	"slices"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type collection struct {
	made    *qdrant.CreateCollection
	indexes map[string]bool // by payload field
	points  map[string]*qdrant.PointStruct
	later   []func() // writes that nobody waited for
}

// size is that of a dense vector; 0 if there is none of this name.
func (c *collection) size(name string) int {
	return int(c.made.GetVectorsConfig().GetParamsMap().GetMap()[name].GetSize())
}

// sparse reports whether a name is that of sparse vectors.
func (c *collection) sparse(name string) bool {
	return c.made.GetSparseVectorsConfig().GetMap()[name] != nil
}

// apply makes a write, after those before it. One that nobody waits for is seen when
// the next one is.
func (c *collection) apply(wait bool, do func()) *qdrant.PointsOperationResponse {
	c.later = append(c.later, do)
	if !wait {
		return &qdrant.PointsOperationResponse{Result: &qdrant.UpdateResult{Status: qdrant.UpdateStatus_Acknowledged}}
	}
	for _, do := range c.later {
		do()
	}
	c.later = nil
	return &qdrant.PointsOperationResponse{Result: &qdrant.UpdateResult{Status: qdrant.UpdateStatus_Completed}}
}

type collections struct {
	qdrant.UnimplementedCollectionsServer
	*Server
}

func (s collections) Create(_ context.Context, in *qdrant.CreateCollection) (*qdrant.CollectionOperationResponse, error) {
	name := in.GetCollectionName()
	if s.collections[name] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "Wrong input: Collection `%s` already exists!", name)
	}
	if _, ok := s.aliases[name]; ok || name == "" {
		return nil, invalid("`%s` cannot name a collection", name)
	}
	s.collections[name] = &collection{made: in, indexes: map[string]bool{}, points: map[string]*qdrant.PointStruct{}}
	return &qdrant.CollectionOperationResponse{Result: true}, nil
}

func (s collections) Delete(_ context.Context, in *qdrant.DeleteCollection) (*qdrant.CollectionOperationResponse, error) {
	name := in.GetCollectionName()
	_, there := s.collections[name]
	delete(s.collections, name)
	maps.DeleteFunc(s.aliases, func(_, to string) bool { return to == name })
	return &qdrant.CollectionOperationResponse{Result: there}, nil
}

func (s collections) Get(_ context.Context, in *qdrant.GetCollectionInfoRequest) (*qdrant.GetCollectionInfoResponse, error) {
	c, err := s.find(in.GetCollectionName())
	if err != nil {
		return nil, err
	}
	return &qdrant.GetCollectionInfoResponse{Result: &qdrant.CollectionInfo{
		Status: qdrant.CollectionStatus_Green, PointsCount: new(uint64(len(c.points))),
		Config: &qdrant.CollectionConfig{
			Params:   &qdrant.CollectionParams{VectorsConfig: c.made.GetVectorsConfig(), SparseVectorsConfig: c.made.GetSparseVectorsConfig()},
			Metadata: c.made.GetMetadata(),
		},
	}}, nil
}

func (s collections) List(context.Context, *qdrant.ListCollectionsRequest) (*qdrant.ListCollectionsResponse, error) {
	out := &qdrant.ListCollectionsResponse{}
	for _, name := range slices.Sorted(maps.Keys(s.collections)) {
		out.Collections = append(out.Collections, &qdrant.CollectionDescription{Name: name})
	}
	return out, nil
}

func (s collections) CollectionExists(_ context.Context, in *qdrant.CollectionExistsRequest) (*qdrant.CollectionExistsResponse, error) {
	_, err := s.find(in.GetCollectionName())
	return &qdrant.CollectionExistsResponse{Result: &qdrant.CollectionExists{Exists: err == nil}}, nil
}

func (s collections) ListAliases(context.Context, *qdrant.ListAliasesRequest) (*qdrant.ListAliasesResponse, error) {
	out := &qdrant.ListAliasesResponse{}
	for _, alias := range slices.Sorted(maps.Keys(s.aliases)) {
		out.Aliases = append(out.Aliases, &qdrant.AliasDescription{AliasName: alias, CollectionName: s.aliases[alias]})
	}
	return out, nil
}

// UpdateAliases makes all changes, or none.
func (s collections) UpdateAliases(_ context.Context, in *qdrant.ChangeAliases) (*qdrant.CollectionOperationResponse, error) {
	next := maps.Clone(s.aliases)
	for _, action := range in.GetActions() {
		switch action := action.GetAction().(type) {
		case *qdrant.AliasOperations_DeleteAlias:
			delete(next, action.DeleteAlias.GetAliasName())
		case *qdrant.AliasOperations_CreateAlias:
			alias, to := action.CreateAlias.GetAliasName(), action.CreateAlias.GetCollectionName()
			if s.collections[to] == nil {
				return nil, missing(to)
			}
			if s.collections[alias] != nil {
				return nil, status.Errorf(codes.AlreadyExists, "Wrong input: Collection `%s` already exists!", alias)
			}
			next[alias] = to
		default:
			return nil, status.Error(codes.Unimplemented, "this change of an alias")
		}
	}
	s.Server.aliases = next
	return &qdrant.CollectionOperationResponse{Result: true}, nil
}
