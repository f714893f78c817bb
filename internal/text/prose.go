package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// abbreviations end with a full stop that ends no sentence, in any of the
// languages with stop words.
var abbreviations = list(`al approx art asst bzw bzgl ca cf cfr co corp d.h dept dr e.g ed eds eg evtl fig ggf gmbh hr i.d.r i.e ie inc inkl
jr ltd max mio min mr mrs ms mme mlle nr no núm op p pp p.ex pág par prof resp s.o s.u sog sr sra sig sta st str tel tlf u.a u.u usw vgl v.a viz vol vs
z.b zzgl ud uds av abs jan feb apr jun jul aug sep sept okt oct nov dec dez`)

var germanMonths = list("januar februar märz april mai juni juli august september oktober november dezember")

// prose splits a paragraph into sentences.
func prose(s string, span Span) []Span {
	var out []Span
	start, code := span.Start, false
	add := func(end int) {
		if sentence := trim(s, Span{start, end}); sentence.Start < sentence.End {
			out = append(out, sentence)
		}
		start = end
	}
	for i := span.Start; i < span.End; {
		r, n := utf8.DecodeRuneInString(s[i:span.End])
		i += n
		switch {
		case r == '`':
			code = !code && strings.IndexByte(s[i:span.End], '`') >= 0
		case code:
		case r == '。' || r == '！' || r == '？':
			i = closers(s[:span.End], i)
			add(i)
		case r == '.' || r == '!' || r == '?' || r == '…':
			end := closers(s[:span.End], i)
			if sentenceEnds(s[start:i], s[end:span.End], r) {
				i = end
				add(i)
			}
		}
	}
	add(span.End)
	return out
}

// closers skips more terminators, closing quotes, brackets and emphasis.
func closers(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !strings.ContainsRune(".!?…\"')]*_”’»）」", r) {
			break
		}
		i += n
	}
	return i
}

// sentenceEnds decides at a terminator: before ends with it, after begins
// behind it and its closers.
func sentenceEnds(before, after string, terminator rune) bool {
	if after == "" {
		return true
	}
	rest := strings.TrimLeft(after, " \t\r\n\u00a0>")
	if len(rest) == len(after) {
		return false
	}
	next, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, "\"'([*_`“‘«¿¡-"))
	if unicode.IsLower(next) && terminator != '!' && terminator != '?' {
		// A command or an option may open a sentence in lower case, if it is marked as code.
		return rest[0] == '`' && !abbreviated(before)
	}
	if unicode.IsLower(next) {
		return false
	}
	return terminator != '.' || !abbreviated(before) && !germanDate(before, rest)
}

// abbreviated reports whether the full stop at the end of before belongs to its
// last word: an abbreviation or an initial.
func abbreviated(before string) bool {
	word := strings.TrimSuffix(before[strings.LastIndexAny(before, " \t\n\u00a0(\"'/")+1:], ".")
	word = strings.TrimLeft(word, "*_[“‘")
	if word == "" {
		return false
	}
	if r, n := utf8.DecodeRuneInString(word); n == len(word) {
		return unicode.IsLetter(r) && r != 'I'
	}
	_, found := slices.BinarySearch(abbreviations, Fold(word))
	return found
}

func germanDate(before, after string) bool {
	if n := len(before); n < 2 || !isDigit(before[n-2]) {
		return false
	}
	month := after
	if i := strings.IndexFunc(after, func(r rune) bool { return !unicode.IsLetter(r) }); i >= 0 {
		month = after[:i]
	}
	_, found := slices.BinarySearch(germanMonths, Fold(month))
	return found
}
