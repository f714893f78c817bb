package docx

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

// writer turns paragraphs and tables into Markdown.
type writer struct {
	styles    styles
	numbering numbering
	links     map[string]string // addresses by relation id
	notes     map[string]string // by kind and id
	counters  map[string][]int  // of lists by numId
	title     string            // of a paragraph in the style Title
	shift     int               // headings go one level down below a title
	warnings  []string
	cited     []string // notes in the order of their references

	out    strings.Builder
	code   []string // lines of the code block we are in
	inList bool
}

func (w *writer) text() string {
	w.endCode()
	for i, key := range w.cited {
		w.out.WriteString("\n\n[^" + strconv.Itoa(i+1) + "]: " + w.notes[key])
	}
	return w.out.String()
}

// body writes the text of the main part, block by block.
func (w *writer) body(a archive, name string) error {
	d, done, err := a.part(name)
	if err != nil {
		return err
	}
	defer done()
	for inside := false; ; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && w.out.Len() > 0 && !errors.Is(err, ErrTooLarge) {
			w.warnings = append(w.warnings, "the file is damaged; only its beginning was read")
			return nil
		}
		if err != nil {
			return partError(name, err)
		}
		s, ok := t.(xml.StartElement)
		switch {
		case !ok:
		case !inside:
			inside = s.Name.Local == "body"
		case skipped[s.Name.Local]:
			err = d.Skip()
		default:
			var n *node
			if n, err = parse(d, s, 1); err == nil {
				w.block(n)
			}
		}
		if w.out.Len() > maxText {
			return ErrTooLarge
		}
		if err != nil && (w.out.Len() == 0 || errors.Is(err, ErrTooLarge)) {
			return partError(name, err)
		}
	}
}

// block writes a paragraph, a table, or what holds some.
func (w *writer) block(n *node) {
	switch n.name {
	case "p":
		w.paragraph(n)
	case "tbl":
		w.table(n)
	case "sectPr", "tblPr", "sdtPr":
	default:
		for _, c := range n.children {
			w.block(c)
		}
	}
}

func (w *writer) readNotes(a archive, name, kind string) error {
	return a.each(name, func(n *node) {
		for _, note := range n.all(kind) {
			if t := note.attr("type"); t != "" && t != "normal" {
				continue
			}
			var parts []string
			for _, p := range note.all("p") {
				text, _ := w.inline(p)
				parts = append(parts, strings.TrimSpace(text))
			}
			w.notes[kind+note.attr("id")] = strings.TrimSpace(strings.Join(parts, " "))
		}
	})
}

