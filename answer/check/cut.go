package check

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	fence    = "```"
	closers  = `"'”’»)*_`
	wideEnds = "。！？｡"
	// maxHeld bounds what is held back for the end of a sentence, in bytes.
	maxHeld = 8 << 10
)

// cut is the length of the first unit of s - a sentence with its markers, a
// line, or a fenced code block -, 0 while its end is not sure. At the end of the
// text (final) everything is sure.
func cut(s string, final bool) int {
	start := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
	if start == len(s) {
		return whenFinal(s, final)
	}
	if !final && strings.HasPrefix(fence, s[start:]) {
		return 0
	}
	if strings.HasPrefix(s[start:], fence) && (start == 0 || strings.Contains(s[:start], "\n")) {
		return cutFence(s, start, final)
	}
	for i := start; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			return i
		case r == '`':
			end, sure := codeEnd(s, i)
			if !sure && !final {
				return held(s)
			}
			i = end
			continue
		case strings.ContainsRune(".!?…"+wideEnds, r):
			end, state := sentenceEnd(s, start, i, final)
			if state == yes {
				return end
			}
			if state == unsure {
				return held(s)
			}
		}
		i += size
	}
	if final {
		return len(s)
	}
	return held(s)
}

func whenFinal(s string, final bool) int {
	if final {
		return len(s)
	}
	return 0
}

// held is 0, or where to cut a text that has no end of a sentence for too long.
func held(s string) int {
	if len(s) <= maxHeld {
		return 0
	}
	if i := strings.LastIndexAny(s[:maxHeld], " \t"); i > 0 && strings.TrimSpace(s[:i]) != "" {
		return i
	}
	n := maxHeld
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

func cutFence(s string, start int, final bool) int {
	closing := closingFence.FindStringIndex(s[start+len(fence):])
	if closing == nil {
		return whenFinal(s, final)
	}
	end := start + len(fence) + closing[1]
	if end == len(s) && !final {
		return 0
	}
	return end
}

var closingFence = regexp.MustCompile("(?m)\n[ \t]*```+[ \t]*$")

// codeEnd is the end of the inline code that opens at i, or of its backticks
// alone if the line does not close it. It is not sure while more may come.
func codeEnd(s string, i int) (end int, sure bool) {
	open := i
	for open < len(s) && s[open] == '`' {
		open++
	}
	line, complete := s[open:], false
	if n := strings.IndexByte(line, '\n'); n >= 0 {
		line, complete = line[:n], true
	}
	ticks := s[i:open]
	for from := 0; ; {
		n := strings.Index(line[from:], ticks)
		if n < 0 {
			return open, complete
		}
		stop := from + n + len(ticks)
		run := stop
		for run < len(line) && line[run] == '`' {
			run++
		}
		if run == stop {
			return open + stop, complete || open+stop < len(s)
		}
		from = run
	}
}

type answerState int

const (
	no answerState = iota
	yes
	unsure
)

// sentenceEnd says whether the mark at i ends a sentence that starts at start,
// and where it ends with its closing quotes and markers.
func sentenceEnd(s string, start, i int, final bool) (int, answerState) {
	r, size := utf8.DecodeRuneInString(s[i:])
	end := i + size
	for end < len(s) {
		c, n := utf8.DecodeRuneInString(s[end:])
		if !strings.ContainsRune(closers, c) {
			break
		}
		end += n
	}
	end, marked, pending := markersEnd(s, end)
	rest := s[end:]
	next := strings.TrimLeft(rest, " \t")
	switch {
	case rest == "" || pending || next == "":
		if final {
			return len(s), yes
		}
		return 0, unsure
	case strings.ContainsRune(wideEnds, r) || marked && next != rest || next[0] == '\n':
		return end, yes
	case next == rest || r == '.' && abbreviated(s[start:i]):
		return 0, no
	}
	c, _ := utf8.DecodeRuneInString(next)
	if unicode.IsLower(c) { // "Select Forgot password? below the form."
		return 0, no
	}
	return end, yes
}

var (
	oneMarker  = regexp.MustCompile(`^[ \t]*[\[【]\s*\d{1,4}(?:\s*[,;]\s*\d{1,4})*\s*[\]】]`)
	halfMarker = regexp.MustCompile(`^[ \t]*(?:[\[【][\s\d,;]{0,24})?$`)
)

// markersEnd is where the markers from end on end. It is pending while what
// follows may still become one.
func markersEnd(s string, end int) (after int, marked, pending bool) {
	for {
		m := oneMarker.FindString(s[end:])
		if m == "" {
			return end, marked, halfMarker.MatchString(s[end:])
		}
		end += len(m)
		marked = true
	}
}

var (
	listNumber = regexp.MustCompile(`^\s*\d{1,3}$`)
	lastToken  = regexp.MustCompile(`\S+$`)
)

// short are abbreviations, in lower case, that do not end a sentence.
var short = map[string]bool{
	"e.g": true, "i.e": true, "vs": true, "dr": true, "mr": true, "mrs": true, "ms": true, "approx": true, "no": true,
	"z.b": true, "d.h": true, "u.a": true, "bzw": true, "ca": true, "nr": true, "inkl": true, "ggf": true, "evtl": true, "vgl": true,
}

// abbreviated reports whether the text before a full stop is a list number, an
// initial or an abbreviation.
func abbreviated(before string) bool {
	if listNumber.MatchString(before) {
		return true
	}
	token := strings.ToLower(strings.TrimLeft(lastToken.FindString(before), `"'(„“`))
	r, size := utf8.DecodeRuneInString(token)
	return short[token] || size == len(token) && unicode.IsLetter(r)
}

type codePart struct {
	text string
	code bool
}

// codeSpans takes a line apart into inline code and the rest. Backticks that
// nothing closes are left out: elsewhere they could pair up with others.
func codeSpans(s string) (parts []codePart) {
	for s != "" {
		i := strings.IndexByte(s, '`')
		if i < 0 {
			return append(parts, codePart{text: s})
		}
		end, _ := codeEnd(s, i)
		if i > 0 {
			parts = append(parts, codePart{text: s[:i]})
		}
		if strings.Trim(s[i:end], "`") != "" {
			parts = append(parts, codePart{s[i:end], true})
		}
		s = s[end:]
	}
	return parts
}

func numberText(n int) string { return strconv.Itoa(n) }
