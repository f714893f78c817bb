package points

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/qdrant/go-client/qdrant"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/askdesk/askdesk/kb"
)

// maker makes points of all kinds: what it draws is empty now and then.
type maker struct{ *rand.Rand }

func (m maker) text() string {
	runes := []rune{'a', 'Z', ' ', '\x00', '\n', 'é', 'İ', '\u2028', '\uFFFD', '界', '😀', '"', '\\', 0x10FFFF}
	var b strings.Builder
	for range m.IntN(9) {
		b.WriteRune(runes[m.IntN(len(runes))])
	}
	return b.String()
}

func (m maker) texts() (list []string) {
	for range m.IntN(4) {
		list = append(list, m.text())
	}
	return list
}

func (m maker) time() time.Time {
	if m.IntN(3) == 0 {
		return time.Time{}
	}
	return time.UnixMicro(m.Int64N(8e15) - 4e15).UTC()
}

func (m maker) blob() []byte {
	if m.IntN(3) == 0 {
		return nil
	}
	b := make([]byte, m.IntN(9))
	for i := range b {
		b[i] = byte(m.Uint32())
	}
	return b
}

func (m maker) point() Point {
	p := Point{
		ID: id(m.IntN(1e9) + 1), Revision: m.text(),
		Document: kb.Document{
			ID: "d" + m.text(), KB: m.text(), Source: m.text(), Path: m.text(), Title: m.text(), URL: m.text(), Updated: m.time(),
			Audience: kb.Audience(m.text()), Product: m.text(), Version: m.text(), Tags: m.texts(), Language: m.text(),
			ValidFrom: m.time(), ValidUntil: m.time(),
		},
		Chunk: kb.Chunk{
			ID: "c" + m.text(), Ordinal: m.IntN(9), Heading: m.texts(), Text: m.text(), Span: kb.Span{Start: m.IntN(1e6), End: m.IntN(1e6)},
			RuneStart: m.IntN(1e6), Page: m.IntN(9), Model: m.text(),
		},
		Terms: m.blob(), Pieces: m.blob(),
	}
	p.Chunk.Document = p.Document.ID
	for range m.IntN(5) {
		p.Chunk.Vector = append(p.Chunk.Vector, m.Float32()-.5)
		p.Sparse.Indices = append(p.Sparse.Indices, m.Uint32())
		p.Sparse.Values = append(p.Sparse.Values, m.Float32())
	}
	return p
}

// back is what comes back of a point, without its vector.
func (p Point) back() Point {
	p.Document, p.Sparse = kb.Document{ID: p.Document.ID}, Sparse{}
	return p
}

// brief is what comes back of one that was asked for briefly.
func (p Point) brief() Point {
	return Point{ID: p.ID, Revision: p.Revision, Document: kb.Document{ID: p.Document.ID}, Chunk: kb.Chunk{Document: p.Document.ID, Model: p.Chunk.Model}}
}

func wire(t *testing.T, p *Point) *qdrant.PointStruct {
	t.Helper()
	data, err := proto.Marshal(encode(p))
	require.NoError(t, err)
	var out qdrant.PointStruct
	require.NoError(t, proto.Unmarshal(data, &out))
	return &out
}

func TestPointsComeBackAsTheyWere(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(1, 2))}
	bare := 0
	for range 3000 {
		p := m.point()
		got := decode(over(wire(t, &p)))
		require.Equal(t, p.back(), got)
		if p.Chunk.Vector == nil {
			bare++
		}
	}
	require.NotZero(t, bare)
	empty := Point{ID: id(1), Document: kb.Document{ID: "d"}, Chunk: kb.Chunk{ID: "c", Document: "d"}}
	got := decode(over(wire(t, &empty)))
	require.Equal(t, empty, got)
}

