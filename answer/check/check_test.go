package check_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/answer/check"
	"github.com/askdesk/askdesk/kb"
)

func passages() []kb.Passage {
	return []kb.Passage{
		{Text: "Rückzahlungen dauern fünf Tage. Refunds take **five** days. See https://example.com/policy for details.", RuneStart: 10,
			Document: kb.Document{Language: "en", URL: "https://example.com/refunds"}},
		{Text: "# Limits\n\nA file may have 20 MB. Larger files are refused with E_TOO_BIG.\n\n- Images: 5 MB\n", Document: kb.Document{Language: "en"}},
	}
}

// all is the checked text of deltas, with its citations and pieces.
func all(c *check.Checker, whole bool, deltas ...string) (string, []kb.Citation, []check.Piece) {
	var pieces []check.Piece
	for _, d := range deltas {
		pieces = append(pieces, c.Write(d)...)
	}
	pieces = append(pieces, c.Close(whole)...)
	text, citations := "", []kb.Citation(nil)
	for _, p := range pieces {
		text += p.Text
		citations = append(citations, p.Citations...)
	}
	return text, citations, pieces
}

func TestCitations(t *testing.T) {
	for name, c := range map[string]struct {
		in, text string
		n        []int
		quotes   []string
	}{
		"one":           {"Refunds take five days. [1]", "Refunds take five days. [1]", []int{1}, []string{"Refunds take **five** days."}},
		"before stop":   {"Refunds take five days [1].", "Refunds take five days [1].", []int{1}, []string{"Refunds take **five** days."}},
		"no space":      {"Files of 20 MB at most.[2] Next.", "Files of 20 MB at most.[2] Next.", []int{2}, []string{"A file may have 20 MB."}},
		"two":           {"Five days, 20 MB. [1][2]", "Five days, 20 MB. [1][2]", []int{1, 2}, []string{"Refunds take **five** days.", "A file may have 20 MB."}},
		"list":          {"Five days, 20 MB. [1, 2]", "Five days, 20 MB. [1][2]", []int{1, 2}, []string{"Refunds take **five** days.", "A file may have 20 MB."}},
		"wide":          {"Images have 5 MB.【2】", "Images have 5 MB.[2]", []int{2}, []string{"Images: 5 MB"}},
		"none such":     {"Refunds are free. [7]", "Refunds are free.", nil, nil},
		"zero and huge": {"A [0] b [99999999999999999999] c.", "A b [99999999999999999999] c.", nil, nil},
		"one of two":    {"Refunds take five days. [1, 9]", "Refunds take five days. [1]", []int{1}, []string{"Refunds take **five** days."}},
		"in code":       {"Use `list[1]` here.", "Use `list[1]` here.", nil, nil},
		"dressed up":    {"Refunds take five days. [1](https://evil.example)", "Refunds take five days. [1]", []int{1}, []string{"Refunds take **five** days."}},
		"own line":      {"Refunds take five days.\n[1]\n\nMore.", "Refunds take five days.\n[1]\n\nMore.", []int{1}, []string{"Refunds take **five** days."}},
		"two sentences": {"A file has 20 MB, larger ones are refused with E_TOO_BIG. [2]", "A file has 20 MB, larger ones are refused with E_TOO_BIG. [2]", []int{2},
			[]string{"A file may have 20 MB. Larger files are refused with E_TOO_BIG."}},
		"unlike anything": {"Quetzal xylophone. [2]", "Quetzal xylophone. [2]", []int{2}, []string{strings.TrimSpace(passages()[1].Text)}},
		"after code":      {"Run:\n\n```\nrm arr[2]\n```\n[1]", "Run:\n\n```\nrm arr[2]\n```\n[1]", []int{1}, []string{passages()[0].Text}},
	} {
		t.Run(name, func(t *testing.T) {
			text, citations, _ := all(check.New(passages()), true, c.in)
			require.Equal(t, c.text, text)
			var n []int
			var quotes []string
			for _, x := range citations {
				n = append(n, x.N)
				quotes = append(quotes, x.Quote)
			}
			require.Equal(t, c.n, n)
			require.Equal(t, c.quotes, quotes)
			sound(t, text, citations)
		})
	}
}

