package webpage

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/askdesk/askdesk/ingest/extract/markdown"
)

// clean removes what nobody reads anywhere on a page.
func clean(doc *html.Node) {
	walk(doc, func(n *html.Node) bool {
		if n.Type == html.CommentNode || (n.Type == html.ElementNode && unread(n)) {
			remove(n)
			return false
		}
		return true
	})
}

func unread(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Svg, atom.Math, atom.Iframe, atom.Object, atom.Embed, atom.Canvas, atom.Audio,
		atom.Video, atom.Noscript, atom.Button, atom.Select, atom.Textarea, atom.Dialog, atom.Datalist:
		return n.DataAtom != atom.Math
	case atom.Input:
		return attr(n, "type") != "checkbox" || n.Parent == nil || (n.Parent.DataAtom != atom.Li && n.Parent.DataAtom != atom.P)
	case atom.A:
		return permalink(n)
	case atom.Td, atom.Th:
		return slices.Contains(classes(n), "linenos") || slices.Contains(classes(n), "gutter")
	}
	_, hidden := attribute(n, "hidden")
	style := strings.ReplaceAll(strings.ToLower(attr(n, "style")), " ", "")
	return (hidden && attr(n, "hidden") != "until-found") || strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") ||
		slices.Contains(classes(n), "linenos")
}

func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

var permalinkClasses = []string{"headerlink", "header-anchor", "anchor", "anchorjs-link", "permalink", "hash-link", "heading-anchor", "anchor-link", "headline-anchor"}

// permalink reports whether a link only marks the place where it stands.
func permalink(n *html.Node) bool {
	text := strings.TrimSpace(textOf(n))
	if !strings.HasPrefix(attr(n, "href"), "#") {
		return false
	}
	switch text {
	case "", "¶", "#", "§", "🔗", "\uf0c1", "⚓", "link":
		return find(n, func(n *html.Node) bool { return n.DataAtom == atom.Img && attr(n, "alt") != "" }) == nil
	}
	for _, c := range classes(n) {
		if slices.Contains(permalinkClasses, c) && len(text) <= 4 {
			return true
		}
	}
	return strings.EqualFold(text, "permalink") || strings.EqualFold(text, "permanent link")
}

var navigationClasses = []string{"nav", "navbar", "navheader", "navfooter", "navigation", "sidebar", "breadcrumb", "breadcrumbs", "toc", "table-of-contents",
	"menu", "footer", "skip-link", "skiplink", "sphinxsidebar", "related", "pagination", "cookie-banner", "cookie-consent", "mw-editsection", "navbox",
	"sr-only", "visually-hidden", "edit-this-page", "prev-next", "rst-footer-buttons", "wy-nav-side", "site-header", "site-footer", "mw-jump-link", "printfooter",
	"catlinks", "mw-portlet", "vector-menu", "vector-dropdown", "vector-toc", "share", "social", "ad", "ads", "advertisement"}

var navigationRoles = []string{"navigation", "banner", "contentinfo", "search", "menu", "menubar", "toolbar", "doc-toc"}

// strip removes the navigation around a page's content.
func strip(body *html.Node) {
	walk(body, func(n *html.Node) bool {
		if n.Type == html.ElementNode && n != body && navigation(n) {
			remove(n)
			return false
		}
		return true
	})
}

func navigation(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Nav, atom.Footer:
		return true
	case atom.Header:
		return find(n, func(n *html.Node) bool { return n.DataAtom == atom.H1 }) == nil && n.Parent != nil && n.Parent.DataAtom == atom.Body
	case atom.Aside:
		return find(n, func(n *html.Node) bool { return n.DataAtom == atom.Nav || n.DataAtom == atom.Ul }) != nil
	case atom.Main, atom.Article, atom.Body, atom.H1, atom.H2, atom.Pre, atom.Code:
		return false
	}
	if slices.Contains(navigationRoles, attr(n, "role")) {
		return true
	}
	if !slices.ContainsFunc(classes(n), func(c string) bool { return slices.Contains(navigationClasses, c) }) {
		return false
	}
	return find(n, func(n *html.Node) bool {
		return n.DataAtom == atom.Main || n.DataAtom == atom.Article || attr(n, "role") == "main"
	}) == nil
}

// tidy brings elements into the form that the Markdown writer knows: code
// blocks without markup, links that lead somewhere, images as their description.
func tidy(doc *html.Node, base *url.URL) {
	walk(doc, func(n *html.Node) bool {
		if n.Type != html.ElementNode {
			return true
		}
		switch n.DataAtom {
		case atom.Pre, atom.Xmp, atom.Listing, atom.Plaintext:
			codeBlock(n)
			return false
		case atom.A:
			return link(n, base)
		case atom.Img:
			if alt := markdown.Alt(attr(n, "alt")); alt != "" {
				replace(n, textNode(" "+alt+" "))
			} else {
				remove(n)
			}
		case atom.Input:
			mark := "[ ] "
			if _, on := attribute(n, "checked"); on {
				mark = "[x] "
			}
			replace(n, textNode(mark))
		case atom.Table:
			if inCell(n) {
				flatten(n)
				return false
			}
		case atom.Td, atom.Th:
			guardBars(n)
		case atom.Dt:
			wrap(n)
		case atom.Summary, atom.Figcaption, atom.Caption, atom.Legend:
			n.DataAtom, n.Data = atom.P, "p"
		}
		return true
	})
}

