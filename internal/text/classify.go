package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxParts = 16

// shape is what a run of characters consists of.
type shape struct {
	letters, digits, dots, slashes int
	hyphen, underscore, colons, at bool
	apostrophe, comma, other       bool
	camel                          bool
	lowerFirst                     bool
}

func shapeOf(raw string) shape {
	var f shape
	var prev, before rune
	for _, r := range raw {
		switch {
		case unicode.IsLetter(r):
			if unicode.IsUpper(r) && unicode.IsLower(prev) || unicode.IsLower(r) && unicode.IsUpper(prev) && unicode.IsUpper(before) {
				f.camel = true
			}
			if f.letters == 0 {
				f.lowerFirst = unicode.IsLower(r)
			}
			f.letters++
		case unicode.IsNumber(r):
			f.digits++
		case r == '.':
			f.dots++
		case r == '/':
			f.slashes++
		case r == '-' || r == '\u2010' || r == '\u2011':
			f.hyphen = true
		case r == '_':
			f.underscore = true
		case r == ':':
			f.colons = f.colons || prev == ':'
			f.other = true
		case r == '@':
			f.at = true
		case r == '\'' || r == '\u2019':
			f.apostrophe = true
		case r == ',':
			f.comma = true
		case r < utf8.RuneSelf:
			f.other = true
		}
		before, prev = prev, r
	}
	if f.camel && plural(raw) {
		f.camel = false
	}
	return f
}

// plural tells URLs and PDFs from camel case.
func plural(raw string) bool {
	stem, ok := strings.CutSuffix(raw, "s")
	return ok && strings.ToUpper(stem) == stem
}

func (f shape) signs() bool {
	return f.dots+f.slashes > 0 || f.hyphen || f.underscore || f.at || f.comma || f.other
}

// classify appends the word, or the words, that the run at span holds.
func classify(words []Word, s string, span Span, lead int) []Word {
	for span.Start < span.End && s[span.Start] == '_' {
		span.Start++
	}
	for span.End > span.Start && s[span.End-1] == '_' {
		span.End--
	}
	if span.Start == span.End {
		return words
	}
	raw := s[span.Start:span.End]
	word := Word{Text: Fold(raw), Span: span}
	if lead == 0 && plain(raw) {
		return append(words, word)
	}
	f := shapeOf(raw)
	switch {
	case lead > 0:
		word.Identifier, word.Parts = true, partsOf(raw)
	case f.letters == 0:
		word.Identifier = f.dots > 1
		if f.comma || f.hyphen || f.slashes > 0 || f.other || f.underscore {
			word.Parts = numberParts(raw)
		}
	case f.digits == 0 && !f.signs() && !f.camel:
		if f.apostrophe {
			return elide(words, s, word)
		}
	case f.dots == f.letters-1 && initials(raw):
	case f.digits == 0:
		word.Identifier = f.identifier(raw)
		word.Parts = partsOf(raw)
	default:
		if at := unitAt(raw); at > 0 {
			middle := span.Start + at
			return append(words,
				Word{Text: Fold(raw[:at]), Span: Span{span.Start, middle}},
				Word{Text: Fold(raw[at:]), Span: Span{middle, span.End}})
		}
		if !ordinal(word.Text) {
			word.Identifier, word.Parts = !countedWord(raw), partsOf(raw)
		}
	}
	return append(words, word)
}

// plain tells what most words are: ASCII letters, of which the first at most is a
// capital.
func plain(raw string) bool {
	for i := range len(raw) {
		if c := raw[i]; (c < 'a' || c > 'z') && (i > 0 || !isLetter(c)) {
			return false
		}
	}
	return true
}

// identifier decides for a run of letters and signs: prose joins words with a
// hyphen or one slash, or forgets the space behind a full stop; programs don't.
func (f shape) identifier(raw string) bool {
	if f.underscore || f.at || f.colons || f.slashes > 1 || strings.HasSuffix(raw, "+") || strings.HasSuffix(raw, "#") {
		return true
	}
	if f.dots > 0 {
		return !sentenceGap(raw)
	}
	return f.camel && f.lowerFirst && !f.signs()
}

// initials tells e.g and U.S from file names.
func initials(raw string) bool {
	for piece := range strings.SplitSeq(raw, ".") {
		if utf8.RuneCountInString(piece) > 1 {
			return false
		}
	}
	return true
}

