package check

import (
	"regexp"
	"strings"
)

var (
	linkSyntax = regexp.MustCompile(`!?\[([^\[\]\n]*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)?)>?[^()\n]*\)`)
	halfLink   = regexp.MustCompile(`!?\[([^\[\]\n]*)\]\([^()\n]*$`)
	bareURL    = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|javascript:|data:[a-z]+/)[^\s<>"'\x60\]]+`)
	tag        = regexp.MustCompile(`<(?:!--[\s\S]*?(?:-->|$)|[/!?]?[a-zA-Z][^<>]*(?:>|$))`)
	plainTag   = regexp.MustCompile(`^<[a-zA-Z][\w .:|/-]*>$`)
	tagName    = regexp.MustCompile(`^<[/!?]?([a-zA-Z][a-zA-Z0-9]*)`)
)

// removedLink stands where a link was that no passage holds.
const removedLink = "(link removed)"

// htmlNames are the elements that are never a placeholder such as <name>.
var htmlNames = strings.Fields(`a abbr area article aside audio b base bdi bdo big blockquote body br button canvas
	caption center cite code col dd del details dialog div dl doctype dt em embed fieldset figure font footer form frame
	frameset h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main map mark marquee
	math meta nav noscript object ol optgroup option output p param picture pre progress q s samp script section select
	small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead title tr
	track tt u ul var video wbr xmp`)

var isHTML = func() map[string]bool {
	names := map[string]bool{}
	for _, n := range htmlNames {
		names[n] = true
	}
	return names
}()

// defuse takes out images, HTML and links that no passage holds. A link that a
// passage holds is written out: text (address).
func (c *Checker) defuse(s string) string {
	if strings.Contains(s, "](") {
		s = linkSyntax.ReplaceAllStringFunc(s, c.link)
		s = halfLink.ReplaceAllString(s, "$1")
	}
	for before := ""; before != s && strings.Contains(s, "<"); { // what is left of one tag may complete another
		before = s
		s = tag.ReplaceAllStringFunc(s, func(m string) string {
			if name := tagName.FindStringSubmatch(m); plainTag.MatchString(m) && !isHTML[strings.ToLower(name[1])] {
				return m
			}
			c.Defused++
			return ""
		})
	}
	return bareURL.ReplaceAllStringFunc(s, func(url string) string {
		trimmed := strings.TrimRight(url, ".,;:!?)*_")
		if c.knows(trimmed) {
			return url
		}
		c.Defused++
		return removedLink + url[len(trimmed):]
	})
}

// link is what a link becomes.
func (c *Checker) link(m string) string {
	parts := linkSyntax.FindStringSubmatch(m)
	text, url := strings.TrimSpace(parts[1]), parts[2]
	switch number := text != "" && numbers.FindString(text) == text; {
	case m[0] != '!' && number:
		return "[" + text + "]" // a citation dressed as a link
	case m[0] == '!' || !c.knows(url):
		c.Defused++
		return text
	case text == url || text == "":
		return url
	}
	return text + " (" + url + ")"
}

// knows reports whether a web address stands in a passage or belongs to its document.
func (c *Checker) knows(url string) bool {
	lower := strings.ToLower(url)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "www.") {
		return false
	}
	for _, p := range c.passages {
		if url == p.Document.URL || holds(p.Text, url) {
			return true
		}
	}
	return false
}

// holds reports whether url stands in s as a whole: where it has no path, its
// host must not go on behind it.
func holds(s, url string) bool {
	hasPath := strings.Count(url, "/") > 2
	for {
		i := strings.Index(s, url)
		if i < 0 {
			return false
		}
		s = s[i+len(url):]
		next := strings.TrimLeft(s, ".")
		if hasPath || s == "" || next == "" || !hostByte(next[0]) {
			return true
		}
	}
}

func hostByte(b byte) bool {
	return b == '-' || b == '@' || b == ':' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