func (w *writer) paragraph(n *node) {
	props := n.child("pPr")
	st := w.styles.resolve(props.child("pStyle").attr("val"))
	text, r := w.inline(n)
	defer func() {
		for _, box := range r.boxes {
			w.block(box)
		}
	}()
	if strings.HasPrefix(st.name, "toc ") || (strings.TrimSpace(text) == "" && w.code == nil) {
		return
	}
	if isCode(st, r) {
		w.code = append(w.code, strings.Split(strings.TrimRight(string(r.raw), "\n"), "\n")...)
		return
	}
	w.endCode()
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	level := st.outline
	if v, err := strconv.Atoi(props.child("outlineLvl").attr("val")); err == nil && v >= 0 && v < 9 {
		level = v + 1
	}
	label, depth := w.label(props, st)
	switch {
	case st.name == "title":
		if w.title == "" {
			w.title = reading.OneLine(text, 300)
			w.shift = 1
		}
		w.write("# "+oneLine(text), false)
	case level > 0:
		if label != "" && label != "-" {
			text = label + " " + text
		}
		w.write(strings.Repeat("#", min(level+w.shift, 6))+" "+oneLine(text), false)
	case label != "":
		indent := strings.Repeat("   ", depth)
		w.write(indent+label+" "+strings.ReplaceAll(text, "\n", "\n"+indent+"  "), true)
	case r.bold && utf8.RuneCountInString(text) <= 90 && !strings.ContainsAny(text[len(text)-1:], ".,;"):
		w.write("**"+oneLine(text)+"**", false)
	default:
		w.write(text, false)
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// write adds a block. Items of one list follow each other without an empty line.
func (w *writer) write(s string, item bool) {
	if w.out.Len() > 0 {
		w.out.WriteString("\n")
		if !item || !w.inList {
			w.out.WriteString("\n")
		}
	}
	w.inList = item
	w.out.WriteString(s)
}

func (w *writer) endCode() {
	code := strings.Trim(strings.Join(w.code, "\n"), "\n")
	w.code = nil
	if strings.TrimSpace(code) != "" {
		w.write(reading.Code("", code), false)
	}
}

func isCode(st style, r run) bool {
	return r.mono || codeStyle.MatchString(st.name)
}

var codeStyle = regexp.MustCompile(`\bcode\b|codeblock|preformatted|verbatim|^macro text$`)

// label is the mark before a paragraph of a list: a bullet, or its number as
// Word counts; "" outside of lists.
func (w *writer) label(props *node, st style) (string, int) {
	id, depth := st.numID, st.level
	if n := props.child("numPr"); n != nil {
		if v := n.child("numId").attr("val"); v != "" {
			id = v
		}
		depth, _ = strconv.Atoi(n.child("ilvl").attr("val"))
	}
	levels := w.numbering[id]
	if id == "" || id == "0" || depth < 0 || depth >= len(levels) {
		if strings.HasPrefix(st.name, "list bullet") || strings.HasPrefix(st.name, "list number") {
			return "-", 0
		}
		return "", 0
	}
	l := levels[depth]
	counts := w.counters[id]
	for len(counts) <= depth {
		counts = append(counts, levels[len(counts)].start-1)
	}
	counts = counts[:depth+1] // deeper levels begin again
	counts[depth]++
	w.counters[id] = counts
	if l.format == "bullet" || l.format == "none" || l.text == "" {
		return "-", depth
	}
	label := l.text
	for i, n := range counts {
		format := levels[i].format
		if i > 0 && n < levels[i].start {
			n = levels[i].start
		}
		label = strings.ReplaceAll(label, "%"+strconv.Itoa(i+1), number(max(n, 1), format))
	}
	label = strings.Trim(label, " ()")
	if !strings.HasSuffix(label, ".") && !strings.HasSuffix(label, ":") && st.outline == 0 {
		label += "."
	}
	return label, depth
}

// table writes a table; one of a single cell is only a frame around its content.
func (w *writer) table(n *node) {
	w.endCode()
	rows := n.all("tr")
	if len(rows) == 1 && len(rows[0].all("tc")) == 1 {
		for _, c := range rows[0].all("tc")[0].children {
			w.block(c)
		}
		return
	}
	var lines [][]string
	width := 0
	for _, tr := range rowsOf(n) {
		var cells []string
		for _, tc := range cellsOf(tr) {
			props := tc.child("tcPr")
			text := w.cell(tc)
			if m := props.child("vMerge"); m != nil && m.attr("val") != "restart" {
				text = ""
			}
			cells = append(cells, text)
			span, _ := strconv.Atoi(props.child("gridSpan").attr("val"))
			for ; span > 1 && span < 100; span-- {
				cells = append(cells, "")
			}
		}
		if strings.TrimSpace(strings.Join(cells, "")) != "" {
			width = max(width, len(cells))
			lines = append(lines, cells)
		}
	}
	var b strings.Builder
	for i, cells := range lines {
		for len(cells) < width {
			cells = append(cells, "")
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat(" --- |", width) + "\n")
		}
	}
	if b.Len() > 0 {
		w.write(strings.TrimRight(b.String(), "\n"), false)
	}
}

// rowsOf finds the rows of a table, also those inside content controls.
func rowsOf(n *node) []*node { return within(n, "tr") }

func cellsOf(n *node) []*node { return within(n, "tc") }

func within(n *node, name string) []*node {
	var out []*node
	for _, c := range n.children {
		switch c.name {
		case name:
			out = append(out, c)
		case "sdt", "sdtContent", "ins", "customXml":
			out = append(out, within(c, name)...)
		}
	}
	return out
}

// cell writes a cell's blocks as one line.
func (w *writer) cell(tc *node) string {
	inner := &writer{styles: w.styles, numbering: w.numbering, links: w.links, notes: w.notes, counters: w.counters, cited: w.cited}
	for _, c := range tc.children {
		switch c.name {
		case "tbl":
			for _, tr := range rowsOf(c) {
				for _, in := range cellsOf(tr) {
					inner.write(inner.cell(in), true)
				}
			}
		case "p":
			if text, r := inner.inline(c); strings.TrimSpace(text) != "" {
				label, _ := inner.label(c.child("pPr"), inner.styles.resolve(c.child("pPr").child("pStyle").attr("val")))
				inner.write(strings.TrimSpace(label+" "+text), true)
				for _, box := range r.boxes {
					inner.block(box)
				}
			}
		default:
			inner.block(c)
		}
	}
	w.cited = inner.cited
	inner.endCode()
	return strings.ReplaceAll(oneLine(inner.out.String()), "|", `\|`)
}
