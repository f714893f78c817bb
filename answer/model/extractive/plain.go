package extractive

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	image       = regexp.MustCompile(`!\[([^\[\]]*)\]\([^()]*\)`)
	link        = regexp.MustCompile(`\[([^\[\]]+)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\))?[^()\s<>]*)>?[^()]*\)`)
	refLink     = regexp.MustCompile(`\[([^\[\]]+)\]\[[^\[\]]*\]`)
	autoLink    = regexp.MustCompile(`<((?:https?://|mailto:)[^<>\s]+)>`)
	htmlTag     = regexp.MustCompile(`</?[A-Za-z][\w.-]*(?:\s+[^<>]*)?/?>`)
	placeholder = regexp.MustCompile(`^<[a-z][\w .:-]*>$`)
	emphasis    = regexp.MustCompile(`(^|[\s("'“])(\*\*\*|\*\*|\*|___|__|_)([^\s*_](?:[^*_\n]*[^\s*_])?)(\*\*\*|\*\*|\*|___|__|_)($|[\s.,;:!?)"'”])`)
	escaped     = regexp.MustCompile("\\\\([\\\\`*_{}\\[\\]()#+.!|<>~-])")
	rstRole     = regexp.MustCompile("(?::[a-z][a-z:-]*:)?`([^`<\n]+?)\\s*(?:<[^`<>\n]+>)?`_{1,2}")
	footnote    = regexp.MustCompile(`(^|[^\w)\]])[ \t]?[\[【]\^?\d{1,4}(?:\s*[,;]\s*\d{1,4})*[\]】]`) // a marker of the document's own
	subscript   = regexp.MustCompile(`[\[【](\^?\d{1,4}(?:\s*[,;]\s*\d{1,4})*)[\]】]`)                 // an index, as in list[1]
	fenceStart  = regexp.MustCompile("^(```+|~~~+)[^\n]*\n?")
	fenceEnd    = regexp.MustCompile("\n?[ \t]*(```+|~~~+)[ \t]*$")
	inlineCode  = regexp.MustCompile("(`+)[^`]+(`+)")
	blanks      = regexp.MustCompile(`[ \t]*\n[ \t>]*|[ \t]{2,}`)
)

// plain is a unit as a reader sees it: its words without mark-up. Code keeps its
// backticks, so that what it holds is taken as it stands.
func plain(raw string, k kind) string {
	if k == code {
		return plainCode(raw)
	}
	if k == row {
		raw = unlabelled(raw)
	}
	return plainInline(raw)
}

// plainInline is prose without mark-up.
func plainInline(raw string) string {
	var b strings.Builder
	rest := rstRole.ReplaceAllString(raw, "$1")
	last := 0
	for _, at := range inlineCode.FindAllStringIndex(rest, -1) {
		b.WriteString(plainProse(rest[last:at[0]]))
		b.WriteString(strings.ReplaceAll(rest[at[0]:at[1]], "\n", " "))
		last = at[1]
	}
	b.WriteString(plainProse(rest[last:]))
	return strings.TrimSpace(blanks.ReplaceAllString(b.String(), " "))
}

// maxLines bounds how much of a code block is shown: long ones are listings.
const maxLines = 8

func plainCode(raw string) string {
	body := strings.TrimRight(fenceEnd.ReplaceAllString(fenceStart.ReplaceAllString(raw, ""), ""), " \t\n")
	if strings.TrimSpace(body) == "" {
		return ""
	}
	lines := strings.Split(dedent(body), "\n")
	if len(lines) > maxLines {
		lines = append(lines[:maxLines:maxLines], "...")
	}
	return "```\n" + strings.ReplaceAll(strings.Join(lines, "\n"), "```", "'''") + "\n```"
}

// dedent takes the blanks off that all lines begin with.
func dedent(s string) string {
	lines, least := strings.Split(s, "\n"), len(s)
	for i, l := range lines {
		rest := strings.TrimLeft(l, " \t")
		if rest != "" && i > 0 || strings.HasPrefix(l, " ") {
			least = min(least, len(l)-len(rest))
		}
	}
	for i, l := range lines {
		lines[i] = l[min(least, len(l)-len(strings.TrimLeft(l, " \t"))):]
	}
	return strings.Join(lines, "\n")
}

func plainProse(s string) string {
	s = image.ReplaceAllString(s, "$1")
	s = link.ReplaceAllStringFunc(s, func(m string) string {
		parts := link.FindStringSubmatch(m)
		if !strings.HasPrefix(parts[2], "http://") && !strings.HasPrefix(parts[2], "https://") || parts[1] == parts[2] {
			return parts[1]
		}
		return parts[1] + " (" + parts[2] + ")"
	})
	s = refLink.ReplaceAllString(s, "$1")
	s = autoLink.ReplaceAllString(s, "$1")
	s = htmlTag.ReplaceAllStringFunc(s, func(m string) string {
		if placeholder.MatchString(m) {
			return m
		}
		return ""
	})
	for range 2 { // neighbours share the space between them
		s = emphasis.ReplaceAllString(s, "$1$3$5")
	}
	s = strings.ReplaceAll(escaped.ReplaceAllString(s, "$1"), "**", "")
	return subscript.ReplaceAllString(footnote.ReplaceAllString(s, "$1"), "($1)")
}

// cells are those of a table row.
func cells(raw string) []string {
	raw = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(strings.ReplaceAll(raw, `\|`, "\x00")), "|"), "|")
	list := strings.Split(raw, "|")
	for i, c := range list {
		list[i] = strings.TrimSpace(strings.ReplaceAll(c, "\x00", "|"))
	}
	return list
}

// unlabelled is a table row whose column names are not in the passage.
func unlabelled(raw string) string {
	list := slices.DeleteFunc(cells(raw), func(c string) bool { return c == "" })
	if len(list) == 2 {
		return list[0] + ": " + list[1]
	}
	return strings.Join(list, " – ")
}

// labelled is a table row in which each cell stands with the name of its column.
// A row of two, the first of which names something, needs no names.
func labelled(names, row []string) string {
	if len(row) == 2 && row[1] != "" && strings.IndexFunc(row[0], unicode.IsLetter) >= 0 {
		return plainInline(row[0]) + ": " + plainInline(row[1])
	}
	var list []string
	for i, cell := range row {
		switch {
		case cell == "":
		case i < len(names) && names[i] != "":
			list = append(list, plainInline(names[i]+": "+cell))
		default:
			list = append(list, plainInline(cell))
		}
	}
	if len(list) > 1 && names[0] == "" && row[0] != "" {
		return list[0] + " – " + strings.Join(list[1:], "; ")
	}
	return strings.Join(list, "; ")
}
