package points

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askdesk/askdesk/kb"
)

// Filter is what of a collection a reader may see: as the embedded index has it.
type Filter struct {
	kb.Filter
	Audience kb.Audience // an Agent sees all, anybody else public documents
	AsOf     time.Time   // documents are valid then; zero: at any time
	Bare     bool        // only chunks without a vector
}

func (f *Filter) encode() *qdrant.Filter {
	var must []*qdrant.Condition
	if !f.AsOf.IsZero() {
		at := float64(f.AsOf.UnixMicro())
		must = append(must, qdrant.NewRange(fieldValidFrom, &qdrant.Range{Lte: &at}), qdrant.NewRange(fieldValidUntil, &qdrant.Range{Gt: &at}))
	}
	if f.Audience != kb.Agent {
		must = append(must, qdrant.NewMatch(fieldAudience, string(kb.Public)))
	}
	lower := make([]string, len(f.Language))
	for i, l := range f.Language {
		lower[i] = strings.ToLower(l)
	}
	for _, list := range []struct {
		field string
		any   []string
	}{
		{fieldDocument, f.Document}, {fieldProduct, f.Product}, {fieldVersion, f.Version}, {fieldTags, f.Tags}, {fieldLanguage, lower},
	} {
		if len(list.any) > 0 {
			must = append(must, among(list.field, list.any))
		}
	}
	var not []*qdrant.Condition
	if f.Bare {
		not = append(not, qdrant.NewHasVector(dense))
	}
	if len(must)+len(not) == 0 {
		return nil
	}
	return &qdrant.Filter{Must: must, MustNot: not}
}

func among(field string, values []string) *qdrant.Condition {
	clean := make([]string, len(values))
	for i, v := range values {
		clean[i] = valid(v)
	}
	return qdrant.NewMatchKeywords(field, clean...)
}

// Select names points: those with one of the ids, those of the documents, and
// those of documents whose revision is another than the one that stays.
type Select struct {
	IDs       []string
	Documents []string
	Stale     map[string]string // by document: the revision that stays
}

const (
	maxValues     = 1000 // of one condition
	maxConditions = 100  // of one call
)

// conditions are such that a point is selected if one of them holds.
func (s Select) conditions() (any []*qdrant.Condition) {
	for list := range slices.Chunk(s.IDs, maxValues) {
		any = append(any, qdrant.NewHasID(ids(list)...))
	}
	for list := range slices.Chunk(s.Documents, maxValues) {
		any = append(any, among(fieldDocument, list))
	}
	for _, document := range slices.Sorted(maps.Keys(s.Stale)) {
		any = append(any, qdrant.NewFilterAsCondition(&qdrant.Filter{
			Must:    []*qdrant.Condition{qdrant.NewMatch(fieldDocument, valid(document))},
			MustNot: []*qdrant.Condition{qdrant.NewMatch(fieldRevision, valid(s.Stale[document]))},
		}))
	}
	return any
}

func ids(list []string) []*qdrant.PointId {
	out := make([]*qdrant.PointId, len(list))
	for i, id := range list {
		if n, err := strconv.ParseUint(id, 10, 64); err == nil {
			out[i] = qdrant.NewIDNum(n)
		} else {
			out[i] = qdrant.NewIDUUID(valid(id))
		}
	}
	return out
}
