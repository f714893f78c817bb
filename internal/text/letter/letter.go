// Package letter knows what a mail is made of: headers, greeting, courtesies and
// signature around what somebody has to say.
package letter

import (
	"slices"
	"strings"

	"github.com/askdesk/askdesk/internal/text"
)

// greetings open a mail and say nothing of what it is about.
var greetings = []string{
	"hello", "hi", "hey", "dear", "greetings", "good morning", "good afternoon", "good evening", "good day", "to whom it may concern",
	"hallo", "guten tag", "guten morgen", "guten abend", "sehr geehrte", "sehr geehrter", "liebe", "lieber", "liebes", "moin", "servus",
}

// headers are the lines of a forwarded mail that are about the mail.
var headers = []string{"from:", "to:", "cc:", "date:", "sent:", "reply-to:", "von:", "an:", "datum:", "gesendet:"}

// closings open the end of a mail: what follows is the sender's address.
var closings = []string{
	"--", "best", "all the best", "kind regards", "with kind regards", "regards", "warm regards", "many thanks", "thanks", "thank you", "cheers", "greetings",
	"sincerely", "yours", "have a nice", "have a good", "have a great", "sent from my", "mit freundlichen", "freundliche", "viele grüße", "liebe grüße",
	"beste grüße", "schöne grüße", "herzliche grüße", "danke", "vielen dank", "gesendet von",
}

// courtesies make a sentence that is polite and nothing else.
var courtesies = []string{
	"thank you", "thanks", "i hope", "hope you", "hope this", "my name is", "compliments", "sorry to bother", "sorry for", "so sorry", "excuse the", "excuse my", "forgive me",
	"have a nice", "have a good", "have a great", "happy new year", "merry christmas", "looking forward to", "look forward to", "best wishes",
	"very happy with", "quick one from me", "danke", "vielen dank", "ich hoffe", "mein name ist", "entschuldig", "tut mir leid", "sehr zufrieden",
	"schönen tag", "schöne woche", "frohes neues", "im voraus",
}

const (
	shortLine = 5  // words of a closing that ends a mail whatever follows
	longLine  = 12 // words of a closing that ends it where only an address follows
	address   = 8  // words of a line of an address at most
)

// Header reports whether a line is a header of a mail or one that it quotes.
func Header(line string) bool {
	return opens(line, ">") || slices.ContainsFunc(headers, func(h string) bool { return opens(line, h) })
}

// Subject reads a subject line without the marks of replies; not ok for another line.
func Subject(line string) (about string, ok bool) {
	name, about, found := strings.Cut(line, ":")
	name = text.Fold(strings.TrimSpace(name))
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

// Ungreeted is a line without the greeting that it begins with. A greeting has
// few words, and ends with a mark or with the line.
func Ungreeted(line string) string {
	low := strings.ToLower(line)
	i := slices.IndexFunc(greetings, func(g string) bool {
		rest, found := strings.CutPrefix(low, g)
		return found && (rest == "" || strings.ContainsAny(rest[:1], " ,!.:"))
	})
	if i < 0 {
		return line
	}
	end := strings.IndexAny(line, ",!:?")
	if at := len(greetings[i]); at < len(line) && line[at] == '.' {
		end = at
	}
	if end < 0 {
		end = len(line)
	}
	if len(strings.Fields(line[:end])) > shortLine || strings.HasPrefix(line[end:], "?") {
		return line
	}
	return strings.TrimLeft(line[end:], ",!.: ")
}

// Parts are the subject of a mail, "" if it has none, and its body without headers,
// quoted lines, greeting and signature.
func Parts(s string) (subject, body string) {
	var kept []string
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if len(kept) > 0 && closes(line, lines[i+1:]) {
			break
		}
		about, headed := Subject(line)
		switch {
		case headed && subject == "" && len(kept) == 0:
			subject = about
			continue
		case headed || Header(line):
			continue
		}
		if line = Ungreeted(line); line != "" || len(kept) > 0 {
			kept = append(kept, line)
		}
	}
	return subject, strings.TrimSpace(strings.Join(kept, "\n"))
}

// closes reports whether a line ends a mail: a short courtesy, or a longer one that
// only an address follows.
func closes(line string, after []string) bool {
	words := len(strings.Fields(line))
	if words > longLine || strings.Contains(line, "?") || !slices.ContainsFunc(closings, func(c string) bool { return opens(line, c) }) {
		return false
	}
	return words <= shortLine && !strings.ContainsAny(strings.TrimRight(line, "!,. "), ".!") ||
		!slices.ContainsFunc(after, func(l string) bool { return strings.Contains(l, "?") || len(strings.Fields(l)) > address })
}

func opens(line, prefix string) bool {
	rest, found := strings.CutPrefix(text.Fold(line), prefix)
	return found && (rest == "" || strings.HasSuffix(prefix, ":") || strings.HasSuffix(prefix, ">") || strings.HasPrefix(prefix, "-") || strings.ContainsAny(rest[:1], " ,.!"))
}

// Courtesy reports whether a sentence that asks nothing is polite. It may say
// something besides.
func Courtesy(sentence string) bool {
	low := text.Fold(sentence)
	return slices.ContainsFunc(courtesies, func(c string) bool { return strings.Contains(low, c) })
}
