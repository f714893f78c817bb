package text

import (
	"regexp"
	"strings"
)

// The marks of Markdown with which a line begins. All but ruleLine are read by hand: a
// regular expression takes longer than all else that is done with a line.

// ruleLine is what begins with one of ruleSigns and rules off.
var ruleLine = regexp.MustCompile(`^(([-*_=][ \t]*){3,}|[|:\- \t+]*--[|:\- \t+]*|={2,})$`)

const ruleSigns = "-*_=|:+"

func rulesOff(s string) bool {
	return strings.IndexByte(ruleSigns, s[0]) >= 0 && ruleLine.MatchString(s)
}

// indentOf is how many columns a line is indented.
func indentOf(line string) int {
	columns := 0
	for i := range len(line) {
		switch line[i] {
		case ' ':
			columns++
		case '\t':
			columns += 4
		default:
			return columns
		}
	}
	return columns
}

// blanks is the length of the spaces and tabs that s begins with, n of them at most.
func blanks(s string, n int) int {
	i := 0
	for i < min(len(s), n) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	return i
}

// runOf is how often s begins with c.
func runOf(s string, c byte) int { return len(s) - len(strings.TrimLeft(s, string(rune(c)))) }

// quoteMarks is the length of the > that s begins with, each indented by three spaces
// at most, and of one space behind them.
func quoteMarks(s string) int {
	end := 0
	for {
		i := end + blanks(s[end:], 3)
		if i == len(s) || s[i] != '>' {
			break
		}
		end = i + 1
	}
	if end == 0 {
		return 0
	}
	return end + blanks(s[end:], 1)
}

// fenceMark is the fence of a code block that s begins with, "" if there is none.
func fenceMark(s string) string {
	if s[0] != '`' && s[0] != '~' {
		return ""
	}
	if n := runOf(s, s[0]); n >= 3 {
		return s[:n]
	}
	return ""
}

// headingMark is the length of the # of a heading, and of a space behind them; 0 if s
// is none.
func headingMark(s string) int {
	n := runOf(s, '#')
	if n == 0 || n > 6 || n < len(s) && blanks(s[n:], 1) == 0 {
		return 0
	}
	return n + blanks(s[n:], 1)
}

// itemMark is the length of the marker of a list item, of a box to tick, and of the
// space behind each; 0 if s is none.
func itemMark(s string) int {
	n := bullet(s)
	space := blanks(s[n:], len(s))
	if n == 0 || space == 0 {
		return 0
	}
	n += space
	if box := s[n:]; strings.HasPrefix(box, "[ ]") || strings.HasPrefix(box, "[x]") || strings.HasPrefix(box, "[X]") {
		if space := blanks(box[3:], len(box)); space > 0 {
			n += 3 + space
		}
	}
	return n
}

// bullet is the length of a sign, a number of nine digits at most or a letter that opens
// a list item, the point or bracket behind included.
func bullet(s string) int {
	switch {
	case s[0] == '-', s[0] == '*', s[0] == '+':
		return 1
	case strings.HasPrefix(s, "•"):
		return len("•")
	}
	n := 0
	for n < min(len(s), 9) && isDigit(s[n]) {
		n++
	}
	if n == 0 && isLetter(s[0]) {
		n = 1
	}
	if n == 0 || n == len(s) || s[n] != '.' && s[n] != ')' {
		return 0
	}
	return n + 1
}

// lettered tells a list item with a letter and a point, which a sentence may begin with
// as well.
func lettered(s string) bool { return isLetter(s[0]) && s[1] == '.' }
