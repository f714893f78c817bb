package points

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/qdrant/go-client/qdrant"

	"github.com/askdesk/askdesk/kb"
)

// Sparse is a vector by index; the others are 0.
type Sparse struct {
	Indices []uint32 // each once
	Values  []float32
}

// Point is a chunk with everything that a search needs of it. Text comes back as
// valid UTF-8, times in UTC to the microsecond, empty lists as nil.
type Point struct {
	ID       string // a UUID
	Revision string // of its document
	Document kb.Document
	Chunk    kb.Chunk // with its vector, if any, and that one's model
	Sparse   Sparse
	Terms    []byte // nil: none
	Pieces   []byte // nil: none
}

// Fields of a payload.
const (
	fieldKB         = "kb"
	fieldDocument   = "document"
	fieldRevision   = "revision"
	fieldSource     = "source"
	fieldPath       = "path"
	fieldTitle      = "title"
	fieldURL        = "url"
	fieldUpdated    = "updated" // microseconds; absent if unknown
	fieldAudience   = "audience"
	fieldProduct    = "product"
	fieldVersion    = "version"
	fieldTags       = "tags"
	fieldLanguage   = "language"    // in lower case
	fieldSpelled    = "spelled"     // language as it was given, where that is not lower case
	fieldValidFrom  = "valid_from"  // microseconds, or always
	fieldValidUntil = "valid_until" // microseconds, or forever

	fieldChunk   = "chunk"
	fieldOrdinal = "ordinal"
	fieldHeading = "heading"
	fieldText    = "text"
	fieldStart   = "start"
	fieldEnd     = "end"
	fieldRune    = "rune"
	fieldPage    = "page"
	fieldModel   = "model"
	fieldTerms   = "terms"  // base64
	fieldPieces  = "pieces" // base64
)

// A document without bounds has these, so that a plain range on an indexed field
// filters by validity. No time of a document comes near them.
const (
	always  = math.MinInt64
	forever = math.MaxInt64
)

// valid makes text of a document fit for a payload, which must be UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func text(s string) *qdrant.Value { return qdrant.NewValueString(valid(s)) }

func number(n int) *qdrant.Value { return qdrant.NewValueInt(int64(n)) }

func blob(b []byte) *qdrant.Value {
	return qdrant.NewValueString(base64.StdEncoding.EncodeToString(b))
}

func texts(list []string) *qdrant.Value {
	values := make([]*qdrant.Value, len(list))
	for i, s := range list {
		values[i] = text(s)
	}
	return qdrant.NewValueFromList(values...)
}

// moment is a time in microseconds, or what stands for none.
func moment(t time.Time, none int64) *qdrant.Value {
	if t.IsZero() {
		return qdrant.NewValueInt(none)
	}
	return qdrant.NewValueInt(t.UnixMicro())
}

func encode(p *Point) *qdrant.PointStruct {
	vectors := map[string]*qdrant.Vector{
		// Also an empty one: Qdrant takes no point without any vector.
		sparse: qdrant.NewVectorSparse(p.Sparse.Indices, p.Sparse.Values),
	}
	if len(p.Chunk.Vector) > 0 {
		vectors[dense] = qdrant.NewVectorDense(p.Chunk.Vector)
	}
	return &qdrant.PointStruct{Id: qdrant.NewIDUUID(p.ID), Payload: payload(p), Vectors: qdrant.NewVectorsMap(vectors)}
}

