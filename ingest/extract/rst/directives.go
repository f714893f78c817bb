package rst

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	directive = regexp.MustCompile(`^\.\. (?:\|[^|]+\|\s+)?([A-Za-z][\w:.+-]*)\s?::(?:\s+(.*)|$)`)
	note      = regexp.MustCompile(`^\.\. \[([^\]]+)\](?:\s+(.*)|$)`)
	setting   = regexp.MustCompile(`^:([\w -]+):(?:\s+(.*)|$)`)
)

// What a directive does with its argument and content.
var (
	codeDirectives = words("code code-block sourcecode console prompt parsed-literal literal math productionlist doctest testcode testoutput graphviz ipython")
	boxes          = map[string]string{
		"note": "Note", "warning": "Warning", "tip": "Tip", "important": "Important", "caution": "Caution", "danger": "Danger",
		"error": "Error", "hint": "Hint", "attention": "Attention", "seealso": "See also", "todo": "To do",
	}
	versions = map[string]string{
		"versionadded": "New in version", "versionchanged": "Changed in version", "deprecated": "Deprecated since version", "versionremoved": "Removed in version",
	}
	dropped = words(`toctree contents sectnum include literalinclude raw meta index highlight default-role role currentmodule module
		py:currentmodule py:module target-notes header footer tabularcolumns automodule autoclass autofunction unicode replace date
		section-numbering title rst-class class ifconfig-end restructuredtext-test-directive program codeauthor sectionauthor`)
	plainContainers = words("only container compound topic-body epigraph highlights pull-quote glossary hlist centered tabs tab-set grid ifconfig table-wrapper rst-class")
	objects         = words(`function class method attribute data exception option cmdoption envvar describe object confval setting decorator
		staticmethod classmethod property macro type var member enum enumerator`)
)

func words(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// explicit reads what starts with two dots: a directive, a target, a footnote
// or a comment.
func (p *parser) explicit(lines []string, i int) ([]string, int) {
	line := lines[i]
	if line == ".." && i+1 < len(lines) && lines[i+1] == "" {
		return nil, i + 1
	}
	body, next := indented(lines, i+1)
	switch {
	case targetLine.MatchString(line), subLine.MatchString(line):
		return nil, next
	case note.MatchString(line):
		m := note.FindStringSubmatch(line)
		content := append([]string{m[2]}, dedent(body)...)
		return unindent(hang("["+strings.TrimPrefix(m[1], "#")+"] ", p.blocks(content))), next
	}
	m := directive.FindStringSubmatch(line)
	if m == nil {
		return nil, next
	}
	d := newDirective(strings.ToLower(m[1]), m[2], body)
	return p.directive(d), next
}

// parts are a directive taken apart.
type parts struct {
	name     string
	argument string
	options  map[string]string
	content  []string
	whole    []string // argument and content as one text, without options
}

func newDirective(name, first string, body []string) parts {
	d := parts{name: name, options: map[string]string{}}
	body = dedent(body)
	i := 0
	argument := []string{first}
	for ; i < len(body) && body[i] != "" && !setting.MatchString(body[i]); i++ {
		argument = append(argument, body[i])
	}
	for ; i < len(body) && body[i] != ""; i++ {
		if m := setting.FindStringSubmatch(body[i]); m != nil {
			d.options[strings.ToLower(m[1])] = m[2]
		}
	}
	d.argument = strings.TrimSpace(strings.Join(argument, " "))
	d.content = body[i:]
	d.whole = append(append(argument, ""), body[i:]...)
	if first == "" && len(argument) > 1 {
		d.whole = append(argument[1:], body[i:]...)
	}
	return d
}

func (p *parser) directive(d parts) []string {
	title, box := boxes[d.name]
	switch {
	case codeDirectives[d.name]:
		return p.code(d)
	case dropped[d.name]:
		return nil
	case box:
		return hangText(title+": ", p.blocks(d.whole))
	case versions[d.name] != "":
		return p.version(d)
	case d.name == "image" || d.name == "figure":
		return append([]string{p.inline(d.options["alt"]), ""}, p.blocks(d.content)...)
	case d.name == "list-table":
		return p.listTable(d)
	case d.name == "csv-table":
		return p.csvTable(d)
	case d.name == "line-block" || d.name == "parsed-text":
		return p.blocks(d.content)
	case plainContainers[d.name]:
		return p.blocks(d.content)
	case objects[d.name[strings.LastIndexByte(d.name, ':')+1:]]:
		return append([]string{"**" + strings.ReplaceAll(d.argument, `\`, "") + "**", ""}, p.blocks(d.content)...)
	}
	title = p.inline(d.argument)
	if title != "" && strings.IndexFunc(title, unicode.IsLetter) >= 0 && !strings.Contains(title, "**") {
		title = "**" + title + "**"
	}
	return append([]string{title, ""}, p.blocks(d.content)...)
}

func (p *parser) code(d parts) []string {
	language, content := d.argument, d.content
	if d.name == "math" || d.name == "productionlist" || d.name == "prompt" {
		language, content = "", d.whole
	}
	if strings.ContainsAny(language, " `") { // the code began on the directive's own line
		language, content = "", d.whole
	}
	if len(strings.Join(content, "")) == 0 {
		if language == "" {
			return nil
		}
		language, content = "", d.whole
	}
	for len(content) > 0 && content[0] == "" {
		content = content[1:]
	}
	out := fenced(language, content)
	if caption := d.options["caption"]; caption != "" {
		return append([]string{p.inline(caption), ""}, out...)
	}
	return out
}

func (p *parser) version(d parts) []string {
	number, rest, _ := strings.Cut(d.argument, " ")
	content := append([]string{rest}, d.content...)
	text := p.blocks(content)
	if len(strings.Join(text, "")) == 0 {
		return []string{versions[d.name] + " " + number + "."}
	}
	return hangText(versions[d.name]+" "+number+": ", text)
}

// hangText puts a word before the first paragraph; a block that is not a
// paragraph gets the word on a line of its own.
func hangText(sign string, body []string) []string {
	for len(body) > 0 && body[0] == "" {
		body = body[1:]
	}
	if len(body) == 0 {
		return nil
	}
	if strings.HasPrefix(body[0], "```") || strings.HasPrefix(body[0], "- ") || strings.HasPrefix(body[0], "|") || strings.HasPrefix(body[0], "#") {
		return append([]string{strings.TrimSpace(sign), ""}, body...)
	}
	return append([]string{sign + body[0]}, body[1:]...)
}
