package chunk_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/ingest/chunk"
	"github.com/askdesk/askdesk/kb"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// wide are options that hold what the tests below call long.
var wide = chunk.Options{Target: 700, Max: 1000}

func document(text string) kb.Document { return kb.Document{ID: "doc", Title: "T", Text: text} }

func TestSampleReadsWell(t *testing.T) {
	text, err := os.ReadFile("testdata/sample.md")
	require.NoError(t, err)
	var b strings.Builder
	for _, c := range chunk.Split(document(string(text)), nil, chunk.Options{}) {
		fmt.Fprintf(&b, "======== %d [%d:%d] %s\n%s", c.Ordinal, c.Span.Start, c.Span.End, strings.Join(c.Heading, " > "), c.Text)
	}
	if *update {
		require.NoError(t, os.WriteFile("testdata/sample.golden", []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile("testdata/sample.golden")
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "if this is better, run the test with -update")
}

// check asserts all that holds of any text.
func check(t *testing.T, text string, opt chunk.Options) []kb.Chunk {
	t.Helper()
	limit := opt.Max
	if limit == 0 {
		limit = 1000
	}
	pages := []chunk.Page{{Number: 1}, {Number: 2, Start: len(text) / 2}}
	chunks := chunk.Split(document(text), pages, opt)
	end, runes := 0, 0
	ids := map[string]bool{}
	for i, c := range chunks {
		require.Equal(t, i, c.Ordinal)
		require.Equal(t, end, c.Span.Start, "chunks tile the text")
		require.Less(t, c.Span.Start, c.Span.End)
		require.Equal(t, text[c.Span.Start:c.Span.End], c.Text)
		require.Equal(t, runes, c.RuneStart)
		require.True(t, utf8.ValidString(c.Text))
		require.LessOrEqual(t, utf8.RuneCountInString(c.Text), limit)
		require.False(t, ids[c.ID], "ids are unique")
		require.Contains(t, []int{1, 2}, c.Page)
		ids[c.ID] = true
		end = c.Span.End
		runes += utf8.RuneCountInString(c.Text)
	}
	require.Equal(t, len(text), end)
	require.Equal(t, chunks, chunk.Split(document(text), pages, opt), "the same text is cut the same")
	return chunks
}

// words holds what a random text is made of.
var words = []string{
	"refund", "invoice", "E_CONN_42", "Größe", "a", "the", "of", "well-known", "e.g.", "3.14", "**bold**", "`code`", "👩‍👩‍👧", "é", "日本語のテキスト。", "สวัสดี",
	". ", "! ", "? ", ": ", "\n", "\n\n", "\n# ", "\n## ", "\n### ", "\n- ", "\n  - ", "\n1. ", "\n```\n", "\n~~~~\n", "\n| a | b |", "\n|---|---|", "\n---\n", "\n===\n",
	"\n    ", "\t", "\r\n", "\n> ", "#", "\u00a0", strings.Repeat("x", 300), strings.Repeat("\n", 40), strings.Repeat("=", 90),
}

func TestAnyTextIsTiledWithinBounds(t *testing.T) {
	for seed := range uint64(150) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var b strings.Builder
		for range rnd.IntN(600) {
			b.WriteString(words[rnd.IntN(len(words))])
			if rnd.IntN(4) > 0 {
				b.WriteByte(' ')
			}
		}
		check(t, b.String(), chunk.Options{})
		check(t, b.String(), chunk.Options{Target: 1 + rnd.IntN(200), Max: 1 + rnd.IntN(300)})
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("# A\n\ntext\n\n## B\n\nmore", 20, 30)
	f.Add("a\n---\n- b\n\n  c\n```\n# d\n", 1, 1)
	f.Add("\n\n\r\n|a|\n|-|\n", 5, 9)
	f.Add("日本語。日本語。\u0301\u0301", 2, 3)
	f.Fuzz(func(t *testing.T, text string, target, limit int) {
		if !utf8.ValidString(text) || target < 0 || target > 2000 || limit < 0 || limit > 2000 {
			t.Skip()
		}
		check(t, text, chunk.Options{Target: target, Max: limit})
	})
}

func TestNoWordIsCut(t *testing.T) {
	long := strings.Repeat("incomprehensibility of telecommunication infrastructure, ", 200)
	for _, c := range check(t, long, chunk.Options{})[1:] {
		require.True(t, unicode.IsSpace(rune(long[c.Span.Start-1])), "%q is cut", long[c.Span.Start-9:c.Span.Start+9])
	}
	parts := check(t, strings.Repeat("x", 5000), chunk.Options{})
	require.Greater(t, len(parts), 4, "what is no word is cut anywhere")
	for _, c := range check(t, strings.Repeat("ab\u0301", 2000), chunk.Options{}) {
		require.False(t, strings.HasPrefix(c.Text, "\u0301"), "an accent stays with its letter")
	}
}

func TestSentencesAreKeptWhole(t *testing.T) {
	text := strings.Repeat("This sentence has exactly the length that a sentence has, and it ends here. ", 60)
	for _, c := range check(t, text, chunk.Options{}) {
		require.True(t, strings.HasPrefix(c.Text, "This sentence"))
		require.InDelta(t, 500, len(c.Text), 200)
	}
}

func TestHeadings(t *testing.T) {
	body := strings.Repeat("Some words about it. ", 10)
	tests := map[string]struct {
		text string
		want [][]string
	}{
		"atx":                {"# A #\n\n" + body + "\n\n## B {#b}\n\n" + body + "\n\n# `C` [x](y) **z**\n" + body, [][]string{{"A"}, {"A", "B"}, {"C x z"}}},
		"setext":             {"A\n=\n\n" + body + "\n\nB\n---\n\n" + body, [][]string{{"A"}, {"A", "B"}}},
		"skipped level":      {"# A\n" + body + "\n#### B\n" + body + "\n## C\n" + body, [][]string{{"A"}, {"A", "B"}, {"A", "C"}}},
		"bare goes down":     {"# A\n\n## B\n\n### C\n\n" + body, [][]string{{"A", "B", "C"}}},
		"tiny goes down":     {"# A\n\nIntro.\n\n## B\n\n" + body, [][]string{{"A", "B"}}},
		"bare at the end":    {"# A\n\n" + body + "\n\n# B\n", [][]string{{"A"}}},
		"tiny neighbours":    {"# A\n\n" + body + "\n\n## B\n\nNo.\n\n## C\n\nYes.\n\n## D\n\n" + body, [][]string{{"A"}, {"A"}, {"A", "D"}}},
		"tiny, other parent": {"# A\n\n" + body + "\n\n## B\n\nNo.\n\n# C\n\nYes.", [][]string{{"A"}, {"A", "B"}, {"C"}}},
		"before the first":   {body + "\n\n# A\n\n" + body, [][]string{nil, {"A"}}},
		"in a fence":         {"# A\n\n```sh\n# no\n```\n\n  ~~~\n# no\n~~~\n" + body, [][]string{{"A"}}},
		"fence in a list":    {"# A\n\n1. x\n\n    ```\n    # no\n    ```\n" + body + "\n# B\n" + body, [][]string{{"A"}, {"B"}}},
		"unclosed fence":     {"# A\n\n```\n# no\n" + body, [][]string{{"A"}}},
		"not headings":       {"# A\n\n#hash\n####### seven\n    # code\n\n- x\n---\n\ntwo\nlines\n---\n" + body, [][]string{{"A"}}},
		"nameless":           {"# A\n\n" + body + "\n##\n" + body, [][]string{{"A"}, {"A"}}},
		"crlf":               {"# A\r\n\r\n" + body + "\r\n\r\nB\r\n---\r\n" + body, [][]string{{"A"}, {"A", "B"}}},
		"snake_case":         {"# Set `__init__` and snake_case_name\n" + body, [][]string{{"Set __init__ and snake_case_name"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got [][]string
			for _, c := range check(t, tt.text, chunk.Options{}) {
				got = append(got, c.Heading)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAHeadingStaysWithItsText(t *testing.T) {
	paragraph := strings.Repeat("A sentence of some words. ", 37)
	for _, c := range check(t, "# A\n\n"+paragraph+"\n\n"+paragraph+"\n\n## B\n\n"+paragraph+paragraph, wide) {
		lines := strings.Split(strings.TrimSpace(c.Text), "\n")
		require.False(t, strings.HasPrefix(lines[len(lines)-1], "#"), c.Text)
	}
}

func TestCodeAndTablesAreKeptWholeWhereTheyFit(t *testing.T) {
	prose := strings.Repeat("A sentence of some words. ", 25)
	fence := "```\n" + strings.Repeat("x = 1\n\ny = 2\n", 40) + "```\n"
	rows := "| a | b |\n|---|---|\n" + strings.Repeat("| cell one | cell two |\n", 35)
	whole := func(text, part string) bool {
		for _, c := range check(t, text, wide) {
			if strings.Contains(c.Text, strings.TrimSpace(part)) {
				return true
			}
		}
		return false
	}
	require.True(t, whole(prose+"\n\n"+fence+"\n"+prose, fence))
	require.True(t, whole(prose+"\n\n"+rows+"\n"+prose, rows))
	for _, c := range check(t, strings.Repeat(rows, 5), wide) {
		require.True(t, strings.HasSuffix(c.Text, "|\n"), "a long table is cut between rows")
	}
	for _, c := range check(t, strings.ReplaceAll(fence, "y = 2\n", "y = 2\ny = 3\ny = 4\n"), wide)[1:] {
		require.True(t, strings.HasPrefix(c.Text, "y = 2"), "long code is cut at its blank lines")
	}
}

func TestPages(t *testing.T) {
	page := strings.Repeat("Words of a page. ", 50) + "\n\n"
	text := "\n\n" + page + page + page
	pages := []chunk.Page{{Number: 4, Start: 2}, {Number: 5, Start: 2 + len(page)}, {Number: 6, Start: 2 + 2*len(page)}}
	chunks := chunk.Split(document(text), pages, wide)
	require.Len(t, chunks, 3)
	for i, c := range chunks {
		require.Equal(t, 4+i, c.Page)
	}
	require.Zero(t, chunk.Split(document(text), nil, wide)[0].Page)
}

func TestAnEditChangesOnlyItsSection(t *testing.T) {
	body := strings.Repeat("Some words about it. ", 20)
	before := chunk.Split(document("# A\n\n"+body+"\n\n# B\n\n"+body+"\n\n# C\n\n"+body), nil, chunk.Options{})
	after := chunk.Split(document("# A\n\nNew. "+body+"\n\n# B\n\n"+body+"\n\n# C\n\n"+body), nil, chunk.Options{})
	require.Len(t, after, 3)
	require.NotEqual(t, before[0].ID, after[0].ID)
	require.Equal(t, before[1].ID, after[1].ID)
	require.Equal(t, before[2].ID, after[2].ID)
	require.NotEqual(t, before[1].Span, after[1].Span)
}

func TestRepeatedTextHasIdsOfItsOwn(t *testing.T) {
	section := "# A\n\n" + strings.Repeat("The same. ", 20) + "\n\n"
	chunks := check(t, strings.Repeat(section, 3), chunk.Options{})
	require.Len(t, chunks, 3)
}

func TestNothing(t *testing.T) {
	require.Empty(t, chunk.Split(document(""), nil, chunk.Options{}))
}

func TestFingerprintNamesTheOptions(t *testing.T) {
	require.Equal(t, chunk.Fingerprint(chunk.Options{}), chunk.Fingerprint(chunk.Options{Target: 500, Max: 1000}))
	require.NotEqual(t, chunk.Fingerprint(chunk.Options{}), chunk.Fingerprint(chunk.Options{Target: 600}))
}

func BenchmarkSplit(b *testing.B) {
	text, err := os.ReadFile("testdata/sample.md")
	require.NoError(b, err)
	doc := document(strings.Repeat(string(text), 100))
	b.SetBytes(int64(len(doc.Text)))
	n := 0
	for b.Loop() {
		n += len(chunk.Split(doc, nil, chunk.Options{}))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "chunks/s")
}

// One enormous section must not cost more a chunk than many small ones.
func BenchmarkSplitOneSection(b *testing.B) {
	doc := document(strings.Repeat("A sentence of some words, and some more of them. ", 40_000))
	b.SetBytes(int64(len(doc.Text)))
	n := 0
	for b.Loop() {
		n += len(chunk.Split(doc, nil, chunk.Options{}))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "chunks/s")
}
