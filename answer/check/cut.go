package check

import (
	"regexp"
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
	// maxTail bounds the quotes and markers that belong to a sentence's end, in bytes.
	maxTail = 256
	// maxShort bounds a word that may be an abbreviation, in bytes.
	maxShort = 32
)

// unit is the search for the end of a unit - a sentence with its markers, a
// line, or a fenced code block - in a text that grows: what was looked at is not
// looked at again.
type unit struct {
	start  int // of what is not blank
	kind   kind
	seen   int // there is no end before this
	looked int // where the search goes on that began at seen
}

type kind int

const (
	unknown kind = iota
	prose
	fenced
)

// blank reports whether there is nothing but blanks.
func (u *unit) blank(s string) bool {
	rest := strings.TrimLeftFunc(s[u.start:], unicode.IsSpace)
	u.start = len(s) - len(rest)
	return rest == ""
}

// cut is the length of the first unit of s, 0 while its end is not sure. At the
// end of the text (final) everything is sure.
func (u *unit) cut(s string, final bool) int {
	if u.blank(s) {
		return whenFinal(s, final)
	}
	if u.kind == unknown {
		switch {
		case !final && len(s)-u.start < len(fence) && strings.HasPrefix(fence, s[u.start:]):
			return 0
		case strings.HasPrefix(s[u.start:], fence) && (u.start == 0 || strings.Contains(s[:u.start], "\n")):
			u.kind = fenced
		default:
			u.kind, u.seen = prose, u.start
		}
	}
	if u.kind == fenced {
		return u.cutFence(s, final)
	}
	if window := u.start + maxHeld; len(s) > window {
		s = s[:runeStart(s, window)]
		if n := u.cutProse(s, false); n > 0 {
			return n
		}
		return u.held(s)
	}
	return u.cutProse(s, final)
}

func (u *unit) cutProse(s string, final bool) int {
	for u.seen < len(s) {
		r, size := utf8.DecodeRuneInString(s[u.seen:])
		switch {
		case r == '\n':
			return u.seen
		case r == '`':
			end, next, sure := codeEnd(s, u.seen, u.looked)
			if !sure && !final {
				u.looked = next
				return 0
			}
			u.seen, u.looked = end, 0
			continue
		case strings.ContainsRune(".!?…"+wideEnds, r):
			end, state := sentenceEnd(s, u.start, u.seen, final)
			if state == yes {
				return end
			}
			if state == unsure {
				return 0
			}
		}
		u.seen += size
	}
	return whenFinal(s, final)
}

func whenFinal(s string, final bool) int {
	if final {
		return len(s)
	}
	return 0
}

// held is where to cut a text that has no end of a sentence for too long.
func (u *unit) held(s string) int {
	if i := strings.LastIndexAny(s[u.start:], " \t"); i > 0 {
		return u.start + i
	}
	return len(s)
}

func runeStart(s string, n int) int {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

func (u *unit) cutFence(s string, final bool) int {
	for {
		u.looked = max(u.looked, u.start+len(fence))
		n := strings.IndexByte(s[u.looked:], '\n')
		end := len(s)
		if n >= 0 {
			end = u.looked + n
		} else if !final {
			u.looked = len(s)
			return 0
		}
		if u.seen > 0 && closesFence(s[u.seen:end]) || n < 0 {
			return end
		}
		u.seen, u.looked = end+1, end+1
	}
}

func closesFence(line string) bool {
	line = strings.Trim(line, " \t")
	return len(line) >= len(fence) && strings.Trim(line, "`") == ""
}

// codeEnd is the end of the inline code that opens at i, or of its backticks
// alone if the line does not close it. It is not sure while more may come; the
// next call may then go on at next. From is that of the call before, or 0.
func codeEnd(s string, i, from int) (end, next int, sure bool) {
	open := ticksEnd(s, i)
	for from = max(from, open); from < len(s); {
		n := strings.IndexAny(s[from:], "`\n")
		if n < 0 {
			return open, len(s), false
		}
		from += n
		if s[from] == '\n' {
			return open, from, true
		}
		run := ticksEnd(s, from)
		if run-from == open-i {
			return run, from, run < len(s)
		}
		if run == len(s) {
			return open, from, false
		}
		from = run
	}
	return open, from, false
}

func ticksEnd(s string, i int) int {
	for i < len(s) && s[i] == '`' {
		i++
	}
	return i
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
	cutOff := len(s) > end+maxTail
	if cutOff {
		s, final = s[:runeStart(s, end+maxTail)], false
	}
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
	case cutOff && (rest == "" || pending || next == ""):
		return end, yes
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

var listNumber = regexp.MustCompile(`^\s*\d{1,3}$`)

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
	token := before[strings.LastIndexAny(before, " \t")+1:]
	if len(token) > maxShort {
		return false
	}
	token = strings.ToLower(strings.TrimLeft(token, `"'(„“`))
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
		end, _, _ := codeEnd(s, i, 0)
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
