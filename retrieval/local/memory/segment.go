// Package memory is the searchable form of an index: immutable segments of
// postings and vectors, joined to immutable snapshots. It holds no texts.
package memory

import (
	"math"
	"slices"

	"github.com/askdesk/askdesk/retrieval/local/codes"
	"github.com/askdesk/askdesk/retrieval/terms"
)

// MaxSegment is the largest number of chunks of a segment: a posting has two
// bytes for its chunk.
const MaxSegment = 1 << 16

// Chunk is a stored chunk as a segment takes it in.
type Chunk struct {
	Row     int64 // ascending from chunk to chunk
	ID      string
	Slot    uint32 // of its document
	Ordinal int    // in its document
	Heading string // in any form
	Terms   []byte // as terms.Encode packs them
	Pieces  []byte // as terms.Pieces does
	Vector  []byte // as codes.Encode packs it; nil without
	Model   string
}

// Segment is an immutable run of chunks, ordered by row.
type Segment struct {
	rows     []int64
	names    string   // the ids, one behind the other: a hundred thousand strings would be marked in each garbage collection
	nameEnds []uint32 // by chunk: where its id ends in names
	slots    []uint32
	lengths  []uint32 // weighted words

	terms    []uint32 // ascending
	offsets  []uint32 // into postings, one more than terms
	postings []posting
	vectors  []vectors

	ordinals []uint32
	packed   []byte   // what candidates are ranked by, chunk by chunk: see pack
	ends     []uint32 // by chunk: where it ends in packed
}

// posting is a chunk of the segment with its weighted term frequency.
type posting struct{ chunk, tf uint16 }

// vectors are those of one model and dimension.
type vectors struct {
	model  string
	chunks []uint16 // by row of table, ascending
	table  *codes.Table
}

// Len is the number of chunks, live or not.
func (s *Segment) Len() int { return len(s.rows) }

// id is that of a chunk.
func (s *Segment) id(chunk uint16) string {
	from := uint32(0)
	if chunk > 0 {
		from = s.nameEnds[chunk-1]
	}
	return s.names[from:s.nameEnds[chunk]]
}

func (s *Segment) list(term uint32) []posting {
	i, found := slices.BinarySearch(s.terms, term)
	if !found {
		return nil
	}
	return s.postings[s.offsets[i]:s.offsets[i+1]]
}

// Builder makes a segment of chunks. It is for one goroutine.
type Builder struct {
	seg      Segment
	capacity int
	names    []byte
	forward  []occurrence // of all chunks, chunk by chunk
	counts   []uint32     // chunks by term
	tf       []uint32     // by term, of the chunk being read
	touched  []uint32
}

type occurrence struct {
	term uint32
	posting
}

// NewBuilder returns a Builder for about so many chunks and bytes of terms.
func NewBuilder(chunks, terms int) *Builder {
	b := &Builder{capacity: chunks, forward: make([]occurrence, 0, terms/4)}
	b.seg = Segment{rows: make([]int64, 0, chunks), nameEnds: make([]uint32, 0, chunks), slots: make([]uint32, 0, chunks), lengths: make([]uint32, 0, chunks),
		ordinals: make([]uint32, 0, chunks), packed: make([]byte, 0, 2*terms), ends: make([]uint32, 0, chunks)}
	return b
}

// Add takes in a chunk. It copies what it keeps.
func (b *Builder) Add(c Chunk) error {
	local := uint16(b.seg.Len())
	length, err := b.read(c.Terms)
	if err != nil {
		return err
	}
	for _, term := range b.touched {
		tf := min(b.tf[term], math.MaxUint16)
		b.forward = append(b.forward, occurrence{term, posting{local, uint16(tf)}})
		b.counts[term]++
		b.tf[term] = 0
	}
	b.touched = b.touched[:0]
	b.seg.rows = append(b.seg.rows, c.Row)
	b.names = append(b.names, c.ID...)
	b.seg.nameEnds = append(b.seg.nameEnds, uint32(len(b.names)))
	b.seg.slots = append(b.seg.slots, c.Slot)
	b.seg.lengths = append(b.seg.lengths, length)
	b.seg.ordinals = append(b.seg.ordinals, uint32(c.Ordinal))
	if err := b.seg.pack(c); err != nil {
		return err
	}
	if len(c.Vector) >= 4 {
		v := b.vectors(c.Model, len(c.Vector)/4)
		v.chunks = append(v.chunks, local)
		v.table.Add(c.Vector)
	}
	return nil
}

// read adds up the weighted frequencies of a blob and returns its length.
func (b *Builder) read(blob []byte) (uint32, error) {
	c := terms.NewCursor(blob)
	length := 0
	for _, weight := range [...]int{terms.TitleWeight, terms.HeadingWeight, terms.BodyWeight} {
		words, n := c.Field()
		length += words * weight
		for range n {
			_, term := c.Occurrence()
			if c.Bad() {
				break
			}
			if int(term) >= len(b.tf) {
				grow := max(int(term)+1, 2*len(b.tf)) - len(b.tf)
				b.tf = append(b.tf, make([]uint32, grow)...)
				b.counts = append(b.counts, make([]uint32, grow)...)
			}
			if b.tf[term] == 0 {
				b.touched = append(b.touched, term)
			}
			b.tf[term] += uint32(weight)
		}
	}
	return uint32(length), c.Err()
}

func (b *Builder) vectors(model string, dim int) *vectors {
	return b.seg.group(model, dim, max(b.capacity-b.seg.Len(), 0)+1)
}

// group returns the vectors of a model and dimension, made with room for so many
// if there are none yet.
func (s *Segment) group(model string, dim, room int) *vectors {
	for i := range s.vectors {
		if v := &s.vectors[i]; v.model == model && v.table.Dim() == dim {
			return v
		}
	}
	s.vectors = append(s.vectors, vectors{model, make([]uint16, 0, room), codes.NewTable(dim, room)})
	return &s.vectors[len(s.vectors)-1]
}

// Build returns the segment and leaves the builder spent.
func (b *Builder) Build() *Segment {
	s := &b.seg
	total := uint32(0)
	starts := b.tf // all zero now; reused as the place where a term's next posting goes
	for term, n := range b.counts {
		if n == 0 {
			continue
		}
		s.terms = append(s.terms, uint32(term))
		s.offsets = append(s.offsets, total)
		starts[term] = total
		total += n
	}
	s.offsets = append(s.offsets, total)
	s.postings = make([]posting, total)
	for _, o := range b.forward {
		s.postings[starts[o.term]] = o.posting
		starts[o.term]++
	}
	s.names = string(b.names)
	s.clip()
	out := *s
	*b = Builder{}
	return &out
}

// clip gives back what appending reserved in excess, and makes vectors ready to be
// searched.
func (s *Segment) clip() {
	s.rows, s.nameEnds, s.slots, s.lengths = tight(s.rows), tight(s.nameEnds), tight(s.slots), tight(s.lengths)
	s.terms, s.offsets = tight(s.terms), tight(s.offsets)
	for i := range s.vectors {
		v := &s.vectors[i]
		v.chunks, v.table = tight(v.chunks), v.table.Tight()
		v.table.Ready()
	}
	s.ordinals, s.packed, s.ends = tight(s.ordinals), tight(s.packed), tight(s.ends)
}

func tight[T any](s []T) []T {
	if cap(s)-len(s) <= len(s)/16 {
		return s
	}
	return append(make([]T, 0, len(s)), s...)
}
