// Package chunk cuts a document's Markdown into the pieces that are indexed: by
// section first, then by paragraph, list item, line, sentence and word, so that
// each piece reads well alone.
package chunk

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/kb"
)

// revision is part of every fingerprint: raise it when Split cuts differently.
const revision = 1

// Options of a Split. The zero value is the default.
type Options struct {
	Target int // characters wanted of a long section's chunks, at most Max; 500 if 0
	Max    int // characters that no chunk exceeds; 1,000 if 0
}

func (o Options) withDefaults() Options {
	if o.Target <= 0 {
		o.Target = 500
	}
	if o.Max <= 0 {
		o.Max = 1000
	}
	o.Target = min(o.Target, o.Max)
	return o
}

// Page is where a page of the document's text starts.
type Page struct {
	Number int // from 1
	Start  int // byte offset in the text
}

// Fingerprint names how Split cuts with opt: equal fingerprints, equal chunks.
func Fingerprint(opt Options) string {
	opt = opt.withDefaults()
	return fmt.Sprintf("chunk/%d/%d/%d", revision, opt.Target, opt.Max)
}

// Split cuts doc.Text, which is valid UTF-8, into chunks that tile it; an empty
// text has none. Pages are ordered by Start. A chunk never exceeds opt.Max
// characters and never starts inside a word that is shorter than that. Its
// Heading is the path of the section it belongs to, outermost first; of small
// sections joined into one chunk it is what their paths share.
func Split(doc kb.Document, pages []Page, opt Options) []kb.Chunk {
	opt = opt.withDefaults()
	var (
		chunks []kb.Chunk
		runes  int
		seen   = map[content]int{} // occurrences so far
	)
	for _, g := range groups(doc.Text, opt) {
		path := strings.Join(g.path, "\x00")
		for _, span := range cut(doc.Text, g.blocks, opt) {
			text := doc.Text[span.Start:span.End]
			key := content{path, text}
			chunks = append(chunks, kb.Chunk{
				ID:        kb.ChunkID(doc.ID, doc.Title, g.path, text, seen[key]),
				Document:  doc.ID,
				Ordinal:   len(chunks),
				Heading:   g.path,
				Text:      text,
				Span:      span,
				RuneStart: runes,
				Page:      pageAt(pages, firstInk(text)+span.Start),
			})
			seen[key]++
			runes += utf8.RuneCountInString(text)
		}
	}
	return chunks
}

// content is what tells chunks of a document apart.
type content struct{ path, text string }

// firstInk is the offset of the first character of s that shows.
func firstInk(s string) int {
	return max(0, strings.IndexFunc(s, func(r rune) bool { return !unicode.IsSpace(r) }))
}

func pageAt(pages []Page, offset int) int {
	after := sort.Search(len(pages), func(i int) bool { return pages[i].Start > offset })
	if len(pages) == 0 {
		return 0
	}
	return pages[max(0, after-1)].Number
}