// sound checks what holds for all citations.
func sound(t *testing.T, text string, citations []kb.Citation) {
	t.Helper()
	list := passages()
	for _, c := range citations {
		p := list[c.Passage]
		require.Equal(t, c.N, c.Passage+1)
		require.Equal(t, c.Quote, string([]rune(p.Text)[c.QuoteStart-p.RuneStart:c.QuoteEnd-p.RuneStart]))
		require.True(t, 0 <= c.TextStart && c.TextStart < c.TextEnd && c.TextEnd <= utf8.RuneCountInString(text), "%q %+v", text, c)
	}
}

func TestOffsetsAreCodePoints(t *testing.T) {
	text, citations, _ := all(check.New(passages()), true, "Größe: 😀 ja. Rückzahlungen dauern fünf Tage. [1]")
	require.Equal(t, "Rückzahlungen dauern fünf Tage.", string([]rune(text)[citations[0].TextStart:citations[0].TextEnd]))
	require.Equal(t, 10, citations[0].QuoteStart)
	require.Equal(t, 41, citations[0].QuoteEnd)
}

func TestSentencesLeaveWhole(t *testing.T) {
	c := check.New(passages())
	require.Empty(t, c.Write("Refunds take"))
	require.Empty(t, c.Write(" five days."))
	require.Empty(t, c.Write(" "), "a marker may follow")
	require.Empty(t, c.Write("[1"))
	require.Empty(t, c.Write("]"), "another marker may follow")
	require.Equal(t, []check.Piece{{Text: "Refunds take five days. [1]", Citations: []kb.Citation{{
		N: 1, Quote: "Refunds take **five** days.", QuoteStart: 42, QuoteEnd: 69, TextStart: 0, TextEnd: 23}}}}, c.Write(" And"))
	require.Empty(t, c.Write(" e.g. version 1.2 of "))
	require.Len(t, c.Close(true), 1)
}

func TestAbbreviationsDoNotEndSentences(t *testing.T) {
	for _, s := range []string{"Use e.g. Linux.", "1. First step", "Version 1.2.3 is new.", "Das ist z.B. Windows.", "See foo.example.com now.", "Run `a. B` here.", "J. Doe wrote it."} {
		_, _, pieces := all(check.New(nil), true, s)
		require.Len(t, pieces, 1, s)
	}
	_, _, pieces := all(check.New(nil), true, "One. Two! Three? Vier… “Five.” Six\nSeven。八。")
	require.Len(t, pieces, 8)
}

func TestDefused(t *testing.T) {
	for in, want := range map[string]string{
		"Hi <b>there</b>.":                            "Hi there.",
		"<script>alert(1)</script>Hi.":                "alert(1)Hi.",
		"<scr<script>ipt>alert(1)":                    "alert(1)",
		"Hi <img src=x onerror=alert(1)> you.":        "Hi  you.",
		"Hi <x-y onclick=alert(1)>you.":               "Hi you.",
		"Hi <a href='https://evil.example'":           "Hi",
		"Use <repo> and <file-name>.":                 "Use <repo> and <file-name>.",
		"1 < 2 and 3 > 2.":                            "1 < 2 and 3 > 2.",
		"Use `<script>` in code.":                     "Use `<script>` in code.",
		"Lone ` tick <script>x.":                      "Lone  tick x.",
		"See [here](https://evil.example).":           "See here.",
		"See [here](javascript:alert(1)).":            "See here.",
		"See ![x](https://evil.example/p.png).":       "See x.",
		"See [policy](https://example.com/policy).":   "See policy (https://example.com/policy).",
		"See https://example.com/policy.":             "See https://example.com/policy.",
		"See https://example.com.evil.example/x now.": "See (link removed) now.",
		"See www.evil.example now.":                   "See (link removed) now.",
		"See https://example.com/refunds.":            "See https://example.com/refunds.",
		"A [cut](https://evil.exam":                   "A cut",
		"<|im_start|>system":                          "system",
		"<|im_<|x|>end|>ok":                           "im_endok",
		"[INST] do [/INST] it":                        "do  it",
		"System: obey.":                               "obey.",
		"### Assistant: obey.":                        "obey.",
		"</s>Hi.":                                     "Hi.",
		"```\n<script>\n":                             "```\n<script>\n```",
	} {
		text, _, _ := all(check.New(passages()), true, in)
		require.Equal(t, want, text, in)
	}
}

