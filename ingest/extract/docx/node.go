package docx

import (
	"encoding/xml"
	"strings"
)

// node is an XML element. Names are local: Word has two namespaces for each of
// them, and they do not collide in what is read here.
type node struct {
	name     string
	attrs    []xml.Attr
	children []*node
	text     string // of an element without children
}

// maxDepth is the depth from which on elements are dropped.
const maxDepth = 200

// skipped are elements whose content Word does not show.
var skipped = map[string]bool{"Fallback": true, "del": true, "moveFrom": true, "instrText": true, "delText": true, "delInstrText": true,
	"binData": true, "blip": true, "spPr": true}

// parse reads an element to its end.
func parse(d *xml.Decoder, start xml.StartElement, depth int) (*node, error) {
	n := &node{name: start.Name.Local, attrs: start.Attr}
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth > maxDepth || skipped[t.Name.Local] {
				if err := d.Skip(); err != nil {
					return nil, err
				}
				continue
			}
			c, err := parse(d, t, depth+1)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, c)
		case xml.CharData:
			if len(n.children) == 0 {
				n.text += string(t)
			}
		case xml.EndElement:
			return n, nil
		}
	}
}

func (n *node) attr(key string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.attrs {
		if a.Name.Local == key {
			return a.Value
		}
	}
	return ""
}

// child is the first child of that name, nil if there is none. Every method can
// be called on nil.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

func (n *node) all(name string) []*node {
	if n == nil {
		return nil
	}
	var out []*node
	for _, c := range n.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// on reports whether a property is set: there, and not switched off.
func (n *node) on() bool {
	if n == nil {
		return false
	}
	switch n.attr("val") {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

// content is all the text inside.
func (n *node) content() string {
	if n == nil {
		return ""
	}
	if len(n.children) == 0 {
		return n.text
	}
	var b strings.Builder
	for _, c := range n.children {
		b.WriteString(c.content())
	}
	return b.String()
}