// sentenceGap finds "password.How", two sentences without a space.
func sentenceGap(raw string) bool {
	left, right, ok := strings.Cut(raw, ".")
	if !ok || strings.Contains(right, ".") {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(left)
	first, _ := utf8.DecodeRuneInString(right)
	return unicode.IsLower(last) && unicode.IsUpper(first)
}

// elisions are the words that French and Italian shorten before a vowel.
var elisions = []string{"l", "d", "j", "m", "t", "s", "n", "c", "qu", "jusqu", "lorsqu", "puisqu",
	"un", "dell", "nell", "all", "dall", "sull", "quest", "quell"}

func elide(words []Word, s string, word Word) []Word {
	i := strings.IndexAny(s[word.Start:word.End], "'\u2019") + word.Start
	_, n := utf8.DecodeRuneInString(s[i:])
	if utf8.RuneCountInString(s[i+n:word.End]) < 2 || !slices.Contains(elisions, Fold(s[word.Start:i])) {
		return append(words, word)
	}
	rest := Span{i + n, word.End}
	return append(words,
		Word{Text: Fold(s[word.Start:i]), Span: Span{word.Start, i}},
		Word{Text: Fold(s[rest.Start:rest.End]), Span: rest})
}

var units = []string{"b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "ms", "px", "am", "pm", "eur", "usd", "€", "%"}

// unitAt is where the unit begins in "10GB" or "2.5mb", 0 if there is none.
func unitAt(raw string) int {
	i := strings.IndexFunc(raw, unicode.IsLetter)
	if i < 1 || strings.Trim(raw[:i], "0123456789.,") != "" || strings.Trim(raw[i-1:i], "0123456789") != "" {
		return 0
	}
	if !slices.Contains(units, strings.ToLower(raw[i:])) {
		return 0
	}
	return i
}

// countedWord tells "30-day" and "24-hour" from identifiers.
func countedWord(raw string) bool {
	count, rest, ok := strings.Cut(raw, "-")
	return ok && strings.Trim(count, "0123456789") == "" && strings.IndexFunc(rest, func(r rune) bool {
		return !unicode.IsLetter(r) && r != '-'
	}) < 0
}

func ordinal(folded string) bool {
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		if n, ok := strings.CutSuffix(folded, suffix); ok && strings.Trim(n, "0123456789") == "" {
			return true
		}
	}
	return false
}

func numberParts(raw string) []string {
	var parts []string
	if joined := strings.ReplaceAll(raw, ",", ""); joined != raw {
		parts = append(parts, Fold(joined))
	}
	for _, piece := range strings.FieldsFunc(raw, func(r rune) bool { return r != '.' && !unicode.IsNumber(r) }) {
		parts = appendPart(parts, Fold(piece))
	}
	return parts
}

// partsOf are the pieces between signs, each followed by its own humps where it
// is in camel case or mixes letters and digits.
func partsOf(raw string) []string {
	if version, ok := strings.CutPrefix(strings.ToLower(raw), "v"); ok && strings.Trim(version, "0123456789.") == "" {
		return []string{version}
	}
	var parts []string
	for _, piece := range pieces(raw) {
		parts = appendPart(parts, Fold(piece))
		humps := humpsOf(piece)
		for _, hump := range humps {
			if len(humps) > 1 && len(hump) > 1 {
				parts = appendPart(parts, Fold(hump))
			}
		}
	}
	if len(parts) == 1 && parts[0] == Fold(raw) {
		return nil
	}
	return parts
}

func appendPart(parts []string, part string) []string {
	if part == "" || len(parts) >= maxParts || slices.Contains(parts, part) {
		return parts
	}
	return append(parts, part)
}

// pieces splits at every sign but a point between digits.
func pieces(raw string) []string {
	var out []string
	start := 0
	for i, r := range raw {
		if insideRune(r) && r != '_' {
			continue
		}
		if r == '.' && i > 0 && i+1 < len(raw) && isDigit(raw[i-1]) && isDigit(raw[i+1]) {
			continue
		}
		out = append(out, raw[start:i])
		start = i + utf8.RuneLen(r)
	}
	out = append(out, raw[start:])
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// humpsOf splits camel case and the border of letters and digits.
func humpsOf(piece string) []string {
	if plural(piece) && !strings.ContainsAny(piece, "0123456789") {
		return nil
	}
	runes := []rune(piece)
	var out []string
	start := 0
	for i := 1; i < len(runes); i++ {
		a, b := runes[i-1], runes[i]
		border := unicode.IsLower(a) && unicode.IsUpper(b) ||
			unicode.IsLetter(a) && unicode.IsNumber(b) || unicode.IsNumber(a) && unicode.IsLetter(b) ||
			unicode.IsUpper(a) && unicode.IsUpper(b) && i+1 < len(runes) && unicode.IsLower(runes[i+1])
		if border {
			out = append(out, string(runes[start:i]))
			start = i
		}
	}
	return append(out, string(runes[start:]))
}
