package extractive

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

type kind int

const (
	prose kind = iota
	heading
	item
	row
	code
)

// unit is a stretch of a passage that is quoted whole or not at all.
type unit struct {
	passage int // index into the passages
	pos     int // among the units of the passage
	kind    kind
	number  string // "3." of a numbered list item
	plain   string // as it is shown
	words   int
	bag     map[string]bool // stems and parts of its words
	columns map[string]bool // of a table row: those of its column names
	codes   []string        // identifiers with digits, such as error codes, folded
	key     string          // of a table row: the code that is all of its first cell
	block   int             // units of one paragraph or list share it
	lead    bool            // ends in a colon: what follows belongs to it
	asks    bool            // is a question: what follows answers it
	section int             // units below one heading share it
	titled  map[string]bool // of a step in a section that is titled as the question is: the title's words
	score   float64
}

var (
	itemMark = regexp.MustCompile(`^[ \t]*(?:>[ \t]*)*(?:[-*+•]|(\d{1,9}[.)])|[a-zA-Z][.)])[ \t]+(?:\[[ xX]\][ \t]+)?$`)
	headMark = regexp.MustCompile(`^[ \t]*#{1,6}[ \t]+$`)
)

// unitsOf cuts a passage into units.
func unitsOf(index int, p kb.Passage) (list []unit) {
	body := opened(p.Text)
	block, last := 0, 0
	var names string // the row of column names above a table's rows
	spans := text.Sentences(body)
	for i, span := range spans {
		raw := body[span.Start:span.End]
		before := body[strings.LastIndexByte(body[:span.Start], '\n')+1 : span.Start]
		if gap := body[last:span.Start]; strings.Count(gap, "\n") > 1 {
			block++
		}
		last = span.End
		k := kindOf(raw, before)
		if k == code && !fenced(raw) && readsAsProse(raw) {
			raw = dedent(raw)
			for _, s := range text.Sentences(raw) {
				list = appendUnit(list, unit{passage: index, kind: prose, block: block}, raw[s.Start:s.End], p.Document.Language)
			}
			continue
		}
		if k == prose && titles(body, span) {
			k = heading
		}
		u := unit{passage: index, kind: k, block: block}
		switch {
		case k == item:
			u.number = itemMark.FindStringSubmatch(before)[1]
		case k == row && i+1 < len(spans) && rule.MatchString(body[span.End:spans[i+1].Start]) && nameColumns(cells(raw)):
			names = raw
			continue
		case k == row:
			u.key = onlyCode(cells(raw)[0])
			if names != "" {
				u.columns = bagOf(names, p.Document.Language)
				u.plain = labelled(cells(names), cells(raw))
			}
		}
		if k != row {
			names = ""
		}
		list = appendUnit(list, u, raw, p.Document.Language)
	}
	return list
}

// longestTitle is how many words a line has at most that may be a title.
const longestTitle = 8

// titles reports whether a line stands alone, short and without an end, above
// other text: plain text has no other sign for a heading.
func titles(body string, span text.Span) bool {
	line, after := body[span.Start:span.End], body[span.End:]
	before := strings.TrimRight(body[:span.Start], " \t")
	rest := strings.TrimLeft(after, " \t")
	first, _ := utf8.DecodeRuneInString(line)
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, "\n")) // code, a list or a table belongs to the line above
	return !strings.Contains(line, "\n") && len(strings.Fields(line)) <= longestTitle && unicode.IsUpper(first) && !ends(line) &&
		!strings.ContainsAny(line[len(line)-1:], ":;,)") && (before == "" || strings.HasSuffix(before, "\n\n")) &&
		strings.HasPrefix(rest, "\n\n") && (unicode.IsLetter(next) || unicode.IsDigit(next))
}

// onlyCode is the code that a table's cell consists of, folded; "" if it has more.
func onlyCode(cell string) string {
	cell = strings.Trim(cell, "`* ")
	if words := text.Words(cell); len(words) == 1 && len(codesOf(cell)) == 1 {
		return words[0].Text
	}
	return ""
}

// nameColumns reports whether a table's first row names its columns: a number
// names none, so a table that begins with one has no names.
func nameColumns(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool {
		return cell != "" && strings.IndexFunc(cell, unicode.IsLetter) < 0
	})
}

// rule is what separates the names of a table's columns from its rows.
var rule = regexp.MustCompile(`^[ \t]*\n[ \t>]*\|?[ \t:|-]*--[ \t:|-]*\n[ \t>]*$`)

var fenceLine = regexp.MustCompile("(?m)^[ \t]*(```+|~~~+)[ \t]*(\\S*)")

// opened is a passage that begins inside a code block with the fence that opens
// it: where fences are odd and the first one cannot open a block, because the
// one that would close it names a language or prose would be its code.
func opened(s string) string {
	fences := fenceLine.FindAllStringSubmatchIndex(s, -1)
	if len(fences)%2 == 0 || fences[0][5] > fences[0][4] {
		return s
	}
	for i := 0; i < len(fences); i += 2 {
		end := len(s)
		if i+1 < len(fences) {
			end = fences[i+1][0]
			if fences[i+1][5] > fences[i+1][4] {
				return "```\n" + s
			}
		}
		if readsAsProse(s[fences[i][1]:end]) {
			return "```\n" + s
		}
	}
	return s
}

// aside is a word or two in brackets behind a sentence, such as the code of a
// message: nothing by itself.
var aside = regexp.MustCompile(`^\(\S+(?: \S+)?\)[.!]?$`)

// appendUnit fills a unit in from its text; one that says nothing is left out.
func appendUnit(list []unit, u unit, raw, language string) []unit {
	if u.plain == "" {
		u.plain = plain(raw, u.kind)
	}
	if strings.IndexFunc(u.plain, unicode.IsLetter) < 0 && (u.kind == prose || u.plain == "") || u.kind == prose && aside.MatchString(u.plain) {
		return list
	}
	u.pos = len(list)
	if len(list) > 0 {
		u.section = list[len(list)-1].section
	}
	if u.kind == heading {
		u.section++
	}
	u.words = len(strings.Fields(u.plain))
	u.bag, u.codes = bagOf(raw, language), codesOf(raw)
	u.lead = strings.HasSuffix(u.plain, ":") || u.kind == prose && !ends(u.plain) && !strings.HasSuffix(u.plain, ")")
	u.asks = strings.HasSuffix(u.plain, "?")
	return append(list, u)
}

func fenced(raw string) bool { return strings.HasPrefix(raw, "```") || strings.HasPrefix(raw, "~~~") }

// readsAsProse reports whether an indented block is a paragraph of a plain text
// file rather than code: nearly all of it is words, and it has a full sentence.
func readsAsProse(raw string) bool {
	fields := strings.Fields(raw)
	words := 0
	for _, f := range fields {
		if strings.IndexFunc(strings.Trim(f, `.,;:!?()"'`), func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' }) < 0 {
			words++
		}
	}
	return len(fields) >= 6 && words*10 >= len(fields)*8 && sentenceInside.MatchString(raw)
}

var sentenceInside = regexp.MustCompile(`[a-z,)]\s+[a-z][\s\S]*[.!?:](\s|$)`)

func kindOf(raw, before string) kind {
	switch {
	case fenced(raw):
		return code
	case headMark.MatchString(before):
		return heading
	case itemMark.MatchString(before):
		return item
	case strings.HasPrefix(raw, "|"):
		return row
	case len(before) >= 4 && strings.TrimSpace(before) == "":
		return code
	}
	return prose
}
