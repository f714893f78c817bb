package upload

import (
	"io/fs"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/askdesk/askdesk/kb"
)

var drive = regexp.MustCompile(`^[A-Za-z]:`)

// CleanPath checks a file's name or path in its source: relative, with slashes,
// inside the source, in printable characters. It is returned in NFC, so that
// the same name is the same document from every system.
func CleanPath(name string) (string, error) {
	bad := func(why string) (string, error) {
		return "", kb.Errorf(kb.Invalid, "%q cannot name a file: %s.", clip(strings.Map(visible, name)), why)
	}
	if !utf8.ValidString(name) {
		return bad("it is not UTF-8")
	}
	name = norm.NFC.String(name)
	switch {
	case strings.Contains(name, `\`):
		return bad("use / between folders, no backslash")
	case strings.HasPrefix(name, "/") || drive.MatchString(name):
		return bad("it must be relative")
	case strings.ContainsFunc(name, hidden):
		return bad("it holds invisible characters")
	case len(name) > 512:
		return bad("it is longer than 512 bytes")
	case name == "." || !fs.ValidPath(name):
		return bad("it must lie inside its source, without . and .. and empty parts")
	}
	return name, nil
}

// hidden are characters that could make a name look like another one.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r == utf8.RuneError ||
		r >= '\u200e' && r <= '\u200f' || r >= '\u2028' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

func visible(r rune) rune {
	if hidden(r) {
		return '?'
	}
	return r
}
