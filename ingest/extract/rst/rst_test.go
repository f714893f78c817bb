package rst

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"paragraph":            {"One\ntwo.\n\nThree.", "One\ntwo.\n\nThree.\n"},
		"levels by order":      {"A\n=\n\nB\n-\n\nC\n~\n\nD\n-", "# A\n\n## B\n\n### C\n\n## D\n"},
		"overline differs":     {"===\nTop\n===\n\nSub\n===\n", "# Top\n\n## Sub\n"},
		"short underline":      {"A long title\n====\n\ntext", "# A long title\n\ntext\n"},
		"umlauts in titles":    {"Überblick\n=========\n", "# Überblick\n"},
		"transition":           {"a\n\n----\n\nb", "a\n\nb\n"},
		"comment":              {"a\n\n.. not\n   read\n\nb", "a\n\nb\n"},
		"empty comment":        {"a\n\n..\n\n  quoted", "a\n\nquoted\n"},
		"literal alone":        {"::\n\n  code\n    more", "```\ncode\n  more\n```\n"},
		"literal after space":  {"Like this: ::\n\n  code", "Like this:\n\n```\ncode\n```\n"},
		"quoted literal":       {"See::\n\n> a\n> b\n\nend", "See:\n\n```\n> a\n> b\n```\n\nend\n"},
		"two colons":           {"C::D is fine\n\nend", "C::D is fine\n\nend\n"},
		"code with fence":      {".. code::\n\n   ```\n   x\n   ```", "````\n```\nx\n```\n````\n"},
		"code with options":    {".. code-block:: go\n   :linenos:\n\n   a := 1", "```go\na := 1\n```\n"},
		"note on one line":     {".. note:: Text\n   goes on.", "Note: Text\ngoes on.\n"},
		"note with list":       {".. note::\n\n   - a\n   - b", "Note:\n\n- a\n- b\n"},
		"own title":            {".. admonition:: Mind the gap\n\n   Text", "**Mind the gap**\n\nText\n"},
		"image":                {".. image:: a.png\n   :alt: A door\n", "A door\n"},
		"figure":               {".. figure:: a.png\n\n   The caption.", "The caption.\n"},
		"unknown directive":    {".. tab:: Linux\n\n   Text", "**Linux**\n\nText\n"},
		"object":               {".. option:: --keep DAYS\n\n   How long.", "**--keep DAYS**\n\nHow long.\n"},
		"nested lists":         {"- a\n\n  - b\n\n    c\n- d", "- a\n\n  - b\n\n    c\n- d\n"},
		"numbers":              {"3. c\n4. d\n\n(a) x\n(b) y", "3. c\n4. d\na. x\nb. y\n"},
		"no list":              {"A. Einstein was\na physicist.", "A. Einstein was\na physicist.\n"},
		"line block":           {"| a\n| b", "a\nb\n"},
		"doctest":              {">>> 1 + 1\n2\n", "```python\n>>> 1 + 1\n2\n```\n"},
		"fields":               {":Name: value\n:Other: two\n   lines", "Name: value\n\nOther: two\n  lines\n"},
		"literal with tick":    {"``a`b``", "`` a`b ``\n"},
		"roles":                {":kbd:`Ctrl` :ref:`text <label>` :py:func:`~a.b` :menuselection:`A --> B`", "Ctrl text `a.b` A --> B\n"},
		"role after text":      {"`x`:sub: `plain`", "x plain\n"},
		"links":                {"`a <https://x.example/(1)>`_ `b`__ c_\n\n__ https://b.example\n.. _c: https://c.example", "[a](https://x.example/%281%29) [b](https://b.example) [c](https://c.example)\n"},
		"link to a file":       {"`a <other.html>`_", "a\n"},
		"names with underline": {"snake_case_ word_ and __init__", "snake_case_ word_ and __init__\n"},
		"escapes":              {`a\*b\ c`, "a*bc\n"},
		"substitution":         {"|a| and |b|\n\n.. |a| replace:: *x*\n.. |b| unicode:: U+00A9 .. sign", "*x* and ©\n"},
		"ref to a title":       {":ref:`here`\n\n.. _here:\n\nThe place\n=========\n", "The place\n\n# The place\n"},
		"wide table":           {"+--+--+\n|a |b |\n+--+--+\n|c    |\n+--+--+", "| a | b |\n| --- | --- |\n| c |  |\n"},
		"csv table":            {".. csv-table:: T\n   :header: a, \"b, c\"\n\n   1, 2", "T\n\n| a | b, c |\n| --- | --- |\n| 1 | 2 |\n"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Read(c.in)) })
	}
}

func TestHostileInputTakesLinearTime(t *testing.T) {
	for name, s := range map[string]string{
		"ticks":     strings.Repeat("`a", 50_000),
		"pipes":     strings.Repeat("|a", 50_000),
		"deep":      strings.Repeat("- ", 25_000),
		"indented":  strings.Repeat(" ", 25_000) + "x",
		"targets":   strings.Repeat(".. _a: b_\n", 5_000),
		"grid":      strings.Repeat("+-+-+\n", 12_000),
		"recursive": ".. |a| replace:: |a| |a|\n\n|a|",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			Read(s)
			require.Less(t, time.Since(start), 20*time.Second)
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"A\n=\n\ntext_ `a <b>`_ :ref:`x`", ".. note:: a\n\n   b", "+-+-+\n|a|b|\n+=+=+\n", "== ==\na  b\n== ==\nc  d\n== ==", "- a\n\n  1. b", ":a: b", "-a  b\n--c=d  e",
		".. list-table::\n\n   * - a\n     - b", ".. |a| replace:: |b|\n.. |b| replace:: |a|\n\n|a|", "::\n\n> a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		require.True(t, utf8.ValidString(Read(s)))
	})
}
