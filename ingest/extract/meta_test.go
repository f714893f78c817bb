package extract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/kb"
)

func TestParseMeta(t *testing.T) {
	for name, c := range map[string]struct {
		yaml string
		want Meta
	}{
		"nothing":       {"", Meta{}},
		"comment":       {"# only this\n", Meta{}},
		"unknown keys":  {"author: me\nnested: {a: 1}\ntitle: T\n", Meta{Title: "T"}},
		"all":           {"title: T\nurl: https://x.example/a\nupdated: 2026-01-02\naudience: Agent\nproduct: P\nversion: 1.10\ntags: [a, b, a]\nlanguage: de\nvalid_from: 2026-01-01\nvalid_until: 2027-01-01\n", Meta{Title: "T", URL: "https://x.example/a", Updated: day(2026, 1, 2), Audience: kb.Agent, Product: "P", Version: "1.10", Tags: []string{"a", "b"}, Language: "de", ValidFrom: day(2026, 1, 1), ValidUntil: day(2027, 1, 1)}},
		"variants":      {"Last-Modified: 2026-01-02T03:04:05+01:00\ntags: a, b\nlang: en_US\ncanonical: http://x.example\n", Meta{Updated: time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC), Tags: []string{"a", "b"}, Language: "en", URL: "http://x.example"}},
		"one wins":      {"date: 2020-01-01\nupdated: 2026-01-02\n", Meta{Updated: day(2026, 1, 2)}},
		"one value":     {"title: T", Meta{Title: "T"}},
		"null":          {"title: T\nproduct:\nversion: ~\n", Meta{Title: "T"}},
		"a number":      {"version: 007\nproduct: 12\n", Meta{Version: "007", Product: "12"}},
		"German date":   {"updated: 31.12.2025\n", Meta{Updated: day(2025, 12, 31)}},
		"several lines": {"title: >\n  Long\n  title\n", Meta{Title: "Long title"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseMeta([]byte(c.yaml))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestParseMetaErrors(t *testing.T) {
	for name, c := range map[string]struct{ yaml, words string }{
		"audience":    {"audience: internal", `the metadata key "audience" is "internal", but must be public or agent`},
		"date":        {"updated: yesterday", `the metadata key "updated" is "yesterday", but must be a date like 2026-04-30`},
		"other key":   {"valid_until: 2026-13-45", `the metadata key "valid_until" is "2026-13-45"`},
		"list":        {"title: [a, b]", `the metadata key "title" must be a single value`},
		"group":       {"tags: {a: b}", `the metadata key "tags" must be a list`},
		"script":      {"url: javascript:alert(1)", `must be an address that starts with http:// or https://`},
		"relative":    {"url: /a", `must be an address that starts with http:// or https://`},
		"language":    {"language: English", `must be a language code like en or de`},
		"never valid": {"valid_from: 2026-02-01\nvalid_until: 2026-01-01", `"valid_until" must be later than "valid_from"`},
		"no mapping":  {"- a\n- b\n", "expected lines of the form key: value"},
		"broken":      {"title: [a\nb: 2\n", "the metadata is not valid YAML: line "},
		"binary":      {"a\x00b", "the metadata is not text"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseMeta([]byte(c.yaml))
			require.Equal(t, kb.Invalid, kb.CodeOf(err))
			require.Contains(t, kb.MessageOf(err), c.words)
		})
	}
}

func FuzzParseMeta(f *testing.F) {
	for _, s := range []string{"title: a", "tags: [a, b]\nversion: 1.0", "a: &x b\nc: *x", "? a\n: b", "--- |\n a", "{a: b}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ParseMeta(data); err != nil {
			require.Equal(t, kb.Invalid, kb.CodeOf(err))
		}
	})
}

func TestOfTwoAudiencesTheStricterCounts(t *testing.T) {
	for _, head := range []string{"audience: agent\naudience: public", "audience: public\naudience: agent"} {
		d, err := New(Options{}).Read(t.Context(), Input{Path: "a.md", Data: []byte("---\n" + head + "\n---\n# A\n\nText.\n")})
		require.NoError(t, err)
		require.Equal(t, kb.Agent, d.Meta.Audience, head)
		require.NotEmpty(t, d.Warnings)
	}
}

// Front matter in TOML is not read, and must not be passed over where it limits who
// reads the document.
func TestFrontMatterInTOML(t *testing.T) {
	for _, line := range []string{`audience = "agent"`, `Audience="public"`, "valid-until = 2026-01-01", "  valid_from = 2026-01-01"} {
		_, _, _, err := frontMatter("+++\ntitle = \"x\"\n" + line + "\n+++\nText")
		require.Equal(t, kb.Invalid, kb.CodeOf(err), line)
	}
	for _, text := range []string{"+++\ntitle = \"x\"\n+++\naudience = us", "+++\naudience = all who read\n", "+++ a\naudience = b\n+++\n"} {
		_, body, _, err := frontMatter(text)
		require.NoError(t, err)
		require.Equal(t, text, body)
	}
}
