package points

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/qdrant/go-client/qdrant"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/askdesk/askdesk/kb"
)

// Names of a collection's vectors.
const (
	dense  = "dense"
	sparse = "words"
)

// Spec is what a collection is made for. It never changes.
type Spec struct {
	Model     string // Embedder.Model of all dense vectors; "" without an embedder
	Size      int    // numbers of a dense vector; 0 without an embedder
	Quantized bool   // searched by int8 codes in memory, rescored by the vectors, which then stay on disk
	Meta      map[string]string
	Replicas  int // copies, each on a node of its own; 0 means 1. A collection may have other ones later.
}

func (s *Spec) equal(t *Spec) bool {
	return s.Model == t.Model && s.Size == t.Size && s.Quantized == t.Quantized && maps.Equal(s.Meta, t.Meta)
}

// Info is the state of a collection.
type Info struct {
	Spec   Spec
	Points int  // about how many, while Qdrant optimises
	Ready  bool // whether all indexes are built
}

// indexes are the payload fields that filters name. A filter by any other would
// make Qdrant read every point.
var indexes = map[string]qdrant.FieldType{
	fieldDocument: qdrant.FieldType_FieldTypeKeyword, fieldRevision: qdrant.FieldType_FieldTypeKeyword,
	fieldAudience: qdrant.FieldType_FieldTypeKeyword, fieldProduct: qdrant.FieldType_FieldTypeKeyword,
	fieldVersion: qdrant.FieldType_FieldTypeKeyword, fieldTags: qdrant.FieldType_FieldTypeKeyword,
	fieldLanguage:  qdrant.FieldType_FieldTypeKeyword,
	fieldValidFrom: qdrant.FieldType_FieldTypeInteger, fieldValidUntil: qdrant.FieldType_FieldTypeInteger,
}

