package text

import (
	"strings"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

const (
	minLetters = 120   // of prose, below which a guess is a gamble
	maxSample  = 8_000 // bytes of prose that settle it
)

// Language is the ISO 639-1 code of the language of a whole document, "" if it
// is too short or too mixed to tell. Code and addresses don't count.
func Language(s string) string {
	words, letters := proseWords(s)
	if letters < minLetters {
		return ""
	}
	if language := byStopWords(words); language != "" {
		return language
	}
	info := whatlanggo.Detect(strings.Join(words, " "))
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}

// byStopWords is the language to which a good part of the words are stop words,
// and many more than to any other. It sees through the jargon and the names of
// technical texts.
func byStopWords(words []string) string {
	best, most, second := "", 0, 0
	for language := range stopWords {
		hits := 0
		for _, w := range words {
			if Stop(language, w) {
				hits++
			}
		}
		if hits > most {
			best, most, second = language, hits, most
		} else {
			second = max(second, hits)
		}
	}
	if most*5 < len(words) || most*2 < second*3 {
		return ""
	}
	return best
}

func proseWords(s string) (words []string, letters int) {
	s = s[:min(len(s), 8*maxSample)]
	for _, span := range Sentences(s) {
		unit := s[span.Start:span.End]
		if strings.HasPrefix(unit, "```") || strings.HasPrefix(unit, "~~~") || strings.HasPrefix(unit, "|") {
			continue
		}
		for _, w := range Words(unit) {
			if !w.Identifier && w.Parts == nil {
				words = append(words, w.Text)
				letters += utf8.RuneCountInString(w.Text)
			}
		}
		if letters > maxSample {
			break
		}
	}
	return words, letters
}
