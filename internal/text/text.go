// Package text knows words, sentences and languages: how a string is folded,
// cut into words and identifiers, stemmed, and which part of Markdown is a
// sentence. It is a leaf that any room may import.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Span is a half-open range of bytes.
type Span struct{ Start, End int }

var foldRunes = strings.NewReplacer(
	"\u2019", "'", "\u2018", "'", "\u02bc", "'", // apostrophes as people and word processors type them
	"\u2010", "-", "\u2011", "-",
	"\u00ad", "", "\u200c", "", "\u200d", "", "\u2060", "", "\ufeff", "", // invisible inside a word
)

// Fold brings s to the form in which words are compared: NFKC, lower case,
// typographic apostrophes and hyphens plain, soft hyphens gone.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = norm.NFKC.String(strings.ToLower(norm.NFKC.String(foldRunes.Replace(s))))
	return foldRunes.Replace(s)
}

// Unaccent drops the accents of folded Latin letters, so that "contraseña" and
// "contrasena" meet. Other scripts stay as they are.
func Unaccent(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	latin := false
	for _, r := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, r) && latin {
			continue
		}
		latin = unicode.Is(unicode.Latin, r)
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
