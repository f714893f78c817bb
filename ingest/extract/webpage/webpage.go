// Package webpage reads HTML: the main content of a page as Markdown, without
// navigation, scripts and marks that only a browser needs.
package webpage

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

const (
	maxBytes = 20 << 20 // of a page
	// heuristicBytes is where the search for the main content ends: its cost
	// grows faster than the page.
	heuristicBytes = 2 << 20
	// enough of the page's own text must be in what is called its main content.
	enough = 0.3
)

// ErrTooLarge says that a page is larger than any page made for people.
var ErrTooLarge = errors.New("the page is larger than 20 MB")

// Read gives the content of a page. Links relative to the page are resolved
// against its canonical address, or else against address, which may be "".
func Read(data []byte, address string) (reading.Result, error) {
	if len(data) > maxBytes {
		return reading.Result{}, ErrTooLarge
	}
	doc, err := parse(data)
	if err != nil {
		return reading.Result{}, err
	}
	head := describe(doc)
	if head.URL == "" {
		head.URL = absolute(address)
	}
	base, _ := url.Parse(head.URL)
	clean(doc)
	tidy(doc, base)
	body := find(doc, func(n *html.Node) bool { return n.DataAtom == atom.Body })
	if body == nil {
		body = doc
	}
	text, err := mainText(doc, body, len(data))
	if err != nil {
		text = textOf(body)
		head.Warnings = append(head.Warnings, "the page's structure could not be read; only its text was")
	}
	head.Text = reading.Clean(text)
	var heading string
	head.Title, heading = title(head.Title, body)
	if heading != "" && !headed(head.Text, heading) { // readability takes it off
		head.Text = "# " + heading + "\n\n" + head.Text
	}
	return head, nil
}

// mainText is the page's main content as Markdown. The libraries behind it may
// panic on odd pages.
func mainText(doc, body *html.Node, size int) (text string, err error) {
	defer recovered(&err)
	return markdownOf(content(doc, body, size))
}

func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("page to Markdown: %v", r)
	}
}

// headed reports whether the text has that heading at any level.
func headed(text, heading string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "#") && strings.Contains(plain(line), plain(heading)) {
			return true
		}
	}
	return false
}

func plain(s string) string {
	return strings.ToLower(strings.NewReplacer("*", "", "`", "", "_", "", " ", "").Replace(s))
}

// Fragment turns a piece of HTML into Markdown.
func Fragment(s string) string {
	doc, err := parse([]byte(`<meta charset="utf-8">` + s))
	if err != nil {
		return s
	}
	clean(doc)
	tidy(doc, nil)
	text, err := safely(doc)
	if err != nil {
		return textOf(doc)
	}
	return text
}

func safely(doc *html.Node) (text string, err error) {
	defer recovered(&err)
	return markdownOf(doc)
}

// parse reads a page in its declared or probable encoding. A page nested too
// deep for any browser is read as the mere text between its tags.
func parse(data []byte) (*html.Node, error) {
	r, err := charset.NewReader(bytes.NewReader(data), "text/html")
	if err != nil {
		return nil, fmt.Errorf("encoding of the page: %w", err)
	}
	doc, err := html.Parse(r)
	if err == nil && depth(doc, 0) <= maxNesting {
		return doc, nil
	}
	return html.Parse(strings.NewReader("<body><pre>" + html.EscapeString(tokens(data))))
}

// maxNesting keeps recursion over a page's elements shallow.
const maxNesting = 500

func depth(n *html.Node, at int) int {
	deepest := at
	if at > maxNesting {
		return at
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		deepest = max(deepest, depth(c, at+1))
	}
	return deepest
}

func tokens(data []byte) string {
	var b strings.Builder
	z := html.NewTokenizer(bytes.NewReader(data))
	for skip := false; ; {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if !skip {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				skip = !skip
			case "p", "div", "br", "li", "tr":
				b.WriteByte('\n')
			}
		}
	}
}

// content picks the element that holds the page's main content: the one the
// page marks as such, else what readability finds, else the body without
// navigation.
func content(doc, body *html.Node, size int) *html.Node {
	stripped := clone(body)
	strip(stripped)
	all := letters(stripped)
	if all < letters(body)/10 { // a page that is all navigation
		return body
	}
	if main := marked(stripped); main != nil && float64(letters(main)) >= enough*float64(all) {
		return main
	}
	if size > heuristicBytes {
		return stripped
	}
	base, _ := url.Parse("http://page.invalid/")
	parser := readability.NewParser()
	parser.KeepClasses = true
	article, err := parser.ParseDocument(doc, base)
	if err != nil || article.Node == nil || float64(letters(article.Node)) < enough*float64(all) {
		return stripped
	}
	strip(article.Node)
	return article.Node
}

// marked is the one element that a page says is its main content.
func marked(body *html.Node) *html.Node {
	for _, is := range []func(*html.Node) bool{
		func(n *html.Node) bool { return n.DataAtom == atom.Main || attr(n, "role") == "main" },
		func(n *html.Node) bool { return n.DataAtom == atom.Article || attr(n, "itemprop") == "articleBody" },
	} {
		if found := findAll(body, is); len(found) == 1 {
			return found[0]
		}
	}
	return nil
}
