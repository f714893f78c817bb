package pages_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// markdown renders light Markdown in a browser, with [1] and [2] as citations.
const markdown = `(async (source, marks) => {
	const base = document.querySelector("script[type=module]").src.replace(/chat\/main\.js$/, "lib/");
	const { render } = await import(base + "markdown.js");
	const { plainText } = await import(base + "plain.js");
	const marker = (n) => {
		if (n > 2) return null;
		const b = document.createElement("button");
		b.className = "cite"; b.dataset.n = n; b.textContent = n;
		return b;
	};
	const html = (root) => [...root.childNodes].map((n) => n.nodeType === 3 ? n.data : n.className === "cite" ? "{" + n.dataset.n + "}"
		: "<" + n.localName + (n.href ? " " + n.href : "") + (n.hasAttribute("start") ? " " + n.getAttribute("start") : "") + ">" + html(n) + "</>").join("");
	const root = render(source, { marker, marks, breaks: true });
	return { html: html(root), plain: plainText(root), cited: plainText(root, { markers: () => true }) };
})`

type rendered struct {
	HTML  string `json:"html"`
	Plain string `json:"plain"`
	Cited string `json:"cited"`
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	_, p := newTab(t, newBrowser(t), desk).at(t, x, nil)
	for _, c := range []struct{ name, source, html, plain string }{
		{"bold, emphasis and code", "**a** *b* `c*d*`", "<p><strong>a</> <em>b</> <code>c*d*</></>", "a b c*d*"},
		{"names keep their underscores", "set snake_case_name and 2 * 3 * 4", "<p>set snake_case_name and 2 * 3 * 4</>", "set snake_case_name and 2 * 3 * 4"},
		{"what is not closed is text", "**a and `b and [c](d", "<p>**a and `b and [c](d</>", "**a and `b and [c](d"},
		{"citations, and numbers that are none", "Yes. [1] No [9] `x[1]`.", "<p>Yes. {1} No [9] <code>x[1]</>.</>", "Yes. No [9] x[1]."},
		{"only the web is linked", "[a](https://a.example/x) [b](javascript:alert(1)) [c](../c.md) <https://d.example/>",
			"<p><a https://a.example/x>a</> b) c <a https://d.example/>https://d.example/</></>", "a b) c https://d.example/"},
		{"markup is text", "<script>x</script> <b>y</b> &amp;", "<p><script>x</script> <b>y</b> &amp;</>", "<script>x</script> <b>y</b> &amp;"},
		{"paragraphs and the ends of short lines", "Hi,\n\nbye\nAda", "<p>Hi,</><p>bye<br></>Ada</>", "Hi,\n\nbye\nAda"},
		{"numbered, with a bullet inside", "3. a\n   - b\n4. c [2]", "<ol 3><li>a<ul><li>b</></></><li>c {2}</></>", "3. a\n   - b\n4. c"},
		{"bullets apart", "* a\n\n* b", "<ul><li>a</><li>b</></>", "- a\n- b"},
		{"a code block", "```sh\n$ a *b*\n  c\n```\nd", "<pre><code>$ a *b*\n  c</></><p>d</>", "$ a *b*\n  c\n\nd"},
		{"an open code block", "```\n<x>", "<pre><code><x></></>", "<x>"},
		{"headings and quotes", "## A\n> b", "<p>A</><blockquote><p>b</></>", "A\n\nb"},
		{"a table", "| a | b |\n|---|:-:|\n| **c** | d |", "<table><thead><tr><th>a</><th>b</></></><tbody><tr><td><strong>c</></><td>d</></></></>", "a\tb\nc\td"},
		{"escapes", `\*a\* \[1\]`, "<p>*a* [1]</>", "*a* [1]"},
		{"other scripts", "**Größe** 🎉 文字", "<p><strong>Größe</> 🎉 文字</>", "Größe 🎉 文字"},
		{"nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := js[rendered](p, fmt.Sprintf("%s(%s, [])", markdown, quoted(c.source)))
			require.Equal(t, c.html, got.HTML)
			require.Equal(t, c.plain, got.Plain)
		})
	}
	got := js[rendered](p, fmt.Sprintf("%s(%s, [{start: 4, end: 16}])", markdown, quoted("No. **Yes, `so`** it is.")))
	require.Equal(t, "<p>No. <strong><mark>Yes, </><code><mark>so</></></> it is.</>", got.HTML, "a mark covers what it spans")
	got = js[rendered](p, fmt.Sprintf("%s(%s, [])", markdown, quoted("Yes. [1] And no. [2]")))
	require.Equal(t, "Yes. [1] And no. [2]", got.Cited)
}

// No text may get lost or change its order, whatever its punctuation looks like.
func TestMarkdownLosesNoWord(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	_, p := newTab(t, newBrowser(t), desk).at(t, x, nil)
	lost := js[[]string](p, `(async () => {
		const base = document.querySelector("script[type=module]").src.replace(/chat\/main\.js$/, "lib/");
		const { render } = await import(base + "markdown.js");
		const pieces = ["a", "b", "c", " ", " ", "\n", "\n\n", "*", "**", "_", "\u0060", "\u0060\u0060\u0060\n", "[", "]", "(", ")", "![", "](", "# ", "- ", "1. ", "> ", "|", "|-|", "<", ">", "\\", "  ", "é", "🎉"];
		let seed = 7;
		const next = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 65536) % n; };
		const lost = [];
		for (let i = 0; i < 3000 && lost.length < 5; i++) {
			const source = Array.from({ length: 1 + next(24) }, () => pieces[next(pieces.length)]).join("");
			const root = render(source);
			const words = (s) => s.replace(/\]\([^)]*\)/g, "").replace(/[^a-cé🎉]/gu, "");
			const box = document.createElement("div");
			box.append(root);
			const fenced = /\u0060{3}/.test(source);
			if (!fenced && words(box.textContent) !== words(source) && !source.includes("](")) lost.push(source);
		}
		return lost;
	})()`)
	require.Empty(t, lost)
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
