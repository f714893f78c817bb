package points

import (
	"encoding/binary"
	"errors"
)

var errPacked = errors.New("a packed chunk is cut off")

// pack is what the payload has no other field for. Numbers are varints, and what
// has a length is behind it.
func pack(p *Point) []byte {
	c := &p.Chunk
	b := make([]byte, 0, 128+len(p.Terms)+len(p.Pieces))
	add := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	add(valid(c.ID))
	for _, n := range []int{c.Ordinal, c.Span.Start, c.Span.End, c.RuneStart, c.Page} {
		b = binary.AppendVarint(b, int64(n))
	}
	b = binary.AppendUvarint(b, uint64(len(c.Heading)))
	for _, h := range c.Heading {
		add(valid(h))
	}
	for _, blob := range [][]byte{p.Terms, p.Pieces} {
		if blob == nil {
			b = append(b, 0)
		} else {
			b = append(binary.AppendUvarint(b, uint64(len(blob))+1), blob...)
		}
	}
	return b
}

func unpack(b []byte, p *Point) error {
	r := packed{rest: b}
	c := &p.Chunk
	c.ID = string(r.bytes(r.length()))
	for _, n := range []*int{&c.Ordinal, &c.Span.Start, &c.Span.End, &c.RuneStart, &c.Page} {
		*n = r.number()
	}
	for range r.length() {
		c.Heading = append(c.Heading, string(r.bytes(r.length())))
	}
	for _, blob := range []*[]byte{&p.Terms, &p.Pieces} {
		if n := r.length(); n > 0 {
			*blob = r.bytes(n - 1)
		}
	}
	if r.bad || c.ID == "" {
		return errPacked
	}
	return nil
}

// packed reads what pack wrote. Once it is bad, all that it reads is empty.
type packed struct {
	rest []byte
	bad  bool
}

func (r *packed) number() int {
	n, size := binary.Varint(r.rest)
	r.skip(size)
	return int(n)
}

// length is at most that of the rest, so that nobody makes room for more, and one
// more where 0 says that there is nothing.
func (r *packed) length() int {
	n, size := binary.Uvarint(r.rest)
	r.skip(size)
	if n > uint64(len(r.rest))+1 {
		r.bad = true
	}
	if r.bad {
		return 0
	}
	return int(n)
}

func (r *packed) skip(size int) {
	if r.bad = r.bad || size <= 0; r.bad {
		size = 0
	}
	r.rest = r.rest[size:]
}

func (r *packed) bytes(n int) []byte {
	if r.bad = r.bad || n > len(r.rest); r.bad {
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}
