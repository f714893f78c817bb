package text_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/internal/text"
)

func TestMarks(t *testing.T) {
	for s, want := range map[string][]string{
		"- [ ] to do\n- [x]\tdone\n* [X] too\n+ [x]no box": {"to do", "done", "too", "[x]no box"},
		"• first\n12) second\n123456789. third":            {"first", "second", "third"},
		"1234567890. no item":                              {"1234567890. no item"},
		"-no item\n1.no item":                              {"-no item\n1.no item"},
		"a. first\nb) second":                              {"first", "second"},
		"Ask team\nA. Smith about it\nx) or not":           {"Ask team\nA. Smith about it", "or not"},
		"# One #\n####### not one\n#not one":               {"One", "####### not one\n#not one"},
		"#":                                                nil,
		"> > One.\n\n   >Two.\n\n| a |\n    >Three.":       {"One.", "Two.", "| a |", ">Three."},
		"~~~~ sh\na. b. c\n~~~\n~~~~\nEnd.":                {"~~~~ sh\na. b. c\n~~~\n~~~~", "End."},
		"~~ is no fence\n`` nor this":                      {"~~ is no fence\n`` nor this"},
		"One.\n\n\tcode. More.\n\n  two. Three.":           {"One.", "code. More.", "two.", "Three."},
		"a\n* * *\nb\n|:-:|\nc\n==\nd\n= =":                {"a", "b", "|:-:|", "c", "d\n= ="},
	} {
		var units []string
		for _, span := range text.Sentences(s) {
			units = append(units, s[span.Start:span.End])
		}
		require.Equal(t, want, units, "%q", s)
	}
}
