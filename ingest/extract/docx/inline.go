package docx

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/askdesk/askdesk/ingest/extract/markdown"
)

// run is what was found while a paragraph's text was read.
type run struct {
	text  []byte
	raw   []byte  // the text without links and notes: what code is made of
	boxes []*node // text boxes anchored in the paragraph
	bold  bool    // all of it
	mono  bool

	seen, boldSeen, monoSeen int // characters
}

// inline gives the text of a paragraph.
func (w *writer) inline(p *node) (string, run) {
	var r run
	for _, c := range p.children {
		w.piece(c, &r)
	}
	r.bold = r.seen > 0 && r.boldSeen == r.seen
	r.mono = r.seen > 0 && r.monoSeen == r.seen
	return string(r.text), r
}

// piece adds what an element inside a paragraph shows.
func (w *writer) piece(n *node, r *run) {
	switch n.name {
	case "pPr", "rPr", "sdtPr", "sectPr", "proofErr", "bookmarkStart", "bookmarkEnd":
	case "r":
		w.characters(n, r)
	case "hyperlink":
		w.hyperlink(n, r)
	case "oMath", "oMathPara":
		r.add(formula(n))
	case "txbxContent", "tbl":
		r.boxes = append(r.boxes, n)
	case "AlternateContent":
		for _, c := range n.all("Choice") {
			w.piece(c, r)
			return
		}
	case "docPr":
		if alt := markdown.Alt(strings.TrimSpace(n.attr("descr"))); alt != "" && !strings.Contains(alt, "automatically generated") && !strings.Contains(alt, "KI-generierte") {
			r.add(" " + alt + " ")
		}
	case "commentReference", "annotationRef":
	default:
		for _, c := range n.children {
			w.piece(c, r)
		}
	}
}

func (r *run) add(s string) {
	r.text = append(r.text, s...)
	r.raw = append(r.raw, s...)
}

// characters adds a run of characters of one look.
func (w *writer) characters(n *node, r *run) {
	props := n.child("rPr")
	if props.child("vanish").on() || props.child("webHidden").on() {
		return
	}
	before := len(r.raw)
	for _, c := range n.children {
		switch c.name {
		case "t":
			r.add(c.text)
		case "tab", "ptab":
			r.add("\t")
		case "br", "cr":
			if c.attr("type") != "page" && c.attr("type") != "column" {
				r.add("\n")
			}
		case "noBreakHyphen":
			r.add("-")
		case "sym":
			r.add(symbol(c))
		case "footnoteReference", "endnoteReference":
			w.note(strings.TrimSuffix(c.name, "Reference")+c.attr("id"), r)
		case "rPr":
		default:
			w.piece(c, r)
		}
	}
	count := 0
	for _, c := range string(r.raw[before:]) {
		if !unicode.IsSpace(c) {
			count++
		}
	}
	r.seen += count
	if props.child("b").on() {
		r.boldSeen += count
	}
	if fixedWidth(props.child("rFonts").attr("ascii")) {
		r.monoSeen += count
	}
}

func fixedWidth(font string) bool {
	font = strings.ToLower(font)
	for _, f := range []string{"courier", "consolas", "mono", "menlo", "lucida console"} {
		if strings.Contains(font, f) {
			return true
		}
	}
	return false
}

// symbol gives a character of a symbol font, where it has one of its own.
func symbol(n *node) string {
	v, err := strconv.ParseUint(n.attr("char"), 16, 32)
	if err != nil {
		return ""
	}
	switch v & 0xFFF {
	case 0x0FC:
		return "✓"
	case 0x0FE, 0x052:
		return "☑"
	case 0x0A8, 0x06F, 0x0A3:
		return "☐"
	case 0x0E0, 0x0AE:
		return "→"
	}
	if v >= 0xE000 && v <= 0xF8FF {
		return ""
	}
	return string(rune(v))
}

func (w *writer) note(key string, r *run) {
	if w.notes[key] == "" {
		return
	}
	w.cited = append(w.cited, key)
	r.text = append(r.text, "[^"+strconv.Itoa(len(w.cited))+"]"...)
}

// hyperlink adds a link, or only its text if it leads to a place inside.
func (w *writer) hyperlink(n *node, r *run) {
	var inner run
	for _, c := range n.children {
		w.piece(c, &inner)
	}
	r.boxes = append(r.boxes, inner.boxes...)
	r.seen, r.boldSeen, r.monoSeen = r.seen+inner.seen, r.boldSeen+inner.boldSeen, r.monoSeen+inner.monoSeen
	text := string(inner.text)
	r.raw = append(r.raw, inner.raw...)
	to := w.links[n.attr("id")]
	if to != "" && n.attr("anchor") != "" {
		to += "#" + n.attr("anchor")
	}
	if strings.TrimSpace(text) == to || "mailto:"+strings.TrimSpace(text) == to {
		to = ""
	}
	r.text = append(r.text, markdown.Link(text, to)...)
}

// formula writes a formula on one line, with the signs that tell its parts apart.
func formula(n *node) string {
	part := func(name string) string { return formula(&node{children: n.child(name).kids()}) }
	switch n.name {
	case "t":
		return n.text
	case "f":
		return "(" + part("num") + ")/(" + part("den") + ")"
	case "sSup":
		return part("e") + "^" + part("sup")
	case "sSub":
		return part("e") + "_" + part("sub")
	case "sSubSup":
		return part("e") + "_" + part("sub") + "^" + part("sup")
	case "nary":
		sign := n.child("naryPr").child("chr").attr("val")
		if sign == "" {
			sign = "∫"
		}
		return sign + "_" + part("sub") + "^" + part("sup") + " " + part("e")
	case "d":
		var parts []string
		for _, e := range n.all("e") {
			parts = append(parts, formula(&node{children: e.children}))
		}
		return "(" + strings.Join(parts, ", ") + ")"
	case "rad":
		return "√(" + part("e") + ")"
	}
	var b strings.Builder
	for _, c := range n.children {
		b.WriteString(formula(c))
	}
	return b.String()
}

func (n *node) kids() []*node {
	if n == nil {
		return nil
	}
	return n.children
}
