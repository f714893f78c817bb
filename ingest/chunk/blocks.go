package chunk

import (
	"regexp"
	"strings"
)

type kind int

const (
	paragraph kind = iota
	heading
	listItem
	code
	table
)

// block is a stretch of lines that belong together, with the blank lines after
// it. The blocks of a text tile it.
type block struct {
	kind       kind
	start, end int
	lines      int    // that show
	level      int    // of a heading, from 1; of a list item, the columns it is indented
	title      string // of a heading, as plain text
}

// line is one line; text has neither its end nor trailing space.
type line struct {
	start, end int
	indent     int
	text       string // from the first character that shows
}

// lineAt reads the line that starts at start.
func lineAt(s string, start int) line {
	end := len(s)
	if i := strings.IndexByte(s[start:], '\n'); i >= 0 {
		end = start + i + 1
	}
	raw := strings.TrimRight(s[start:end], " \t\r\n")
	l := line{start: start, end: end}
	for l.text = raw; l.text != ""; l.text = l.text[1:] {
		if l.text[0] == '\t' {
			l.indent += 4 - l.indent%4
		} else if l.text[0] == ' ' {
			l.indent++
		} else {
			break
		}
	}
	return l
}

// parser walks over the lines of a text once.
type parser struct {
	text   string
	blocks []block
	fence  string // the run of ` or ~ that opened the code block we are in
	inList bool   // the last block that showed was a list item
	blank  bool   // the line before was blank
}

func parse(text string) []block {
	p := &parser{text: text, blank: true}
	for at := 0; at < len(text); {
		l := lineAt(text, at)
		p.line(l)
		at = l.end
	}
	return p.blocks
}

func (p *parser) line(l line) {
	switch {
	case p.fence != "":
		p.extend(l)
		if closes(l.text, p.fence) {
			p.fence = ""
		}
	case l.text == "":
		if len(p.blocks) == 0 {
			p.blocks = append(p.blocks, block{end: l.end})
		}
		p.extend(l)
	case fenceOf(l.text) != "":
		p.fence = fenceOf(l.text)
		p.open(block{kind: code, start: l.start, end: l.end})
	case l.indent < 4 && atxLevel(l.text) > 0:
		level := atxLevel(l.text)
		p.open(block{kind: heading, start: l.start, end: l.end, level: level, title: plain(strings.TrimRight(l.text[level:], "# \t"))})
	case p.setext(l):
		last := &p.blocks[len(p.blocks)-1]
		last.title = plain(strings.TrimSpace(p.text[last.start:last.end]))
		last.kind, last.end, last.level = heading, l.end, 1
		if l.text[0] == '-' {
			last.level = 2
		}
	case strings.HasPrefix(l.text, "|"):
		p.join(l, table)
	case marker.MatchString(l.text) && (l.indent < 4 || p.inList):
		p.open(block{kind: listItem, start: l.start, end: l.end, level: l.indent})
	case p.inList && (!p.blank || l.indent >= 2):
		p.extend(l) // goes on with the item, lazily or indented
	default:
		p.join(l, paragraph)
	}
	p.blank = l.text == ""
}

// open starts a block, unless only blank lines came before it: those are its own.
func (p *parser) open(b block) {
	if len(p.blocks) == 1 && strings.TrimSpace(p.text[:p.blocks[0].end]) == "" {
		b.start = 0
		p.blocks = p.blocks[:0]
	}
	b.lines = 1
	p.blocks = append(p.blocks, b)
	p.inList = b.kind == listItem || p.inList && b.kind == code
}

func (p *parser) extend(l line) {
	last := &p.blocks[len(p.blocks)-1]
	last.end = l.end
	if l.text != "" {
		last.lines++
	}
}

// join adds a line to the block before it if that is of the same kind and no
// blank line lies between.
func (p *parser) join(l line, k kind) {
	if !p.blank && len(p.blocks) > 0 && p.blocks[len(p.blocks)-1].kind == k {
		p.extend(l)
		return
	}
	p.open(block{kind: k, start: l.start, end: l.end})
}

// setext reports whether l underlines the one-line paragraph before it.
func (p *parser) setext(l line) bool {
	if p.blank || l.indent > 3 || len(p.blocks) == 0 {
		return false
	}
	if strings.Trim(l.text, "=") != "" && strings.Trim(l.text, "-") != "" {
		return false
	}
	last := p.blocks[len(p.blocks)-1]
	return last.kind == paragraph && last.lines == 1
}

func atxLevel(s string) int {
	n := 0
	for n < len(s) && s[n] == '#' {
		n++
	}
	if n > 6 || n < len(s) && s[n] != ' ' && s[n] != '\t' {
		return 0
	}
	return n
}

// fenceOf is the run of three or more ` or ~ that a line opens a code block
// with, "" if it opens none. Any indent will do: blocks in list items have one.
func fenceOf(s string) string {
	n := 0
	for n < len(s) && s[n] == s[0] {
		n++
	}
	if n < 3 || s[0] != '`' && s[0] != '~' || s[0] == '`' && strings.Contains(s[n:], "`") {
		return ""
	}
	return s[:n]
}

func closes(s, fence string) bool {
	return strings.HasPrefix(s, fence) && strings.Trim(s, fence[:1]) == ""
}

var (
	marker  = regexp.MustCompile(`^(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]|$)`)
	link    = regexp.MustCompile(`!?\[([^\]\[]*)\]\([^)]*\)`)
	attrs   = regexp.MustCompile(`\s*\{[#.:][^}]*\}\s*$`)
	strong  = regexp.MustCompile(`\*\*([^*]+)\*\*|(?:^|\s)__([^_]+)__(?:\s|$)`)
	italics = regexp.MustCompile(`\*([^*\s][^*]*)\*`)
	escaped = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)
)

// plain is a heading without its markup.
func plain(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsAny(s, "[*_`{\\") {
		return s
	}
	s = attrs.ReplaceAllString(s, "")
	s = link.ReplaceAllString(s, "$1")
	s = strong.ReplaceAllString(s, "$1$2")
	s = italics.ReplaceAllString(s, "$1")
	s = strings.ReplaceAll(s, "`", "")
	return strings.TrimSpace(escaped.ReplaceAllString(s, "$1"))
}
