package ask

import (
	"slices"
	"strings"
)

const titleLength = 80 // code points

// greetings open a mail and say nothing of what it is about.
var greetings = []string{
	"hello", "hi", "hey", "dear", "greetings", "good morning", "good afternoon", "good evening", "good day", "to whom it may concern",
	"hallo", "guten tag", "guten morgen", "guten abend", "sehr geehrte", "sehr geehrter", "liebe", "lieber", "liebes", "moin", "servus",
}

// headers are the lines of a forwarded mail that are about the mail.
var headers = []string{"from:", "to:", "cc:", "date:", "sent:", "reply-to:", "von:", "an:", "datum:", "gesendet:"}

// titleOf is what a question is about, on one line: the subject of a mail, or
// how it goes on after its greeting.
func titleOf(question string) string {
	var kept []string
	for line := range strings.Lines(question) {
		line = strings.TrimSpace(line)
		low := strings.ToLower(line)
		opens := func(prefix string) bool { return strings.HasPrefix(low, prefix) }
		if _, subject, found := strings.Cut(line, ":"); found && (opens("subject:") || opens("betreff:")) && strings.TrimSpace(subject) != "" {
			return shorten(subject)
		}
		if line = ungreeted(line); line != "" && !opens(">") && !slices.ContainsFunc(headers, opens) {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		return shorten(question)
	}
	return shorten(strings.Join(kept, " "))
}

// ungreeted is a line without the greeting that it begins with. A greeting has
// few words, and ends with a mark or with the line.
func ungreeted(line string) string {
	low := strings.ToLower(line)
	i := slices.IndexFunc(greetings, func(g string) bool {
		rest, found := strings.CutPrefix(low, g)
		return found && (rest == "" || strings.ContainsAny(rest[:1], " ,!.:"))
	})
	if i < 0 {
		return line
	}
	end := strings.IndexAny(line, ",!:?")
	if at := len(greetings[i]); strings.HasPrefix(low[at:], ".") {
		end = at
	}
	if end < 0 {
		end = len(line)
	}
	if len(strings.Fields(line[:end])) > 5 || strings.HasPrefix(line[end:], "?") {
		return line
	}
	return strings.TrimLeft(line[end:], ",!.: ")
}

func shorten(s string) string {
	t := []rune(strings.Join(strings.Fields(s), " "))
	if len(t) > titleLength {
		return strings.TrimSpace(string(t[:titleLength-1])) + "…"
	}
	return string(t)
}