// codeBlock flattens a pre element to <pre><code class="language-x">text.
func codeBlock(n *html.Node) {
	text, language := dedent(textOf(n)), ""
	for e, up := n, 0; e != nil && up < 6 && language == ""; e, up = e.Parent, up+1 {
		language = languageClass(e)
	}
	if c := find(n, func(n *html.Node) bool { return n.DataAtom == atom.Code }); c != nil && language == "" {
		language = languageClass(c)
	}
	for n.FirstChild != nil {
		n.RemoveChild(n.FirstChild)
	}
	code := element(atom.Code)
	if language != "" {
		code.Attr = []html.Attribute{{Key: "class", Val: "language-" + language}}
	}
	code.AppendChild(textNode(text))
	n.DataAtom, n.Data, n.Attr = atom.Pre, "pre", nil
	n.AppendChild(code)
}

// dedent takes off empty lines around code and the indentation of all its lines.
func dedent(s string) string {
	lines := strings.Split(strings.Trim(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n")
	least := -1
	for _, l := range lines {
		if t := strings.TrimLeft(l, " "); t != "" && (least < 0 || len(l)-len(t) < least) {
			least = len(l) - len(t)
		}
	}
	for i, l := range lines {
		lines[i] = l[min(len(l), max(least, 0)):]
	}
	return strings.Trim(strings.TrimRight(strings.Join(lines, "\n"), " \n"), "\n")
}

func languageClass(n *html.Node) string {
	for _, c := range classes(n) {
		for _, prefix := range []string{"language-", "lang-", "highlight-source-", "highlight-"} {
			if l, ok := strings.CutPrefix(c, prefix); ok && l != "default" && l != "none" && l != "text" && !strings.Contains(l, "highlight") {
				return l
			}
		}
	}
	return ""
}

// link makes a link absolute, or puts its content in its place.
func link(n *html.Node, base *url.URL) bool {
	to := attr(n, "href")
	if base != nil && base.Host != "" && to != "" && !strings.HasPrefix(to, "#") {
		if u, err := base.Parse(to); err == nil {
			to = u.String()
		}
	}
	if markdown.Absolute(to) && strings.TrimSpace(textOf(n)) != "" && find(n, heading) == nil {
		if strings.TrimPrefix(to, "mailto:") != strings.TrimSpace(textOf(n)) && to != strings.TrimSpace(textOf(n)) {
			n.Attr = []html.Attribute{{Key: "href", Val: strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29").Replace(to)}}
			return true
		}
	}
	n.DataAtom, n.Data, n.Attr = atom.Span, "span", nil
	return true
}

func heading(n *html.Node) bool {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.P, atom.Div, atom.Table, atom.Ul, atom.Pre:
		return true
	}
	return false
}

// inCell reports whether a table stands in a cell of another, which Markdown
// cannot write.
func inCell(n *html.Node) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Td || p.DataAtom == atom.Th {
			return true
		}
	}
	return false
}

// bar stands for a bar in a cell until the table is written.
const bar = "\uE002"

func guardBars(n *html.Node) {
	walk(n, func(n *html.Node) bool {
		if n.Type == html.TextNode {
			n.Data = strings.ReplaceAll(n.Data, "|", bar)
		}
		return true
	})
}

// flatten puts a table's text in its place.
func flatten(n *html.Node) {
	var rows []string
	for _, tr := range findAll(n, func(n *html.Node) bool { return n.DataAtom == atom.Tr }) {
		var cells []string
		for _, td := range findAll(tr, func(n *html.Node) bool { return n.DataAtom == atom.Td || n.DataAtom == atom.Th }) {
			cells = append(cells, strings.Join(strings.Fields(textOf(td)), " "))
		}
		rows = append(rows, strings.Join(cells, ", "))
	}
	replace(n, textNode(" "+strings.Join(rows, "; ")+" "))
}

// wrap makes a term a paragraph in bold, unless it has emphasis of its own.
func wrap(n *html.Node) {
	n.DataAtom, n.Data = atom.P, "p"
	if find(n, func(n *html.Node) bool {
		return n.DataAtom == atom.Strong || n.DataAtom == atom.B || n.DataAtom == atom.Em || n.DataAtom == atom.I || n.DataAtom == atom.Code
	}) != nil {
		return
	}
	inner := element(atom.Strong)
	for n.FirstChild != nil {
		c := n.FirstChild
		n.RemoveChild(c)
		inner.AppendChild(c)
	}
	n.AppendChild(inner)
}
