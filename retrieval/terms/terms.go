// Package terms turns the text of chunks and queries into index terms.
package terms

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

// Version names this analysis. It changes with every change of the terms or word
// pieces that a text gets, so that those that are stored are made anew.
const Version = "words-1 pieces-1"

// Fallback is the language by which a document of unknown language is stemmed:
// a query gets the same stems, so that little is lost if it is wrong.
const Fallback = "en"

const (
	maxTerm = 64 // bytes of a term; longer identifiers are found by their parts
	minPart = 2  // code points of a part that is searched on its own

	maxHeading = 2_000 // characters of a path of headings that count: each chunk below carries it
)

// Occurrence is a term at a word position of a field.
type Occurrence struct {
	Term string
	Pos  uint32
}

// Field is one field of a chunk, analysed.
type Field struct {
	Words       int // its length
	Occurrences []Occurrence
}

// Fields are a chunk's fields.
type Fields struct{ Title, Heading, Body Field }

// maxStems is how many stems an Analyzer remembers.
const maxStems = 1 << 16

// Analyzer analyses chunks. It remembers the stems it has seen and is for one
// goroutine.
type Analyzer struct {
	stems map[string]map[string]string // by language
	known int                          // stems in all
	words []text.Word                  // of a field
	forms []string                     // of a word
}

// NewAnalyzer returns an Analyzer.
func NewAnalyzer() *Analyzer { return &Analyzer{stems: map[string]map[string]string{}} }

// Chunk analyses a chunk of doc.
func (a *Analyzer) Chunk(doc *kb.Document, chunk *kb.Chunk) Fields {
	language := Language(doc.Language)
	return Fields{
		Title:   a.field(language, doc.Title),
		Heading: a.field(language, text.Cut(strings.Join(chunk.Heading, "\n"), maxHeading)),
		Body:    a.field(language, chunk.Text),
	}
}

// Language is the one by which documents of a language are stemmed.
func Language(of string) string {
	if of == "" {
		return Fallback
	}
	return of
}

func (a *Analyzer) field(language, s string) Field {
	a.words = text.AppendWords(a.words[:0], s)
	n := len(a.words)
	f := Field{Words: n, Occurrences: make([]Occurrence, 0, n+n/4)}
	for pos, word := range a.words {
		a.forms = a.word(a.forms[:0], language, word)
		for i, form := range a.forms {
			if !contains(a.forms[:i], form) {
				f.Occurrences = append(f.Occurrences, Occurrence{form, uint32(pos)})
			}
		}
	}
	return f
}

func contains(forms []string, form string) bool {
	for _, f := range forms {
		if f == form {
			return true
		}
	}
	return false
}

// word appends every form by which a word of a document is found.
func (a *Analyzer) word(forms []string, language string, word text.Word) []string {
	forms = a.whole(forms, language, word)
	for _, part := range word.Parts {
		if utf8.RuneCountInString(part) >= minPart {
			forms = append(forms, a.stem(language, part))
		}
	}
	return forms
}

// whole appends the forms of a word as one: an identifier as it is, any other
// stemmed and without the hyphen, so that "e-mail" and "email" meet.
func (a *Analyzer) whole(forms []string, language string, word text.Word) []string {
	if len(word.Text) > maxTerm {
		return forms
	}
	if word.Identifier {
		forms = append(forms, word.Text)
		if !lettersOnly(word.Text) {
			return forms
		}
	}
	return append(forms, a.stem(language, joined(word)))
}

func joined(word text.Word) string {
	if word.Parts == nil || !strings.ContainsFunc(word.Text, unicode.IsLetter) {
		return word.Text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			return r
		}
		return -1
	}, word.Text)
}

func lettersOnly(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}

func (a *Analyzer) stem(language, word string) string {
	stem, ok := a.stems[language][word]
	if !ok {
		stem = text.Unaccent(text.Stem(language, word))
		if len(stem) > maxTerm {
			cut := maxTerm
			for !utf8.RuneStart(stem[cut]) {
				cut--
			}
			stem = stem[:cut]
		}
		a.remember(language, strings.Clone(word), strings.Clone(stem))
	}
	return stem
}

func (a *Analyzer) remember(language, word, stem string) {
	if a.known == maxStems {
		clear(a.stems)
		a.known = 0
	}
	if a.stems[language] == nil {
		a.stems[language] = map[string]string{}
	}
	a.stems[language][word] = stem
	a.known++
}
