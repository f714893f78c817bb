// Package rst reads reStructuredText, with what Sphinx adds to it, into
// Markdown. Only one file is seen at a time: what another file would tell, such
// as the title behind a reference, is left as its name.
package rst

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// maxDepth bounds blocks inside blocks; deeper ones are taken as plain text.
const maxDepth = 20

type parser struct {
	styles  []string          // adornments of titles, outermost first
	links   map[string]string // addresses by reference name
	titles  map[string]string // titles by the label before them
	subs    map[string]string // substitutions by name
	unnamed []string          // addresses of anonymous references, in order
	depth   int

	expanding bool // a substitution is being replaced
}

// Read gives the Markdown of src.
func Read(src string) string {
	src = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\v", "\n").Replace(strings.ToValidUTF8(src, "\uFFFD"))
	lines := strings.Split(src, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(expandTabs(l), " ")
	}
	p := &parser{links: map[string]string{}, titles: map[string]string{}, subs: map[string]string{}}
	p.collect(lines)
	return reading.Clean(strings.Join(p.blocks(lines), "\n"))
}

func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	col := 0
	for _, c := range s {
		n := 1
		if c == '\t' {
			n, c = 8-col%8, ' '
			b.WriteString(strings.Repeat(" ", n-1))
		}
		b.WriteRune(c)
		col += n
	}
	return b.String()
}

var (
	targetLine  = regexp.MustCompile("^\\s*\\.\\. _(`[^`]+`|(?:\\\\.|[^:\\\\]|:\\S)+):(?:\\s+(.*))?$")
	unnamedLine = regexp.MustCompile(`^\s*(?:\.\. __:|__)\s+(\S+)$`)
	subLine     = regexp.MustCompile(`^\s*\.\. \|([^|]+)\|\s+([\w-]+)::\s*(.*)$`)
)

// collect finds what references and substitutions stand for.
func (p *parser) collect(lines []string) {
	for i, l := range lines {
		if m := unnamedLine.FindStringSubmatch(l); m != nil {
			p.unnamed = append(p.unnamed, m[1])
			continue
		}
		if m := subLine.FindStringSubmatch(l); m != nil {
			switch m[2] {
			case "replace":
				text, _ := indented(lines, i+1)
				p.subs[m[1]] = strings.TrimSpace(m[3] + " " + strings.Join(dedent(text), " "))
			case "unicode":
				p.subs[m[1]] = unicodeText(m[3])
			default:
				p.subs[m[1]] = ""
			}
			continue
		}
		m := targetLine.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		name, to := refName(strings.Trim(m[1], "`")), m[2]
		if to == "" && i+1 < len(lines) && indentOf(lines[i+1]) > indentOf(l) && !strings.HasPrefix(strings.TrimSpace(lines[i+1]), "..") {
			to = strings.TrimSpace(lines[i+1])
		}
		switch {
		case to != "":
			p.links[name] = strings.ReplaceAll(to, `\_`, "_")
		default:
			p.titles[name] = titleAfter(lines[i+1:])
		}
	}
	for name, to := range p.links { // .. _a: b_ stands for what b stands for
		if next, ok := strings.CutSuffix(to, "_"); ok && p.links[refName(strings.Trim(next, "`"))] != "" {
			p.links[name] = p.links[refName(strings.Trim(next, "`"))]
		}
	}
}

func unicodeText(s string) string {
	var b strings.Builder
	for _, w := range strings.Fields(s) {
		if w == ".." {
			break
		}
		if m := codePoint.FindStringSubmatch(w); m != nil {
			var r rune
			for _, c := range m[1] {
				r = r<<4 | rune(strings.IndexRune("0123456789abcdef", unicode.ToLower(c)))
			}
			w = string(r)
		}
		b.WriteString(w)
	}
	return b.String()
}

var codePoint = regexp.MustCompile(`^(?:0x|x|\\x|U\+|u|\\u|&#x)([0-9A-Fa-f]{1,5});?$`)

// titleAfter is the title with which the lines begin, "" if they begin otherwise.
func titleAfter(lines []string) string {
	for i, l := range lines {
		if l == "" || targetLine.MatchString(l) {
			continue
		}
		if n, title, _ := titleAt(lines[i:]); n > 0 {
			return title
		}
		return ""
	}
	return ""
}

