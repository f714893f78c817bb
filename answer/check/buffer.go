package check

import "strings"

// buffer is text that grows at its end and is taken from its start, each at a
// cost in proportion to what is added or taken.
type buffer struct {
	all   strings.Builder
	taken int
}

func (b *buffer) add(s string) { b.all.WriteString(s) }

// text is what is left. It stays valid when more is added.
func (b *buffer) text() string { return b.all.String()[b.taken:] }

// minTaken is how much is taken before the rest is moved, in bytes.
const minTaken = 64 << 10

func (b *buffer) take(n int) string {
	s := b.text()
	b.taken += n
	if b.taken >= minTaken && b.taken >= b.all.Len()/2 {
		b.all, b.taken = strings.Builder{}, 0
		b.add(s[n:])
	}
	return s[:n]
}
