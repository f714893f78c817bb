package reading

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestClean(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"empty":           {" \n\n\t", ""},
		"line ends":       {"a\r\nb\rc\u2029d", "a\nb\nc\n\nd\n"},
		"empty lines":     {"\n\na\n\n\n\nb  \n\n", "a\n\nb\n"},
		"code keeps them": {"a\n\n\n```\nb\n\n\n\nc\n```\n\n\nd", "a\n\n```\nb\n\n\n\nc\n```\n\nd\n"},
		"tildes":          {"~~~\na\n\n\nb\n```\n\n\n~~~", "~~~\na\n\n\nb\n```\n\n\n~~~\n"},
		"invalid UTF-8":   {"a\xffb", "a\uFFFDb\n"},
		"controls":        {"a\x00\x1b\u0085b\ufdd0\U0001fffe", "a\nb\n"},
		"spaces":          {"a\u00a0b\u202fc\u200bd\u00ad\ufeff", "a b cd\n"},
		"indentation":     {"  a\n\tb", "  a\n\tb\n"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, Clean(c.in))
			require.Equal(t, c.want, Clean(Clean(c.in)), "again")
		})
	}
}

func TestCode(t *testing.T) {
	require.Equal(t, "```go\na\n```", Code("go", "\na\n\n"))
	require.Equal(t, "````\n```\na\n````", Code("", "```\na"))
}

func TestOneLine(t *testing.T) {
	require.Equal(t, "a b", OneLine(" a\n b ", 10))
	require.Equal(t, "ab", OneLine("abä", 3))
}

func FuzzClean(f *testing.F) {
	f.Add("a\r\n```\n\n\nb\n~~~")
	f.Fuzz(func(t *testing.T, s string) {
		once := Clean(s)
		require.True(t, utf8.ValidString(once))
		require.False(t, strings.ContainsAny(once, "\r\f\v\x00\u00a0"))
		require.Equal(t, once, Clean(once))
	})
}
