package markdown

import (
	"regexp"
	"strings"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

var module = regexp.MustCompile(`^(import\s*(["'{*]|[\w$]+\s*(,|from\b))|export\s+(const|let|var|default|function|async|class|\{|\*))`)

// dropModules takes out the import and export statements of MDX: those at the
// start of a paragraph, to the end of the paragraph in which their braces close.
func dropModules(lines []string) []string {
	out := lines[:0:0]
	var f reading.Fence
	inside, depth, start := false, 0, true
	for _, line := range lines {
		if !inside && f.Line(line) {
			out, start = append(out, line), false
			continue
		}
		blank := strings.TrimSpace(line) == ""
		if start && !inside && module.MatchString(line) {
			inside, depth = true, 0
		}
		if inside {
			depth += balance(line)
			inside = !blank || depth > 0
			start = !inside
			continue
		}
		out, start = append(out, line), blank
	}
	return out
}

func balance(line string) int {
	n := 0
	for _, c := range line {
		switch c {
		case '{', '(', '[':
			n++
		case '}', ')', ']':
			n--
		}
	}
	return n
}

var (
	openTag  = regexp.MustCompile(`^<([A-Za-z][\w.]*)([\s>/].*)?$`)
	closeTag = regexp.MustCompile(`^</([A-Za-z][\w.]*)\s*>$`)
)

// dedent takes the indentation off what stands between the tags of components,
// code included, so that depth of markup does not turn text into code.
func dedent(lines []string) []string {
	type component struct {
		name   string
		indent int // of the content; -1 until its first line
	}
	var stack []component
	var f reading.Fence
	out := make([]string, 0, len(lines))
	within := 0 // sum of indentation to take off
	open := ""  // name of a tag whose > has not come yet
	push := func(name, tag string) {
		if !strings.HasSuffix(tag, "/>") && !strings.Contains(tag, "</"+name) {
			stack = append(stack, component{name, -1})
		}
	}
	for _, line := range lines {
		indent, text := indentOf(line)
		if n := len(stack) - 1; n >= 0 && stack[n].indent < 0 && text != "" && open == "" {
			stack[n].indent = indent
		}
		within = 0
		if n := len(stack) - 1; n >= 0 {
			within = max(stack[n].indent, 0)
		}
		m := closeTag.FindStringSubmatch(text)
		if !f.Open() && m != nil {
			for i := len(stack) - 1; i >= 0; i-- {
				if stack[i].name == m[1] {
					stack = stack[:i]
					break
				}
			}
			out = append(out, "", text, "")
			continue
		}
		out = append(out, strings.Repeat(" ", max(indent-within, 0))+text)
		if f.Line(line) {
			continue
		}
		switch m := openTag.FindStringSubmatch(text); {
		case open != "" && strings.HasSuffix(text, ">"):
			push(open, text)
			open = ""
		case open == "" && m != nil && strings.HasSuffix(text, ">"):
			push(m[1], text)
		case open == "" && m != nil && !strings.Contains(text, ">"):
			open = m[1]
		}
	}
	return out
}
