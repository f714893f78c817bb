package extractive

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestPlain(t *testing.T) {
	for raw, want := range map[string]string{
		"Use **bold** and *italic*, __both__.":            "Use bold and italic, both.",
		"snake_case_name and 2 * 3 * 4 stay.":             "snake_case_name and 2 * 3 * 4 stay.",
		"See [the guide](/guide) now.":                    "See the guide now.",
		"See [the guide](https://example.com/a_(b)) now.": "See the guide (https://example.com/a_(b)) now.",
		"<https://example.com>":                           "https://example.com",
		"See ![a screenshot](x.png) here":                 "See a screenshot here",
		"Run `a **b** [c](d)` now":                        "Run `a **b** [c](d)` now",
		"Escaped \\*star\\* and a [ref][1].":              "Escaped *star* and a ref.",
		"A fact.[3] Next [4, 5] and list[1].":             "A fact. Next and list(1).",
		"<Note>Mind this <repo>.</Note>":                  "Mind this <repo>.",
		"two\n  lines   and\n> a quote":                   "two lines and a quote",
		"`Docs <https://example.com>`_ say":               "Docs say",
		"**14.1. Can I":                                   "14.1. Can I",
	} {
		require.Equal(t, want, plain(raw, prose), raw)
	}
	require.Equal(t, "Linux: `~/.x`", plain("| Linux | `~/.x` |", row))
	require.Equal(t, "a – b|c – d", plain(`| a | b\|c | d |`, row))
	require.Equal(t, "```\na\n  b\n```", plain("```sh\n  a\n    b\n```", code))
	require.Equal(t, "```\n1\n2\n3\n4\n5\n6\n7\n8\n...\n```", plain("```\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n```", code))
	require.Empty(t, plain("```\n```", code))
}

func TestKinds(t *testing.T) {
	text := "# Head\n\nIntro here:\n\n1. First step\n2. Second step\n\n- bullet\n\n| A | B |\n|---|---|\n| c | d |\n\n```\ncode\n```\n\n14.4.\n\n" +
		"Text before\n\n    This is a paragraph of a text file, which is indented\n    but reads as prose. It has two sentences.\n\nThen\n\n    run --this x\n"
	var kinds []kind
	var shown []string
	for _, u := range unitsOf(0, kb.Passage{Text: text}) {
		kinds = append(kinds, u.kind)
		shown = append(shown, u.plain)
	}
	require.Equal(t, []kind{heading, prose, item, item, item, row, code, prose, prose, prose, prose, code}, kinds)
	require.Equal(t, "It has two sentences.", shown[9])
}

func TestPassageThatBeginsInCode(t *testing.T) {
	for text, want := range map[string]int{
		"6 snapshots\n```\n\nAs you can see, this kept a snapshot from the previous Friday.\n": 1,
		"x = 1\n```\n\n```sh\nrun\n```\n":                                                        2,
		"Prose here.\n\n```\ncode that is cut\n":                                                 1,
		"Prose here.\n\n```\ncode\n```\n\nAnd more prose that goes on after it, as it should.\n": 1,
	} {
		blocks := 0
		for _, u := range unitsOf(0, kb.Passage{Text: text}) {
			if u.kind == code {
				blocks++
				require.NotContains(t, u.plain, "As you can see")
			}
		}
		require.Equal(t, want, blocks, text)
	}
}
