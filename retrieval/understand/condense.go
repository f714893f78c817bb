package understand

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/askdesk/askdesk/internal/text"
)

// A question of up to longWords words is searched for as it stands: every word
// of a short question counts. A longer one, a pasted mail or log, is reduced to
// the sentences that ask or describe a problem, of them to mostWords words.
const (
	longWords = 60
	mostWords = 200
)

// Words by which a sentence of a customer's mail asks something or describes a
// problem. In other languages a question mark, an error code or an option still
// tells; where nothing does, every sentence stays.
var cues = set(`how why what where when which who can could
	error errors fail fails failed failing failure cannot can't couldn't unable doesn't don't didn't won't isn't not no
	never wrong broken problem issue crash crashes missing lost stuck refuses denied instead anymore need want
	wie warum was wo wann welche welcher wer kann könnte fehler fehlgeschlagen nicht kein keine keinen nie falsch
	kaputt problem fehlt verloren hängt brauche möchte will`)

// Lines that open the end of a mail: what follows is the sender's address.
var closings = []string{
	"--", "best regards", "kind regards", "regards", "best wishes", "many thanks", "thanks", "thank you", "cheers",
	"sincerely", "yours", "sent from my", "mit freundlichen", "freundliche", "viele grüße", "liebe grüße", "beste grüße",
	"danke", "vielen dank", "gesendet von",
}

// Header lines of a forwarded mail that never ask anything. A subject often does.
var headers = []string{"from:", "to:", "cc:", "date:", "sent:", "reply-to:", "von:", "an:", "datum:", "gesendet:"}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// Condense returns what to search for, and whether that is less than s.
func Condense(s string) (string, bool) {
	if WordCount(s) <= longWords {
		return s, false
	}
	subject, body := letter(s)
	var all, telling []string
	if subject != "" {
		all, telling = append(all, subject), append(telling, subject)
	}
	for _, span := range text.Sentences(body) {
		sentence := body[span.Start:span.End]
		all = append(all, sentence)
		if tells(sentence) {
			telling = append(telling, sentence)
		}
	}
	if len(telling) == 0 || len(telling) == 1 && subject != "" {
		telling = all
	}
	short := strings.Join(within(telling, mostWords), "\n")
	if WordCount(short) == 0 {
		short = firstWords(s, mostWords) // nothing but rules and quoted lines
	}
	return short, WordCount(short) < WordCount(s)
}

// letter is the subject of a mail, "" if it has none, and its body without quoted
// lines, headers, greeting and signature, or all of it if that leaves nothing.
func letter(s string) (subject, body string) {
	var kept []string
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		low := text.Fold(line)
		opens := func(prefix string) bool { return strings.HasPrefix(low, prefix) }
		short := WordCount(line) <= 5
		if short && slices.ContainsFunc(closings, opens) && len(kept) > 0 {
			break
		}
		about, headed := subjectOf(line)
		greeting := short && strings.HasSuffix(line, ",") && !strings.ContainsAny(line, "?:")
		switch {
		case headed && subject == "" && len(kept) == 0:
			subject = about
		case headed || greeting || opens(">") || slices.ContainsFunc(headers, opens):
		case line != "":
			kept = append(kept, line)
		}
	}
	if body = strings.Join(kept, "\n"); WordCount(body) > 0 {
		return subject, body
	}
	return "", s
}

// subjectOf reads a subject line without the marks of replies.
func subjectOf(line string) (string, bool) {
	name, about, found := strings.Cut(line, ":")
	name = text.Fold(name)
	if !found || name != "subject" && name != "betreff" {
		return "", false
	}
	for {
		about = strings.TrimSpace(about)
		mark, rest, found := strings.Cut(about, ":")
		switch text.Fold(mark) {
		case "re", "aw", "fw", "fwd", "wg":
		default:
			found = false
		}
		if !found {
			return about, true
		}
		about = rest
	}
}

func tells(sentence string) bool {
	if strings.ContainsAny(sentence, "?？") {
		return true
	}
	return slices.ContainsFunc(text.Words(sentence), func(w text.Word) bool { return w.Identifier || cues[w.Text] })
}

// within keeps whole sentences of at most n words together, questions before
// the others, in their order; a first one that is longer is cut.
func within(sentences []string, n int) []string {
	keep := make([]bool, len(sentences))
	for _, asking := range []bool{true, false} {
		for i, s := range sentences {
			words := WordCount(s)
			if strings.Contains(s, "?") == asking && words <= n {
				keep[i] = true
				n -= words
			}
		}
	}
	var out []string
	for i, s := range sentences {
		if keep[i] {
			out = append(out, s)
		}
	}
	if len(out) == 0 && len(sentences) > 0 {
		out = append(out, firstWords(sentences[0], n))
	}
	return out
}

func firstWords(s string, n int) string {
	words := strings.Fields(s)
	s = strings.Join(words[:min(n, len(words))], " ")
	return text.Cut(s, n*runesPerWord)
}

// runesPerWord bounds a word where a script puts no spaces between words.
const runesPerWord = 12

// WordCount counts words between white space, and longer runs by their length.
func WordCount(s string) int {
	return max(len(strings.Fields(s)), utf8.RuneCountInString(s)/runesPerWord)
}
