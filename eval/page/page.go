// Package page writes a report as one HTML file: tables and drawings, without a
// script, a font or anything else that would be loaded.
package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
)

// Page is a report.
type Page struct {
	Title    string
	Lead     string   // what was measured
	Warnings []string // what to look at first
	Sections []Section
}

// Section is a part of a page. All but the title may be missing.
type Section struct {
	Title   string
	Note    string // how to read it
	Figures []Figure
	Table   *Table
}

// Table has a head and as many cells in each row. The first column names a row.
type Table struct {
	Head []string
	Rows [][]string
}

// Figure is a drawing with its caption.
type Figure struct {
	Caption string
	Key     []Key
	SVG     template.HTML // drawn by this package alone
}

// Key says what a colour stands for.
type Key struct {
	Class string // of the drawing: one, two or chance
	Text  string
}

//go:embed page.html
var layout string

// Write prints the page.
func (p Page) Write(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"cell": cell}).Parse(layout)
	if err != nil {
		return fmt.Errorf("page layout: %w", err)
	}
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

var interval = regexp.MustCompile(`\[(\S+) (\S+)\]$`)

// cell keeps an interval on one line: on a phone it stands below its figure.
func cell(s string) string { return interval.ReplaceAllString(s, "[$1\u00a0$2]") }