// Create makes a collection with its indexes, or completes one of the same spec.
// One of another spec is kb.Conflict.
func (c *Client) Create(ctx context.Context, collection string, spec Spec) error {
	if spec.Size < 0 || (spec.Size > 0) != (spec.Model != "") || spec.Quantized && spec.Size == 0 {
		return kb.Errorf(kb.Invalid, "a collection with vectors needs the name of their model and their size, and one without needs neither, nor codes for them")
	}
	err := c.write(ctx, collection, func(ctx context.Context) error {
		_, err := c.collections.Create(ctx, spec.request(collection))
		if status.Code(err) == codes.AlreadyExists {
			return nil // compared below: the answer to a first try may have been lost
		}
		return err
	})
	if err != nil {
		return err
	}
	have, err := c.Info(ctx, collection)
	if err != nil {
		return err
	}
	if !have.Spec.equal(&spec) {
		return kb.Errorf(kb.Conflict, "The collection %q is there and was made for something else: drop it, or use another name.", collection)
	}
	for _, field := range slices.Sorted(maps.Keys(indexes)) {
		err := c.write(ctx, collection, func(ctx context.Context) error {
			return applied(c.points.CreateFieldIndex(ctx, &qdrant.CreateFieldIndexCollection{
				CollectionName: collection, Wait: new(true), FieldName: field, FieldType: new(indexes[field]),
			}))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Spec) request(collection string) *qdrant.CreateCollection {
	meta := make(map[string]*qdrant.Value, len(s.Meta))
	for k, v := range s.Meta {
		meta[valid(k)] = text(v)
	}
	r := &qdrant.CreateCollection{
		CollectionName: collection,
		Metadata:       map[string]*qdrant.Value{"model": text(s.Model), "meta": qdrant.NewValueFromFields(meta)},
		// No IDF modifier: Qdrant's counts deleted points, and those of all audiences.
		SparseVectorsConfig: qdrant.NewSparseVectorsConfig(map[string]*qdrant.SparseVectorParams{sparse: {}}),
		VectorsConfig:       qdrant.NewVectorsConfigMap(map[string]*qdrant.VectorParams{}),
	}
	if s.Replicas > 1 { // what one node has lost, or has not yet, more than half of them have
		r.ReplicationFactor, r.WriteConsistencyFactor = new(uint32(s.Replicas)), new(uint32(s.Replicas/2+1))
	}
	if s.Size > 0 {
		params := &qdrant.VectorParams{Size: uint64(s.Size), Distance: qdrant.Distance_Cosine}
		if s.Quantized {
			params.OnDisk = new(true)
			params.QuantizationConfig = qdrant.NewQuantizationScalar(&qdrant.ScalarQuantization{
				Type: qdrant.QuantizationType_Int8, Quantile: new(float32(.99)), AlwaysRam: new(true),
			})
		}
		r.VectorsConfig = qdrant.NewVectorsConfigMap(map[string]*qdrant.VectorParams{dense: params})
	}
	return r
}

// Info describes a collection, or the one that an alias points to; kb.NotFound if
// there is none.
func (c *Client) Info(ctx context.Context, collection string) (Info, error) {
	var info Info
	err := c.read(ctx, collection, func(ctx context.Context) (err error) {
		info, err = c.info(ctx, collection)
		return err
	})
	return info, err
}

// info is one try.
func (c *Client) info(ctx context.Context, collection string) (Info, error) {
	res, err := c.collections.Get(ctx, &qdrant.GetCollectionInfoRequest{CollectionName: collection})
	return infoOf(res.GetResult()), err
}

func infoOf(res *qdrant.CollectionInfo) Info {
	config := res.GetConfig()
	params := config.GetParams().GetVectorsConfig().GetParamsMap().GetMap()[dense]
	info := Info{
		Points: int(res.GetPointsCount()),
		Ready:  res.GetStatus() == qdrant.CollectionStatus_Green,
		Spec: Spec{
			Model: config.GetMetadata()["model"].GetStringValue(), Size: int(params.GetSize()),
			Quantized: params.GetQuantizationConfig().GetScalar() != nil,
		},
	}
	for k, v := range config.GetMetadata()["meta"].GetStructValue().GetFields() {
		if info.Spec.Meta == nil {
			info.Spec.Meta = map[string]string{}
		}
		info.Spec.Meta[k] = v.GetStringValue()
	}
	return info
}

// Drop deletes a collection and its aliases. One that is not there is no error.
func (c *Client) Drop(ctx context.Context, collection string) error {
	return c.write(ctx, collection, func(ctx context.Context) error {
		res, err := c.collections.Delete(ctx, &qdrant.DeleteCollection{CollectionName: collection})
		if err != nil || res.GetResult() {
			return absent(err)
		}
		there, err := c.collections.CollectionExists(ctx, &qdrant.CollectionExistsRequest{CollectionName: collection})
		if err == nil && there.GetResult().GetExists() {
			err = kb.Errorf(kb.Conflict, "%q is an alias in Qdrant: name the collection that it points to.", collection)
		}
		return err
	})
}

// absent forgives that something was not there.
func absent(err error) error {
	if status.Code(err) == codes.NotFound {
		return nil
	}
	return err
}

// Collections lists the collections whose names begin with a prefix, in order, and
// waits for Qdrant as a write does: those who ask want to change them.
func (c *Client) Collections(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	err := c.write(ctx, "", func(ctx context.Context) error {
		res, err := c.collections.List(ctx, &qdrant.ListCollectionsRequest{})
		names = nil
		for _, one := range res.GetCollections() {
			if strings.HasPrefix(one.GetName(), prefix) {
				names = append(names, one.GetName())
			}
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

// Aliases says by alias which collection it points to.
func (c *Client) Aliases(ctx context.Context) (map[string]string, error) {
	to := map[string]string{}
	err := c.read(ctx, "", func(ctx context.Context) error {
		res, err := c.collections.ListAliases(ctx, &qdrant.ListAliasesRequest{})
		for _, one := range res.GetAliases() {
			to[one.GetAliasName()] = one.GetCollectionName()
		}
		return err
	})
	return to, err
}

// Switch points an alias to a collection in one step: every search sees either
// the old one or the new one. A collection that is not there is kb.NotFound.
func (c *Client) Switch(ctx context.Context, alias, collection string) error {
	return c.alias(ctx, collection, qdrant.NewAliasDelete(alias), qdrant.NewAliasCreate(alias, collection))
}

// Unalias removes an alias. One that is not there is no error.
func (c *Client) Unalias(ctx context.Context, alias string) error {
	return c.alias(ctx, alias, qdrant.NewAliasDelete(alias))
}

func (c *Client) alias(ctx context.Context, collection string, actions ...*qdrant.AliasOperations) error {
	return c.write(ctx, collection, func(ctx context.Context) error {
		_, err := c.collections.UpdateAliases(ctx, &qdrant.ChangeAliases{Actions: actions})
		return err
	})
}

// errNotApplied is what a write that is not done yet comes to.
var errNotApplied = status.Error(codes.DeadlineExceeded, "taken, but not applied in time")

// applied reads the answer to a write: only one that is visible from now on is a success.
func applied(res *qdrant.PointsOperationResponse, err error) error {
	if err == nil && res.GetResult().GetStatus() != qdrant.UpdateStatus_Completed {
		return errNotApplied
	}
	return err
}
