package points

import (
	"encoding/base64"
	"math"
	"strconv"
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
// valid UTF-8, empty lists as nil. Of a point that somebody else wrote the id alone
// comes back, and of a whole one that is damaged no id of its chunk.
type Point struct {
	ID       string      // a UUID; a number for one that somebody else wrote
	Revision string      // of its document
	Document kb.Document // for filters and for other readers of Qdrant: only its id comes back
	Chunk    kb.Chunk    // with its vector, if any, and that one's model
	Sparse   Sparse      // does not come back
	Terms    []byte      // nil: none
	Pieces   []byte      // nil: none
}

// Fields of a payload.
const (
	fieldDocument   = "document"
	fieldRevision   = "revision"
	fieldTitle      = "title" // this and the next for other readers
	fieldURL        = "url"
	fieldAudience   = "audience"
	fieldProduct    = "product"
	fieldVersion    = "version"
	fieldTags       = "tags"
	fieldLanguage   = "language"    // in lower case
	fieldValidFrom  = "valid_from"  // microseconds, or always
	fieldValidUntil = "valid_until" // microseconds, or forever

	fieldModel = "model"
	fieldText  = "text"
	fieldChunk = "chunk" // all else of it, packed: reading one field is many times quicker than reading ten
)

// briefly are the fields that every read asks for, wholly those of a whole point.
var (
	briefly = []string{fieldDocument, fieldRevision, fieldModel}
	wholly  = append(briefly, fieldText, fieldChunk)
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
	return map[string]*qdrant.Value{
		fieldDocument: text(d.ID), fieldRevision: text(p.Revision), fieldTitle: text(d.Title), fieldURL: text(d.URL),
		fieldAudience: text(string(d.Audience)), fieldProduct: text(d.Product), fieldVersion: text(d.Version),
		fieldTags: texts(d.Tags), fieldLanguage: text(strings.ToLower(d.Language)),
		fieldValidFrom: moment(d.ValidFrom, always), fieldValidUntil: moment(d.ValidUntil, forever),
		fieldModel: text(ch.Model), fieldText: text(ch.Text),
		fieldChunk: qdrant.NewValueString(base64.StdEncoding.EncodeToString(pack(p))),
	}
}

// fields reads a payload. What a call did not ask for is empty.
type fields map[string]*qdrant.Value

func (f fields) text(name string) string { return f[name].GetStringValue() }

// decode makes a Point of what Qdrant returned.
func decode(id *qdrant.PointId, f fields, vectors *qdrant.VectorsOutput) Point {
	p := Point{ID: nameOf(id), Revision: f.text(fieldRevision), Document: kb.Document{ID: f.text(fieldDocument)}}
	if id.GetUuid() == "" || p.Document.ID == "" {
		return Point{ID: p.ID}
	}
	p.Chunk = kb.Chunk{
		Document: p.Document.ID, Model: f.text(fieldModel), Text: f.text(fieldText),
		Vector: vectors.GetVectors().GetVectors()[dense].GetDense().GetData(),
	}
	if f[fieldChunk] == nil { // was not asked for
		return p
	}
	whole := p
	blob, err := base64.StdEncoding.DecodeString(f.text(fieldChunk))
	if err == nil {
		err = unpack(blob, &whole)
	}
	if err != nil {
		return p
	}
	return whole
}

// nameOf is an id as Point has it.
func nameOf(id *qdrant.PointId) string {
	if n, ok := id.GetPointIdOptions().(*qdrant.PointId_Num); ok {
		return strconv.FormatUint(n.Num, 10)
	}
	return id.GetUuid()
}
