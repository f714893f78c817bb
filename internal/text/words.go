package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Word is one word of a text.
type Word struct {
	Text string // folded
	Span
	// Identifier tells an error code, option, version, path or the like, which is
	// searched as it is and never stemmed.
	Identifier bool
	// Parts are the folded pieces of an identifier or compound, in order; nil for
	// a plain word.
	Parts []string
}

// Words cuts s into words, ordered by start. Identifiers such as E_CONN_42,
// --dry-run, v1.2.3 and foo.bar/baz stay whole and name their parts, and so do
// compounds such as two-factor. Scripts written without spaces come as
// overlapping pairs of characters, a lone character as itself.
func Words(s string) []Word { return AppendWords(make([]Word, 0, len(s)/6+1), s) }

// AppendWords appends the words of s, for who reads many texts and keeps none of them.
func AppendWords(words []Word, s string) []Word {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		lead := leadLen(s, i)
		switch {
		case unspaced(r):
			words, i = pairs(words, s, i)
		case lead > 0 || wordRune(r):
			end := runEnd(s, i+lead)
			words = classify(words, s, Span{i, end}, lead)
			i = end
		default:
			i += n
		}
	}
	return words
}

// wordRune reports whether r can begin a word.
func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return wordByte(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// wordByte is wordRune of ASCII. It stands where most bytes of a text pass.
func wordByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// insideRune reports whether r goes on with a word that has begun.
func insideRune(r rune) bool {
	if r < utf8.RuneSelf {
		return wordRune(r)
	}
	return wordRune(r) || unicode.IsMark(r) || r == '\u00ad' || r == '\u200c' || r == '\u200d' || r == '\u2060'
}

// unspaced reports whether r is of a script that puts no spaces between words,
// or whose words take so many endings that pairs find them better.
func unspaced(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) ||
		r == 'ー'
}

func pairs(words []Word, s string, i int) ([]Word, int) {
	prev, count := i, 0
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unspaced(r) {
			break
		}
		if count++; count > 1 {
			words = append(words, Word{Text: Fold(s[prev : i+n]), Span: Span{prev, i + n}})
			prev = i
		}
		i += n
	}
	if count == 1 {
		words = append(words, Word{Text: Fold(s[prev:i]), Span: Span{prev, i}})
	}
	return words, i
}

// leadLen is the length of the dashes or the slash at i that open an option or
// a path, 0 if there are none.
func leadLen(s string, i int) int {
	if s[i] != '-' && s[i] != '/' {
		return 0
	}
	if i > 0 && !strings.ContainsRune(" \t\r\n\"'`([{=|,", rune(s[i-1])) {
		return 0
	}
	n := 1
	if strings.HasPrefix(s[i:], "--") {
		n = 2
	}
	r, _ := utf8.DecodeRuneInString(s[i+n:])
	if !unicode.IsLetter(r) || unspaced(r) {
		return 0
	}
	return n
}

// runEnd is where the run of word characters and joiners that begins at i ends.
func runEnd(s string, i int) int {
	start, prev := i, rune(0)
	for i < len(s) {
		if wordByte(s[i]) {
			prev = rune(s[i])
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if insideRune(r) && !unspaced(r) {
			prev = r
			i += n
			continue
		}
		if r == ':' && strings.HasPrefix(s[i:], "://") {
			return addressEnd(s, i+3)
		}
		n = joinLen(s, i, prev)
		if n == 0 {
			break
		}
		i += n
		prev = 0
	}
	if i-start == 1 { // C++, C#
		for _, suffix := range []string{"++", "#"} {
			if rest, ok := strings.CutPrefix(s[i:], suffix); ok && s[start] > '9' && !startsInside(rest) {
				return i + len(suffix)
			}
		}
	}
	return i
}

func startsInside(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return insideRune(r) && r != utf8.RuneError
}

// joinLen is the length of the sign at i that joins the characters around it
// into one run, 0 if it ends the run.
func joinLen(s string, i int, prev rune) int {
	r, n := utf8.DecodeRuneInString(s[i:])
	if prev == 0 || prev == '_' && r != '-' && r != '/' && r != '.' {
		return 0
	}
	next, _ := utf8.DecodeRuneInString(s[i+n:])
	follows := wordRune(next) && !unspaced(next)
	switch r {
	case '\'', '\u2019', '&':
		follows = follows && unicode.IsLetter(prev) && unicode.IsLetter(next)
	case ',':
		follows = unicode.IsDigit(prev) && unicode.IsDigit(next)
	case '/', ':':
		two := s[i:min(i+2, len(s))]
		if two == "/." || two == "::" {
			n = 2
			next, _ = utf8.DecodeRuneInString(s[i+n:])
			follows = wordRune(next) && !unspaced(next)
		}
	case '.', '-', '\u2010', '\u2011', '@', '+':
	default:
		return 0
	}
	if !follows {
		return 0
	}
	return n
}

// addressEnd is where a URL ends whose part behind "://" begins at i.
func addressEnd(s string, i int) int {
	from := i
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) || unspaced(r) || r == utf8.RuneError || strings.ContainsRune("<>\"`()[]{}|\\^", r) {
			break
		}
		i += n
	}
	return from + len(strings.TrimRight(s[from:i], ".,;:!?'*_~\u2019"))
}
