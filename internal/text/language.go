package text

import (
	"strings"
	"sync"
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
	stops := stopLanguages()
	hits := make([]int, len(stops.languages))
	for _, w := range words {
		for of, i := stops.of[w], 0; of != 0; of, i = of>>1, i+1 {
			hits[i] += int(of & 1)
		}
	}
	best, most, second := "", 0, 0
	for i, n := range hits {
		if n > most {
			best, most, second = stops.languages[i], n, most
		} else {
			second = max(second, n)
		}
	}
	if most*5 < len(words) || most*2 < second*3 {
		return ""
	}
	return best
}

// stopping says of each stop word in which languages it is one.
type stopping struct {
	languages []string
	of        map[string]uint64 // a bit a language, of which there are 64 at most
}

var stopLanguages = sync.OnceValue(func() stopping {
	s := stopping{of: map[string]uint64{}}
	for language, words := range stopWords {
		for _, w := range words {
			s.of[w] |= 1 << len(s.languages)
		}
		s.languages = append(s.languages, language)
	}
	return s
})

func proseWords(s string) (words []string, letters int) {
	s = s[:min(len(s), 8*maxSample)]
	words = make([]string, 0, min(len(s), maxSample)/4)
	var unitWords []Word
	for _, span := range Sentences(s) {
		unit := s[span.Start:span.End]
		if strings.HasPrefix(unit, "```") || strings.HasPrefix(unit, "~~~") || strings.HasPrefix(unit, "|") {
			continue
		}
		unitWords = AppendWords(unitWords[:0], unit)
		for _, w := range unitWords {
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
