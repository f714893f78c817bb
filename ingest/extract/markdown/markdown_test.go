package markdown

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb/kbtest"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"comment":              {"a <!-- b\nc --> d", "a  d\n"},
		"comment in code":      {"`<!-- a -->`", "`<!-- a -->`\n"},
		"open comment":         {"a <!-- b", "a <!-- b\n"},
		"known tag":            {"a <span class=\"x\">b</span> c", "a b c\n"},
		"unknown tag":          {"run `x` with <file> and <your-name>", "run `x` with <file> and <your-name>\n"},
		"comparison":           {"a < b and c > d, x<y", "a < b and c > d, x<y\n"},
		"key names":            {"<kbd>Ctrl</kbd>+<kbd>C</kbd> or <Ctrl+C>", "Ctrl+C or <Ctrl+C>\n"},
		"break":                {"a<br>b", "a\nb\n"},
		"break in a table":     {"| a<br/>b | c |", "| a b | c |\n"},
		"link tag":             {`<a href="https://x.example">b <b>c</b></a>`, "[b **c**](https://x.example)\n"},
		"anchor":               {`<a name="x"></a>Text`, "Text\n"},
		"script":               {"a\n\n<script>\nalert(1)\n</script>\n\nb", "a\n\nb\n"},
		"code tag":             {"<code>a &lt; b</code>", "`a < b`\n"},
		"entities":             {"a &amp; b &lt;c&gt; &copy; &nope; &#x41;", "a & b <c> © &nope; A\n"},
		"escapes":              {`OLLAMA\_HOST \* \| C:\dir`, "OLLAMA_HOST * \\| C:\\dir\n"},
		"escaped heading":      {`\# no heading`, "\\# no heading\n"},
		"relative link":        {"[a](../b.md) [c](#d) [e](mailto:f@g.example)", "a c [e](mailto:f@g.example)\n"},
		"link with title":      {`[a](https://x.example "t")`, "[a](https://x.example)\n"},
		"link with brackets":   {"[a [b]](<https://x.example/a b>)", "[a [b]](https://x.example/a%20b)\n"},
		"reference links":      {"[a][1], [B][], [c]\n\n[1]: https://x.example\n[b]: <https://y.example> 'T'\n[c]: /z", "[a](https://x.example), [B](https://y.example), c\n"},
		"no reference":         {"a [x] [1] and [ ] b", "a [x] [1] and [ ] b\n"},
		"footnote":             {"a[^1]\n\n[^1]: b", "a[^1]\n\n[^1]: b\n"},
		"task":                 {"- [ ] a\n- [x] b", "- [ ] a\n- [x] b\n"},
		"image":                {"![The door](a.png) ![b.png](b.png)", "The door\n"},
		"badge":                {"[![Build](b.svg)](https://ci.example)", "[Build](https://ci.example)\n"},
		"code is kept":         {"```\n<b>&amp;\\_</b>  [a](b)\n\n\n\nx\n```", "```\n<b>&amp;\\_</b>  [a](b)\n\n\n\nx\n```\n"},
		"indented code":        {"a\n\n    <b>&amp;\n\nc", "a\n\n    <b>&amp;\n\nc\n"},
		"list is no code":      {"- a\n\n    b &amp; c", "- a\n\n    b & c\n"},
		"code span over lines": {"`a\n<b>` c", "`a\n<b>` c\n"},
		"lonely tick":          {"it`s <b>x</b>\n\n`y`", "it`s **x**\n\n`y`\n"},
		"setext":               {"Title\n=====\nText\n\nSub\n---\n", "# Title\n\nText\n\n## Sub\n"},
		"rule":                 {"a\n\n---\n\nb", "a\n\n---\n\nb\n"},
		"table is no setext":   {"| a |\n---\n", "| a |\n---\n"},
		"heading marks":        {"## A ##\ntext\n#no\n### B {#id}", "## A\n\ntext\n#no\n\n### B\n"},
		"macros":               {`{% hint %}a{% endhint %} {{< tab name="B" >}} {{ .Value }}`, "a **B** {{ .Value }}\n"},
		"macros in code":       {"`{% raw %}`", "`{% raw %}`\n"},
		"boxes":                {"!!! warning\n    a\n\n    b\n\nc", "a\n\nb\n\nc\n"},
		"tabs":                 {"=== \"Linux\"\n\n    ```sh\n    x\n    ```\n", "**Linux**\n\n    ```sh\n    x\n    ```\n"},
		"containers":           {":::note\na\n:::\n\n::: details Show me\nb\n:::", "a\n\n**Show me**\n\nb\n"},
		"attribute line":       {"a\n{: .note}\n\n[TOC]", "a\n"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Read(c.in, Options{})) })
	}
}

