package webpage

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/extract/reading"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"text":               {"Hello <b>you</b>", "Hello **you**\n"},
		"angle brackets":     {"<p>a &lt;b&gt; &amp;lt; c</p>", "a <b> &lt; c\n"},
		"code with tags":     {"<pre><code class='language-html'>&lt;br /&gt;\n| a<br />b</code></pre>", "```html\n<br />\n| a\nb\n```\n"},
		"no escapes":         {"<p>E_CONN_42 *x* 1. a</p>", "E_CONN_42 *x* 1. a\n"},
		"script and style":   {"<p>a<script>b</script><style>c</style><template>d</template></p>", "a\n"},
		"hidden":             {"<p hidden>a</p><p style='visibility : hidden'>b</p><p>c</p>", "c\n"},
		"comments":           {"<p>a<!-- b --></p>", "a\n"},
		"empty links":        {"<p><a href='https://x.example'></a>a <a>b</a></p>", "a b\n"},
		"links":              {"<p><a href='/a'>a</a> <a href='https://x.example/(b)'>b</a> <a href='javascript:x'>c</a> <a href='https://d.example'>https://d.example</a></p>", "a [b](https://x.example/%28b%29) c https://d.example\n"},
		"a link as a block":  {"<a href='https://x.example'><h2>Title</h2><p>Text</p></a>", "## Title\n\nText\n"},
		"permalinks":         {"<h2>A<a class='headerlink' href='#a'>¶</a></h2><h3><a href='#b' class='anchor'></a>B</h3><p>c</p>", "## A\n\n### B\n\nc\n"},
		"table without head": {"<table><tr><td>a|b</td><td>c</td></tr><tr><td>d</td><td>e<p>f</p></td></tr></table>", "| a\\|b | c |\n|---|---|\n| d | e f |\n"},
		"details":            {"<details><summary>More</summary><p>Text</p></details>", "More\n\nText\n"},
		"task list":          {"<ul><li><input type=checkbox checked> a</li><li><input type=checkbox> b</li></ul><input type=text value=c>", "- [x] a\n- [ ] b\n"},
		"line numbers":       {"<div class='highlight-go'><table><tr><td class=linenos><pre>1\n2</pre></td><td><pre>a\n\tb</pre></td></tr></table></div>", "```go\na\n\tb\n```\n"},
		"image":              {"<p>a <img src=x.png alt='The door'> b <img src=y.png></p>", "a The door b\n"},
		"only navigation":    {"<body><nav><a href='/a'>First page of many</a><a href='/b'>Second page of many</a></nav></body>", "First page of manySecond page of many\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read([]byte("<html><head><meta charset=utf-8></head>"+c.in), "")
			require.NoError(t, err)
			require.Equal(t, c.want, got.Text)
		})
	}
}

func TestTheHead(t *testing.T) {
	got, err := Read([]byte(`<html lang="de-AT"><head><meta charset="iso-8859-1"><title>K`+"\xfc"+`ndigung | Hilfe</title><link rel="canonical" href="https://x.example/a/b"></head>
		<body><h1>K`+"\xfc"+`ndigung</h1><p>Sie k`+"\xf6"+`nnen <a href="../c">hier</a> k`+"\xfc"+`ndigen.</p></body>`), "https://other.example")
	require.NoError(t, err)
	require.Equal(t, reading.Result{
		Title: "Kündigung", Language: "de-AT", URL: "https://x.example/a/b",
		Text: "# Kündigung\n\nSie können [hier](https://x.example/c) kündigen.\n",
	}, got)
	got, err = Read([]byte(`<p>See <a href="c">there</a>`), "https://other.example/a/")
	require.NoError(t, err)
	require.Equal(t, "See [there](https://other.example/a/c)\n", got.Text)
	require.Equal(t, "https://other.example/a/", got.URL)
}

// chapter is a page as documentation tools make them, around words.
func chapter(words string) string {
	return `<html><head><title>Chapter</title></head><body><header><a href="/">Home</a></header>
<div class="sphinxsidebar"><ul><li><a href="/1">One</a></li><li><a href="/2">Two</a></li></ul></div>
<div class="document"><div class="section"><h1>Chapter</h1>` + words + `</div></div>
<div class="footer">Copyright and so on</div></body></html>`
}

func TestMainContent(t *testing.T) {
	var body strings.Builder
	for i := range 8 {
		fmt.Fprintf(&body, "<h2>Section %d</h2><p>Some sentences, with commas, that explain how section %d is to be used by people who read it, and why.</p><ul><li>point %d</li></ul>", i, i, i)
	}
	got, err := Read([]byte(chapter(body.String())), "")
	require.NoError(t, err)
	for i := range 8 {
		require.Contains(t, got.Text, fmt.Sprintf("## Section %d\n", i))
		require.Contains(t, got.Text, fmt.Sprintf("- point %d\n", i))
	}
	require.NotContains(t, got.Text, "Copyright")
	require.NotContains(t, got.Text, "One")
	require.True(t, strings.HasPrefix(got.Text, "# Chapter\n"), got.Text)
}

func TestHostilePages(t *testing.T) {
	for name, s := range map[string]string{
		"deep":         strings.Repeat("<div>", 50_000) + "word",
		"deep in line": strings.Repeat("<b>", 50_000) + "word",
		"deep tables":  strings.Repeat("<table><tr><td>", 5_000) + "word",
		"deep lists":   strings.Repeat("<ul><li>", 5_000) + "word",
		"wide":         strings.Repeat("<p>word", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			got, err := Read([]byte(s), "")
			require.NoError(t, err)
			require.Contains(t, got.Text, "word")
			require.Less(t, time.Since(start), 20*time.Second)
		})
	}
	_, err := Read(make([]byte, maxBytes+1), "")
	require.ErrorIs(t, err, ErrTooLarge)
}

func TestFragment(t *testing.T) {
	require.Equal(t, "| ä | b |\n|---|---|\n| 1 | 2 |", Fragment("<table><tr><th>ä</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"))
	require.Equal(t, "- a", Fragment("<ul><li>a"))
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(chapter("<p>a")))
	for _, s := range []string{"<table><tr><td>a<td>b", "<ul><li>a<ol><li>b", "<pre>a", "<a href=b>c", "<h1>a<h2>b", "<svg><title>a", "<math><mi>a", "<plaintext>a", "<frameset>", "\xff\xfe<\x00", "<meta charset=utf-16>a"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(data, "https://x.example/")
		if err == nil {
			require.True(t, utf8.ValidString(got.Text))
		}
	})
}
