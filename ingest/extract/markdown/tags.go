package markdown

import (
	"html"
	"regexp"
	"strings"
)

var (
	autolink = regexp.MustCompile(`^<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>`)
	tagName  = regexp.MustCompile(`^</?([A-Za-z][A-Za-z0-9.]*(?:-[A-Za-z0-9-]+)?)`)
)

// known are HTML elements: other names in angle brackets are text, such as
// <your-name>.
var known = set(`a abbr address article aside audio b base bdi bdo blockquote body br button canvas caption center cite
	code col colgroup data dd del details dfn dialog div dl dt em embed fieldset figcaption figure font footer form h1 h2 h3
	h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main mark meta meter nav noscript
	object ol optgroup option output p picture pre progress q rp rt ruby s samp script section select small source span
	strike strong style sub summary sup svg path g table tbody td template textarea tfoot th thead time title tr track tt u ul var
	video wbr`)

// blocks stand on lines of their own.
var blocks = set(`address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form
	h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul`)

// silent hold nothing to read.
var silent = set("script style svg iframe video audio canvas object template noscript head button select form textarea")

// fragments are turned into Markdown as a whole, their content included.
var fragments = set("table ul ol dl pre h1 h2 h3 h4 h5 h6")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// angle handles what starts with <: a comment, an address, a tag, or nothing.
func (c *cleaner) angle(s string, at int) (int, string) {
	rest := s[at:]
	if strings.HasPrefix(rest, "<!--") {
		if c.work <= 0 {
			return 0, ""
		}
		end := strings.Index(rest, "-->")
		if c.spend(max(end, 0)); end < 0 {
			c.spend(len(rest))
			return 0, ""
		}
		return end + 3, ""
	}
	if strings.HasPrefix(rest, "<>") || strings.HasPrefix(rest, "</>") {
		if c.opt.MDX {
			return strings.IndexByte(rest, '>') + 1, ""
		}
		return 0, ""
	}
	if m := autolink.FindStringSubmatch(window(rest)); m != nil {
		return len(m[0]), m[1]
	}
	m := tagName.FindStringSubmatch(window(rest))
	if m == nil {
		return 0, ""
	}
	end := tagEnd(rest, len(m[0]))
	if end == 0 {
		return 0, ""
	}
	name, tag := m[1], rest[:end]
	component := name[0] >= 'A' && name[0] <= 'Z' && (c.opt.MDX || strings.HasSuffix(tag, "/>") || strings.HasPrefix(tag, "</") || c.closed(name, rest))
	switch low := strings.ToLower(name); {
	case component && (name != strings.ToUpper(name) || !known[low]):
		return end, c.component(tag, lineStart(s, at))
	case known[low]:
		return c.element(low, rest, tag, lineStart(s, at))
	}
	return 0, ""
}

// closed reports whether the end tag of name follows.
func (c *cleaner) closed(name, rest string) bool {
	if c.work <= 0 {
		return false
	}
	i := strings.Index(rest, "</"+name+">")
	if i < 0 {
		i = len(rest)
	}
	return c.spend(i) && i < len(rest)
}

// lineStart reports whether only white space and list or quote marks stand
// before s[at] on its line.
func lineStart(s string, at int) bool {
	return strings.Trim(lineBefore(s, at), " \t>-*+") == ""
}

// lineBefore is what stands before s[at] on its line; of long lines, the end.
func lineBefore(s string, at int) string {
	s = s[max(at-200, 0):at]
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// tagEnd is the length of the tag that s starts with, 0 if it is none. It steps
// over quoted values and {expressions}.
func tagEnd(s string, from int) int {
	quote, depth := byte(0), 0
	for i := from; i < len(s) && i < longest; i++ {
		ch := s[i]
		switch {
		case i == from && strings.IndexByte(" \t\n/>", ch) < 0:
			return 0
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '"' || ch == '\'' || (ch == '`' && depth > 0):
			quote = ch
		case ch == '{':
			depth++
		case ch == '}':
			depth--
		case ch == '>' && depth <= 0:
			return i + 1
		case ch == '<' && depth <= 0, ch == '\n' && strings.HasPrefix(s[i:], "\n\n"):
			return 0
		}
	}
	return 0
}

var attribute = regexp.MustCompile(`([A-Za-z][\w:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|\{\s*["'` + "`" + `]([^"'` + "`" + `]*)["'` + "`" + `]\s*\})`)

// attributes gives the plain string attributes of a tag by lower-case name.
func attributes(tag string) map[string]string {
	out := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		out[strings.ToLower(m[1])] = html.UnescapeString(strings.TrimSpace(m[2] + m[3] + m[4]))
	}
	return out
}

