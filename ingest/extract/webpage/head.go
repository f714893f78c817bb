package webpage

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// describe reads what a page says of itself in its head.
func describe(doc *html.Node) reading.Result {
	var r reading.Result
	var og string
	walk(doc, func(n *html.Node) bool {
		switch n.DataAtom {
		case atom.Html:
			r.Language = attr(n, "lang")
			if r.Language == "" {
				r.Language = attr(n, "xml:lang")
			}
		case atom.Title:
			if r.Title == "" && n.Parent != nil && n.Parent.DataAtom != atom.Svg {
				r.Title = reading.OneLine(textOf(n), 500)
			}
		case atom.Link:
			if strings.EqualFold(attr(n, "rel"), "canonical") && r.URL == "" {
				r.URL = absolute(attr(n, "href"))
			}
		case atom.Meta:
			switch name := strings.ToLower(attr(n, "property") + attr(n, "name") + attr(n, "http-equiv")); {
			case name == "og:url":
				og = absolute(attr(n, "content"))
			case name == "content-language" && r.Language == "":
				r.Language = attr(n, "content")
			}
		}
		return true
	})
	if r.URL == "" {
		r.URL = og
	}
	return r
}

// title prefers the page's first heading where the declared title is that
// heading with the name of the site around it. It gives that heading too.
func title(declared string, body *html.Node) (title, heading string) {
	h := find(body, func(n *html.Node) bool { return n.DataAtom == atom.H1 && strings.TrimSpace(textOf(n)) != "" })
	if h == nil {
		return declared, ""
	}
	heading = reading.OneLine(textOf(h), 500)
	if declared == "" || strings.Contains(strings.ToLower(declared), strings.ToLower(heading)) {
		return heading, heading
	}
	return declared, heading
}

func absolute(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	return u.String()
}
