// Package reading is what the readers of single formats have in common: their
// result, and the clean text that all of them promise.
package reading

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Result is what a format's reader found in a file.
type Result struct {
	Title    string // "" if the format has no place for one
	Language string // as declared
	URL      string // the canonical address it declares
	Text     string // Markdown without raw HTML
	Pages    []Page
	Warnings []string
}

// Page is where a page starts in the text, in bytes. Pages ascend in both fields.
type Page struct {
	Number int // from 1
	Start  int
}

// Clean makes s valid UTF-8 with \n as the only line end, without control
// characters and characters of no width inside words, with plain spaces and hyphens, without
// spaces at line ends and with at most one empty line in a row outside fenced code.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = lineEnds.Replace(s)
	s = strings.Map(keep, s)
	var b strings.Builder
	b.Grow(len(s))
	var f Fence
	empty := 0
	for line := range strings.SplitSeq(s, "\n") {
		inside := f.Open()
		f.Line(line)
		line = strings.TrimRight(line, " \t")
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			n := empty
			if !inside {
				n = min(n, 1)
			}
			b.WriteString(strings.Repeat("\n", n+1))
		}
		empty = 0
		b.WriteString(line)
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\f", "\n\n", "\v", "\n", "\u0085", "\n")

func keep(r rune) rune {
	switch r {
	case '\n', '\t':
		return r
	case '\u00A0', '\u2007', '\u202F':
		return ' '
	case '\u2010', '\u2011':
		return '-'
	case '\u00AD', '\u200B', '\u2060', '\uFEFF':
		return -1
	}
	if unicode.IsControl(r) || (r >= 0xFDD0 && r <= 0xFDEF) || r&0xFFFE == 0xFFFE {
		return -1
	}
	return r
}

// Fence follows fenced code blocks through the lines of a Markdown text.
type Fence struct {
	mark byte
	size int
}

// Line takes the next line and reports whether it belongs to a fenced block,
// its first and last line included.
func (f *Fence) Line(line string) bool {
	t := strings.TrimLeft(line, " \t")
	n := 0
	for n < len(t) && (t[0] == '`' || t[0] == '~') && t[n] == t[0] {
		n++
	}
	if f.size == 0 {
		if n < 3 || (t[0] == '`' && strings.IndexByte(t[n:], '`') >= 0) {
			return false
		}
		f.mark, f.size = t[0], n
		return true
	}
	if n >= f.size && t[0] == f.mark && strings.TrimSpace(t[n:]) == "" {
		f.size = 0
	}
	return true
}

// Open reports whether a block is open after the last line.
func (f *Fence) Open() bool { return f.size > 0 }

// Code makes a fenced block of s, with a fence longer than any inside.
func Code(language, s string) string {
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.Trim(s, "\n") + "\n" + fence
}

// OneLine folds white space and cuts after max bytes, at a character.
func OneLine(s string, max int) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
	if len(s) <= max {
		return s
	}
	for max > 0 && !utf8.RuneStart(s[max]) {
		max--
	}
	return s[:max]
}