func TestMDX(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"import":             {"import A from 'a'\nimport {\n  B,\n\n  C } from \"b\"\n\nText", "Text\n"},
		"no import":          {"import data into the tool\n\nexport it again", "import data into the tool\n\nexport it again\n"},
		"import in code":     {"```js\nimport A from 'a'\n```", "```js\nimport A from 'a'\n```\n"},
		"comment":            {"a {/* b */} c", "a  c\n"},
		"component":          {"<Note>\nText\n</Note>", "Text\n"},
		"inline component":   {"Press <Key>A</Key> now", "Press A now\n"},
		"title":              {"<Accordion title=\"Why?\" icon={<X a='>' />}>\n  Because.\n</Accordion>", "**Why?**\n\nBecause.\n"},
		"title expression":   {"<Tab title={'One'}>x</Tab>", "**One**\n\nx\n"},
		"card":               {"<Card title=\"A\" href=\"/b\">\n  C\n</Card>", "**A**\n\nC\n"},
		"code in components": {"<Tabs>\n  <Tab title=\"A\">\n    ```sh\n      x\n    ```\n  </Tab>\n</Tabs>", "**A**\n\n```sh\n  x\n```\n"},
		"lists inside":       {"<Note>\n    - a\n      - b\n</Note>", "- a\n  - b\n"},
		"fragment":           {"<>a</>", "a\n"},
		"no tag":             {"a < b, {c}", "a < b, {c}\n"},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, Read(c.in, Options{MDX: true})) })
	}
}

func TestPlain(t *testing.T) {
	require.Equal(t, "# Title\n\n<b>&amp; a_b*\n\n## Sub\n\nx\n---\ny\n", Plain("Title\n=====\n\n<b>&amp; a_b*\n\nSub\n---\n\nx\n---\ny"))
}

func TestHostileInputTakesLinearTime(t *testing.T) {
	for name, c := range map[string]struct {
		unit  string
		times int
	}{
		"ticks":      {"`a``", 50_000},
		"brackets":   {"[", 125_000},
		"images":     {"![", 75_000},
		"links":      {"[a](", 12_000},
		"tags":       {"<ul><li><a>", 3_000},
		"comments":   {"<!-- ", 12_000},
		"open tags":  {"<a b=\"", 12_000},
		"components": {"<Foo>", 4_000},
		"lists":      {"- ", 75_000},
		"fences":     {"```\n~~~\n", 12_000},
		"boxes":      {"!!! a\n    ", 4_000},
	} {
		t.Run(name, func(t *testing.T) {
			kbtest.Linear(t, c.times, func(n int) {
				s := strings.Repeat(c.unit, n)
				Read(s, Options{})
				Read(s, Options{MDX: true})
			})
		})
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"# a\n\nb `c` [d](https://e.example) ![f](g)", "<Tab title=\"a\">\n  b\n</Tab>", "```\na\n```", "a\n===", "!!! note \"a\"\n    b", "> [!NOTE] a", "<!-- a -->", "| a |\n|---|", "import a from 'b'\n\nc", "[a]: b\n\n[a]", "{% x %}", "<table><tr><td>a"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, mdx bool) {
		out := Read(s, Options{MDX: mdx})
		require.True(t, utf8.ValidString(out))
		require.False(t, strings.ContainsRune(out, '\r'))
		require.True(t, utf8.ValidString(Plain(s)))
	})
}
