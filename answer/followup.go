package answer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
	"github.com/askdesk/askdesk/prompts"
)

// openers begin a question that goes on from the one before.
var openers = []string{
	"and", "but", "or", "also", "then", "ok and", "okay and", "so", "what about", "how about", "what if", "why not", "same for",
	"und", "aber", "oder", "auch", "dann", "was ist mit", "wie ist es", "wie sieht es", "und wenn", "was wenn", "gilt das",
}

// pointers are words that stand for something said before.
var pointers = map[string]bool{
	"it": true, "its": true, "that": true, "this": true, "these": true, "those": true, "them": true, "they": true, "their": true,
	"one": true, "ones": true, "there": true, "he": true, "she": true, "him": true, "her": true, "same": true, "then": true,
	"er": true, "sie": true, "es": true, "das": true, "dies": true, "diese": true, "dieser": true, "dieses": true, "diesen": true, "ihn": true,
	"ihm": true, "ihnen": true, "davon": true, "damit": true, "dafür": true, "dort": true, "dazu": true, "darin": true, "dabei": true,
}

const (
	ownSubject = 6  // content words from which a pointer has its noun in the question
	maxAdded   = 10 // words taken over
)

// understand makes a follow-up question stand alone: it adds the content words
// of the user's last turn, and of the one before where that was a follow-up
// itself. A question with a subject of its own stays as it is.
func understand(question string, history []kb.Turn, language string) (query string, added []string) {
	var turns []string // the user's, latest first
	for _, t := range slices.Backward(history) {
		if t.Role == prompts.User && strings.TrimSpace(t.Content) != "" && !courtesy(t.Content) {
			turns = append(turns, t.Content)
		}
	}
	if len(turns) == 0 || !leans(question, language) {
		return question, nil
	}
	own := map[string]bool{}
	for _, t := range contentTerms(question, language) {
		own[t.stem] = true
	}
	for i, turn := range turns {
		replaced := contrasted(question, turn)
		for _, t := range contentTerms(turn, languageOf(turn, language)) {
			if !own[t.stem] && !replaced[text.Fold(t.word)] && !light[t.stem] && len(added) < maxAdded {
				own[t.stem] = true
				added = append(added, t.word)
			}
		}
		if i == 2 || !leans(turn, languageOf(turn, language)) {
			break
		}
	}
	if len(added) == 0 {
		return question, nil
	}
	return question + " " + strings.Join(added, " "), added
}

// light are words of an earlier question that say nothing about its subject.
var light = map[string]bool{"make": true, "sure": true, "want": true, "need": true, "get": true, "let": true, "know": true, "tell": true, "like": true, "way": true}

// prepositions introduce what a short follow-up replaces: "on Windows? - and on
// Linux?".
var prepositions = map[string]bool{
	"on": true, "in": true, "for": true, "with": true, "under": true, "via": true, "from": true, "by": true,
	"auf": true, "für": true, "mit": true, "unter": true, "bei": true, "über": true, "von": true,
}

// contrasted are the words of the turn before that the question puts another
// one in the place of: those after the same preposition.
func contrasted(question, before string) map[string]bool {
	object := func(s string) map[string]string {
		out := map[string]string{}
		words := text.Words(s)
		for i := 0; i+1 < len(words); i++ {
			if prepositions[words[i].Text] && !text.Stop("en", words[i+1].Text) && !text.Stop("de", words[i+1].Text) {
				out[words[i].Text] = words[i+1].Text
			}
		}
		return out
	}
	asked, replaced := object(question), map[string]bool{}
	for preposition, word := range object(before) {
		if other, ok := asked[preposition]; ok && other != word {
			replaced[word] = true
		}
	}
	return replaced
}

// verbs make a question whole that has a single content word: "Can we upgrade?"
var verbs = map[string]bool{
	"is": true, "are": true, "was": true, "were": true, "do": true, "does": true, "did": true, "can": true, "could": true, "will": true,
	"would": true, "should": true, "must": true, "may": true, "have": true, "has": true, "had": true, "need": true, "means": true,
	"ist": true, "sind": true, "war": true, "kann": true, "können": true, "muss": true, "müssen": true, "darf": true, "dürfen": true,
	"soll": true, "sollen": true, "wird": true, "werden": true, "hat": true, "habe": true, "haben": true, "gibt": true, "heißt": true,
}

