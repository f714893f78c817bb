package docx

import (
	"regexp"
	"strconv"
	"strings"
)

// style is what a named style says of its paragraphs.
type style struct {
	name    string // lower case
	based   string
	outline int // heading level from 1, 0 for none
	numID   string
	level   int
}

type styles map[string]style

var headingName = regexp.MustCompile(`^(?:heading|überschrift|titre|título|titolo|kop|rubrik)\s*([1-9])$`)

func (a archive) styles(name string) (styles, error) {
	out := styles{}
	err := a.each(name, func(n *node) {
		for _, s := range n.all("style") {
			if s.attr("type") != "paragraph" && s.attr("type") != "" {
				continue
			}
			p := s.child("pPr")
			st := style{name: strings.ToLower(s.child("name").attr("val")), based: s.child("basedOn").attr("val")}
			if o := p.child("outlineLvl"); o != nil {
				if v, err := strconv.Atoi(o.attr("val")); err == nil && v >= 0 && v < 9 {
					st.outline = v + 1
				}
			}
			if m := headingName.FindStringSubmatch(st.name); m != nil {
				st.outline = int(m[1][0] - '0')
			}
			st.numID = p.child("numPr").child("numId").attr("val")
			st.level, _ = strconv.Atoi(p.child("numPr").child("ilvl").attr("val"))
			out[s.attr("styleId")] = st
		}
	})
	return out, err
}

// resolve follows a style to those it is based on.
func (s styles) resolve(id string) style {
	st, ok := s[id]
	if !ok {
		st.name = strings.ToLower(id)
		if m := headingName.FindStringSubmatch(st.name); m != nil {
			st.outline = int(m[1][0] - '0')
		}
	}
	for base, n := st.based, 0; base != "" && n < 10; n++ {
		b := s[base]
		if st.outline == 0 {
			st.outline = b.outline
		}
		if st.numID == "" {
			st.numID, st.level = b.numID, b.level
		}
		base = b.based
	}
	return st
}

// level is one level of a list.
type level struct {
	format string // decimal, bullet, lowerLetter, ...
	text   string // such as %1.%2.
	start  int
}

type numbering map[string][]level // by numId

func (a archive) numbering(name string) (numbering, error) {
	abstract, out := map[string][]level{}, numbering{}
	err := a.each(name, func(n *node) {
		for _, an := range n.all("abstractNum") {
			var levels []level
			for _, l := range an.all("lvl") {
				start, err := strconv.Atoi(l.child("start").attr("val"))
				if err != nil {
					start = 1
				}
				levels = append(levels, level{l.child("numFmt").attr("val"), l.child("lvlText").attr("val"), start})
			}
			abstract[an.attr("abstractNumId")] = levels
		}
		for _, num := range n.all("num") {
			levels := append([]level(nil), abstract[num.child("abstractNumId").attr("val")]...)
			for _, o := range num.all("lvlOverride") {
				i, err := strconv.Atoi(o.attr("ilvl"))
				if v, err2 := strconv.Atoi(o.child("startOverride").attr("val")); err == nil && err2 == nil && i >= 0 && i < len(levels) {
					levels[i].start = v
				}
			}
			out[num.attr("numId")] = levels
		}
	})
	return out, err
}

// number writes n in a list's format.
func number(n int, format string) string {
	switch format {
	case "lowerLetter", "upperLetter":
		if n < 1 {
			return strconv.Itoa(n)
		}
		s := strings.Repeat(string(rune('a'+(n-1)%26)), min((n-1)/26+1, 5))
		if format == "upperLetter" {
			return strings.ToUpper(s)
		}
		return s
	case "lowerRoman", "upperRoman":
		s := roman(n)
		if format == "upperRoman" {
			return strings.ToUpper(s)
		}
		return s
	case "decimalZero":
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
	}
	return strconv.Itoa(n)
}

func roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for i, v := range []int{1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1} {
		for ; n >= v; n -= v {
			b.WriteString([]string{"m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"}[i])
		}
	}
	return b.String()
}
