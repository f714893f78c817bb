// Package docx reads Word files. It follows the structure that Word shows -
// headings, lists with their numbers, tables, links, notes - and leaves out what
// it does not: deleted text, field codes, fallbacks, hidden text.
package docx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"golang.org/x/net/html/charset"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// What keeps a file from being read.
var (
	ErrPassword = errors.New("it is protected by a password")
	ErrDamaged  = errors.New("it is damaged")
	ErrTooLarge = errors.New("its content is too large when unpacked")
)

// Bounds of what a file may unpack to, and by how much it may grow in doing so.
const (
	maxPart    = 128 << 20
	maxRatio   = 250
	ratioFrom  = 16 << 20 // smaller parts may grow by any factor
	maxEntries = 20_000
	maxText    = 64 << 20
)

// archive gives the parts of a file by name.
type archive struct{ files map[string]*zip.File }

func open(data []byte) (archive, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return archive{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if len(z.File) > maxEntries {
		return archive{}, ErrTooLarge
	}
	a := archive{files: map[string]*zip.File{}}
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return archive{}, ErrPassword
		}
		a.files[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))] = f
	}
	return a, nil
}

// part opens a part as a stream of XML. A part that is not there is empty.
func (a archive) part(name string) (*xml.Decoder, func(), error) {
	f := a.files[strings.ToLower(name)]
	if f == nil {
		return xml.NewDecoder(strings.NewReader("")), func() {}, nil
	}
	if f.UncompressedSize64 > maxPart || (f.UncompressedSize64 > ratioFrom && f.UncompressedSize64/(f.CompressedSize64+1) > maxRatio) {
		return nil, nil, ErrTooLarge
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	d := xml.NewDecoder(&limited{r: r, left: maxPart})
	d.CharsetReader = charset.NewReaderLabel
	return d, func() { _ = r.Close() }, nil // reading is over
}

// limited fails when more than left is read: the size in the archive's index
// may be a lie.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := l.r.Read(p)
	l.left -= int64(n)
	return n, err
}

// Read reads a Word file.
func Read(data []byte) (reading.Result, error) {
	a, err := open(data)
	if err != nil {
		return reading.Result{}, err
	}
	name := a.mainPart()
	if a.files[strings.ToLower(name)] == nil {
		return reading.Result{}, fmt.Errorf("%w: no document inside", ErrDamaged)
	}
	w := &writer{links: map[string]string{}, notes: map[string]string{}, counters: map[string][]int{}}
	dir := path.Dir(name)
	for _, step := range []func() error{
		func() error { return a.relations(path.Join(dir, "_rels", path.Base(name)+".rels"), w.links) },
		func() (err error) { w.styles, err = a.styles(path.Join(dir, "styles.xml")); return err },
		func() (err error) { w.numbering, err = a.numbering(path.Join(dir, "numbering.xml")); return err },
		func() error { return w.readNotes(a, path.Join(dir, "footnotes.xml"), "footnote") },
		func() error { return w.readNotes(a, path.Join(dir, "endnotes.xml"), "endnote") },
	} {
		if err := step(); errors.Is(err, ErrTooLarge) {
			return reading.Result{}, err
		} else if err != nil {
			w.warnings = append(w.warnings, "parts of the file are damaged and were left out")
		}
	}
	if err := w.body(a, name); err != nil {
		return reading.Result{}, err
	}
	title, language := a.properties()
	if title == "" {
		title = w.title
	}
	return reading.Result{Title: title, Language: language, Text: reading.Clean(w.text()), Warnings: w.warnings}, nil
}

// mainPart is the name of the part that holds the text.
func (a archive) mainPart() string {
	links := map[string]string{}
	if err := a.relations("_rels/.rels", links); err == nil {
		for key, to := range links {
			if strings.HasPrefix(key, "type:") && strings.HasSuffix(key, "/officeDocument") {
				return strings.TrimPrefix(to, "/")
			}
		}
	}
	return "word/document.xml"
}

// relations reads a part's links to others, by id and by type.
func (a archive) relations(name string, into map[string]string) error {
	return a.each(name, func(n *node) {
		for _, r := range n.all("Relationship") {
			into[r.attr("Id")] = r.attr("Target")
			into["type:"+r.attr("Type")] = r.attr("Target")
		}
	})
}

// each gives the root of a part, if there is one.
func (a archive) each(name string, do func(*node)) error {
	d, done, err := a.part(name)
	if err != nil {
		return err
	}
	defer done()
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return partError(name, err)
		}
		if s, ok := t.(xml.StartElement); ok {
			n, err := parse(d, s, 0)
			if err != nil {
				return partError(name, err)
			}
			do(n)
			return nil
		}
	}
}

func partError(name string, err error) error {
	if errors.Is(err, ErrTooLarge) {
		return ErrTooLarge
	}
	return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
}

func (a archive) properties() (title, language string) {
	// A file without properties is as good as one with them.
	_ = a.each("docProps/core.xml", func(n *node) {
		for _, c := range n.children {
			switch c.name {
			case "title":
				title = reading.OneLine(c.content(), 300)
			case "language":
				language = c.content()
			}
		}
	})
	if low := strings.ToLower(title); low == "word document" || low == "document" || low == "untitled" || strings.HasSuffix(low, ".doc") || strings.HasSuffix(low, ".docx") {
		title = ""
	}
	return title, language
}
