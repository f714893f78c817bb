package text

import (
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
)

const (
	minLetters = 120   // of prose, below which a guess is a gamble
	maxSample  = 8_000 // bytes of prose that settle it
)

// Language is the ISO 639-1 code of the language of a whole document, "" if it
// is too short or too mixed to tell. Code and addresses don't count.
func Language(s string) string {
	sample, letters := proseSample(s)
	if letters < minLetters {
		return ""
	}
	info := whatlanggo.Detect(sample)
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}

func proseSample(s string) (string, int) {
	var b strings.Builder
	letters := 0
	for _, span := range Sentences(s[:min(len(s), 8*maxSample)]) {
		unit := s[span.Start:span.End]
		if strings.HasPrefix(unit, "```") || strings.HasPrefix(unit, "~~~") || strings.HasPrefix(unit, "|") {
			continue
		}
		for _, w := range Words(unit) {
			if w.Identifier || w.Parts != nil {
				continue
			}
			b.WriteString(w.Text)
			b.WriteByte(' ')
			for _, r := range w.Text {
				if unicode.IsLetter(r) {
					letters++
				}
			}
		}
		if b.Len() > maxSample {
			break
		}
	}
	return b.String(), letters
}
