package prompts

import (
	"regexp"
	"strings"
	"unicode"
)

// controlTokens are the words with which model servers mark turns. Servers
// parse them in plain content too, so a value that holds one opens a real turn.
var controlTokens = regexp.MustCompile(`(?i)<[|｜][^<>\n]{0,64}[|｜]>|</?s>|</?(?:bos|eos|pad|unk)>` +
	`|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<</?SYS>>` +
	`|</?(?:start|end)_(?:of_turn|of_role|of_text|of_image)>|</?think>|<[|｜]|[|｜]>`)

// BreakControl puts a space into every control token of a chat template, so
// that a model server reads it as the plain text it is.
func BreakControl(s string) string {
	return controlTokens.ReplaceAllStringFunc(s, func(token string) string {
		r := []rune(token)
		return string(r[:1]) + " " + string(r[1:])
	})
}

// DropControl removes every control token of a chat template.
func DropControl(s string) string {
	for {
		t := controlTokens.ReplaceAllString(s, "")
		if t == s { // removing one may have joined the halves of another
			return s
		}
		s = t
	}
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n")

// clean makes every kind of line break one and drops control characters.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, lineBreaks.Replace(s))
}

// quote puts "| " before every line, so that no line of a value can stand
// outside of it.
func quote(s string) string {
	s = strings.Trim(clean(s), "\n")
	return "| " + strings.ReplaceAll(s, "\n", "\n| ")
}

// oneLine is a value that must not break a line.
func oneLine(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

var marker = regexp.MustCompile(`[\[【](\d{1,3}(?:\s*,\s*\d{1,3})*)[\]】]`)

// breakMarkers turns [7] into (7): a passage's own footnote is no citation.
func breakMarkers(s string) string { return marker.ReplaceAllString(s, "($1)") }