func refName(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(s, `\`, "")), " "))
}

func indentOf(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }

// indented takes lines from i on as long as they are empty or indented, without
// empty lines at the end, and gives the index after them.
func indented(lines []string, i int) ([]string, int) {
	end, j := i, i
	for ; j < len(lines); j++ {
		if lines[j] == "" {
			continue
		}
		if indentOf(lines[j]) == 0 {
			break
		}
		end = j + 1
	}
	return lines[i:end], end
}

// dedent takes off the indentation that all lines share.
func dedent(lines []string) []string {
	least := -1
	for _, l := range lines {
		if n := indentOf(l); l != "" && (least < 0 || n < least) {
			least = n
		}
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l[min(len(l), max(least, 0)):]
	}
	return out
}

// adornment is the character of which a line consists entirely, 0 if of several.
func adornment(s string) byte {
	if s == "" || s[0] >= 0x80 || !unicode.In(rune(s[0]), unicode.P, unicode.S) || strings.Trim(s, s[:1]) != "" {
		return 0
	}
	return s[0]
}

// titleAt reads a title with which lines begin: how many lines it takes, its
// text, and its style.
func titleAt(lines []string) (n int, title, style string) {
	if len(lines) >= 3 {
		if c := adornment(lines[0]); c != 0 && len(lines[0]) >= 2 && lines[1] != "" && adornment(lines[1]) == 0 && adornment(lines[2]) == c {
			if text := strings.TrimSpace(lines[1]); len(lines[0])+2 >= utf8.RuneCountInString(text) || len(lines[0]) > 3 {
				return 3, text, string([]byte{c, c})
			}
		}
	}
	if len(lines) >= 2 && lines[0] != "" && indentOf(lines[0]) == 0 && adornment(lines[0]) == 0 {
		c, width := adornment(lines[1]), utf8.RuneCountInString(lines[0])
		if c != 0 && (len(lines[1]) >= width || len(lines[1]) >= 4) {
			return 2, lines[0], string([]byte{c})
		}
	}
	return 0, "", ""
}

func (p *parser) heading(title, style string) string {
	level := -1
	for i, s := range p.styles {
		if s == style {
			level = i
		}
	}
	if level < 0 {
		p.styles = append(p.styles, style)
		level = len(p.styles) - 1
	}
	return strings.Repeat("#", min(level+1, 6)) + " " + strings.Join(strings.Fields(p.inline(title)), " ")
}

// blocks turns the lines of one block into Markdown.
func (p *parser) blocks(lines []string) []string {
	if p.depth++; p.depth > maxDepth {
		p.depth--
		return lines
	}
	defer func() { p.depth-- }()
	var out []string
	for i := 0; i < len(lines); {
		if lines[i] == "" {
			out = append(out, "")
			i++
			continue
		}
		text, next := p.block(lines, i)
		out = append(append(out, text...), "")
		i = max(next, i+1)
	}
	return out
}

// block reads the block that starts at line i and gives the index after it.
func (p *parser) block(lines []string, i int) ([]string, int) {
	line := lines[i]
	switch {
	case indentOf(line) > 0:
		text, next := indented(lines, i)
		return p.blocks(dedent(text)), next
	case line == ".." || strings.HasPrefix(line, ".. "):
		return p.explicit(lines, i)
	case unnamedLine.MatchString(line):
		return nil, i + 1
	case line == "::":
		return p.literal(lines, i+1)
	}
	if n, title, style := titleAt(lines[i:]); n > 0 && !isGrid(line) && !isSimple(line) {
		return []string{p.heading(title, style)}, i + n
	}
	for _, read := range []func([]string, int) ([]string, int){p.grid, p.simple, p.list, p.options, p.fields, p.lineBlock, p.doctest, p.definition} {
		if text, next := read(lines, i); next > i {
			return text, next
		}
	}
	if adornment(line) != 0 && len(line) >= 4 {
		return nil, i + 1
	}
	return p.paragraph(lines, i)
}

// paragraph reads to the next empty line, and the literal block it announces.
func (p *parser) paragraph(lines []string, i int) ([]string, int) {
	j := i
	for j < len(lines) && lines[j] != "" && (j == i || indentOf(lines[j]) == 0) {
		j++
	}
	text := strings.Join(lines[i:j], "\n")
	if !strings.HasSuffix(text, "::") {
		return strings.Split(p.inline(text), "\n"), j
	}
	code, next := p.literal(lines, j)
	if code == nil {
		return strings.Split(p.inline(text), "\n"), j
	}
	text = strings.TrimSuffix(text, ":")
	if rest := strings.TrimSuffix(text, " :"); rest != text {
		text = rest
	}
	return append(append(strings.Split(p.inline(text), "\n"), ""), code...), next
}

// literal reads an indented, or a quoted, literal block.
func (p *parser) literal(lines []string, i int) ([]string, int) {
	for i < len(lines) && lines[i] == "" {
		i++
	}
	if i == len(lines) {
		return nil, i
	}
	if indentOf(lines[i]) > 0 {
		code, next := indented(lines, i)
		return fenced("", dedent(code)), next
	}
	c, j := lines[i][0], i
	if c >= 0x80 || !unicode.In(rune(c), unicode.P, unicode.S) {
		return nil, i
	}
	for j < len(lines) && lines[j] != "" && lines[j][0] == c {
		j++
	}
	return fenced("", lines[i:j]), j
}

func fenced(language string, code []string) []string {
	return strings.Split(reading.Code(language, strings.Join(code, "\n")), "\n")
}
