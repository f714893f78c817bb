package check_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer/check"
	"github.com/askdesk/askdesk/kb/kbtest"
)

// TestTimeGrowsWithTheText: no text takes time in proportion to its square, and
// what leaves does not depend on how it came.
func TestTimeGrowsWithTheText(t *testing.T) {
	const huge, long, short = 128 << 10, 32 << 10, 8 << 10
	for name, c := range map[string]struct {
		text string
		size int
	}{
		"no blanks":     {"x", huge},
		"blanks":        {" ", long},
		"lines":         {"\n", long},
		"words":         {"word ", long},
		"code block":    {"```\nx\n", long},
		"code line":     {"```x ", long},
		"full stops":    {".", short},
		"quotes":        {".))))))))))))))))))))))))))))))))))", short},
		"abbreviations": {"e.g. ", short},
		"open code":     {"` `` ", short},
		"ticks":         {"`", short},
		"open brackets": {"[[", short},
		"open tags":     {"<s", short},
		"half tags":     {"|", short},
		"markers":       {"[1]\n", short},
	} {
		t.Run(name, func(t *testing.T) {
			kbtest.Linear(t, c.size/len(c.text), func(n int) {
				s := strings.Repeat(c.text, n)
				switch name {
				case "open tags", "half tags":
					s = "```\n" + s + strings.Repeat(">", n)
				case "markers":
					s = strings.Repeat("Refunds take five days ", 300) + ".\n" + s
				}
				require.Equal(t, lengths(check.New(passages()), s), lengths(check.New(passages()), strings.Split(s, "")...))
			})
		})
	}
}

// lengths are those of the pieces that leave.
func lengths(c *check.Checker, deltas ...string) (out []int) {
	for _, d := range deltas {
		for _, p := range c.Write(d) {
			out = append(out, len(p.Text))
		}
	}
	for _, p := range c.Close(true) {
		out = append(out, len(p.Text))
	}
	return out
}

func TestUnseenCharactersAreDropped(t *testing.T) {
	for in, want := range map[string]string{
		"A\x00b\x1b[31mc\x7f.":                  "Ab[31mc.",
		"Pay \u202eevil\u202c now\u2066!\u2069": "Pay evil now!",
		"Ze\u200bro, \ufeffso\u00adft.":         "Zero, soft.",
		"Hi\U000E0041\U000E0042 you.":           "Hi you.",
		"One\r\nTwo":                            "One\nTwo",
		"```\n\x1bx\u202e\n```":                 "```\nx\n```",
		"`a\x00b` 👩\u200d💻 می\u200cخواهم":       "`ab` 👩\u200d💻 می\u200cخواهم",
	} {
		text, _, _ := all(check.New(passages()), true, in)
		require.Equal(t, want, text, "%q", in)
		text, _, _ = all(check.New(passages()), true, strings.Split(in, "")...)
		require.Equal(t, want, text, "%q", in)
		pieces := check.New(passages()).Quote(in)
		for _, p := range pieces {
			require.NotContains(t, p.Text, "\x00")
		}
	}
}

func TestMarkersInDisguise(t *testing.T) {
	for in, want := range map[string]struct {
		text    string
		n       int
		dropped int
	}{
		"Five days. [[1]]":             {"Five days. [1]", 1, 0},
		"Five days. [[99]]":            {"Five days.", 0, 1},
		"Five days. [[99], [98]]":      {"Five days.", 0, 2},
		"Five days ([99]).":            {"Five days.", 0, 1},
		"Five days. [１]":               {"Five days. [1]", 1, 0},
		"Five days. ［１，２］":             {"Five days. [1][2]", 2, 0},
		"Five days. [٢]":               {"Five days. [2]", 1, 0},
		"Five days. [9\u200b9]":        {"Five days.", 0, 1},
		"Five days. [9\u200d9]":        {"Five days.", 0, 1},
		"Five days. [\u00a01\u00a0]":   {"Five days. [1]", 1, 0},
		"Five days. [[1]](/evil) Go.":  {"Five days. [1] Go.", 1, 0},
		"An empty list [] of x[y[1]].": {"An empty list [] of x[y[1]].", 1, 0},
	} {
		for size := 1; size < len(in); size++ {
			c := check.New(passages())
			var deltas []string
			for rest := in; rest != ""; {
				n := min(size, len(rest))
				for n < len(rest) && !utf8.RuneStart(rest[n]) {
					n++
				}
				deltas = append(deltas, rest[:n])
				rest = rest[n:]
			}
			text, citations, _ := all(c, true, deltas...)
			require.Equal(t, want.text, text, "%q by %d", in, size)
			require.Len(t, citations, want.n)
			require.Equal(t, want.dropped, c.Dropped)
			sound(t, text, citations)
		}
	}
}