func payload(p *Point) map[string]*qdrant.Value {
	d, ch := &p.Document, &p.Chunk
	m := map[string]*qdrant.Value{
		fieldKB: text(d.KB), fieldDocument: text(d.ID), fieldRevision: text(p.Revision), fieldSource: text(d.Source), fieldPath: text(d.Path),
		fieldTitle: text(d.Title), fieldURL: text(d.URL), fieldAudience: text(string(d.Audience)),
		fieldProduct: text(d.Product), fieldVersion: text(d.Version), fieldTags: texts(d.Tags), fieldLanguage: text(strings.ToLower(d.Language)),
		fieldValidFrom: moment(d.ValidFrom, always), fieldValidUntil: moment(d.ValidUntil, forever),

		fieldChunk: text(ch.ID), fieldOrdinal: number(ch.Ordinal), fieldHeading: texts(ch.Heading), fieldText: text(ch.Text),
		fieldStart: number(ch.Span.Start), fieldEnd: number(ch.Span.End), fieldRune: number(ch.RuneStart), fieldPage: number(ch.Page),
		fieldModel: text(ch.Model),
	}
	if !d.Updated.IsZero() {
		m[fieldUpdated] = moment(d.Updated, 0)
	}
	if strings.ToLower(d.Language) != d.Language {
		m[fieldSpelled] = text(d.Language)
	}
	if p.Terms != nil {
		m[fieldTerms] = blob(p.Terms)
	}
	if p.Pieces != nil {
		m[fieldPieces] = blob(p.Pieces)
	}
	return m
}

// fields reads a payload. What a call did not ask for is empty.
type fields map[string]*qdrant.Value

func (f fields) text(name string) string { return f[name].GetStringValue() }

func (f fields) number(name string) int { return int(f[name].GetIntegerValue()) }

func (f fields) texts(name string) (list []string) {
	for _, v := range f[name].GetListValue().GetValues() {
		list = append(list, v.GetStringValue())
	}
	return list
}

func (f fields) moment(name string, none int64) time.Time {
	if f[name] == nil || f[name].GetIntegerValue() == none {
		return time.Time{}
	}
	return time.UnixMicro(f[name].GetIntegerValue()).UTC()
}

func (f fields) blob(name string) ([]byte, error) {
	if f[name] == nil {
		return nil, nil
	}
	b, err := base64.StdEncoding.DecodeString(f.text(name))
	if err != nil {
		return nil, fmt.Errorf("payload field %s: %w", name, err)
	}
	return b, nil
}

// decode makes a Point of what Qdrant returned.
func decode(id *qdrant.PointId, f fields, vectors *qdrant.VectorsOutput) (Point, error) {
	p := Point{ID: id.GetUuid(), Revision: f.text(fieldRevision)}
	if p.ID == "" || f.text(fieldChunk) == "" || f.text(fieldDocument) == "" {
		return p, kb.Errorf(kb.Conflict, "the point %s is not one of Askdesk's: give Askdesk collections that nobody else writes to", id)
	}
	p.Document = kb.Document{
		ID: f.text(fieldDocument), KB: f.text(fieldKB), Source: f.text(fieldSource), Path: f.text(fieldPath),
		Title: f.text(fieldTitle), URL: f.text(fieldURL), Updated: f.moment(fieldUpdated, always), Audience: kb.Audience(f.text(fieldAudience)),
		Product: f.text(fieldProduct), Version: f.text(fieldVersion), Tags: f.texts(fieldTags), Language: f.text(fieldLanguage),
		ValidFrom: f.moment(fieldValidFrom, always), ValidUntil: f.moment(fieldValidUntil, forever),
	}
	if spelled := f[fieldSpelled]; spelled != nil {
		p.Document.Language = spelled.GetStringValue()
	}
	named := vectors.GetVectors().GetVectors()
	p.Chunk = kb.Chunk{
		ID: f.text(fieldChunk), Document: p.Document.ID, Ordinal: f.number(fieldOrdinal), Heading: f.texts(fieldHeading), Text: f.text(fieldText),
		Span: kb.Span{Start: f.number(fieldStart), End: f.number(fieldEnd)}, RuneStart: f.number(fieldRune), Page: f.number(fieldPage),
		Vector: named[dense].GetDense().GetData(), Model: f.text(fieldModel),
	}
	p.Sparse = Sparse{named[sparse].GetSparse().GetIndices(), named[sparse].GetSparse().GetValues()}
	var err error
	if p.Terms, err = f.blob(fieldTerms); err == nil {
		p.Pieces, err = f.blob(fieldPieces)
	}
	if err != nil {
		return p, kb.Wrap(kb.Internal, err, "The point %s in Qdrant is damaged: ingest its document again.", p.ID)
	}
	return p, nil
}
