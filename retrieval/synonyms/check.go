package synonyms

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
)

// The limits of a file. Every other word of a group is looked up for each question
// that has one of them.
const (
	mostBytes   = 1 << 18
	mostLine    = 2000 // bytes; the parser takes the square of some lines
	mostNested  = 10   // brackets in each other
	mostItems   = 5000
	mostMeaning = 20 // words of a group, or meanings of a word
	mostRunes   = 80
)

// read takes a file apart and checks it. The sections are of use where there are no
// problems, which are ordered by line.
func read(data []byte) ([]section, []Problem) {
	if len(data) > mostBytes {
		return nil, []Problem{{0, "is larger than 256 KiB"}}
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // some editors begin a file with it
	if !utf8.Valid(data) {
		return nil, []Problem{{0, "is no text in UTF-8: save it as such"}}
	}
	if problem := unreadable(data); problem != nil {
		return nil, []Problem{*problem}
	}
	sections, problems := parse(data)
	r := &reader{problems: problems}
	count := 0
	for _, s := range sections {
		for _, e := range s.entries {
			count += len(e.words) + len(e.means)
			r.entry(e)
		}
	}
	if count > mostItems {
		r.problem(0, "has %d words and phrases: %d are the most", count, mostItems)
	}
	if len(r.problems) == 0 {
		r.clashes(sections)
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return sections, slices.Compact(r.problems)
}

// unreadable finds what no person writes and what would keep the parser busy for
// minutes, or take all memory.
func unreadable(data []byte) *Problem {
	n, nested := 0, 0
	for line := range bytes.Lines(data) {
		n++
		if len(line) > mostLine {
			return &Problem{n, fmt.Sprintf("this line has %d bytes, %d are the most: write one entry a line", len(line), mostLine)}
		}
		nested += bytes.Count(line, []byte("[")) + bytes.Count(line, []byte("{")) - bytes.Count(line, []byte("]")) - bytes.Count(line, []byte("}"))
		if nested > mostNested || bytes.Count(line, []byte("- ")) > mostLine/20 || bytes.Count(line, []byte("[")) > mostMeaning {
			return &Problem{n, "lists stand in lists here: write one entry a line"}
		}
	}
	return nil
}

// entry checks what can be seen from an entry alone.
func (r *reader) entry(e entry) {
	for n, i := range append(slices.Clone(e.words), e.means...) {
		r.item(i, e.kind == short && n == 0)
	}
	if e.kind == group && len(e.words) == 1 {
		r.problem(e.line, "“%s” is alone in its group: name what means the same", e.words[0].text)
	}
	if e.kind == group && len(e.words) == 0 {
		r.problem(e.line, "a group is empty: name words that mean the same, or take it out")
	}
	if len(e.words) > mostMeaning || len(e.means) > mostMeaning {
		r.problem(e.line, "%d words mean the same: %d are the most", max(len(e.words), len(e.means)), mostMeaning)
	}
	twice := map[string]bool{}
	for _, i := range append(slices.Clone(e.words), e.means...) {
		if key := i.key(); key != "" && twice[key] {
			r.problem(i.line, "“%s” is there twice; capitals and hyphens make no difference", i.text)
		} else {
			twice[key] = true
		}
	}
}

func (r *reader) item(i item, abbreviation bool) {
	words := tokens(i.text, true)
	switch {
	case i.text == "":
		r.problem(i.line, "a word is empty")
	case len(words) == 0:
		r.problem(i.line, "“%s” has no letter and no number in it", i.text)
	case utf8.RuneCountInString(i.text) > mostRunes || len(words) > longest:
		r.problem(i.line, "“%s” is too long: %d words and %d characters are the most", text.Cut(i.text, mostRunes), longest, mostRunes)
	case abbreviation && i.text == strings.ToUpper(i.text): // "IT" is told from "it" by its capitals
	case !slices.ContainsFunc(words, func(t token) bool { return !text.Stop("en", t.text) }):
		r.problem(i.line, "“%s” says nothing by itself, as “the” does: it is in too many questions", i.text)
	}
}

// clashes finds words that two entries which hold in one knowledge base explain.
func (r *reader) clashes(sections []section) {
	shared := map[string]item{}
	for n, s := range sections {
		seen := shared
		if n > 0 {
			seen = map[string]item{}
		}
		for _, e := range s.entries {
			for _, i := range e.words {
				key := i.key()
				first, there := seen[key]
				if !there && n > 0 {
					first, there = shared[key]
				}
				if there {
					r.problem(i.line, "“%s” stands in line %d already: put what means the same into one entry", i.text, first.line)
					continue
				}
				seen[key] = i
			}
		}
	}
}