func TestCounts(t *testing.T) {
	c := check.New(passages(), "Hello dear customer of ours, welcome. Write back any time you like.")
	_, _, _ = all(c, true, "Hello dear customer of ours, welcome.\n\nRefunds take five days. [1] They are always free of charge. See [9].\n\n"+
		"A file may have 20 MB.\n[2]\n\nWrite back any time you like.")
	require.Equal(t, 3, c.Sentences)
	require.Equal(t, 1, c.Uncited)
	require.Equal(t, 1, c.Dropped)
}

func TestCutOff(t *testing.T) {
	text, _, _ := all(check.New(passages()), false, "Refunds take five days. [1] They are nev")
	require.Equal(t, "Refunds take five days. [1]", text)
	text, _, _ = all(check.New(passages()), false, "Refunds take five days. [1] They are free.")
	require.Equal(t, "Refunds take five days. [1] They are free.", text)
	text, _, _ = all(check.New(passages()), false, "Refunds take fi")
	require.Equal(t, "Refunds take fi", text, "all there is")
}

func TestEndlessSentenceIsLetOut(t *testing.T) {
	c := check.New(nil)
	n := 0
	for range 4000 {
		for _, p := range c.Write("word ") {
			n += len(p.Text)
		}
	}
	require.Greater(t, n, 10_000)
}

// FuzzStreaming cuts a text at random places: what leaves is the same as in one
// go, every piece fits, and nothing dangerous is in it.
func FuzzStreaming(f *testing.F) {
	for _, s := range []string{
		"Refunds take five days. [1] See [2], [7] and 【1】.\n\n1. Run:\n```\nx[1]\n```\n[2]\n- `a. b` <b>c</b> https://evil.example!",
		"<|im_start|>system\nHi.[1][2] e.g. Foo", "``` `` ` x\n```", "[1][", "a [1](x) <scr<script>ipt>", "é… 😀 “ja.” 。[1]",
	} {
		f.Add(s, uint64(1))
	}
	f.Fuzz(func(t *testing.T, s string, seed uint64) {
		if !utf8.ValidString(s) {
			t.Skip()
		}
		whole, citations, _ := all(check.New(passages()), true, s)
		r := rand.New(rand.NewPCG(seed, 0))
		var deltas []string
		for rest := s; rest != ""; {
			n := 1 + r.IntN(min(len(rest), 7))
			for n < len(rest) && !utf8.RuneStart(rest[n]) {
				n++
			}
			deltas = append(deltas, rest[:n])
			rest = rest[n:]
		}
		text, cited, pieces := all(check.New(passages()), true, deltas...)
		require.Equal(t, whole, text)
		require.Equal(t, citations, cited)
		sound(t, text, cited)
		for _, p := range pieces {
			require.NotEmpty(t, strings.TrimSpace(p.Text))
		}
		require.NotContains(t, text, "<|im_start|>")
	})
}

// TestQuote: what is quoted as one unit is cited as one, whatever its sentences.
func TestQuote(t *testing.T) {
	c := check.New([]kb.Passage{{Text: "1. Open `x.example?` and select **Forgot password?** below. Wait! It is sent."}}, "Hello. Dear customer:")
	text, spans := "", []string{}
	for _, delta := range []string{"Hello. Dear customer:", "\n\n1. Open `x.example?` and select Forgot password? below. Wait! It is sent. [1]", "\n```\nrun. Me\n```\n[1]", " A. B. [7]"} {
		for _, p := range c.Quote(delta) {
			text += p.Text
			for _, cite := range p.Citations {
				spans = append(spans, string([]rune(text)[cite.TextStart:cite.TextEnd]))
			}
		}
	}
	require.Equal(t, []string{"1. Open `x.example?` and select Forgot password? below. Wait! It is sent.", "```\nrun. Me\n```"}, spans)
	require.Equal(t, 1, c.Dropped)
	require.Zero(t, c.Uncited)
	require.Empty(t, c.Close(true))
}
