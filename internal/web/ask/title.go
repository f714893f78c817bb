package ask

import (
	"strings"

	"github.com/askdesk/askdesk/internal/text/letter"
)

const titleLength = 80 // code points

// titleOf is what a question is about, on one line: the subject of a mail, or
// how it goes on after its greeting.
func titleOf(question string) string {
	var kept []string
	for line := range strings.Lines(question) {
		line = strings.TrimSpace(line)
		if subject, ok := letter.Subject(line); ok && subject != "" {
			return shorten(subject)
		}
		if rest := letter.Ungreeted(line); rest != "" && !letter.Header(line) {
			kept = append(kept, rest)
		}
	}
	if len(kept) == 0 {
		return shorten(question)
	}
	return shorten(strings.Join(kept, " "))
}

func shorten(s string) string {
	t := []rune(strings.Join(strings.Fields(s), " "))
	if len(t) > titleLength {
		return strings.TrimSpace(string(t[:titleLength-1])) + "…"
	}
	return string(t)
}
