// Package check stands between a generator and the reader. It takes the text
// as it streams in and lets whole sentences out: with citations only to
// passages that are there, each tied to the words of the document that carry
// it; without turn markers, HTML, images, and links that no passage holds.
package check

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// Piece is a stretch of the answer that may leave. Joined, the pieces are the
// answer's text.
type Piece struct {
	Text      string
	Citations []kb.Citation // offsets in the whole text
}

// Checker checks one answer. It is not safe for concurrent use.
type Checker struct {
	passages []kb.Passage
	sources  []*source // sentences of a passage, when first cited
	exempt   map[string]bool

	buf  buffer // what came in and has not left
	next unit   // at its start
	pos  int    // code points that have left
	lead string // line breaks owed by pieces that came to nothing
	last sentence

	Sentences int // that state something
	Uncited   int // of them, those without a citation
	Dropped   int // citations to passages that are not there
	Defused   int // links, images and tags taken out
}

// sentence is the last one that left, to which a citation on a line of its own
// belongs.
type sentence struct {
	text       string
	start, end int
	cited      bool
	counted    bool
	carried    map[int]text.Span // by passages, as far as looked for
}

// New makes a Checker for an answer from passages, cited as [1], [2], ... in
// their order. Phrases are said without a source and need no citation.
func New(passages []kb.Passage, phrases ...string) *Checker {
	c := &Checker{passages: passages, sources: make([]*source, len(passages)), exempt: map[string]bool{}}
	for _, p := range phrases {
		c.exempt[strings.TrimSpace(p)] = true
		rest := p
		for rest != "" {
			n := max(new(unit).cut(rest, true), 1)
			c.exempt[strings.TrimSpace(rest[:n])] = true
			rest = rest[n:]
		}
	}
	return c
}

// Write takes the next part of the text, in whole characters, and returns what
// may leave now. All writes together cost time in proportion to the text.
func (c *Checker) Write(delta string) []Piece {
	c.buf.add(plain(delta))
	return c.drain(false)
}

// Quote takes one quoted unit with the citation behind it, which carries all of
// it however many sentences it has, and returns what may leave.
func (c *Checker) Quote(delta string) []Piece {
	delta = plain(delta)
	if strings.HasPrefix(strings.TrimSpace(delta), fence) {
		c.buf.add(delta)
		return c.drain(true)
	}
	out := c.drain(true)
	if p, ok := c.piece(delta); ok {
		out = append(out, p)
	}
	return out
}

// Close returns the rest. Unless the text is whole, a last sentence that was
// cut off does not leave, but where it is all there is.
func (c *Checker) Close(whole bool) []Piece {
	out := c.drain(false)
	if rest := strings.TrimSpace(c.buf.text()); !whole && c.pos+len(out) > 0 && !ended(rest) {
		c.buf, c.next = buffer{}, unit{}
		return out
	}
	return append(out, c.drain(true)...)
}

func ended(s string) bool {
	s = strings.TrimRight(anyMarker.ReplaceAllString(s, ""), " \t\n"+closers)
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?…"+wideEnds, r)
}

func (c *Checker) drain(final bool) (out []Piece) {
	for {
		s := c.buf.text()
		if c.next.blank(s) {
			return out
		}
		n := c.next.cut(s, final)
		if n == 0 {
			return out
		}
		c.next = unit{}
		if p, ok := c.piece(c.buf.take(n)); ok {
			out = append(out, p)
		}
	}
}

var (
	roleMarker = regexp.MustCompile(`(?i)^(?:#+ ?)?(?:system|assistant|user|human|instruction|response) ?:[ \t]*`)
	listMarker = regexp.MustCompile(`^(?:[-*+•>]|#{1,6}|\d{1,3}[.)])[ \t]+`)
)

// piece checks one unit. It is false for one that comes to nothing.
func (c *Checker) piece(unit string) (Piece, bool) {
	body := strings.TrimLeftFunc(unit, unicode.IsSpace)
	lead := longer(c.lead, unit[:len(unit)-len(body)])
	body, cited := c.clean(strings.TrimRightFunc(body, unicode.IsSpace))
	if body == "" {
		c.lead = lead
		return Piece{}, false
	}
	c.lead = ""
	if c.pos == 0 {
		lead = ""
	} else if n := strings.Count(lead, "\n"); n > 2 || n > 0 && len(lead) > maxLead {
		lead = "\n\n"[:min(n, 2)]
	} else if len(lead) > maxLead {
		lead = " "
	}
	start := c.pos + utf8.RuneCountInString(lead)
	c.pos = start + utf8.RuneCountInString(body)
	stated := body
	if strings.HasSuffix(body, "]") {
		stated = trailing.ReplaceAllString(body, "")
	}
	if strings.TrimSpace(stated) == "" {
		c.last.cited = c.last.cited || len(cited) > 0
		if c.last.counted && c.last.cited {
			c.Uncited, c.last.counted = c.Uncited-1, false
		}
	} else {
		c.last = sentence{text: stated, start: start, end: start + utf8.RuneCountInString(stated), cited: len(cited) > 0, carried: map[int]text.Span{}}
		c.count(stated)
	}
	return Piece{Text: lead + body, Citations: c.cite(cited)}, true
}

// maxLead bounds the blanks before a unit, in bytes.
const maxLead = 64

func longer(a, b string) string {
	if strings.Count(a, "\n") > strings.Count(b, "\n") || b == "" {
		return a
	}
	return b
}

// count counts a sentence that states something.
func (c *Checker) count(s string) {
	s = strings.TrimSpace(listMarker.ReplaceAllString(s, ""))
	if c.exempt[s] || len(strings.Fields(s)) < 4 || strings.HasSuffix(s, ":") || strings.HasSuffix(s, "?") || strings.HasPrefix(s, fence) {
		return
	}
	c.Sentences++
	if !c.last.cited {
		c.Uncited++
		c.last.counted = true
	}
}

func (c *Checker) cite(cited []int) (out []kb.Citation) {
	if c.last.text == "" {
		return nil
	}
	for _, n := range cited {
		span, known := c.last.carried[n]
		if !known {
			span = c.source(n - 1).carries(listMarker.ReplaceAllString(c.last.text, ""))
			c.last.carried[n] = span
		}
		p := c.passages[n-1]
		start := p.RuneStart + utf8.RuneCountInString(p.Text[:span.Start])
		out = append(out, kb.Citation{
			N: n, Passage: n - 1, Quote: p.Text[span.Start:span.End], QuoteStart: start,
			QuoteEnd:  start + utf8.RuneCountInString(p.Text[span.Start:span.End]),
			TextStart: c.last.start, TextEnd: c.last.end,
		})
	}
	return out
}

// clean makes a unit safe and finds what it cites.
func (c *Checker) clean(s string) (string, []int) {
	if strings.ContainsAny(s, "<>[|｜") { // few have any, and it is read many times
		s = prompts.DropControl(flat(s))
	}
	if strings.HasPrefix(s, fence) {
		if !strings.HasSuffix(s, fence) || len(s) < 2*len(fence) {
			s += "\n" + fence
		}
		return s, nil
	}
	for roleMarker.MatchString(s) {
		s = roleMarker.ReplaceAllString(s, "")
	}
	var out strings.Builder
	var cited []int
	for _, part := range codeSpans(s) {
		if !part.code {
			part.text = c.markers(c.defuse(canonical(part.text)), &cited)
		}
		out.WriteString(part.text)
	}
	return strings.TrimSpace(out.String()), cited
}
