package text

import "strings"

// maxItem is the length in bytes up to which a list item is one unit; a longer
// one comes as its sentences.
const maxItem = 300

// Sentences are the units of Markdown that can be quoted on their own, in order
// and trimmed: the sentences of a paragraph, and each heading, list item, table
// row and code block. A unit begins behind its #, list marker or >; a code block
// includes its fences. Lines that only rule off (---, |---|) belong to none.
func Sentences(s string) []Span {
	b := blocks{s: s}
	for pos := 0; pos < len(s); {
		end := lineEnd(s, pos)
		b.line(Span{pos, end})
		pos = end
	}
	b.close()
	return b.out
}

// blocks finds the blocks of Markdown line by line.
type blocks struct {
	s     string
	out   []Span
	open  Span   // the paragraph, list item or code block being read; empty if none
	kind  kind   // of open
	fence string // that ends a fenced block
	blank bool   // the line before was empty
	list  bool   // inside a list, where indented lines aren't code
}

type kind int

const (
	paragraph kind = iota
	item
	fenced
	indented
)

func lineEnd(s string, pos int) int {
	if i := strings.IndexByte(s[pos:], '\n'); i >= 0 {
		return pos + i + 1
	}
	return len(s)
}

func (b *blocks) line(line Span) {
	raw := b.s[line.Start:line.End]
	body := strings.TrimSpace(raw)
	if b.kind == fenced && b.open.End > 0 {
		b.open.End = line.End
		if strings.HasPrefix(body, b.fence) && strings.Trim(body, b.fence[:1]) == "" {
			b.close()
		}
		return
	}
	indent := indentOf(raw)
	if body == "" {
		b.blank = true
		if b.kind != indented {
			b.close()
		}
		return
	}
	wasBlank := b.blank
	b.blank = false
	if indent >= 4 && !b.list && (wasBlank || b.empty() && len(b.out) == 0 || b.kind == indented && !b.empty()) {
		b.extend(line, indented)
		return
	}
	if b.kind == indented {
		b.close()
	}
	if indent == 0 && wasBlank && itemMark(body) == 0 {
		b.list = false
	}
	b.content(line)
}

// content takes a line with text outside of code.
func (b *blocks) content(line Span) {
	line.Start += quoteMarks(b.s[line.Start:line.End])
	line = trim(b.s, line)
	body := b.s[line.Start:line.End]
	if body == "" {
		b.close()
		return
	}
	mark := itemMark(body)
	switch {
	case fenceMark(body) != "":
		b.close()
		b.fence = fenceMark(body)
		b.extend(line, fenced)
	case rulesOff(body):
		b.close()
	case headingMark(body) > 0:
		b.close()
		b.list = false
		b.emit(Span{line.Start, line.Start + len(strings.TrimRight(body, "# \t"))}, headingMark(body))
	case body[0] == '|':
		b.close()
		b.emit(line, 0)
	case mark > 0 && (b.empty() || b.kind == item || !lettered(body)):
		b.close()
		b.list = true
		b.extend(Span{line.Start + mark, line.End}, item)
	default:
		b.extend(line, b.kind)
	}
}

func (b *blocks) empty() bool { return b.open.End == 0 }

func (b *blocks) extend(line Span, k kind) {
	if b.empty() {
		b.open.Start, b.kind = line.Start, k
	}
	b.open.End = line.End
}

// emit makes span a unit, without the mark it begins with.
func (b *blocks) emit(span Span, mark int) {
	span.Start = min(span.Start+mark, span.End)
	if span = trim(b.s, span); span.Start < span.End {
		b.out = append(b.out, span)
	}
}

func (b *blocks) close() {
	if b.empty() {
		return
	}
	open, k := trim(b.s, b.open), b.kind
	b.open, b.kind = Span{}, paragraph
	if k == paragraph || k == item && open.End-open.Start > maxItem {
		b.out = append(b.out, prose(b.s, open)...)
		return
	}
	b.emit(open, 0)
}

func trim(s string, span Span) Span {
	body := s[span.Start:span.End]
	left := strings.TrimLeft(body, " \t\r\n\u00a0\u3000")
	span.Start = span.End - len(left)
	span.End = span.Start + len(strings.TrimRight(left, " \t\r\n\u00a0\u3000"))
	return span
}
