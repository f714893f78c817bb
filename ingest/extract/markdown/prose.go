package markdown

import (
	"html"
	"regexp"
	"strings"
)

// cleaner rewrites prose: everything that is not a code block.
type cleaner struct {
	opt   Options
	links map[string]string // reference definitions by label
	depth int               // of link texts inside each other
	work  int               // bytes that may still be searched for closing marks
}

// spend takes n bytes of search from the budget that keeps hostile input from
// costing more than time in proportion to its length.
func (c *cleaner) spend(n int) bool {
	c.work -= n
	return c.work > 0
}

// maxDepth bounds how deep brackets are followed.
const maxDepth = 8

// prose rewrites one run of lines.
func (c *cleaner) prose(s string) string {
	s = directives(s)
	return c.inline(s)
}

// inline rewrites tags, links, images, entities and escapes outside code spans.
func (c *cleaner) inline(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		n, text := 0, ""
		switch s[i] {
		case '`':
			n = codeSpan(window(s[i:]))
			text = s[i : i+n]
			c.spend(n)
		case '\\':
			n, text = escape(s, i)
		case '<':
			n, text = c.angle(s, i)
		case '&':
			n, text = entity(s[i:])
		case '!':
			n, text = c.image(s[i:])
		case '[':
			n, text = c.link(s[i:])
		case '{':
			if c.opt.MDX && strings.HasPrefix(s[i:], "{/*") {
				if end := strings.Index(s[i:], "*/}"); end >= 0 && c.spend(end) {
					n = end + 3
				}
			}
		}
		if n == 0 {
			n, text = 1, s[i:i+1]
		}
		b.WriteString(text)
		i += n
	}
	return b.String()
}

// longest is how far apart the ends of a link, a tag or a code span may be.
const longest = 4000

func window(s string) string { return s[:min(len(s), longest)] }

// codeSpan is the length of the code span that s starts with; of its backticks
// alone if nothing closes them in the same paragraph.
func codeSpan(s string) int {
	ticks := len(s) - len(strings.TrimLeft(s, "`"))
	end := strings.Index(s, "\n\n")
	if end < 0 {
		end = len(s)
	}
	for i := ticks; i < end; {
		next := strings.IndexByte(s[i:end], '`')
		if next < 0 {
			break
		}
		i += next
		n := 0
		for i+n < len(s) && s[i+n] == '`' {
			n++
		}
		if i += n; n == ticks {
			return i
		}
	}
	return ticks
}

const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_{}~"

// escape takes the backslash off, unless the character would mean something
// else without it: a cell's end, a code span, a heading or a list.
func escape(s string, i int) (int, string) {
	if i+1 >= len(s) {
		return 0, ""
	}
	if s[i+1] == '\n' {
		return 1, ""
	}
	if strings.IndexByte(punctuation, s[i+1]) < 0 {
		return 0, ""
	}
	if strings.TrimSpace(lineBefore(s, i)) == "" && strings.IndexByte("#+->=", s[i+1]) >= 0 {
		return 2, s[i : i+2]
	}
	return 2, s[i+1 : i+2]
}

var entityForm = regexp.MustCompile(`^&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});`)

func entity(s string) (int, string) {
	m := entityForm.FindString(s)
	if m == "" {
		return 0, ""
	}
	return len(m), html.UnescapeString(m)
}

// brackets is bracketed for as long as there is work left.
func (c *cleaner) brackets(s string) int {
	if c.work <= 0 {
		return 0
	}
	s = window(s)
	n := bracketed(s)
	if n == 0 {
		c.spend(len(s))
	}
	c.spend(n)
	return n
}

// bracketed is the length of s up to and with the bracket that closes its
// first, 0 if there is none in the paragraph.
func bracketed(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '`':
			i += codeSpan(s[i:]) - 1
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '\n':
			if strings.HasPrefix(s[i:], "\n\n") {
				return 0
			}
		}
	}
	return 0
}

var target = regexp.MustCompile(`^\(\s*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))*))(?:\s+(?:"[^"]*"|'[^']*'|\([^)]*\)))?\s*\)`)

// destination finds where the link goes whose bracketed text ends at n, and
// where the whole link ends.
func (c *cleaner) destination(s string, n int) (address string, end int, ok bool) {
	rest := window(s[n:])
	if m := target.FindStringSubmatch(rest); m != nil {
		return m[1] + m[2], n + len(m[0]), true
	}
	if strings.HasPrefix(rest, "[") {
		if e := strings.IndexByte(rest, ']'); e > 0 {
			key := label(rest[1:e])
			if key == "" {
				key = label(s[1 : n-1])
			}
			if to, ok := c.links[key]; ok {
				return to, n + e + 1, true
			}
		}
	}
	to, ok := c.links[label(s[1:n-1])]
	return to, n, ok
}

// link keeps links that lead somewhere from anywhere; of others the text stays.
func (c *cleaner) link(s string) (int, string) {
	n := c.brackets(s)
	if n == 0 || c.depth >= maxDepth {
		return 0, ""
	}
	to, end, ok := c.destination(s, n)
	if !ok {
		return 0, ""
	}
	c.depth++
	text := strings.TrimSpace(c.inline(s[1 : n-1]))
	c.depth--
	return end, Link(text, to)
}

// Link writes a link, or the text alone if the address is relative.
func Link(text, to string) string {
	if text == "" || text == to || !Absolute(to) {
		return text
	}
	if strings.ContainsAny(to, "() ") {
		to = strings.NewReplacer("(", "%28", ")", "%29", " ", "%20").Replace(to)
	}
	return "[" + text + "](" + to + ")"
}

// Absolute reports whether an address leads somewhere from anywhere.
func Absolute(to string) bool {
	to = strings.ToLower(to)
	return strings.HasPrefix(to, "http://") || strings.HasPrefix(to, "https://") || strings.HasPrefix(to, "mailto:")
}

// image leaves an image's description.
func (c *cleaner) image(s string) (int, string) {
	if !strings.HasPrefix(s, "![") || c.depth >= maxDepth {
		return 0, ""
	}
	n := c.brackets(s[1:])
	if n == 0 {
		return 0, ""
	}
	_, end, ok := c.destination(s[1:], n)
	if !ok {
		return 0, ""
	}
	c.depth++
	alt := strings.TrimSpace(c.inline(s[2:n]))
	c.depth--
	return 1 + end, Alt(alt)
}

var fileName = regexp.MustCompile(`(?i)^\S*\.(png|jpe?g|gif|svg|webp|bmp)$`)

// Alt is an image's description, "" if it says nothing.
func Alt(s string) string {
	if fileName.MatchString(s) || strings.EqualFold(s, "image") || strings.EqualFold(s, "screenshot") || strings.EqualFold(s, "logo") {
		return ""
	}
	return s
}
