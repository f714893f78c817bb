// Package pdf reads PDF files. It is meant for a child process: the second
// engine can hang or take all memory on a damaged file.
package pdf

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// What keeps a PDF from being read.
var (
	ErrPassword = errors.New("it is protected by a password")
	ErrScanned  = errors.New("its pages are pictures")
	ErrEmpty    = errors.New("its pages hold no text")
	ErrUnmapped = errors.New("its fonts do not say which characters they show")
	ErrDamaged  = errors.New("it is damaged")
)

// line is one line of text as it stands on a page, in points from the page's
// lower left corner.
type line struct {
	text        string
	left, right float64
	top, bottom float64
	bold, mono  bool
	joins       bool // the last word goes on in the next line
}

func (l line) height() float64 { return l.top - l.bottom }

// page is what stands on one page.
type page struct {
	number int
	lines  []line
	images bool
	letter int // letters and digits
	broken int // characters without a meaning
}

// mark is an entry of a document's outline.
type mark struct {
	title string
	page  int
	level int // from 1
}

// assemble makes a document of pages.
func assemble(title, language string, pages []page, outline []mark) (reading.Result, error) {
	letters, broken, images := 0, 0, false
	var silent []string
	for _, p := range pages {
		letters += p.letter
		broken += p.broken
		images = images || p.images
		if p.letter == 0 {
			silent = append(silent, fmt.Sprint(p.number))
		}
	}
	switch {
	case broken > letters:
		return reading.Result{}, ErrUnmapped
	case letters == 0 && images:
		return reading.Result{}, ErrScanned
	case letters == 0:
		return reading.Result{}, ErrEmpty
	}
	r := reading.Result{Title: saneTitle(title), Language: language}
	if n := len(silent); n > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("no text on %d of %d pages (%s)", n, len(pages), strings.Join(silent[:min(n, 5)], ", ")))
	}
	l := newLayout(pages, outline)
	for _, p := range pages {
		text := reading.Clean(l.page(p))
		if text == "" {
			continue
		}
		if r.Text != "" {
			r.Text = strings.TrimRight(r.Text, "\n") + between(r.Text, text)
		}
		r.Pages = append(r.Pages, reading.Page{Number: p.number, Start: len(r.Text)})
		r.Text += text
	}
	return r, nil
}

// between is what stands between two pages: a line end if a sentence goes on,
// else an empty line.
func between(before, after string) string {
	before = strings.TrimRight(before, "\n")
	last := before[strings.LastIndexByte(before, '\n')+1:]
	first := []rune(after)[0]
	if strings.HasPrefix(last, "#") || strings.HasPrefix(last, "```") || !unicode.IsLower(first) || strings.ContainsRune(".:;!?", rune(last[len(last)-1])) {
		return "\n\n"
	}
	return "\n"
}

// saneTitle drops titles that a program made up.
func saneTitle(s string) string {
	s = strings.TrimSpace(strings.TrimPrefix(reading.OneLine(s, 300), "Microsoft Word - "))
	switch strings.ToLower(path.Ext(s)) {
	case ".doc", ".docx", ".pdf", ".tex", ".dvi", ".indd", ".qxd", ".rtf", ".odt", ".ppt", ".pptx", ".xls", ".xlsx", ".fm", ".txt", ".html", ".p65":
		return ""
	}
	low := strings.ToLower(s)
	letters := strings.IndexFunc(s, unicode.IsLetter)
	if letters < 0 || len(s) < 3 || strings.HasPrefix(low, "untitled") || low == "powerpoint presentation" || low == "document" || low == "title" ||
		strings.HasPrefix(low, "about:") || strings.HasPrefix(low, "http") || strings.ContainsRune(s, '\uFFFD') {
		return ""
	}
	return s
}
