package text

import (
	"regexp"
	"strings"
)

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

var (
	fenceLine   = regexp.MustCompile("^(`{3,}|~{3,})")
	headingLine = regexp.MustCompile(`^#{1,6}([ \t]|$)`)
	itemLine    = regexp.MustCompile(`^([-*+•]|\d{1,9}[.)]|[a-zA-Z][.)])[ \t]+(\[[ xX]\][ \t]+)?`)
	letterItem  = regexp.MustCompile(`^[a-zA-Z]\.`)
	ruleLine    = regexp.MustCompile(`^(([-*_=][ \t]*){3,}|[|:\- \t+]*--[|:\- \t+]*|={2,})$`)
	quoteMarks  = regexp.MustCompile(`^([ \t]{0,3}>)+[ \t]?`)
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
	indent := len(expand(raw)) - len(strings.TrimLeft(expand(raw), " "))
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
	if indent == 0 && wasBlank && !itemLine.MatchString(body) {
		b.list = false
	}
	b.content(line)
}

// expand makes the indent of a line countable.
func expand(raw string) string {
	rest := strings.TrimLeft(raw, " \t")
	return strings.ReplaceAll(raw[:len(raw)-len(rest)], "\t", "    ") + strings.TrimRight(rest, "\r\n")
}

// content takes a line with text outside of code.
func (b *blocks) content(line Span) {
	if marks := quoteMarks.FindString(b.s[line.Start:line.End]); marks != "" {
		line.Start += len(marks)
	}
	line = trim(b.s, line)
	body := b.s[line.Start:line.End]
	marker := itemLine.FindString(body)
	switch {
	case body == "":
		b.close()
	case fenceLine.MatchString(body):
		b.close()
		b.fence = fenceLine.FindString(body)
		b.extend(line, fenced)
	case ruleLine.MatchString(body):
		b.close()
	case headingLine.MatchString(body):
		b.close()
		b.list = false
		b.emit(Span{line.Start, line.Start + len(strings.TrimRight(body, "# \t"))}, headingLine.FindString(body))
	case body[0] == '|':
		b.close()
		b.emit(line, "")
	case marker != "" && (b.empty() || b.kind == item || !letterItem.MatchString(body)):
		b.close()
		b.list = true
		b.extend(Span{line.Start + len(marker), line.End}, item)
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

func (b *blocks) emit(span Span, marker string) {
	span.Start = min(span.Start+len(marker), span.End)
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
	b.emit(open, "")
}

func trim(s string, span Span) Span {
	body := s[span.Start:span.End]
	left := strings.TrimLeft(body, " \t\r\n\u00a0\u3000")
	span.Start = span.End - len(left)
	span.End = span.Start + len(strings.TrimRight(left, " \t\r\n\u00a0\u3000"))
	return span
}