// What Go lets into a string is not always UTF-8, and protobuf refuses the rest.
func FuzzText(f *testing.F) {
	f.Add("caf\xe9", "\xff\xfe", "ok")
	f.Fuzz(func(t *testing.T, title, body, tag string) {
		p := Point{
			ID: id(1), Document: kb.Document{ID: "d", Title: title, Language: tag, Tags: []string{tag}, Text: "left out"},
			Chunk: kb.Chunk{ID: "c", Text: body, Heading: []string{title}},
		}
		sent := wire(t, &p)
		got := decode(over(sent))
		tags := sent.Payload[fieldTags].GetListValue().GetValues()
		for _, pair := range [][2]string{{title, sent.Payload[fieldTitle].GetStringValue()}, {body, got.Chunk.Text}, {title, got.Chunk.Heading[0]}, {tag, tags[0].GetStringValue()}} {
			require.True(t, utf8.ValidString(pair[1]))
			if utf8.ValidString(pair[0]) {
				require.Equal(t, pair[0], pair[1])
			}
		}
		require.Empty(t, got.Document.Text)
	})
}

func TestPayloadForFilters(t *testing.T) {
	p := some(1)[0]
	p.Document.Language = "DE"
	m := payload(&p)
	require.Equal(t, "de", m[fieldLanguage].GetStringValue())
	require.Equal(t, int64(math.MinInt64), m[fieldValidFrom].GetIntegerValue())
	require.Equal(t, int64(math.MaxInt64), m[fieldValidUntil].GetIntegerValue())
	p.Document.ValidFrom = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	require.Equal(t, p.Document.ValidFrom.UnixMicro(), payload(&p)[fieldValidFrom].GetIntegerValue())
	for field := range indexes {
		require.Contains(t, m, field, "what is filtered by is in every point")
	}
	require.NotContains(t, encode(&Point{}).GetVectors().GetVectors().GetVectors(), dense)
	require.Contains(t, encode(&Point{}).GetVectors().GetVectors().GetVectors(), sparse, "a point has some vector")
}

func TestStrangePoints(t *testing.T) {
	p := some(1)[0]
	for name, spoil := range map[string]func(*qdrant.PointStruct){
		"number as id": func(s *qdrant.PointStruct) { s.Id = qdrant.NewIDNum(3) },
		"no document":  func(s *qdrant.PointStruct) { s.Payload[fieldDocument] = qdrant.NewValueInt(3) },
		"no payload":   func(s *qdrant.PointStruct) { s.Payload = nil },
	} {
		s := encode(&p)
		spoil(s)
		require.Equal(t, Point{ID: nameOf(s.Id)}, decode(over(s)), name)
		require.Equal(t, []*qdrant.PointId{s.Id}, ids([]string{nameOf(s.Id)}), name)
	}
	for _, damage := range []string{"%", "", "AAAA", "zz"} {
		s := encode(&p)
		s.Payload[fieldChunk] = qdrant.NewValueString(damage)
		got := decode(over(s))
		require.Equal(t, []string{p.Document.ID, p.Revision, ""}, []string{got.Document.ID, got.Revision, got.Chunk.ID}, damage)
	}
}

// Whatever is in a packed chunk, reading it ends, and what was packed comes back.
func FuzzUnpack(f *testing.F) {
	m := maker{rand.New(rand.NewPCG(1, 2))}
	for range 20 {
		p := m.point()
		f.Add(pack(&p))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p, again Point
		if unpack(b, &p) != nil {
			return
		}
		require.NoError(t, unpack(pack(&p), &again))
		p.Chunk.ID, p.Chunk.Heading = "", nil // these were made valid UTF-8
		again.Chunk.ID, again.Chunk.Heading = "", nil
		require.Equal(t, p, again)
	})
}

func TestUnpackKnowsWhatIsCutOff(t *testing.T) {
	m := maker{rand.New(rand.NewPCG(3, 4))}
	for range 200 {
		p := m.point()
		b := pack(&p)
		for n := range b {
			require.Error(t, unpack(b[:n], &Point{}), "%d of %d bytes", n, len(b))
		}
	}
}
