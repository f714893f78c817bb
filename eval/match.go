package eval

import (
	"html"
	"regexp"
	"strings"

	"github.com/askdesk/askdesk/internal/text"
	"github.com/askdesk/askdesk/kb"
)

var (
	tag    = regexp.MustCompile(`</?[a-zA-Z][^<>\n]{0,200}>`)
	link   = regexp.MustCompile(`!?\[([^\]]*)\]\([^()\s]*\)`)
	mark   = strings.NewReplacer("`", "", "*", "", "_", "", `\`, "", "[", "", "]", "")
	spaces = func(s string) string { return strings.Join(strings.Fields(s), " ") }
)

// plain is s without mark-up, case and differences of white space.
func plain(s string) string {
	s = link.ReplaceAllString(s, "$1")
	s = html.UnescapeString(tag.ReplaceAllString(s, ""))
	return spaces(mark.Replace(text.Fold(s)))
}

// holds reports whether s contains every one of must, as it stands or without
// mark-up; case and white space never matter.
func holds(s string, must []string) bool {
	folded, bare := spaces(text.Fold(s)), plain(s)
	for _, m := range must {
		if !strings.Contains(folded, spaces(text.Fold(m))) && !strings.Contains(bare, plain(m)) {
			return false
		}
	}
	return true
}

// IsGold reports whether a document is one of gold: paths from the folder of the
// knowledge base, which may have been ingested as a whole, as a part of a
// greater folder, or by one of its own folders.
func IsGold(d kb.Document, gold []string) bool {
	for _, g := range gold {
		if d.Path == g || strings.HasSuffix("/"+d.Source+"/"+d.Path, "/"+g) {
			return true
		}
	}
	return false
}

// Answers reports whether a passage alone answers q: it comes from a document that
// does and holds the words that do. None answers an unanswerable question.
func Answers(q Question, p kb.Passage) bool {
	return q.Answerable && IsGold(p.Document, q.Gold) && holds(p.Text, q.Must)
}

// rightAt is the place, from 1, of the first passage that answers q, 0 if none
// does. With kind multi the passages down to that place answer together.
func rightAt(q Question, passages []kb.Passage) int {
	together := ""
	for i, p := range passages {
		if !IsGold(p.Document, q.Gold) {
			continue
		}
		evidence := p.Text
		if q.Kind == KindMulti {
			together += "\n" + p.Text
			evidence = together
		}
		if holds(evidence, q.Must) {
			return i + 1
		}
	}
	return 0
}
