package extractive

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/askdesk/askdesk/prompts"
)

// compose puts the units into the layout, as the parts that are emitted: joined
// they are the text. Each unit is followed by the number of its passage.
func compose(chosen []unit, voice prompts.Voice) []string {
	c := composer{items: voice.Layout.Items}
	if voice.Layout.Greeting {
		c.paragraph(voice.Phrases.Greeting)
	}
	if voice.Layout.Opening {
		c.paragraph(voice.Phrases.Opening)
	}
	c.gap = "\n\n"
	for i, u := range chosen {
		c.unit(u, i+1 < len(chosen) && leads(u, chosen[i+1]))
	}
	if voice.Layout.Closing {
		c.paragraph(voice.Phrases.Closing)
	}
	return c.parts
}

// leads reports whether next is what a line with a colon introduces.
func leads(u, next unit) bool {
	return u.lead && u.kind == prose && next.passage == u.passage && next.pos == u.pos+1
}

type composer struct {
	items   prompts.Items
	parts   []string
	gap     string // before the next part
	number  int    // of the last numbered step
	last    unit
	listing bool // the last part was a line of a list
}

// ends reports whether a sentence ends as one, in any script.
func ends(s string) bool {
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?。！？…", last)
}

func (c *composer) put(s string) {
	if len(c.parts) > 0 {
		s = c.gap + s
	}
	c.parts = append(c.parts, s)
}

func (c *composer) paragraph(s string) {
	if s != "" {
		c.gap = "\n\n"
		c.put(s)
	}
}

func (c *composer) unit(u unit, leads bool) {
	cite := fmt.Sprintf(" [%d]", u.passage+1)
	listed := u.kind == item || u.kind == row
	if len(c.parts) > 0 && c.last.plain != "" && (c.last.passage != u.passage) && c.items == prompts.Paragraph {
		c.gap = "\n\n"
	}
	switch {
	case u.kind == code:
		c.gap = "\n"
		c.put(u.plain + "\n" + strings.TrimSpace(cite))
		c.gap = "\n\n"
	case c.items == prompts.Numbered && !leads:
		c.number++
		c.line(fmt.Sprintf("%d. ", c.number) + u.plain + cite)
	case c.items == prompts.Bullets && !leads, listed && u.number == "":
		c.line("- " + u.plain + cite)
	case listed:
		c.line(u.number + " " + u.plain + cite)
	default:
		if c.listing { // else a reader takes it for a part of the last item
			c.gap = "\n\n"
		}
		c.put(u.plain + cite)
		c.gap = " "
		if leads || !ends(u.plain) {
			c.gap = "\n"
		}
		c.listing = false
	}
	c.last = u
}

// line puts a line of a list.
func (c *composer) line(s string) {
	if c.gap == " " {
		c.gap = "\n"
	}
	c.put(s)
	c.gap = "\n"
	c.listing = true
}
