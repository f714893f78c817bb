package terms

import (
	"encoding/binary"
	"errors"

	"github.com/askdesk/askdesk/kb"
)

// ErrBlob is a term blob that is cut off or not one.
var ErrBlob = errors.New("terms: damaged blob")

// Encode packs a chunk's fields: for each field the number of words, the number
// of occurrences, and for each occurrence the step of its position and its id.
func Encode(f Fields, id func(term string) uint32) []byte {
	n := len(f.Title.Occurrences) + len(f.Heading.Occurrences) + len(f.Body.Occurrences)
	b := make([]byte, 0, 12+4*n)
	for _, field := range []Field{f.Title, f.Heading, f.Body} {
		b = binary.AppendUvarint(b, uint64(field.Words))
		b = binary.AppendUvarint(b, uint64(len(field.Occurrences)))
		last := uint32(0)
		for _, o := range field.Occurrences {
			b = binary.AppendUvarint(b, uint64(o.Pos-last))
			b = binary.AppendUvarint(b, uint64(id(o.Term)))
			last = o.Pos
		}
	}
	return b
}

// Cursor reads a blob without allocating.
type Cursor struct {
	blob []byte
	bad  bool
}

// NewCursor starts at the title.
func NewCursor(blob []byte) Cursor { return Cursor{blob: blob} }

// Field begins the next field and returns its words and occurrences.
func (c *Cursor) Field() (words, occurrences int) { return int(c.next()), int(c.next()) }

// Occurrence returns the step of the position and the term of the next one. Nearly
// all are of two to four bytes, and opening an index reads millions.
func (c *Cursor) Occurrence() (step, id uint32) {
	if b := c.blob; len(b) > 3 && b[0] < 0x80 {
		step, id = uint32(b[0]), uint32(b[1]&0x7f)
		switch {
		case b[1] < 0x80:
			c.blob = b[2:]
			return step, id
		case b[2] < 0x80:
			c.blob = b[3:]
			return step, id | uint32(b[2])<<7
		case b[3] < 0x80:
			c.blob = b[4:]
			return step, id | uint32(b[2]&0x7f)<<7 | uint32(b[3])<<14
		}
	}
	return c.next(), c.next()
}

// Err is ErrBlob if more was read than there is.
func (c *Cursor) Err() error {
	if c.bad {
		return ErrBlob
	}
	return nil
}

// Bad reports whether more was read than there is.
func (c *Cursor) Bad() bool { return c.bad }

func (c *Cursor) next() uint32 {
	if len(c.blob) > 0 && c.blob[0] < 0x80 {
		v := c.blob[0]
		c.blob = c.blob[1:]
		return uint32(v)
	}
	v, n := binary.Uvarint(c.blob)
	if n <= 0 || v > 1<<32-1 {
		c.bad, c.blob = true, nil
		return 0
	}
	c.blob = c.blob[n:]
	return uint32(v)
}

// Decode unpacks a blob. Length is that of Count.
func Decode(blob []byte) (t kb.Terms, length int, err error) {
	c := NewCursor(blob)
	for i, field := range []*[]kb.Term{&t.Title, &t.Heading, &t.Body} {
		weight := fieldWeights[i]
		words, n := c.Field()
		if c.Bad() || n > len(c.blob) {
			return kb.Terms{}, 0, ErrBlob
		}
		length += words * weight
		if n == 0 {
			continue
		}
		list := make([]kb.Term, n)
		pos := uint32(0)
		for i := range list {
			step, id := c.Occurrence()
			pos += step
			list[i] = kb.Term{ID: id, Pos: pos}
		}
		*field = list
	}
	return t, length, c.Err()
}
