package rst

import (
	"regexp"
	"strings"
)

var (
	bullet     = regexp.MustCompile(`^([-*+•‣⁃])( +|$)`)
	enumerator = regexp.MustCompile(`^(\(?(?:\d+|[A-Za-z]|[ivxlcdmIVXLCDM]+|#)[.)])( +|$)`)
	option     = regexp.MustCompile(`^((?:--?[A-Za-z0-9?][\w-]*|/[A-Z])(?:[ =]<?[A-Za-z][\w.|-]*>?)?(?:, (?:--?[A-Za-z0-9?][\w-]*|/[A-Z])(?:[ =]<?[A-Za-z][\w.|-]*>?)?)*)(?:  +(.*)|$)`)
	field      = regexp.MustCompile(`^:((?:\\.|[^:\\]|:[^ ` + "`" + `])+):(?: +(.*)|$)`)
)

// list reads a bullet or an enumerated list.
func (p *parser) list(lines []string, i int) ([]string, int) {
	mark := bullet
	if !bullet.MatchString(lines[i]) {
		if mark = enumerator; !enumerator.MatchString(lines[i]) || !endsItem(lines, i) {
			return nil, i
		}
	}
	var out []string
	number := 0
	for i < len(lines) && indentOf(lines[i]) == 0 && mark.MatchString(lines[i]) {
		m := mark.FindStringSubmatch(lines[i])
		body, next := item(lines, i, len(m[0]))
		sign := "-"
		if mark == enumerator {
			number++
			sign = strings.Trim(m[1], "()")
			if sign = strings.TrimSuffix(sign, ".") + "."; sign == "#." {
				sign = itoa(number) + "."
			}
		}
		out = append(out, hang(sign+" ", p.blocks(body))...)
		i = next
		for i < len(lines) && lines[i] == "" {
			i++
		}
	}
	return out, i
}

// endsItem reports whether the line after i can follow the first line of an
// enumerated item; else "A. Einstein" at a line's start would make a list.
func endsItem(lines []string, i int) bool {
	return i+1 >= len(lines) || lines[i+1] == "" || indentOf(lines[i+1]) > 0 || enumerator.MatchString(lines[i+1])
}

// item gives the lines of an item whose text starts at column col of line i.
func item(lines []string, i, col int) ([]string, int) {
	rest, next := indented(lines, i+1)
	body := append([]string{lines[i][min(col, len(lines[i])):]}, dedent(rest)...)
	return body, next
}

func itoa(n int) string {
	if n >= 10 {
		return itoa(n/10) + string(rune('0'+n%10))
	}
	return string(rune('0' + n))
}

// hang puts sign before the first line and the same width before the others.
func hang(sign string, body []string) []string {
	for len(body) > 0 && body[0] == "" {
		body = body[1:]
	}
	for len(body) > 0 && body[len(body)-1] == "" {
		body = body[:len(body)-1]
	}
	if len(body) == 0 {
		return nil
	}
	out := make([]string, len(body))
	for i, l := range body {
		switch {
		case i == 0:
			out[i] = sign + l
		case l != "":
			out[i] = strings.Repeat(" ", len(sign)) + l
		}
	}
	return out
}

// options reads an option list: -a, --all  what it does.
func (p *parser) options(lines []string, i int) ([]string, int) {
	var out []string
	for i < len(lines) {
		m := option.FindStringSubmatch(lines[i])
		if m == nil || lines[i][0] != '-' && lines[i][0] != '/' {
			break
		}
		rest, next := indented(lines, i+1)
		if m[2] == "" && len(rest) == 0 {
			break
		}
		body := append([]string{m[2]}, dedent(rest)...)
		out = append(out, hang("- `"+m[1]+"`: ", p.blocks(body))...)
		i = next
		for i < len(lines) && lines[i] == "" {
			i++
		}
	}
	if out == nil {
		return nil, i
	}
	for k, l := range out { // the sign is as wide as the options; two columns are enough
		if strings.HasPrefix(l, "  ") {
			out[k] = "  " + strings.TrimLeft(l, " ")
		}
	}
	return out, i
}

// fields reads a field list, one line a field.
func (p *parser) fields(lines []string, i int) ([]string, int) {
	var out []string
	for i < len(lines) {
		m := field.FindStringSubmatch(lines[i])
		if m == nil {
			break
		}
		rest, next := indented(lines, i+1)
		name := p.inline(m[1])
		if body := p.blocks(append([]string{m[2]}, dedent(rest)...)); len(strings.Join(body, "")) > 0 {
			out = append(out, hang(name+": ", body)...)
		} else {
			out = append(out, name)
		}
		out = append(out, "")
		i = next
		for i < len(lines) && lines[i] == "" {
			i++
		}
	}
	return unindent(out), i
}

// unindent keeps hanging lines from looking like code.
func unindent(lines []string) []string {
	for i, l := range lines {
		if n := indentOf(l); n > 3 {
			lines[i] = "  " + strings.TrimLeft(l, " ")
		}
	}
	return lines
}

// lineBlock reads lines that start with a bar: their breaks are kept.
func (p *parser) lineBlock(lines []string, i int) ([]string, int) {
	var out []string
	for i < len(lines) && (lines[i] == "|" || strings.HasPrefix(lines[i], "| ")) {
		text := strings.TrimSpace(lines[i][1:])
		for i++; i < len(lines) && indentOf(lines[i]) > 0; i++ {
			text += " " + strings.TrimSpace(lines[i])
		}
		out = append(out, p.inline(text))
	}
	return out, i
}

// doctest reads an interpreter's session.
func (p *parser) doctest(lines []string, i int) ([]string, int) {
	if !strings.HasPrefix(lines[i], ">>> ") {
		return nil, i
	}
	j := i
	for j < len(lines) && lines[j] != "" {
		j++
	}
	return fenced("python", lines[i:j]), j
}

// definition reads a term and its indented definition.
func (p *parser) definition(lines []string, i int) ([]string, int) {
	if i+1 >= len(lines) || lines[i+1] == "" || indentOf(lines[i+1]) == 0 || strings.HasSuffix(lines[i], "::") {
		return nil, i
	}
	body, next := indented(lines, i+1)
	term := strings.TrimSpace(p.inline(lines[i]))
	if !strings.Contains(term, "**") {
		term = "**" + term + "**"
	}
	return append([]string{term, ""}, p.blocks(dedent(body))...), next
}