// leans reports whether a question needs what was said before: it begins as one
// that goes on, points at something that it does not name, or is no sentence.
func leans(question, language string) bool {
	words := text.Words(question)
	if len(words) == 0 {
		return true
	}
	start := ""
	for _, w := range words {
		start += w.Text + " "
	}
	for _, o := range openers {
		if strings.HasPrefix(start, o+" ") || strings.HasPrefix(start, "ok "+o+" ") {
			return true
		}
	}
	content := slices.DeleteFunc(contentTerms(question, language), func(t term) bool { return measure[text.Fold(t.word)] })
	if len(content) < ownSubject && points(question, words) {
		return true
	}
	if slices.ContainsFunc(words, func(w text.Word) bool { return verbs[w.Text] }) {
		return len(content) == 0
	}
	return len(content) < 2 || len(content) == 2 && prepositions[words[0].Text]
}

// points reports whether a word stands for something said before. "Is there",
// the article "das" and the polite "Sie" do not.
func points(question string, words []text.Word) bool {
	capital := func(w text.Word) bool {
		first, _ := utf8.DecodeRuneInString(question[w.Start:])
		return unicode.IsUpper(first)
	}
	for i, w := range words {
		switch {
		case !pointers[w.Text]:
		case w.Text == "there" && (i > 0 && verbs[words[i-1].Text] || i+1 < len(words) && verbs[words[i+1].Text]):
		case w.Text == "das" && i+1 < len(words) && capital(words[i+1]):
		case (w.Text == "sie" || w.Text == "ihnen") && i > 0 && capital(w):
		case w.Text == "es" && i > 0 && words[i-1].Text == "gibt":
		default:
			return true
		}
	}
	return false
}

// courtesies thank or greet; polite are the words that go with them.
var (
	courtesies = wordSet("thanks thank thx cheers hi hello hey bye goodbye ok okay great perfect super good morning evening afternoon day " +
		"danke dankeschön hallo moin tschüss guten tag morgen abend prima merci vielen gruß grüße")
	polite = wordSet("you very much so a lot many again for that this it the your help all and to everyone there helped helps worked works now " +
		"ihnen dir sehr schön für die das ihre hilfe alles und hat geholfen mit freundlichen viele")
)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// courtesy reports whether a message only thanks or greets: it asks nothing.
func courtesy(message string) bool {
	words := text.Words(message)
	return !strings.Contains(message, "?") &&
		slices.ContainsFunc(words, func(w text.Word) bool { return courtesies[w.Text] }) &&
		!slices.ContainsFunc(words, func(w text.Word) bool { return !courtesies[w.Text] && !polite[w.Text] })
}

// spoken are languages whose function words are known.
var spoken = []string{"de", "en", "es", "fr", "it", "nl", "pt", "sv"}

// languageOf is the language of an earlier turn, which need not be the question's.
func languageOf(turn, otherwise string) string {
	if l := guessLanguage(turn, spoken); l != "" {
		return l
	}
	return otherwise
}

// scripts tell languages that do not share their letters.
var scripts = []struct {
	table    *unicode.RangeTable
	language string
}{
	{unicode.Hiragana, "ja"}, {unicode.Katakana, "ja"}, {unicode.Hangul, "ko"}, {unicode.Han, "zh"}, {unicode.Cyrillic, "ru"},
}

// guessLanguage is the declared language whose function words a question has
// most of; "" where they do not tell.
func guessLanguage(question string, declared []string) string {
	for _, s := range scripts {
		if slices.Contains(declared, s.language) && strings.IndexFunc(question, func(r rune) bool { return unicode.Is(s.table, r) }) >= 0 {
			return s.language
		}
	}
	words := text.Words(question)
	best, most, second := "", 0, 0
	for _, language := range declared {
		n := 0
		for _, w := range words {
			if len(w.Text) > 1 && text.Stop(language, w.Text) {
				n++
			}
		}
		switch {
		case n > most:
			best, most, second = language, n, most
		case n > second:
			second = n
		}
	}
	if most == second {
		return ""
	}
	return best
}
