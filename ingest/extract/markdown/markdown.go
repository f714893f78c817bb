// Package markdown reads Markdown and its dialects with components (MDX, and
// the directives of MkDocs, Docusaurus and GitHub) into plain Markdown without
// raw HTML: tags go, the text between them stays, code is not touched.
package markdown

import (
	"regexp"
	"strings"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// Options choose the dialect.
type Options struct {
	MDX bool // imports, exports, {/* comments */}; no indented code
	// Fragment turns a piece of HTML, such as a table, into Markdown. Without
	// it the tags of such a piece are dropped.
	Fragment func(html string) string
}

// Read gives the Markdown of src, which has no front matter any more.
func Read(src string, opt Options) string {
	src = strings.ReplaceAll(src, "\r\n", "\n")
	src = strings.ReplaceAll(src, "\r", "\n")
	c := &cleaner{opt: opt, work: 1<<20 + 20*len(src)}
	lines := strings.Split(src, "\n")
	if opt.MDX {
		lines = dedent(dropModules(lines))
	}
	blocks := split(lines, !opt.MDX)
	c.links = definitions(blocks)
	var b strings.Builder
	for _, bl := range blocks {
		if bl.code {
			b.WriteString(bl.text)
		} else {
			b.WriteString(c.prose(bl.text))
		}
		b.WriteByte('\n')
	}
	return reading.Clean(headings(b.String()))
}

// block is a run of lines that are all code or all not.
type block struct {
	text string
	code bool
}

// split tells code from the rest: fenced blocks, and lines indented by four
// spaces or more where indented says that those are code.
func split(lines []string, indented bool) []block {
	var out []block
	add := func(line string, code bool) {
		if n := len(out) - 1; n >= 0 && out[n].code == code {
			out[n].text += "\n" + line
			return
		}
		out = append(out, block{line, code})
	}
	var f reading.Fence
	list := 0        // column of the text of the list item we are in
	blank := true    // the line before was empty
	inCode := false  // the line before was indented code
	var run []string // lines gathered, so that text is not copied line by line
	runCode := false
	flush := func() {
		if len(run) > 0 {
			add(strings.Join(run, "\n"), runCode)
			run = run[:0]
		}
	}
	for _, line := range lines {
		code := f.Line(line)
		indent, text := indentOf(line)
		switch {
		case code:
			inCode = false
		case text == "":
			code = inCode
		case indented && indent >= list+4 && (blank || inCode):
			code, inCode = true, true
		default:
			inCode = false
			if col := listItem(text); col > 0 {
				list = indent + col
			} else if boxed(text) {
				list = indent + 4
			} else if indent < list && blank {
				list = 0
			}
		}
		blank = text == ""
		if code != runCode {
			flush()
			runCode = code
		}
		run = append(run, line)
	}
	flush()
	return out
}

func indentOf(line string) (int, string) {
	n := 0
	for i, c := range line {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 4 - n%4
		default:
			return n, line[i:]
		}
	}
	return n, ""
}

var listMark = regexp.MustCompile(`^([-*+]|\d{1,9}[.)])[ \t]+`)

// listItem is the width of the marker of a list item, 0 if the text is none.
func listItem(text string) int { return len(listMark.FindString(text)) }

var definition = regexp.MustCompile(`(?m)^ {0,3}\[([^\]\n^][^\]\n]*)\]:[ \t]*<?([^\s>]+)>?(?:[ \t]+(?:"[^"\n]*"|'[^'\n]*'|\([^)\n]*\)))?[ \t]*$`)

// definitions collects [name]: address lines and takes them out of the text.
func definitions(blocks []block) map[string]string {
	links := map[string]string{}
	for i, b := range blocks {
		if b.code || !strings.Contains(b.text, "]:") {
			continue
		}
		blocks[i].text = definition.ReplaceAllStringFunc(b.text, func(s string) string {
			m := definition.FindStringSubmatch(s)
			if key := label(m[1]); links[key] == "" {
				links[key] = m[2]
			}
			return ""
		})
	}
	return links
}

func label(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

var (
	headID   = regexp.MustCompile(`\s*\{[:#][^}\n]*\}\s*$`)
	headEnd  = regexp.MustCompile(`[ \t]+#+[ \t]*$`)
	headLine = regexp.MustCompile(`^ {0,3}(#{1,6})[ \t]+(.*)$`)
)

// underline is the sign of a line that makes a heading of the one above it, 0 if the
// line is none.
func underline(line string) byte {
	signs := strings.TrimRight(strings.TrimLeft(line, " "), " \t")
	switch {
	case signs == "" || indent(line) > 3:
		return 0
	case strings.Trim(signs, "=") == "", len(signs) > 1 && strings.Trim(signs, "-") == "":
		return signs[0]
	}
	return 0
}

// indent is how many spaces a line begins with.
func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// heading is the level of a heading as its # and its text, "" if the line is none. Few
// lines hold what the expressions look for, and they take longer than all else here.
func heading(line string) (level, text string) {
	if at := indent(line); at == len(line) || line[at] != '#' {
		return "", ""
	}
	m := headLine.FindStringSubmatch(line)
	if m == nil {
		return "", ""
	}
	text = withoutID(m[2])
	if strings.Contains(text, "#") {
		text = headEnd.ReplaceAllString(text, "")
	}
	return m[1], strings.TrimSpace(text)
}

func withoutID(title string) string {
	if !strings.Contains(title, "{") {
		return title
	}
	return headID.ReplaceAllString(title, "")
}

// headings writes every heading in one form: # Text.
func headings(s string) string {
	lines := strings.Split(s, "\n")
	var f reading.Fence
	out := lines[:0:0]
	start := -1 // index in out of the first line of the paragraph we are in
	for _, line := range lines {
		if f.Line(line) {
			out, start = append(out, line), -1
			continue
		}
		sign := underline(line)
		if sign != 0 && start >= 0 && len(out)-start <= 3 {
			level := "# "
			if sign == '-' {
				level = "## "
			}
			title := strings.Join(strings.Fields(strings.Join(out[start:], " ")), " ")
			out, start = append(out[:start], level+withoutID(title), ""), -1
			continue
		}
		if level, text := heading(line); level != "" {
			out, start = append(out, "", level+" "+text, ""), -1
			continue
		}
		indent, text := indentOf(line)
		switch {
		case text == "", indent >= 4 && start < 0, listItem(text) > 0, text[0] == '>', text[0] == '|', sign != 0:
			start = -1
		case start < 0:
			start = len(out)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// Plain gives plain text the form of Markdown: underlined titles become
// headings, nothing else changes.
func Plain(src string) string {
	lines := strings.Split(reading.Clean(src), "\n")
	for i := 1; i < len(lines); i++ {
		alone := (i == 1 || lines[i-2] == "") && (i+1 >= len(lines) || lines[i+1] == "")
		sign := underline(lines[i])
		if sign == 0 || !alone || lines[i-1] == "" || len(lines[i]) > 2*len(lines[i-1]) || listItem(lines[i-1]) > 0 {
			continue
		}
		level := "# "
		if sign == '-' {
			level = "## "
		}
		lines[i-1], lines[i] = level+strings.TrimSpace(lines[i-1]), ""
	}
	return reading.Clean(strings.Join(lines, "\n"))
}