// component leaves the title of a component: what a reader sees of its tag.
func (c *cleaner) component(tag string, block bool) string {
	if strings.HasPrefix(tag, "</") {
		if block {
			return "\n"
		}
		return ""
	}
	a := attributes(tag)
	title := ""
	for _, key := range []string{"title", "label", "header", "heading", "summary", "alt"} {
		if title = a[key]; title != "" {
			break
		}
	}
	if title != "" {
		title = "**" + Link(title, a["href"]) + "**"
	}
	if more := a["description"]; more != "" {
		title += "\n\n" + more
	}
	if block && title != "" {
		return "\n" + strings.TrimSpace(title) + "\n\n"
	}
	return title
}

// element handles one HTML tag and, for some elements, what it encloses.
func (c *cleaner) element(name, rest, tag string, block bool) (int, string) {
	if strings.HasPrefix(tag, "</") {
		return len(tag), closing(name)
	}
	a := attributes(tag)
	inner, whole := "", 0
	if silent[name] || fragments[name] || name == "a" || name == "code" {
		inner, whole = c.enclosed(name, rest, len(tag))
	}
	switch {
	case strings.HasSuffix(tag, "/>") && name != "br" && name != "img" && name != "hr":
		return len(tag), ""
	case silent[name] && whole > 0:
		return whole, ""
	case fragments[name] && whole > 0 && c.opt.Fragment != nil && block:
		return whole, "\n" + c.opt.Fragment(rest[:whole]) + "\n"
	case name == "a" && whole > 0 && c.depth < maxDepth:
		c.depth++
		text := strings.TrimSpace(c.inline(inner))
		c.depth--
		return whole, Link(text, a["href"])
	case name == "code" && whole > 0 && !strings.ContainsAny(inner, "`<"):
		return whole, "`" + html.UnescapeString(inner) + "`"
	case name == "img" && block && Alt(a["alt"]) != "":
		return len(tag), "\n" + Alt(a["alt"]) + "\n\n"
	case name == "img":
		return len(tag), Alt(a["alt"])
	case name == "b" || name == "strong":
		return len(tag), "**"
	case name == "br" && !block:
		return len(tag), breakFor(rest)
	case name == "li":
		return len(tag), "\n- "
	case blocks[name]:
		return len(tag), "\n"
	}
	return len(tag), ""
}

// breakFor is what a <br> becomes: a line end, but a space in a table's cell.
func breakFor(rest string) string {
	line, _, _ := strings.Cut(rest, "\n")
	if strings.Contains(line, "|") {
		return " "
	}
	return "\n"
}

func closing(name string) string {
	switch {
	case name == "b" || name == "strong":
		return "**"
	case name == "td" || name == "th":
		return " "
	case blocks[name]:
		return "\n\n"
	}
	return ""
}

// enclosed finds the end of an element by its name, counting those inside.
func (c *cleaner) enclosed(name, s string, from int) (inner string, whole int) {
	for depth, i := 1, from; i < len(s) && c.work > 0; i++ {
		next := strings.IndexByte(s[i:], '<')
		if next < 0 || !c.spend(next+1) {
			break
		}
		i += next
		if isTag(s[i+1:], name) {
			depth++
			continue
		}
		if !strings.HasPrefix(s[i:], "</") || !isTag(s[i+2:], name) {
			continue
		}
		if depth--; depth == 0 {
			end := strings.IndexByte(s[i:], '>')
			return s[from:i], i + end + 1
		}
	}
	return "", 0
}

// isTag reports whether s goes on as a tag of that name that has its end.
func isTag(s, name string) bool {
	return len(s) > len(name) && strings.EqualFold(s[:len(name)], name) && strings.IndexByte(" >\n\t", s[len(name)]) >= 0 &&
		strings.IndexByte(window(s), '>') >= 0
}
