package markdown

import (
	"regexp"
	"strings"
)

var (
	container  = regexp.MustCompile(`^\s*:{3,}\s*(?:\{?([\w-]+)\}?)?\s*(?:\[(.*)\])?\s*(?:\{[^}]*\})?(.*)$`)
	admonition = regexp.MustCompile(`^(\s*)(?:!!!|\?\?\?\+?|===)[ \t]+(?:([\w-]+)[^"\n]*)?(?:"([^"]*)")?\s*$`)
	callout    = regexp.MustCompile(`^(\s*>\s*)\[!(\w+)\][+-]?[ \t]*(.*)$`)
	liquid     = regexp.MustCompile(`\{%-?\s*(.*?)\s*-?%\}|\{\{<\s*(.*?)\s*>\}\}|\{\{%\s*(.*?)\s*%\}\}`)
	lineID     = regexp.MustCompile(`^\s*\{[:#][^}]*\}\s*$|^\s*\[\[?(?i:toc)\]?\]\s*$`)
	titleValue = regexp.MustCompile(`\b(?:title|summary|label|name|header)\s*=\s*"([^"]*)"`)
)

// directives turns the boxes, tabs and macros of Markdown dialects into their
// text: the title of a box in bold, its content as paragraphs.
func directives(s string) string {
	if !strings.ContainsAny(s, ":!?={[") {
		return s
	}
	lines := strings.Split(s, "\n")
	out := lines[:0:0]
	var boxes []int // indentation of the indented boxes we are in
	for _, line := range lines {
		indent, text := indentOf(line)
		for n := len(boxes) - 1; n >= 0 && text != "" && indent < boxes[n]+4; n-- {
			boxes = boxes[:n]
		}
		if n := len(boxes); n > 0 && text != "" {
			indent = max(indent-4*n, 0)
			line = strings.Repeat(" ", indent) + text
		}
		switch {
		case strings.HasPrefix(text, ":::"):
			m := container.FindStringSubmatch(line)
			out = append(out, "", bold(m[2]+m[3]), "")
		case boxed(text):
			m := admonition.FindStringSubmatch(line)
			if m == nil {
				out = append(out, line)
				continue
			}
			boxes = append(boxes, indent+4*len(boxes))
			out = append(out, "", bold(m[3]), "")
		case strings.HasPrefix(text, ">") && callout.MatchString(line):
			m := callout.FindStringSubmatch(line)
			word := m[2]
			if m[3] != "" {
				word = m[3]
			} else {
				word = word[:1] + strings.ToLower(word[1:])
			}
			out = append(out, m[1]+bold(word), strings.TrimRight(m[1], " "))
		case lineID.MatchString(line):
			out = append(out, "")
		default:
			out = append(out, macros(line))
		}
	}
	return strings.Join(out, "\n")
}

// boxed reports whether a line opens a box whose content is indented.
func boxed(text string) bool {
	return strings.HasPrefix(text, "!!! ") || strings.HasPrefix(text, "???") || strings.HasPrefix(text, `=== "`)
}

func bold(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	return "**" + s + "**"
}

// macros takes template tags out of a line and leaves their titles.
func macros(line string) string {
	if !strings.Contains(line, "{%") && !strings.Contains(line, "{{<") && !strings.Contains(line, "{{%") || strings.Contains(line, "`") {
		return line
	}
	return liquid.ReplaceAllStringFunc(line, func(s string) string {
		if m := titleValue.FindStringSubmatch(s); m != nil {
			return bold(m[1])
		}
		return ""
	})
}
