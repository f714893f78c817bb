package rst

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	role      = regexp.MustCompile("^:([A-Za-z][\\w:.+-]*):`((?:\\\\.|[^`\\\\])+)`(?:__?)?")
	phrase    = regexp.MustCompile("^`((?:\\\\.|[^`\\\\])+)`(?::([A-Za-z][\\w:.+-]*):|(__?)|)")
	embedded  = regexp.MustCompile(`(?s)^(.*?)\s*<([^<>]+)>$`)
	footnote  = regexp.MustCompile(`^\[(#?[\w.-]*|\*)\]_`)
	reference = regexp.MustCompile(`^[\pL\pN](?:[\pL\pN]|[-._+:][\pL\pN])*(__?)`)
	subst     = regexp.MustCompile(`^\|([^|\s](?:[^|\n]*[^|\s])?)\|(?:__?)?`)
)

// farthest is how far apart the ends of inline markup may be.
const farthest = 4000

// inline turns roles, references, literals and escapes into Markdown.
func (p *parser) inline(s string) string {
	if p.depth++; p.depth > 2*maxDepth {
		p.depth--
		return s
	}
	defer func() { p.depth-- }()
	var b strings.Builder
	for i := 0; i < len(s); {
		n, text := 0, ""
		rest := s[i:min(len(s), i+farthest)]
		switch c := s[i]; {
		case c == '\\':
			n, text = unescape(rest)
		case strings.HasPrefix(rest, "``"):
			n, text = literalSpan(rest)
		case c == ':' && startsHere(s, i):
			n, text = p.role(rest)
		case c == '`' || strings.HasPrefix(rest, "_`"):
			n, text = p.phrase(rest)
		case c == '|' && startsHere(s, i):
			n, text = p.substitution(rest)
		case c == '[':
			if m := footnote.FindStringSubmatch(rest); m != nil {
				n, text = len(m[0]), "["+strings.TrimPrefix(m[1], "#")+"]"
			}
		case wordStart(s, i):
			n, text = p.reference(rest)
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(rest)
			text = rest[:n]
		}
		b.WriteString(text)
		i += n
	}
	return b.String()
}

func unescape(s string) (int, string) {
	if len(s) < 2 {
		return 0, ""
	}
	if s[1] == ' ' || s[1] == '\n' {
		return 2, ""
	}
	_, n := utf8.DecodeRuneInString(s[1:])
	return 1 + n, s[1 : 1+n]
}

// startsHere reports whether inline markup may start at i.
func startsHere(s string, i int) bool {
	if i == 0 {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return unicode.IsSpace(r) || strings.ContainsRune(`-:/'"<([{*\`, r) || r > 0x7F && unicode.IsPunct(r)
}

func wordStart(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return false
	}
	return startsHere(s, i)
}

func literalSpan(s string) (int, string) {
	end := strings.Index(s[2:], "``")
	if end <= 0 {
		return 0, ""
	}
	for strings.HasPrefix(s[2+end+1:], "``") { // the literal may end with a backtick
		end++
	}
	text := strings.Join(strings.Fields(s[2:2+end]), " ")
	if strings.Contains(text, "`") {
		return end + 4, "`` " + text + " ``"
	}
	return end + 4, "`" + text + "`"
}

// code are roles whose text is shown as typed.
var code = map[string]bool{"code": true, "literal": true, "file": true, "command": true, "program": true, "option": true, "envvar": true, "func": true,
	"class": true, "meth": true, "mod": true, "attr": true, "samp": true, "program-option": true, "makevar": true, "regexp": true, "data": true, "exc": true,
	"const": true, "confval": true, "setting": true}

func (p *parser) role(s string) (int, string) {
	m := role.FindStringSubmatch(s)
	if m == nil {
		return 0, ""
	}
	return len(m[0]), p.roleText(m[1], m[2])
}

// roleText is what a reader sees of :name:`text`.
func (p *parser) roleText(name, text string) string {
	name = name[strings.LastIndexByte(name, ':')+1:]
	text = strings.ReplaceAll(text, "\n", " ")
	target := ""
	if m := embedded.FindStringSubmatch(text); m != nil && name != "code" && name != "samp" {
		if text, target = m[1], m[2]; text == "" {
			text = target
		}
	}
	switch {
	case name == "raw" || name == "index":
		return strings.TrimSpace(text)
	case name == "ref" || name == "numref":
		if title := p.titles[refName(text)]; target == "" && title != "" {
			return p.inline(title)
		}
		return p.inline(text)
	case name == "doc" || name == "download" || name == "term" || name == "any":
		return strings.Trim(text, "/~")
	case name == "strong":
		return "**" + text + "**"
	case code[name]:
		text = strings.TrimPrefix(strings.TrimPrefix(text, "!"), "~")
		return "`" + strings.ReplaceAll(text, `\`+`\`, `\`) + "`"
	}
	return p.inline(text)
}

func (p *parser) phrase(s string) (int, string) {
	skip := 0
	if s[0] == '_' {
		skip = 1
	}
	m := phrase.FindStringSubmatch(s[skip:])
	if m == nil {
		return 0, ""
	}
	n := skip + len(m[0])
	text := strings.ReplaceAll(m[1], "\n", " ")
	switch {
	case m[2] != "":
		return n, p.roleText(m[2], m[1])
	case m[3] == "":
		return n, p.inline(text)
	}
	to := ""
	if e := embedded.FindStringSubmatch(text); e != nil {
		if text, to = e[1], e[2]; text == "" {
			text = to
		}
		if name, ok := strings.CutSuffix(to, "_"); ok {
			to = p.links[refName(name)]
		}
		if m[3] == "_" {
			p.links[refName(text)] = to
		}
	} else {
		to = p.target(text, m[3] == "__")
	}
	return n, link(p.inline(text), to)
}

// target is where a reference leads. Anonymous ones take the addresses in order.
func (p *parser) target(name string, anonymous bool) string {
	if !anonymous {
		return p.links[refName(name)]
	}
	if len(p.unnamed) == 0 {
		return ""
	}
	to := p.unnamed[0]
	p.unnamed = p.unnamed[1:]
	return to
}

func link(text, to string) string {
	low := strings.ToLower(to)
	if text == to || !(strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://") || strings.HasPrefix(low, "mailto:")) {
		return text
	}
	return "[" + text + "](" + strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29").Replace(to) + ")"
}

// reference reads word_ where word is a known target.
func (p *parser) reference(s string) (int, string) {
	m := reference.FindStringSubmatch(s)
	if m == nil {
		return len(word.FindString(s)), word.FindString(s)
	}
	if next, _ := utf8.DecodeRuneInString(s[len(m[0]):]); unicode.IsLetter(next) || unicode.IsDigit(next) || next == '_' {
		w := word.FindString(s)
		return len(w), w
	}
	name := strings.TrimSuffix(m[0], m[1])
	to, known := p.links[refName(name)]
	_, label := p.titles[refName(name)]
	if !known && !label && m[1] == "_" {
		return len(m[0]), m[0]
	}
	if m[1] == "__" {
		to = p.target(name, true)
	}
	return len(m[0]), link(name, to)
}

// word is taken whole, so that markup is not looked for inside it.
var word = regexp.MustCompile(`^[\pL\pN_]+`)

func (p *parser) substitution(s string) (int, string) {
	m := subst.FindStringSubmatch(s)
	if m == nil {
		return 0, ""
	}
	with, ok := p.subs[m[1]]
	if !ok || p.expanding {
		return 0, ""
	}
	p.expanding = true // what stands for itself would never end
	defer func() { p.expanding = false }()
	return len(m[0]), p.inline(with)
}
